"""Environment variables of every process that Webtrial starts: built here, never inherited.

Variables that a user sets for other programs (PGSSLMODE, GIT_DIR, PYTHONPATH, MPLBACKEND, a proxy,
a locale) change neither measurements nor publications. WEBTRIAL_PASS_ON names further variables to
pass on, separated by commas.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

EXTRA_VARIABLES = "WEBTRIAL_PASS_ON"

_MACHINE = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
_WINDOWS = ("SYSTEMROOT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "TMP")
_PARAMETERS = ("DATABASE_URL", "ACCOUNT_PASSWORD")
# For `scheduler`, Dask reads its settings from these; for `results_url`, fsspec and cloud clients
# read their keys.
_PARAMETER_PREFIXES = ("WEBTRIAL_", "DASK_", "FSSPEC_", "AWS_", "AZURE_", "GOOGLE_")

_FIXED = {"LANG": "C.UTF-8", "TZ": "UTC", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def base_environment() -> dict[str, str]:
    """Return the environment of services, PostgreSQL, git and pandoc: paths, UTF-8 and UTC."""
    extra = (name.strip() for name in os.environ.get(EXTRA_VARIABLES, "").split(","))
    return _chosen(*_MACHINE, *_WINDOWS, *extra) | _FIXED


def completed(command: Sequence[str], timeout_s: float) -> subprocess.CompletedProcess[str]:
    """Run a command in `base_environment` and capture its output.

    subprocess.TimeoutExpired if it does not end within `timeout_s`.
    """
    return subprocess.run(
        command,
        env=base_environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=timeout_s,
        check=False,
    )


def experiment_environment() -> dict[str, str]:
    """Return the environment of the experiment, its load drivers and notebooks.

    It adds the variables that our parameters refer to.
    """
    prefixed = (name for name in os.environ if name.startswith(_PARAMETER_PREFIXES))
    return _chosen(*_PARAMETERS, *prefixed) | base_environment()


def publishing_environment() -> dict[str, str]:
    """Return the environment of drawing and rendering, with matplotlib's defaults.

    A user's matplotlibrc is ignored. MPLCONFIGDIR is where matplotlib stores its list of fonts.
    """
    package = find_spec("matplotlib")
    assert package is not None
    assert package.origin is not None
    defaults = Path(package.origin).parent / "mpl-data" / "matplotlibrc"
    return experiment_environment() | _chosen("MPLCONFIGDIR") | {"MATPLOTLIBRC": str(defaults)}


def kernel_environment(folder: Path) -> dict[str, str]:
    """Return the environment of kernels for published notebooks.

    Jupyter and IPython look for configuration and startup files in `folder`, which is empty, and
    in no other folder of the user.
    """
    folders = {"IPYTHONDIR": "ipython", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data"}
    folders |= {"JUPYTER_RUNTIME_DIR": "runtime"}
    return publishing_environment() | {name: str(folder / each) for name, each in folders.items()}


def _chosen(*names: str) -> dict[str, str]:
    return {name: os.environ[name] for name in names if name in os.environ}


@contextmanager
def inherited(environment: Mapping[str, str]) -> Iterator[None]:
    """Within the block, processes started by multiprocessing inherit only `environment`."""
    before = dict(os.environ)
    _replace_environment(environment)
    try:
        yield
    finally:
        _replace_environment(before)


def _replace_environment(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
