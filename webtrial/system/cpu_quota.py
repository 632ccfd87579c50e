"""The CPU quota of our control group, and how often it has stopped us.

A quota lets the processes of a group run for so many milliseconds in each period, on all cores
together; then all of them stand still until the period is over. Containers have quotas. A group
is bound by those above it, too. Read as the kernel documents it: cgroup version 1 in
scheduler/sched-bwc, version 2 in admin-guide/cgroup-v2.
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
    """So much CPU time in each period."""

    quota_ms: float
    period_ms: float

    @property
    def cores(self) -> float:
        """How many cores that amounts to."""
        return self.quota_ms / self.period_ms

    def __str__(self) -> str:
        return f"{self.quota_ms:g} ms in {self.period_ms:g} ms"


def cpu_quota(root: Path = ROOT) -> CpuQuota | None:
    """The tightest quota that we are under; None where there is none. `root` is the folder in
    which /proc and /sys lie."""
    quotas = [quota for folder in _groups(root) if (quota := _quota_of(folder))]
    return min(quotas, key=lambda quota: quota.cores, default=None)


def throttled_periods(root: Path = ROOT) -> int | None:
    """In how many periods until now a quota has stopped us; None where there is no quota."""
    counts = [_throttled(folder) for folder in _groups(root) if _quota_of(folder)]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


class _Mount(NamedTuple):
    """Where a hierarchy of groups is mounted, from which of its groups on."""

    version: int
    group: str
    point: str


def _groups(root: Path) -> Iterator[Path]:
    """The folders of our group and of all above it that we can see."""
    mount = _mount_of_cpu(root)
    if mount is None:
        return
    top = root / mount.point.lstrip("/")
    folder = top / _below(mount.group, _our_group(root, mount.version))
    yield from (each for each in (folder, *folder.parents) if each == top or top in each.parents)


def _mount_of_cpu(root: Path) -> _Mount | None:
    """The hierarchy that controls CPU: that of version 1 where one has the controller."""
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
    """mountinfo writes a space as \\040."""
    return re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), path)


def _our_group(root: Path, version: int) -> str:
    for line in _lines(root / "proc/self/cgroup"):
        number, controllers, group = line.split(":", 2)
        if (version == 2 and number == "0") or (version == 1 and "cpu" in controllers.split(",")):
            return group
    return "/"


def _below(top: str, group: str) -> str:
    """The path of a group below the one that is mounted. Of a group that lies elsewhere, as in a
    container that sees its own group alone, that one is all there is to see."""
    group = group.removeprefix(top.rstrip("/")) if _is_below(top, group) else ""
    return "" if ".." in group.split("/") else group.lstrip("/")


def _is_below(top: str, group: str) -> bool:
    return top in ("/", group) or group.startswith(f"{top}/")


def _quota_of(folder: Path) -> CpuQuota | None:
    version_1 = (folder / "cpu.cfs_quota_us", folder / "cpu.cfs_period_us")
    told = _numbers(folder / "cpu.max") or [each for file in version_1 for each in _numbers(file)]
    if len(told) != 2 or told[0] <= 0:
        return None
    return CpuQuota(quota_ms=told[0] / 1000, period_ms=told[1] / 1000)


def _numbers(file: Path) -> list[int]:
    """The numbers in a file; none where one of them is `max`, or there is no file."""
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
