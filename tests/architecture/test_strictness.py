"""Under FLOODWARN_STRICT=1 a skipped test is a failed one; elsewhere it is skipped by name."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.architecture.house import ROOT

TESTS = """
import pytest
from tests import services

def test_skips(): pytest.skip("no browser here")
@pytest.mark.skipif(True, reason="not today")
def test_is_marked(): pass
def test_needs_a_service(monkeypatch):
    monkeypatch.setattr(services, "reason_without", lambda name: "not installed")
    services.require("chromium")
def test_wants_shared_data(tmp_path): services.require_shared(tmp_path / "cance")
@pytest.mark.xfail(reason="known", raises=ZeroDivisionError)
def test_fails_as_known(): 1 / 0
"""


@pytest.fixture
def suite(tmp_path):
    """Write a small suite beside a copy of our conftest."""
    (tmp_path / "tests").mkdir()
    for name in ("__init__.py", "conftest.py", "databases.py", "services.py"):
        shutil.copyfile(ROOT / "tests" / name, tmp_path / "tests" / name)
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    (tmp_path / "tests" / "test_skips.py").write_text(TESTS)
    (tmp_path / "tests" / "test_whole.py").write_text(
        "import pytest\npytest.importorskip('nowhere')\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("strict", "closing"),
    [("0", "5 skipped, 1 xfailed"), ("1", "2 failed, 1 skipped, 1 xfailed, 2 errors")],
)
def test_what_a_skip_counts_as(suite, strict, closing):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests"]
    command += ["--continue-on-collection-errors"]
    environ = {**os.environ, "FLOODWARN_STRICT": strict}
    run = subprocess.run(
        command, cwd=suite, env=environ, capture_output=True, text=True, check=False
    )
    assert closing in run.stdout, run.stdout
    assert "chromium absent: not installed" in run.stdout
    assert "shared data absent: cance" in run.stdout
