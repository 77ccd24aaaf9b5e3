"""What a test may need from the machine, and what happens where it is not there.

Elsewhere a test that needs an absent service, browser or data set is skipped, by name. Under
``FLOODWARN_STRICT=1`` (CI) it fails, for a skipped test proves nothing. Only reference data that
no installer can bring may be absent then: such a skip begins with ``shared data absent``.
"""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / ".floodwarn" / "sample" / "smash" / "factory" / "dataset"
POSTGRES = os.environ.get(
    "FLOODWARN_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
)
MAY_BE_ABSENT = "shared data absent"


def strict() -> bool:
    """Tell whether a skipped test counts as a failed one."""
    return os.environ.get("FLOODWARN_STRICT") == "1"


def absent(name: str, why: str) -> NoReturn:
    """Skip the running test by the name of what is absent; fail it where nothing may be."""
    if strict():
        pytest.fail(f"{name} absent: {why}", pytrace=False)
    pytest.skip(f"{name} absent: {why}")


@cache
def reason_without(name: str) -> str | None:
    """Say why a service cannot be used, or None where it can."""
    return {
        "postgresql": _no_postgresql,
        "chromium": _no_chromium,
        "mosquitto": _no_mosquitto,
        "sample": _no_sample,
    }[name]()


def require(*names: str) -> None:
    """Go on only where each of ``postgresql``, ``chromium``, ``mosquitto``, ``sample`` is here."""
    for name in names:
        why = reason_without(name)
        if why is not None:
            absent(name, why)


def require_shared(folder: Path) -> Path:
    """Return a folder of shared reference data; skip where this machine has none, strict or not."""
    if not folder.is_dir():
        pytest.skip(f"{MAY_BE_ABSENT}: {folder.name}")
    return folder


def chromium() -> str:
    """Return the path of a Chromium or Chrome that is installed here."""
    require("chromium")
    return _chromium() or ""


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


def _no_chromium() -> str | None:
    if _chromium() is None:
        return "no chromium on the PATH"
    from playwright._impl._driver import compute_driver_executable

    node, _ = compute_driver_executable()
    tried = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"its driver does not start: {tried.stderr.strip()}"


def mosquitto() -> str:
    """Return the path of the Mosquitto broker that is installed here."""
    require("mosquitto")
    return _mosquitto() or ""


def _mosquitto() -> str | None:
    """Look where Debian puts it too: not on everybody's PATH."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


def _no_mosquitto() -> str | None:
    return "no mosquitto on the PATH or in /usr/sbin" if _mosquitto() is None else None


def _no_sample() -> str | None:
    return None if SAMPLE.is_dir() else f"no {SAMPLE.relative_to(ROOT)}; `make test` fetches it"


def _no_postgresql() -> str | None:
    from sqlalchemy import create_engine, exc

    engine = create_engine(POSTGRES, connect_args={"connect_timeout": 3})
    try:
        engine.connect().close()
    except exc.SQLAlchemyError as error:
        return str(error).splitlines()[0]
    finally:
        engine.dispose()
    return None
