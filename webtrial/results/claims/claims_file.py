"""Read data/claims.csv: the article's claims, a row each."""

import csv
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from webtrial.errors import ClaimError
from webtrial.results.claims.verdicts import Comparator
from webtrial.system.folders import REPOSITORY

Kind = Literal["performance", "feature", "choice"]

FILE = REPOSITORY / "data" / "claims.csv"

_Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda text: tuple(part.strip() for part in text.split(";") if part.strip())),
]


class Claim(BaseModel):
    """One sentence of the article.

    `kind` is how it is judged: by measured performance, by a feature that probes look for, or by
    our weights for a choice. Statements with the same `fact` repeat each other and count once; a
    statement that repeats no other has no `fact`.

    `stack` and `baseline` name stacks of a run. `scenario` names kinds of traffic, several if a
    claim is about each of them; `load` is the kind of their main load. `claimed` are the article's
    own numbers or words in `unit`, which `comparator` relates to the measurement. `predicate` names
    the function that judges it; `evidence` what that function reads in data/capabilities.csv;
    `needs` what a test would require that no run has.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    kind: Kind
    fact: _Texts
    topic: str
    stack: _Texts
    baseline: _Texts
    scenario: _Texts
    load: str
    metric: str
    claimed: _Texts
    unit: str
    comparator: Comparator
    predicate: str
    evidence: _Texts
    needs: str
    statement: str

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that it states: those of `fact`, otherwise one of its own."""
        return self.fact or (self.id,)

    @property
    def numbers(self) -> list[float]:
        """The claimed values as numbers; ClaimError if one is not a number."""
        try:
            return [float(value) for value in self.claimed]
        except ValueError:
            raise ClaimError(
                f"data/claims.csv, {self.id}, column claimed: {'; '.join(self.claimed)!r} is not a"
                f" number; predicate {self.predicate!r} needs one"
            ) from None


COLUMNS = tuple(Claim.model_fields)


def read_claims(path: Path = FILE) -> list[Claim]:
    """Return every claim, in order. ClaimError names the row and the column that are wrong."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            columns = tuple(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError) as error:
        raise ClaimError(f"{path} cannot be read: {error}") from None
    if columns != COLUMNS:
        raise ClaimError(
            f"{path}: the columns are {', '.join(columns)}; expected: {', '.join(COLUMNS)}"
        )
    claims = [_claim(path, number, row) for number, row in enumerate(rows, 2)]
    names = [claim.id for claim in claims]
    if duplicates := sorted({name for name in names if names.count(name) > 1}):
        raise ClaimError(
            f"{path}, column id: duplicate {', '.join(duplicates)}; each id must be unique"
        )
    _check_kinds(path, claims)
    return claims


def _check_kinds(path: Path, claims: list[Claim]) -> None:
    """Raise ClaimError unless all statements of a fact have the same kind.

    A fact is counted under the kind of its statements.
    """
    kinds: dict[str, Kind] = {}
    for claim in claims:
        for fact in claim.facts:
            if kinds.setdefault(fact, claim.kind) != claim.kind:
                raise ClaimError(
                    f"{path}, {claim.id}, column fact: {fact!r} has kind {claim.kind!r} here and"
                    f" {kinds[fact]!r} in another row; give all rows of a fact the same kind"
                )


def _claim(path: Path, line: int, row: dict[str, str]) -> Claim:
    try:
        return Claim.model_validate(row)
    except ValidationError as error:
        errors = "; ".join(
            f"column {'.'.join(map(str, each['loc']))} = {each['input']!r}: {each['msg']}"
            for each in error.errors()
        )
        raise ClaimError(f"{path}, line {line} ({row.get('id')}): {errors}") from None
