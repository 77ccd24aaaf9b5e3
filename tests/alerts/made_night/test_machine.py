"""What is said of a machine is what its kernel says."""

import os
from pathlib import Path

import pytest

from alerts.made_night.machine import machine


def test_a_machine_has_the_cores_and_the_memory_that_its_kernel_gives():
    found = machine()
    assert found.cores == len(os.sched_getaffinity(0))
    stated = next(
        line for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line
    )
    assert found.memory_gb * 1e9 == pytest.approx(int(stated.split()[1]) * 1024, rel=0.01)
    assert found.cpu
    assert found.load >= 0
