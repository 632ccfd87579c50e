"""How hypothesis tries examples: the same ones each time, however long the machine takes."""

from hypothesis import HealthCheck, settings

EXAMPLES = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
