"""The figures of the README are those of the run that comes with the project."""

import re
from pathlib import Path

from webtrial.analyse.compare import ratio_table
from webtrial.analyse.leading import answers
from webtrial.publish.tables_of_pairs import matched_as_table
from webtrial.runs import SAMPLE, open_run

README = Path(__file__).parent.parent.parent / "README.md"
RATIO = re.compile(r"\d[\d.]* \(\d[\d.]*–\d[\d.]*\)")


def test_every_ratio_of_the_findings_is_computed_from_the_sample():
    text = README.read_text(encoding="utf-8")
    findings = text[text.index("What the run that comes") : text.index("## Two commands")]
    run = open_run(SAMPLE)
    ratios = ratio_table(run)
    computed = " ".join([*answers(run, ratios), matched_as_table(run, ratios).text()])
    computed = computed.replace(" times (", " (")

    told = RATIO.findall(findings)

    assert run.manifest.id in findings
    assert len(told) > 10
    assert [ratio for ratio in told if ratio not in computed] == []
