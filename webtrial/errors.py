"""Every error that a person can meet, in one tree. Each says what happened and what to do.

WebtrialError
├── ParameterError        a parameter is unknown, of the wrong type or out of range
├── LaunchError           a service, an upstream or PostgreSQL did not come up
├── ContractError         a stack does not answer as the contract says
├── DriverError           the load driver's process failed
├── CapabilityError       what a framework can do cannot be found out, or what was found read
├── ClaimError            data/claims.csv or data/references.csv does not say what it should
├── RunError              a run directory cannot be read or written
├── CompareError          two runs have nothing in common that could be compared
└── PublishError          a notebook or a document could not be made
"""


class WebtrialError(Exception):
    """The root: catching it catches all that Webtrial raises on purpose."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class ParameterError(WebtrialError):
    """A parameter is unknown, of the wrong type or out of range."""


class LaunchError(WebtrialError):
    """A service, an upstream or PostgreSQL did not come up."""


class ContractError(WebtrialError):
    """A stack does not answer as the contract says."""


class DriverError(WebtrialError):
    """The load driver's process failed."""


class CapabilityError(WebtrialError):
    """What a framework can do cannot be found out, or what was found cannot be read."""


class ClaimError(WebtrialError):
    """A table of claims or references does not say what it should."""


class RunError(WebtrialError):
    """A run directory cannot be read or written."""


class CompareError(WebtrialError):
    """Two runs have nothing in common that could be compared."""


class PublishError(WebtrialError):
    """A notebook or a document could not be made."""
