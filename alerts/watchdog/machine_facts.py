"""Door: what the machine says of itself: its disk, its clock, its keys, its Airflow."""

from __future__ import annotations

import ctypes
import json
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from cryptography import x509

from alerts.warning_config import Authorisation
from alerts.watchdog.findings import Key

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Asks our own Airflow without any proxy in between."""
HEALTH = "/api/v2/monitor/health"
HEALTHY = "healthy"
ASK_S = 5.0
MOST_ANSWER = 65_536
UNSYNCHRONISED = 5
"""TIME_ERROR of adjtimex(2): no service keeps this clock in step."""
LOOKING = "looking"
"""The name of the threads that look."""
MOST_LEFT = 4
"""Threads that still hang on what never answers, above which no other is left to it."""
TIMEX_BYTES = 512
"""More than the kernel's struct takes anywhere."""

Given = TypeVar("Given")


def within(budget_s: float, work: Callable[[], Given], *, of: str = LOOKING) -> Given:
    """Return what `work` gives in time, whatever it hangs on; its thread is left behind.

    Parameters
    ----------
    of : the name of its threads: what hangs under one name keeps nothing of another from going

    Raises
    ------
    TimeoutError
        It gave nothing by then, or what was asked before hangs still.
    """
    if sum(thread.name == of for thread in threading.enumerate()) >= MOST_LEFT:
        raise TimeoutError
    done: Future[Given] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 - handed to the caller, as it is
            done.set_exception(error)

    threading.Thread(target=run, name=of, daemon=True).start()
    return done.result(budget_s)


def disk_free(folder: Path) -> int | None:
    """Return the free bytes of the disk that holds a folder; None where it does not say."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def in_step() -> bool | None:
    """Tell whether the kernel's clock follows others; None where it does not say (adjtimex(2))."""
    try:
        said = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if said < 0 else said != UNSYNCHRONISED


def scheduler(url: str) -> str:
    """Return what Airflow says of its scheduler, or how its silence is called."""

    def ask() -> str:
        try:
            with DIRECT.open(url.rstrip("/") + HEALTH, timeout=ASK_S) as answer:
                said = json.loads(answer.read(MOST_ANSWER))
        except urllib.error.HTTPError as refusal:
            refusal.close()
            return f"answered {refusal.code}"
        return str(said["scheduler"]["status"])

    try:
        return within(2 * ASK_S, ask)
    except Exception as error:  # noqa: BLE001 - whatever it answers that is not health is none
        return type(error).__name__


def certificates(files: Iterable[Path]) -> tuple[Key, ...]:
    """Return until when the first certificate of each PEM file is valid."""
    return tuple(Key(file.name, _until(file)) for file in files)


def _until(file: Path) -> datetime | None:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None


def authorisation(signed: Authorisation | None, zone: str) -> tuple[Key, ...]:
    """Return the pre-authorisation as a key: valid to the end of its last day at the site."""
    if signed is None:
        return ()
    over = datetime.combine(signed.valid_to + timedelta(days=1), time(), ZoneInfo(zone))
    return (Key("pre-authorisation", over.astimezone(UTC)),)
