"""Capabilities and footprint of each framework, as found by probes: data/capabilities.csv."""

from pathlib import Path

import pandas as pd

from webtrial.errors import CapabilityError
from webtrial.run.capabilities import COLUMNS, FILE

QUESTION = ("capability", "question", "unit")


def capability_findings(path: Path = FILE) -> pd.DataFrame:
    """Return every finding, a row each.

    Columns: those of `webtrial.run.capabilities.Finding`, all texts. Raises CapabilityError if the
    file is missing or has another format.
    """
    try:
        findings = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise CapabilityError(
            f"{path} cannot be read: {error}; create it with `make capabilities`"
        ) from None
    if tuple(findings.columns) != COLUMNS:
        raise CapabilityError(
            f"{path} does not have the columns {', '.join(COLUMNS)}: create it again with"
            " `make capabilities`"
        )
    return findings


def capability_table(findings: pd.DataFrame) -> pd.DataFrame:
    """Return the findings side by side: a row for each question, in their order.

    Columns: capability, question, unit, and one for each framework with its value; NaN if it was
    not probed.
    """
    order = list(dict.fromkeys(findings["framework"]))
    wide = findings.pivot_table(
        index=list(QUESTION), columns="framework", values="value", aggfunc="first", sort=False
    )
    return wide[order].rename_axis(columns=None).reset_index()
