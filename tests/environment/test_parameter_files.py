"""Files of parameters that an editor saved in another encoding, or that say a thing twice."""

from pathlib import Path

import pytest

from webtrial.cli import main
from webtrial.errors import ParameterError
from webtrial.system.yaml_text import parse_yaml, read_yaml

FAILED = 2


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    monkeypatch.delenv("MAKELEVEL", raising=False)  # below make a command ends with its parent

    def said(*arguments: str) -> str:
        assert main(arguments) == FAILED
        return capfd.readouterr().err

    return said


def test_a_file_in_latin_1_is_refused_with_the_line(refused, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "parameters.yaml"
    file.write_bytes("seed: 7\n# Prüfung\n".encode("latin-1"))
    expected = f"webtrial: {file} is not UTF-8: line 2 has the byte 0xfc. Save it as UTF-8\n"
    assert refused("run", "--parameters", str(file)) == expected


def test_a_duplicate_parameter_in_a_file_is_rejected_by_name(refused, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "parameters.yaml"
    file.write_text("seed: 7\nblocks: 1\nseed: 8\n", encoding="utf-8")
    expected = f"webtrial: {file}: duplicate key seed (line 1 and 3): keep one\n"
    assert refused("run", "--parameters", str(file)) == expected


def test_a_duplicate_key_in_a_value_of_the_command_line_is_rejected(refused) -> None:  # type: ignore[no-untyped-def]
    message = refused("run", "-p", "extra_stacks", "{crud: [flask-raw], crud: [bare]}")
    assert "duplicate key crud (line 1): keep one" in message


def test_a_byte_order_mark_is_no_other_encoding(tmp_path: Path) -> None:
    file = tmp_path / "parameters.yaml"
    file.write_bytes("seed: 7\n".encode("utf-8-sig"))
    assert read_yaml(file) == {"seed": 7}


def test_what_is_merged_in_may_be_given_anew() -> None:
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}"
    assert parse_yaml(text, "it")["b"] == {"x": 3, "y": 2}


def test_a_key_may_stand_in_two_mappings() -> None:
    assert parse_yaml("a: {x: 1}\nb: {x: 1}", "it") == {"a": {"x": 1}, "b": {"x": 1}}
    with pytest.raises(ParameterError, match="x"):
        parse_yaml("a: {x: 1, x: 1}", "it")
