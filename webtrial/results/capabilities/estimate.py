"""What each framework can do and takes, as it was found: data/capabilities.csv."""

from pathlib import Path

import pandas as pd

from webtrial.errors import CapabilityError
from webtrial.run.capabilities import COLUMNS, FILE

QUESTION = ("capability", "question", "unit")


def capability_findings(path: Path = FILE) -> pd.DataFrame:
    """Every finding, a row each. Columns: those of `webtrial.run.capabilities.Finding`, all texts.

    Raises CapabilityError where the file is missing or is none of ours.
    """
    try:
        findings = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise CapabilityError(
            f"{path} cannot be read: {error}; `make capabilities` writes it"
        ) from None
    if tuple(findings.columns) != COLUMNS:
        raise CapabilityError(f"{path} lacks columns: `make capabilities` writes it anew")
    return findings


def capability_table(findings: pd.DataFrame) -> pd.DataFrame:
    """Findings side by side: a row for each question, in their order.

    Columns: capability, question, unit, and one for each framework with the value it answered;
    NaN where it was not asked.
    """
    order = list(dict.fromkeys(findings["framework"]))
    wide = findings.pivot_table(
        index=list(QUESTION), columns="framework", values="value", aggfunc="first", sort=False
    )
    return wide[order].rename_axis(columns=None).reset_index()
