"""Create `.venv` and install the requirements in it. Needs only the standard library.

    python3 install.py ready-to-run        # requirements of `make report`
    python3 install.py ready-to-test       # also those of `make test`
    python3 install.py pins                # resolve requirements*.in into requirements*.txt

`make` calls it before each command; if everything is up to date, it changes nothing. Packages come
from the places that the user's settings of pip and uv name. Settings of how to install (--user,
--target, --require-hashes, a constraint …) are meant for other environments and are ignored. This
file also runs on old versions of Python, which can then report the version that is needed.
"""

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"

# Stamp files in .venv, with their sources. A stamp holds the place of the project and is stale if
# that has changed or if one of its sources is newer.
SOURCES = {
    "uv": [],
    "ready-to-run": [".venv/uv", "requirements.txt", "pyproject.toml"],
    "ready-to-test": [".venv/ready-to-run", "requirements-dev.txt"],
}
REQUIREMENTS = {
    "ready-to-run": ["-r", "requirements.txt", "-e", "."],
    "ready-to-test": ["-r", "requirements-dev.txt"],
}
COMPILING = ["--universal", "--no-emit-index-url", "--no-header", "--no-annotate"]

# Settings of pip, by their names in its configuration, that say where packages come from.
PLACES = {
    *("index-url", "extra-index-url", "find-links", "no-index"),
    *("trusted-host", "cert", "client-cert", "proxy", "keyring-provider"),
    *("timeout", "default-timeout", "retries", "cache-dir"),
}
# The same settings of uv, and the separator of several values.
FOR_UV = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "client-cert": ("SSL_CLIENT_CERT", " "),
    "proxy": ("ALL_PROXY", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
}
OLDER_NAMES = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}
# The user's own settings of uv that apply.
UV_SETTINGS = re.compile(
    r"UV_(INDEX|DEFAULT_INDEX|EXTRA_INDEX_URL|FIND_LINKS|INSECURE_HOST|KEYRING_PROVIDER"
    r"|SYSTEM_CERTS|NATIVE_TLS|HTTP_|REQUEST_TIMEOUT|OFFLINE|CACHE_DIR|NO_CACHE|LINK_MODE"
    r"|CONCURRENT_|CONFIG_FILE|NO_CONFIG)"
)


def main() -> int:
    """Bring `.venv` to the given goal; return the exit status."""
    parser = argparse.ArgumentParser(description="Install Webtrial's requirements into .venv.")
    parser.add_argument("goal", choices=[*SOURCES, "pins"])
    parser.add_argument(
        "--any-version",
        action="store_true",
        help="keep a .venv of another Python version if it is new enough",
    )
    given = parser.parse_args()
    os.chdir(str(PROJECT))
    try:
        provide_venv(given.any_version)
        if given.goal == "pins":
            compile_pins()
        else:
            provide(given.goal)
    except subprocess.CalledProcessError as error:
        return error.returncode  # the command has printed the cause
    return 0


# --- the virtual environment


def provide_venv(any_version: bool) -> None:
    """Provide a `.venv` of this Python version, or with `any_version` of any that is new enough.

    A `.venv` of another version is replaced.
    """
    found = venv_version()
    if found and found >= needed_version() and (any_version or found == sys.version_info[:2]):
        if not (VENV / "lib" / "python{}.{}/site-packages/pip".format(*found)).is_dir():
            add_pip()
        return
    if sys.version_info[:2] < needed_version():
        sys.exit(too_old())
    if (VENV / "pyvenv.cfg").is_file():
        old = "of Python {}.{}".format(*found) if found else "whose Python does not start"
        print(f"replacing the .venv {old}", flush=True)
        remove(VENV)
    make_venv()


def make_venv() -> None:
    """Create `.venv` for this Python."""
    existed = VENV.exists()
    try:
        run([sys.executable, "-I", "-m", "venv", str(VENV)], foreign_settings_removed(os.environ))
    except subprocess.CalledProcessError:
        if not existed:
            remove(VENV)  # an incomplete one would be taken for a complete one
        raise


def add_pip() -> None:
    """Install pip into a `.venv` without it, and mark its packages as not installed.

    Another tool made it, or the system has replaced its Python, which cannot use those packages.
    """
    run([str(PYTHON), "-I", "-m", "ensurepip"], foreign_settings_removed(os.environ))
    for stamp in SOURCES:
        remove(VENV / stamp)


def venv_version() -> "tuple[int, ...] | None":
    """Return the version of the Python in `.venv`; None if there is none that starts."""
    try:
        return python_version(str(PYTHON))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def python_version(command: str) -> "tuple[int, ...]":
    """Return the major and minor version of an interpreter."""
    printed = subprocess.check_output(
        [command, "-I", "-c", "import sys; print(*sys.version_info[:2])"],
        stderr=subprocess.DEVNULL,
        timeout=30,
    )
    return tuple(map(int, printed.split()))


def needed_version() -> "tuple[int, ...]":
    """Return the lowest version that pyproject.toml allows."""
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'requires-python = ">=(\d+)\.(\d+)"', text)
    assert found is not None
    return tuple(map(int, found.groups()))


def too_old() -> str:
    """Return the message that this Python is too old, and which one to use."""
    needed = "{}.{}".format(*needed_version())
    this = "{}.{}.{}".format(*sys.version_info[:3])
    others = newer_pythons()
    use = f"run `make … PYTHON={others[0]}`"
    install = "install a newer one, then run `make … PYTHON=<path>`"
    remedy = use if others else install
    return f"Webtrial needs Python {needed} or newer, but {sys.executable} is {this}: {remedy}"


