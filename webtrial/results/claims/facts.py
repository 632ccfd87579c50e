"""Count claims: the three kinds separately, and each fact once.

Several statements of the article can repeat one fact. In a closed loop mean latency is users over
throughput, so the article's two columns for CRUD say the same; and three frameworks have two
independent ratios, however many figures are printed. `fact` in data/claims.csv names the fact that
a statement repeats.

**The verdict of a fact** is that of the statements that state only this fact. A figure that is
judged by two ratios cannot show which of them is wrong, so it decides neither if another statement
does. Among several that decide, the weakest verdict counts, as for the parts of a claim. Statements
with a different verdict than their fact's are listed (`differing`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from webtrial.results.claims.claims_file import Kind
from webtrial.results.claims.verdicts import VERDICTS, Verdict, weakest_of
from webtrial.stats.frames import rows_of

LABELS: Mapping[Kind, str] = {
    "performance": "measured performance",
    "feature": "features found by probes",
    "choice": "choices by our weights",
}
"""Display names of the kinds of claims, in display order."""


@dataclass(frozen=True, slots=True)
class Count:
    """The outcome of one kind of claim.

    `statements` of the article, the `facts` that they amount to, and the number of facts by
    verdict, including verdicts that no fact has.
    """

    label: str
    statements: int
    facts: int
    verdicts: Mapping[Verdict, int]

    @property
    def size(self) -> str:
        """The size as text.

        Examples: `19 statements, 11 independent facts`; `7 statements` if each is a fact.
        """
        noun = "statement" if self.statements == 1 else "statements"
        size = f"{self.statements} {noun}"
        if self.facts == self.statements:
            return size
        return f"{size}, {self.facts} independent fact{'s' * (self.facts != 1)}"

    @property
    def nonzero(self) -> dict[Verdict, int]:
        """The verdicts that at least one fact has."""
        return {verdict: count for verdict, count in self.verdicts.items() if count}


def facts_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the facts behind `Verification.table`, a row each.

    They are in the order of their first statement. Columns: fact, kind, verdict, statements (their
    ids), differing (ids of those with a different verdict), the last two as tuples.
    """
    by_fact: dict[str, list[dict[str, Any]]] = {}
    for row in rows_of(table):
        for fact in row["facts"]:
            by_fact.setdefault(fact, []).append(row)
    rows = [_fact(fact, statements) for fact, statements in by_fact.items()]
    return pd.DataFrame(rows, columns=["fact", "kind", "verdict", "statements", "differing"])


def _fact(fact: str, statements: list[dict[str, Any]]) -> dict[str, Any]:
    deciding = [row for row in statements if row["facts"] == (fact,)]
    verdict = weakest_of(row["verdict"] for row in deciding or statements)
    return {
        "fact": fact,
        "kind": statements[0]["kind"],
        "verdict": verdict,
        "statements": tuple(row["id"] for row in statements),
        "differing": tuple(row["id"] for row in statements if row["verdict"] != verdict),
    }


def counts_of(table: pd.DataFrame) -> list[Count]:
    """Return one count for each kind in `Verification.table`, measured performance first."""
    facts = facts_of(table)
    return [
        _count(kind, int((table["kind"] == kind).sum()), facts.loc[facts["kind"] == kind])
        for kind in LABELS
        if (table["kind"] == kind).any()
    ]


def _count(kind: Kind, statements: int, facts: pd.DataFrame) -> Count:
    counted = facts["verdict"].value_counts()
    verdicts = {verdict: int(counted.get(verdict, 0)) for verdict in VERDICTS}
    return Count(LABELS[kind], statements, len(facts), verdicts)
