"""The machine on which something was measured."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CPU: Final = Path("/proc/cpuinfo")
MEMORY: Final = Path("/proc/meminfo")
GB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine, and how busy it was.

    Attributes
    ----------
    cores : that this process may use
    memory_gb : 10^9 bytes
    load : jobs that ran or waited, the mean of the last minute
    """

    cpu: str
    cores: int
    memory_gb: float
    load: float


def machine() -> Machine:
    """Return this machine, as Linux tells it."""
    return Machine(
        cpu=_stated(CPU, "model name") or "unknown",
        cores=len(os.sched_getaffinity(0)),
        memory_gb=round(int(_stated(MEMORY, "MemTotal").split()[0]) * 1.024 / GB, 1),
        load=load(),
    )


def load() -> float:
    """Return the jobs that ran or waited, the mean of the last minute."""
    return round(os.getloadavg()[0], 1)


def _stated(path: Path, name: str) -> str:
    for line in path.read_text("utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
