"""data/claims.csv: what the article claims, a row each."""

import csv
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from webtrial.analyse.claims.verdicts import Comparator
from webtrial.errors import ClaimError

FILE = Path(__file__).parent.parent.parent.parent / "data" / "claims.csv"

_Several = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda text: tuple(part.strip() for part in text.split(";") if part.strip())),
]


class Claim(BaseModel):
    """One sentence of the article.

    `stack` and `baseline` name stacks of a run, `scenario` kinds of traffic, several where a claim
    is about each of them; `load` is the kind of their main load. `claimed` are the article's own
    numbers or words in `unit`, which `comparator` relates to what is measured. `predicate` names
    the function that judges it; `evidence` what that reads in data/capabilities.csv; `needs` what
    a test would take that no run has.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    topic: str
    stack: _Several
    baseline: _Several
    scenario: _Several
    load: str
    metric: str
    claimed: _Several
    unit: str
    comparator: Comparator
    predicate: str
    evidence: _Several
    needs: str
    statement: str

    @property
    def numbers(self) -> list[float]:
        """What is claimed, as numbers; ClaimError where it is none."""
        try:
            return [float(value) for value in self.claimed]
        except ValueError:
            raise ClaimError(
                f"data/claims.csv, {self.id}, column claimed: {'; '.join(self.claimed)!r} is no"
                f" number, which predicate {self.predicate!r} needs"
            ) from None


COLUMNS = tuple(Claim.model_fields)


def read_claims(path: Path = FILE) -> list[Claim]:
    """Every claim, in order. ClaimError names the row and the column that are wrong."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            columns = tuple(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError) as error:
        raise ClaimError(f"{path} cannot be read: {error}") from None
    if columns != COLUMNS:
        raise ClaimError(f"{path}: its columns are {', '.join(columns)}, not {', '.join(COLUMNS)}")
    claims = [_claim(path, number, row) for number, row in enumerate(rows, 2)]
    names = [claim.id for claim in claims]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ClaimError(f"{path}, column id: {', '.join(twice)} more than once; name each once")
    return claims


def _claim(path: Path, line: int, row: dict[str, str]) -> Claim:
    try:
        return Claim.model_validate(row)
    except ValidationError as error:
        faults = "; ".join(
            f"column {'.'.join(map(str, fault['loc']))} = {fault['input']!r}: {fault['msg']}"
            for fault in error.errors()
        )
        raise ClaimError(f"{path}, line {line} ({row.get('id')}): {faults}") from None
