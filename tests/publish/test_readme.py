"""The figures of the README are those of the run that comes with the project."""

import re
from pathlib import Path

from webtrial.results.overview.key_findings import ratio_findings
from webtrial.results.overview.tables import matched_table
from webtrial.run.store import Run
from webtrial.stats.ratios import ratio_table

README = Path(__file__).parent.parent.parent / "README.md"
RATIO = re.compile(r"\d[\d.]* \(\d[\d.]*–\d[\d.]*\)")


def test_every_ratio_of_the_findings_is_computed_from_the_sample(sample: Run) -> None:
    text = README.read_text(encoding="utf-8")
    findings = text[text.index("What the run that comes") : text.index("## Two commands")]
    ratios = ratio_table(sample)
    computed = " ".join([*ratio_findings(sample, ratios), matched_table(sample, ratios).text()])
    computed = computed.replace(" times (", " (")

    told = RATIO.findall(findings)

    assert sample.manifest.id in findings
    assert len(told) > 10
    assert [ratio for ratio in told if ratio not in computed] == []
