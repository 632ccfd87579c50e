"""Read the CPU quota of our control group, and how often it has throttled us.

A quota limits the CPU time of a group's processes per period, in milliseconds summed over all
cores; once it is used up, all of them stop until the period is over. Containers have quotas. The
quotas of parent groups apply, too. Sources in the kernel's documentation: scheduler/sched-bwc for
cgroup version 1, admin-guide/cgroup-v2 for version 2.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path("/")


@dataclass(frozen=True, slots=True)
class CpuQuota:
    """CPU time allowed in each period."""

    quota_ms: float
    period_ms: float

    @property
    def cores(self) -> float:
        """The quota as an equivalent number of cores."""
        return self.quota_ms / self.period_ms

    def __str__(self) -> str:
        return f"{self.quota_ms:g} ms in {self.period_ms:g} ms"


def cpu_quota(root: Path = ROOT) -> CpuQuota | None:
    """Return the tightest quota that applies to us, or None.

    `root` is the folder that contains /proc and /sys.
    """
    quotas = [quota for folder in _groups(root) if (quota := _quota_of(folder))]
    return min(quotas, key=lambda quota: quota.cores, default=None)


def throttled_periods(root: Path = ROOT) -> int | None:
    """Return the number of periods in which a quota has stopped us so far; None without a quota."""
    counts = [_throttled(folder) for folder in _groups(root) if _quota_of(folder)]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


class _Mount(NamedTuple):
    """A mounted hierarchy of groups: its cgroup version, its top group and its mount point."""

    version: int
    group: str
    point: str


def _groups(root: Path) -> Iterator[Path]:
    """Yield the folders of our group and of all its visible parents."""
    mount = _mount_of_cpu(root)
    if mount is None:
        return
    top = root / mount.point.lstrip("/")
    folder = top / _below(mount.group, _our_group(root, mount.version))
    yield from (each for each in (folder, *folder.parents) if each == top or top in each.parents)


def _mount_of_cpu(root: Path) -> _Mount | None:
    """Return the hierarchy that controls CPU: version 1 if one has the controller, else 2."""
    mounts = list(_mounts(root))
    return min(mounts, key=lambda mount: mount.version, default=None)


def _mounts(root: Path) -> Iterator[_Mount]:
    for line in _lines(root / "proc/self/mountinfo"):
        described, _, by = line.partition(" - ")
        places, kind = described.split(), by.split()
        if kind[:1] == ["cgroup2"]:
            yield _Mount(2, places[3], _unescaped(places[4]))
        elif kind[:1] == ["cgroup"] and "cpu" in kind[-1].split(","):
            yield _Mount(1, places[3], _unescaped(places[4]))


def _unescaped(path: str) -> str:
    """Decode the octal escapes of mountinfo, which writes a space as \\040."""
    return re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), path)


def _our_group(root: Path, version: int) -> str:
    for line in _lines(root / "proc/self/cgroup"):
        number, controllers, group = line.split(":", 2)
        if (version == 2 and number == "0") or (version == 1 and "cpu" in controllers.split(",")):
            return group
    return "/"


def _below(top: str, group: str) -> str:
    """Return the path of a group relative to the mounted one.

    It is empty if the group is elsewhere, as in a container that sees only its own group: then the
    mounted group is the only visible one.
    """
    group = group.removeprefix(top.rstrip("/")) if _is_below(top, group) else ""
    return "" if ".." in group.split("/") else group.lstrip("/")


def _is_below(top: str, group: str) -> bool:
    return top in ("/", group) or group.startswith(f"{top}/")


def _quota_of(folder: Path) -> CpuQuota | None:
    version_1 = (folder / "cpu.cfs_quota_us", folder / "cpu.cfs_period_us")
    numbers = _numbers(folder / "cpu.max") or [
        each for file in version_1 for each in _numbers(file)
    ]
    if len(numbers) != 2 or numbers[0] <= 0:
        return None
    return CpuQuota(quota_ms=numbers[0] / 1000, period_ms=numbers[1] / 1000)


def _numbers(file: Path) -> list[int]:
    """Return the numbers in a file; [] if one of them is `max`, or if there is no file."""
    with suppress(ValueError):
        return [int(word) for line in _lines(file) for word in line.split()]
    return []


def _throttled(folder: Path) -> int | None:
    counts = dict(line.split(" ", 1) for line in _lines(folder / "cpu.stat"))
    return int(counts["nr_throttled"]) if "nr_throttled" in counts else None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="ascii").splitlines()
    except OSError:
        return []
