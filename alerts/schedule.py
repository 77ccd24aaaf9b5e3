"""What a DAG file must know of its site to be parsed: when cycles are due, and which feeds."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import SiteError

HOUR_MIN = 60
DAY_MIN = 24 * HOUR_MIN


@dataclass(frozen=True, slots=True)
class Schedule:
    """The rhythm of one site.

    Attributes
    ----------
    cron : in UTC; its ticks are the slots
    feeds : ids, in the order of feeds.toml
    """

    cron: str
    feeds: tuple[str, ...]


def schedule(site_folder: Path) -> Schedule:
    """Read a site's rhythm, and no more of it: DAG files are parsed again and again.

    Raises
    ------
    SiteError
        ``site.toml`` or ``feeds.toml`` cannot be read, or no cron has this rhythm.
    """
    try:
        minutes = _toml(site_folder / "site.toml")["site"]["cycle_minutes"]
        feeds = _toml(site_folder / "feeds.toml")["feeds"]
        named = tuple(feed["feed_id"] for feed in feeds if "feed_id" in feed)
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise SiteError(f"{site_folder}: no schedule can be read: {error!r}") from error
    return Schedule(cron=cron(minutes), feeds=named)


def cron(minutes: int) -> str:
    """Return the cron whose ticks are the multiples of `minutes` since the epoch, in UTC.

    Raises
    ------
    SiteError
        The minutes divide neither an hour nor, in whole hours, a day.
    """
    hours, rest = divmod(minutes, HOUR_MIN)
    if 0 < minutes < HOUR_MIN and HOUR_MIN % minutes == 0:
        return f"*/{minutes} * * * *"
    if minutes == DAY_MIN:
        return "0 0 * * *"
    if hours > 0 and rest == 0 and DAY_MIN % minutes == 0:
        return f"0 */{hours} * * *"
    raise SiteError(f"a cycle of {minutes} min divides neither an hour nor a day")


def _toml(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)
