"""The robustness results and their table."""

from pathlib import Path

from webtrial.results.validity.robustness import read_hardening, robustness_table, write_hardening

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "robustness.md"
COUNTS = {
    ("fault", "kill -9 of a service", ""): 2,
    ("bad input", "NUL bytes", "flask"): 10,
    ("bad input", "NUL bytes", "django"): 12,
    ("load", "connections", "flask"): 1000,
    ("load", "connections", "django"): 900,
}


def test_inputs_are_added_over_stacks_and_loads_show_their_minimum() -> None:
    table = robustness_table(COUNTS).text
    assert "| kill -9 of a service | 2 |" in table
    assert "| NUL bytes | 22 |" in table
    assert "| connections | 900 or more |" in table


def test_counts_are_read_as_they_were_written(tmp_path: Path) -> None:
    write_hardening(COUNTS, tmp_path / "counts.csv")
    assert read_hardening(tmp_path / "counts.csv") == COUNTS


def test_every_count_in_the_file_is_positive() -> None:
    counts = read_hardening()
    assert {what for what, *_ in counts} == {"fault", "bad input", "load"}
    assert min(counts.values()) > 0


def test_the_document_has_the_table_of_the_file() -> None:
    assert robustness_table().text in DOCUMENT.read_text(encoding="utf-8")