def newer_pythons() -> "list[str]":
    """Return interpreters on PATH that are new enough and start, the oldest first."""
    major, minor = needed_version()
    names = (f"python{major}.{each}" for each in range(minor, minor + 9))
    return [path for path in map(shutil.which, names) if path and starts(path)]


def starts(path: str) -> bool:
    """Whether `path` is an interpreter that starts and is new enough."""
    try:
        return python_version(path) >= needed_version()
    except (OSError, ValueError, subprocess.SubprocessError):
        return False


def remove(folder: Path) -> None:
    """Remove a folder, a link to one, or a file, if it exists."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    else:
        shutil.rmtree(str(folder), ignore_errors=True)


# --- packages


def provide(goal: str) -> None:
    """Install everything that is missing for `goal`."""
    goals = list(SOURCES)
    for stamp in goals[: goals.index(goal) + 1]:
        if not is_stale(stamp):
            continue
        if stamp == "uv":
            install_uv()
        else:
            uv("install", *REQUIREMENTS[stamp])
        (VENV / stamp).write_bytes(os.fsencode(str(PROJECT)))


def is_stale(stamp: str) -> bool:
    """Whether the requirements of a stamp must be installed.

    Also if they were installed when the project was elsewhere: a `.venv` that was moved or copied
    with it still imports the modules of the earlier place.
    """
    file = VENV / stamp
    if not file.is_file() or (stamp == "uv" and not any(VENV.glob("lib/*/site-packages/uv"))):
        return True
    if file.read_bytes() != os.fsencode(str(PROJECT)):  # the locale may not have its letters
        return True
    written_s = file.stat().st_mtime
    return any((PROJECT / source).stat().st_mtime > written_s for source in SOURCES[stamp])


def install_uv() -> None:
    """Install uv with pip; CalledProcessError if it does not run afterwards."""
    environment = pip_environment(os.environ, places_of_pip())
    run([str(PYTHON), "-I", "-m", "pip", "install", "--quiet", "uv"], environment)
    run([str(PYTHON), "-I", "-m", "uv", "--version"], environment, stdout=subprocess.DEVNULL)


def compile_pins() -> None:
    """Resolve the requirements into pins for the lowest Python version."""
    provide("uv")
    version = "{}.{}".format(*needed_version())
    for name in ("requirements", "requirements-dev"):
        files = [f"{name}.in", "-o", f"{name}.txt"]
        uv("compile", "--python-version", version, *COMPILING, *files)


def uv(command: str, *arguments: str) -> None:
    """Run a command of `uv pip` on `.venv`."""
    places = places_of_pip()
    no_index = ["--no-index"] if places.get("no-index", "").lower() in TRUE else []
    start = [str(PYTHON), "-I", "-m", "uv", "pip", command, "--quiet", "--python", str(PYTHON)]
    run([*start, *no_index, *arguments], uv_environment(os.environ, places))


TRUE = ("1", "true", "yes", "on")


def run(command: "list[str]", environment: "dict[str, str]", stdout: "int | None" = None) -> None:
    """Run a command; CalledProcessError if it fails."""
    subprocess.check_call(command, env=environment, stdout=stdout)


# --- settings


def places_of_pip() -> "dict[str, str]":
    """Return the settings in PLACES from the user's configuration files and variables of pip."""
    of_user = {name: os.environ[name] for name in os.environ if is_place(name)}
    # A configuration file may set these two, and either would shorten the list.
    shown = {"PIP_QUIET": "0", "PIP_USER": "0"}
    environment = {**foreign_settings_removed(os.environ), **of_user, **shown}
    command = [str(PYTHON), "-I", "-m", "pip", "config", "list"]
    return places_listed(subprocess.check_output(command, env=environment).decode())


def is_place(variable: str) -> bool:
    """Whether an environment variable sets one of PLACES or names the configuration file."""
    name = variable[len("PIP_") :].lower().replace("_", "-")
    return variable.startswith("PIP_") and name in PLACES | {"config-file"}


def places_listed(listing: str) -> "dict[str, str]":
    """Return the settings in PLACES from the output of `pip config list`.

    As in pip, a setting of `pip install` overrides a global one, and a variable overrides both.
    Several values are separated by spaces.
    """
    found = {}
    for section in ("global", "install", ":env:"):
        pattern = rf"^{section}\.([\w-]+)=(['\"].*)$"
        for name, value in re.findall(pattern, listing, re.MULTILINE):
            if name in PLACES:
                found[name] = " ".join(ast.literal_eval(value).split())
    return found


def pip_environment(environ: "dict[str, str]", places: "dict[str, str]") -> "dict[str, str]":
    """Return an environment in which pip has the settings `places` and no others."""
    variables = {f"PIP_{name.upper().replace('-', '_')}": value for name, value in places.items()}
    fixed = {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return {**foreign_settings_removed(environ), **fixed, **variables}


def uv_environment(environ: "dict[str, str]", places: "dict[str, str]") -> "dict[str, str]":
    """Return an environment in which uv finds packages where pip does.

    The user's own settings of uv have priority.
    """
    environment = foreign_settings_removed(environ)
    environment.update({name: environ[name] for name in environ if UV_SETTINGS.match(name)})
    for name, (variable, separator) in FOR_UV.items():
        if name in places and OLDER_NAMES.get(variable) not in environment:
            environment.setdefault(variable, separator.join(places[name].split()))
    if "extra-index-url" in places:
        # As in pip: the best version of all indexes, not that of the first index that has one.
        environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return environment


def foreign_settings_removed(environ: "dict[str, str]") -> "dict[str, str]":
    """Return the environment without settings of Python, pip and uv."""
    foreign = ("PYTHON", "PIP_", "UV_", "__PYVENV")
    return {name: value for name, value in environ.items() if not name.startswith(foreign)}


if __name__ == "__main__":
    sys.exit(main())
