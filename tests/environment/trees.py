"""Parts of /proc and /sys as systems of different kinds have them, written into a folder."""

from collections.abc import Mapping
from pathlib import Path

STAT = "nr_periods 37\nnr_throttled {throttled}\nthrottled_{time}\n"

# A control group of version 1, mounted beside an empty hierarchy of version 2.
_MOUNTS_1 = """\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
33 31 0:30 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
32 31 0:29 {group} /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
_OURS_1 = "9:name=systemd:/\n3:cpuset:/\n1:cpu,cpuacct:{group}\n0::/\n"
_MOUNTS_2 = "30 24 0:26 / /sys/fs/cgroup ro,nosuid shared:4 - cgroup2 cgroup rw,nsdelegate\n"

V1_NONE = {
    "proc/self/mountinfo": _MOUNTS_1.format(group="/"),
    "proc/self/cgroup": _OURS_1.format(group="/"),
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/cpu,cpuacct/cpu.stat": STAT.format(throttled=0, time="time 0"),
}
V1 = {
    "proc/self/mountinfo": _MOUNTS_1.format(group="/"),
    "proc/self/cgroup": _OURS_1.format(group="/outer/inner"),
    "sys/fs/cgroup/cpu,cpuacct/outer/cpu.cfs_quota_us": "60000\n",
    "sys/fs/cgroup/cpu,cpuacct/outer/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/cpu,cpuacct/outer/cpu.stat": STAT.format(throttled=12, time="time 9834"),
    "sys/fs/cgroup/cpu,cpuacct/outer/inner/cpu.cfs_quota_us": "-1\n",
    "sys/fs/cgroup/cpu,cpuacct/outer/inner/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/cpu,cpuacct/outer/inner/cpu.stat": STAT.format(throttled=0, time="time 0"),
}
# A container that sees the groups of the host, of which its own is mounted.
V1_CONTAINER = {
    "proc/self/mountinfo": _MOUNTS_1.format(group="/docker/4f2a"),
    "proc/self/cgroup": _OURS_1.format(group="/docker/4f2a"),
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "150000\n",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/cpu,cpuacct/cpu.stat": STAT.format(throttled=3, time="time 77"),
}
V2_NONE = {
    "proc/self/mountinfo": _MOUNTS_2,
    "proc/self/cgroup": "0::/user.slice/user-1000.slice/session-2.scope\n",
    "sys/fs/cgroup/cpu.stat": "usage_usec 4242\n",
    "sys/fs/cgroup/user.slice/cpu.max": "max 100000\n",
}
# A container in a name space of its own: its group looks like the root.
V2 = {
    "proc/self/mountinfo": _MOUNTS_2,
    "proc/self/cgroup": "0::/\n",
    "sys/fs/cgroup/cpu.max": "60000 100000\n",
    "sys/fs/cgroup/cpu.stat": "usage_usec 4242\n" + STAT.format(throttled=7, time="usec 400"),
}
V2_NESTED = {
    "proc/self/mountinfo": _MOUNTS_2.replace("/sys/fs/cgroup", "/sys/fs/control\\040groups"),
    "proc/self/cgroup": "0::/a.slice/b.slice/c.scope\n",
    "sys/fs/control groups/a.slice/cpu.max": "150000 100000\n",
    "sys/fs/control groups/a.slice/cpu.stat": STAT.format(throttled=5, time="usec 1"),
    "sys/fs/control groups/a.slice/b.slice/cpu.max": "50000 50000\n",
    "sys/fs/control groups/a.slice/b.slice/cpu.stat": STAT.format(throttled=2, time="usec 1"),
    "sys/fs/control groups/a.slice/b.slice/c.scope/cpu.max": "max 100000\n",
    "sys/fs/control groups/other.slice/cpu.max": "1000 100000\n",
}
# A process that was moved out of the name space's root sees a group outside of it.
V2_OUTSIDE = V2 | {"proc/self/cgroup": "0::/../../elsewhere\n"}


def topology(*cores: str) -> dict[str, str]:
    """The threads of each core of the processor, as the kernel lists them: `0-1`, `0,4`."""
    told = {}
    for listed in cores:
        first, _, last = listed.partition("-")
        threads = range(int(first), int(last) + 1) if last else map(int, listed.split(","))
        for number in threads:
            place = f"sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list"
            told[place] = f"{listed}\n"
    return told


def written(tree: Mapping[str, str], root: Path) -> Path:
    """The folder `root`, with the files of `tree` in it."""
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root
