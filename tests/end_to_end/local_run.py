"""`floodwarn run` as a person starts it, in a process of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from alerts.supervisor import descendants
from tests.services import ROOT

ENDS = "Ctrl-C here"


@dataclass
class LocalRun:
    """One `floodwarn run`, and where it says that everything is."""

    process: subprocess.Popen[bytes]
    said: Path
    home: Path

    @property
    def output(self) -> str:
        return self.said.read_text(encoding="utf-8", errors="replace")

    def await_start(self, within_s: float = 240) -> float:
        """Wait for the addresses; return the seconds that it took."""
        began = time.monotonic()
        while ENDS not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() - began < within_s, self.output
            time.sleep(0.2)
        return time.monotonic() - began

    def address(self, what: str) -> str:
        found = re.search(rf"^\s*{what}\s+(http\S+)", self.output, re.MULTILINE)
        assert found, self.output
        return found.group(1)

    @property
    def login(self) -> tuple[str, str]:
        found = re.search(r"log in as\s+(\S+) with (\S+)", self.output)
        assert found, self.output
        return found.group(1), found.group(2)

    def tree(self) -> set[int]:
        """Return every process that the run has started and that still lives."""
        return descendants(self.process.pid)

    def end(self, number: signal.Signals = signal.SIGINT, within_s: float = 40) -> float:
        """Ask it to stop; return the seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        assert self.process.wait(within_s) == 0, self.output
        return time.monotonic() - began


def start(site: Path, home: Path, said: Path, *options: str) -> LocalRun:
    """Start `floodwarn run` the way `make run` does, or with options."""
    command = (sys.executable, "-m", "alerts.cli", "run", *options)
    with said.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--site", str(site), "--home", str(home)],
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "FLOODWARN"))},
            start_new_session=True,
        )
    return LocalRun(process, said, home)


def alive(pids: set[int]) -> set[int]:
    """Return those of the processes that are still there and no zombies."""
    living = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            living.add(pid)
    return living
