"""Errors that Webtrial raises on purpose. Each message says what is wrong and what to do next.

WebtrialError
├── ParameterError        a parameter is unknown, of the wrong type or out of range
├── LaunchError           a service, an upstream or PostgreSQL did not start or was lost
├── ContractError         a stack's response is not what the contract requires
├── DriverError           a load driver failed
├── CapabilityError       a capability cannot be examined, or its file cannot be read
├── ClaimError            the tables of claims or references have a fault
├── RunError              a run directory cannot be read or written
├── CompareError          two runs have nothing to compare
└── PublishError          a notebook or a document could not be made
"""


class WebtrialError(Exception):
    """The base class of all errors that Webtrial raises on purpose.

    Raised itself if the measuring process ended unexpectedly.
    """

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class ParameterError(WebtrialError):
    """A parameter or argument is unknown, of the wrong type or out of range."""


class LaunchError(WebtrialError):
    """A service, an upstream, PostgreSQL or a cluster could not be started or used.

    Also raised if PostgreSQL or an upstream was lost during a trial.
    """


class ContractError(WebtrialError):
    """A stack did not respond, or its response is not what the contract requires."""


class DriverError(WebtrialError):
    """A load driver failed.

    This makes its trial invalid, with the message as the reason. The run continues and repeats the
    trial at most `repeats` times.
    """


class CapabilityError(WebtrialError):
    """The capabilities of a framework cannot be examined, or recorded ones cannot be read."""


class ClaimError(WebtrialError):
    """A table of claims or references has a fault, or verdicts cannot be written."""


class RunError(WebtrialError):
    """A run directory is missing, damaged, locked or in use, or cannot be read or written."""


class CompareError(WebtrialError):
    """Two runs have no scenario and load of one stack in common."""


class PublishError(WebtrialError):
    """A notebook, page, document or archive could not be made."""
