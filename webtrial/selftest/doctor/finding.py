"""The finding of one check of the doctor."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "warning", "error"]
"""`note`: harmless, worth knowing. `warning`: results suffer. `error`: nothing can be measured."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The subject of a check (`what`), its `value` here and, unless all is well, a `remedy`."""

    level: Level
    what: str
    value: str
    remedy: str = ""

    @property
    def matters(self) -> bool:
        """Whether somebody who is about to measure has to read it."""
        return self.level in ("warning", "error")
