"""The article's seven kinds of project, as weights over measurable criteria.

The weights are our reading of the article's reasons for each recommendation; they are defaults, not
findings. Criteria that cannot be measured have no weight: maturity, hiring, a team's knowledge.
"""

from collections.abc import Mapping
from math import isfinite
from types import MappingProxyType

from webtrial.errors import ParameterError

Weights = Mapping[str, Mapping[str, float]]  # project → criterion → weight

RECOMMENDED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "traditional web app": ("Django",),
        "simple REST API": ("Flask",),
        "high-performance API": ("FastAPI",),
        "microservices": ("FastAPI",),
        "real-time application": ("FastAPI",),
        "MVP or prototype": ("Django", "FastAPI"),
        "enterprise application": ("Django",),
    }
)
"""The frameworks that the article's verdict names for each kind of project."""

THROUGHPUT, IN_TIME, TAIL = "throughput", "throughput within limit", "tail latency"
COST, CONNECTIONS, MEMORY = "cost per request", "connections held", "memory"
COLD_START, CODE, PACKAGES = "cold start", "lines of code", "installed packages"
VALIDATION, DOCUMENTATION, ADMIN = "validation", "documentation", "admin"
DATA, LOGIN, TOKEN = "ORM and migrations", "session login", "bearer token"
WEBSOCKET = "WebSocket"
CRITERIA = (
    *(THROUGHPUT, IN_TIME, TAIL, COST, CONNECTIONS, MEMORY, COLD_START, CODE, PACKAGES),
    *(VALIDATION, DOCUMENTATION, ADMIN, DATA, LOGIN, TOKEN, WEBSOCKET),
)

WEIGHTS: Weights = MappingProxyType(
    {
        "traditional web app": {ADMIN: 3, DATA: 3, LOGIN: 3, CODE: 1, THROUGHPUT: 1, TAIL: 1},
        "simple REST API": {CODE: 3, PACKAGES: 2, VALIDATION: 2, DOCUMENTATION: 2, COST: 1},
        "high-performance API": {IN_TIME: 3, THROUGHPUT: 2, TAIL: 3, COST: 2, DOCUMENTATION: 1},
        "microservices": {MEMORY: 3, COLD_START: 2, PACKAGES: 1, COST: 2, IN_TIME: 2, TAIL: 1},
        "real-time application": {CONNECTIONS: 3, WEBSOCKET: 3, TAIL: 2, MEMORY: 1, COST: 1},
        "MVP or prototype": {CODE: 3, ADMIN: 2, DATA: 2, VALIDATION: 2, DOCUMENTATION: 2, LOGIN: 1},
        "enterprise application": {DATA: 3, ADMIN: 2, LOGIN: 2, VALIDATION: 2, TOKEN: 1, TAIL: 1},
    }
)
"""How much each criterion counts, from 0 (not named: not at all) to 3."""


def weights_of(given: Weights | None) -> dict[str, dict[str, float]]:
    """Return the weights of every project.

    Weights `given` for a project replace all of its defaults. Raises ParameterError if a project or
    a criterion is unknown, a weight is negative or not a number, or all of a project's weights are
    0.
    """
    weights = {project: dict(each) for project, each in WEIGHTS.items()}
    for project, each in (given or {}).items():
        if project not in WEIGHTS:
            raise ParameterError(f"unknown project {project!r}; known: {', '.join(WEIGHTS)}")
        weights[project] = dict(each)
        _check(project, weights[project])
    return weights


def _check(project: str, weights: Mapping[str, float]) -> None:
    if unknown := [name for name in weights if name not in CRITERIA]:
        raise ParameterError(
            f"weights of {project}: unknown criterion {', '.join(map(repr, unknown))};"
            f" known: {', '.join(CRITERIA)}"
        )
    for name, weight in weights.items():
        if isinstance(weight, bool | str) or not (isfinite(weight) and weight >= 0):
            raise ParameterError(f"weights of {project}: {name} = {weight!r}; use a number from 0")
    if not any(weights.values()):
        raise ParameterError(f"weights of {project} are all 0; set at least one above 0")
