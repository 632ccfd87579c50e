"""Run all checks of the doctor and format their findings as text."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from webtrial.selftest.doctor import account, processor, storage, system, variables
from webtrial.selftest.doctor.finding import Finding

GROUPS = (system, account, processor, storage, variables)


def examine() -> list[Finding]:
    """Return the findings of all checks; takes about a second."""
    return [finding for group in GROUPS for finding in group.findings()]


def is_hopeless(findings: Iterable[Finding]) -> bool:
    """Whether nothing can be measured."""
    return any(finding.level == "error" for finding in findings)


def as_text(findings: Sequence[Finding], columns: int) -> str:
    """Return the findings, each followed by its remedy, in lines of at most `columns` characters.

    Words are never broken; a longer word makes a longer line.
    """
    widest = max((len(finding.what) for finding in findings), default=0)
    return "\n".join(line for each in findings for line in _lines(each, widest, columns))


def _lines(finding: Finding, widest: int, columns: int) -> Iterator[str]:
    label = f"{finding.level:<8} {finding.what:<{widest}}  "
    remedy = f"-> {finding.remedy}" if finding.remedy else ""
    width = max(20, columns - len(label))
    lines = [line for text in (finding.value, remedy) for line in _wrapped(text, width)]
    for index, line in enumerate(lines):
        yield f"{label if index == 0 else ' ' * len(label)}{line}"


def _wrapped(text: str, columns: int) -> list[str]:
    return wrap(text, columns, break_long_words=False, break_on_hyphens=False)


def conclusion(findings: Sequence[Finding]) -> str:
    """Return a one-sentence summary of the findings."""
    counts = Counter(finding.level for finding in findings)
    if counts["error"]:
        return f"Measuring is not possible here: see {_counted(counts['error'], 'error')} above."
    if counts["warning"]:
        return f"Ready to measure, with {_counted(counts['warning'], 'warning')}."
    return "Ready to measure."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
