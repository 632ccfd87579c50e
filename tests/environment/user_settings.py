"""Somebody who has settings for every program that Webtrial uses."""

import json
import os
from pathlib import Path

ASCII_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

OF_POSTGRESQL = {
    "PGSSLMODE": "require",
    "PGSERVICE": "elsewhere",
    "PGHOSTADDR": "192.0.2.1",
    "PGTARGETSESSIONATTRS": "standby",
    "PGCHANNELBINDING": "require",
    "PGOPTIONS": "-c default_transaction_read_only=on",
}
"""Each of them keeps libpq from reaching our server."""

MATPLOTLIBRC = """\
figure.facecolor: black
savefig.facecolor: black
axes.facecolor: black
lines.linewidth: 9
figure.dpi: 300
text.usetex: True
no.such.setting: 1
"""

PANDOC = """\
#!/bin/sh
case "$*" in *--version*) echo "pandoc 99.1" ;; *) cat > /dev/null; echo "#panic()" ;; esac
"""

IPYTHON_CONFIG = """\
c.InteractiveShellApp.exec_lines = ["print('a line of mine')"]
c.InlineBackend.figure_formats = ["png"]
"""


def settings_for_publishing(home: Path) -> dict[str, str]:
    """Variables of somebody whose settings lie below `home`: of matplotlib, pandoc, Jupyter,
    IPython, Python, the locale and the time zone."""
    write(home / ".ipython/profile_default/startup/mine.py", "print('a startup file of mine')")
    write(home / ".ipython/profile_default/ipython_config.py", IPYTHON_CONFIG)
    write(home / "python_startup.py", "print('a startup file of Python')")
    kernel = {"argv": ["/bin/false"], "display_name": "Python 3", "language": "python"}
    write(home / "jupyter/kernels/python3/kernel.json", json.dumps(kernel))
    write(home / "bin/pandoc", PANDOC).chmod(0o755)
    return ASCII_LOCALE | {
        "HOME": str(home),
        "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "MATPLOTLIBRC": str(write(home / "matplotlibrc", MATPLOTLIBRC)),
        "MPLBACKEND": "QtAgg",
        "JUPYTER_PATH": str(home / "jupyter"),
        "JPY_SESSION_NAME": "mine.ipynb",
        "PYTHONSTARTUP": str(home / "python_startup.py"),
        "PYTHONWARNINGS": "always",
        "TZ": "Asia/Tokyo",
    }


def write(path: Path, text: str) -> Path:
    """Write `text` to `path`, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
