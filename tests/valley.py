"""The synthetic site as tests need it: a copy to plant faults in, or one whose storm is today's."""

from __future__ import annotations

import csv
import io
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.cli.app import run
from tests.services import ROOT

VALLEY = ROOT / "config" / "valley"
ARCHIVE_FIRST = datetime(2024, 7, 1, 1, tzinfo=UTC)
ARCHIVE_LAST = datetime(2024, 7, 18, 0, tzinfo=UTC)
CALM = datetime(2024, 7, 12, 0, tzinfo=UTC)
"""Before the storm: every village at level 0."""
STORM_BREAKS = datetime(2024, 7, 13, 18, tzinfo=UTC)
STORM_PEAK = datetime(2024, 7, 15, 12, tzinfo=UTC)
"""The hour of the highest stage at H01, which is lost by then."""


def copied(folder: Path) -> Path:
    """Copy the site below `folder`, under its own name."""
    return Path(shutil.copytree(VALLEY, folder / "valley"))


def stored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the valley, make it the commands' site, and take in its recorded past."""
    site = copied(folder)
    monkeypatch.setenv("FLOODWARN_HOME", str(folder / "home"))
    monkeypatch.setenv("FLOODWARN_SITE", str(site))
    for feed in ("rain", "stage"):
        assert run(["ingest", "--feed", feed]) == 0
    return site


def live_like(folder: Path, home: Path, *, storm_hour: datetime, now_hour: datetime) -> Path:
    """Copy the site so that it runs live: feeds come in below `home`, and the storm is today's.

    Parameters
    ----------
    storm_hour : hour of the recording that becomes `now_hour`; the rows after it are left out
    now_hour : a whole hour, UTC

    Returns
    -------
    The site folder. Its feeds are `received`, from ``incoming/rain.csv`` and ``stage.csv`` in
    `home`; let more of the storm come in with `incoming`.
    """
    site = copied(folder)
    feeds = (site / "feeds.toml").read_text(encoding="utf-8")
    feeds = feeds.replace("${FLOODWARN_SITE}/recordings/", "${FLOODWARN_HOME}/incoming/")
    feeds = feeds.replace('basis = "declared"', 'basis = "received"')
    feeds = re.sub(r"^archive_.*\n", "", feeds, flags=re.MULTILINE)
    (site / "feeds.toml").write_text(feeds, encoding="utf-8")
    incoming(home, until=storm_hour, shift=now_hour - storm_hour)
    return site


def incoming(home: Path, *, until: datetime, shift: timedelta) -> None:
    """Write what has come in by `until` of the recording, its times moved by `shift`."""
    folder = home / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("rain.csv", "stage.csv"):
        text = (VALLEY / "recordings" / name).read_text(encoding="utf-8")
        part = folder / f".{name}"
        part.write_text(_shifted(text, until, shift), encoding="utf-8")
        part.replace(folder / name)


def _shifted(text: str, until: datetime, shift: timedelta) -> str:
    header, *rows = csv.reader(io.StringIO(text))
    column = next(i for i, name in enumerate(header) if name in {"valid_time", "time"})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        at = _instant(row[column])
        if at <= until and at >= until - timedelta(days=39):
            written = (at + shift).astimezone(UTC)
            row[column] = f"{written:%Y-%m-%dT%H:%M:%SZ}"
            if header[-1] == "known_at":
                row[-1] = ""  # what is received is known when it comes
            writer.writerow(row)
    return out.getvalue()


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC) - timedelta(hours=8)
