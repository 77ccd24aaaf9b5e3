"""Other processes that use a test's database, as a deployment's own do."""

import subprocess
import sys
from collections.abc import Sequence

from tests.services import ROOT


def start(module: str, *arguments: str) -> subprocess.Popen[str]:
    """Start one module of the tests in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ends_well(processes: Sequence[subprocess.Popen[str]]) -> None:
    """Wait for the processes and expect that each succeeded."""
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
