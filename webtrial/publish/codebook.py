"""Codebook of the published data: the type, unit and meaning of every column.

Names and types come from the code that writes the data, units from the endings of the names, and
meanings of parameters from their own descriptions. All other meanings are in data/columns.csv, one
row per column.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from inspect import cleandoc
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from webtrial.results.claims.claims_file import Claim
from webtrial.results.claims.references import COLUMNS as REFERENCE_COLUMNS
from webtrial.results.claims.references import read_references
from webtrial.run.capabilities import Finding
from webtrial.run.manifest import Interruption, Manifest
from webtrial.run.parameters import PRIVATE, Parameters
from webtrial.run.records import (
    Client,
    ConnectionStates,
    Cost,
    Counts,
    Load,
    Machine,
    PlannedTrial,
    Reason,
    ResourceSample,
    Statements,
    Trial,
    Upstream,
    Validity,
    Worker,
)
from webtrial.run.sample_rows import SAMPLES
from webtrial.system.folders import REPOSITORY

FILE = REPOSITORY / "data" / "columns.csv"

_TRIAL_RECORDS = (
    *(
        Trial,
        PlannedTrial,
        Load,
        Counts,
        Client,
        Machine,
        Cost,
        Statements,
        ResourceSample,
        Upstream,
    ),
    *(Validity, Reason, ConnectionStates, Worker),
)
_UNITS = {  # by the ending of a name, the longest first
    "_per_s": "per second",
    "_fraction": "share, 0 to 1",
    "_bytes": "bytes",
    "_mib": "MiB",
    "_ns": "ns",
    "_ms": "ms",
    "_s": "s",
    "_at": "ISO 8601, UTC",
}
_TYPE_NAMES: Mapping[Any, str] = {
    **{str: "text", int: "integer", float: "number", bool: "true or false"},
    **{NoneType: "null", Any: "anything"},
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column or field: the kind of value, its unit (empty if it has none) and its meaning."""

    name: str
    kind: str
    unit: str
    meaning: str

    def __str__(self) -> str:
        """Format the column as an item of a list of columns."""
        kind = f"{self.kind}, {self.unit}" if self.unit else self.kind
        return f"`{self.name}` ({kind}): {self.meaning}."


@dataclass(frozen=True, slots=True)
class Record:
    """A named group of columns. `description` says what one row or object is."""

    name: str
    description: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A kind of file, given by its name pattern, and the records in it."""

    pattern: str
    records: tuple[Record, ...]


def codebook(path: Path = FILE) -> tuple[File, ...]:
    """Return every kind of file in the published data, with all its columns.

    Raises KeyError if the meaning of a column is missing from `path`.
    """
    meanings = _meanings(path)
    records = [_of_class(each, meanings) for each in _TRIAL_RECORDS]
    manifest = [_of_class(each, meanings) for each in (Manifest, Interruption)]
    return (
        File("samples/*.parquet", (_of_samples(meanings),)),
        File("trials/*.json", tuple(records)),
        File("manifest.json", (manifest[0], _of_parameters(), *manifest[1:])),
        File("claims.csv", (_of_class(Claim, meanings, _in_csv),)),
        File("references.csv", (_of_references(meanings),)),
        File("capabilities.csv", (_of_class(Finding, meanings, _in_csv),)),
    )


def documented_columns(path: Path = FILE) -> set[tuple[str, str]]:
    """Return each (record, column) that has a meaning in `path`."""
    return set(_meanings(path))


def unit_of(name: str) -> str:
    """Return the unit that the ending of a name stands for; empty if there is none."""
    return next((unit for end, unit in _UNITS.items() if name.endswith(end)), "")


def _meanings(path: Path) -> dict[tuple[str, str], str]:
    with path.open(newline="", encoding="utf-8") as file:
        return {(row["record"], row["column"]): row["meaning"] for row in csv.DictReader(file)}


def _of_samples(meanings: Mapping[tuple[str, str], str]) -> Record:
    columns = [
        Column(
            field.name,
            "text" if "dictionary" in str(field.type) else "integer",
            unit_of(field.name),
            meanings["samples", field.name],
        )
        for field in SAMPLES
    ]
    return Record("samples", "One row per request of an attempt at a trial.", tuple(columns))


def _of_references(meanings: Mapping[tuple[str, str], str]) -> Record:
    table = read_references()
    columns = [
        Column(
            name,
            "number" if table[name].dtype == float else "text",
            unit_of(name),
            meanings["references", name],
        )
        for name in REFERENCE_COLUMNS
    ]
    return Record("references", "One row per published comparison.", tuple(columns))


def _in_csv(annotation: Any) -> str:
    return "text"


def _of_class(record: type, meanings: Mapping[tuple[str, str], str], kind: Any = None) -> Record:
    type_name = kind or kind_of
    name = record.__name__
    columns = tuple(
        Column(each, type_name(annotation), unit_of(each), meanings[name, each])
        for each, annotation in _annotated(record)
    )
    return Record(name, _first_paragraph(record), columns)


def _of_parameters() -> Record:
    columns = tuple(
        Column(name, kind_of(field.annotation), unit_of(name), field.description or "")
        for name, field in Parameters.model_fields.items()
        if name not in PRIVATE
    )
    return Record("Parameters", "What the run measures, and how.", columns)


def _annotated(record: type) -> Iterator[tuple[str, Any]]:
    if is_dataclass(record):
        hints = get_type_hints(record)
        yield from ((field.name, hints[field.name]) for field in fields(record))
    elif issubclass(record, BaseModel):
        yield from ((name, field.annotation) for name, field in record.model_fields.items())


def _first_paragraph(record: type) -> str:
    """Return the first paragraph of a record's docstring on one line."""
    return " ".join(cleandoc(record.__doc__ or "").split("\n\n")[0].split())


def kind_of(annotation: Any) -> str:
    """Return a type in words: `number`, `text or null`, `list of ResourceSample`."""
    if annotation in _TYPE_NAMES:
        return _TYPE_NAMES[annotation]
    if hasattr(annotation, "__metadata__"):
        return kind_of(annotation.__origin__)
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Literal, Union, UnionType):
        return " or ".join(str(part) if origin is Literal else kind_of(part) for part in parts)
    if origin in (list, tuple):
        return f"list of {kind_of(parts[0])}"
    if origin is dict:
        return f"object of {kind_of(parts[1])}"
    return str(annotation.__name__)
