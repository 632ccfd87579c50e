"""The published sources that the report refers to, as a list of references."""

import pandas as pd

from webtrial.results.claims.references import read_references

_ONE_SOURCE = ["source", "date", "hardware", "address"]


def sources_text(references: pd.DataFrame | None = None) -> list[str]:
    """Return a paragraph of Markdown for each source of data/references.csv, in the file's order.

    Each says who, when, which tests, on what hardware, and where to read it.
    """
    table = read_references() if references is None else references
    grouped = table.groupby(_ONE_SOURCE, sort=False)["test"].unique()
    return [
        f"{source}, {date}: {'; '.join(tests)}. On {hardware}. <{address}>"
        for (source, date, hardware, address), tests in zip(grouped.index, grouped, strict=True)
    ]
