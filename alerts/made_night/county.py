"""Writes a made county: a site's villages and plans said again under other names, and gauges.

Whatever decides what a warning says - thresholds, plans, texts, quality rules - is the site's own,
said again for each made village. Made are the gauges, the feed, the rhythm, and that orders go
without an approver: how long a person takes to say yes is no measure of ours.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Final

from alerts.made_night.storm import gauge_id
from alerts.warning_pack import MESSAGES, PLANS
from pipeline.site.pack import SitePack

KEPT: Final = ("quality.toml",)
VILLAGES: Final = "villages.csv"
THRESHOLDS: Final = "thresholds.csv"
IN_A_TOWNSHIP: Final = 10
FEED: Final = "rain"


@dataclass(frozen=True, slots=True)
class Size:
    """How large the county is, and its rhythm.

    Attributes
    ----------
    lag : from the end of a step until the feed has it; the cycle waits for it in whole minutes
    by_gauge : villages that one gauge stands for
    """

    villages: int
    cycle_minutes: int
    lag: timedelta = timedelta()
    by_gauge: int = 2

    @property
    def delay_minutes(self) -> int:
        """From a slot to its cycle."""
        return -(-self.lag // timedelta(minutes=1))

    @property
    def gauges(self) -> int:
        """How many gauges there are."""
        return -(-self.villages // self.by_gauge)


@dataclass(frozen=True, slots=True)
class _Made:
    """A village of the county, and the one whose words it says again."""

    village_id: str
    of: str
    township: str
    gauge: str


def write_county(pack: SitePack, folder: Path, size: Size, feed_url: str) -> None:
    """Write the site folder of a made county.

    Parameters
    ----------
    feed_url : where its gauges are asked, with ``{start}`` and ``{end}``
    """
    made = tuple(_made(pack, size))
    folder.mkdir(parents=True)
    shutil.copytree(pack.folder / MESSAGES, folder / MESSAGES)
    for name in KEPT:
        if (pack.folder / name).exists():
            shutil.copy(pack.folder / name, folder)
    (folder / "site.toml").write_text(_site_toml(pack.folder, size), "utf-8")
    (folder / "feeds.toml").write_text(_feeds_toml(feed_url, size), "utf-8")
    _write(folder / "stations.csv", _stations(size))
    _write(folder / "weights.csv", _weights(made))
    _write(folder / VILLAGES, _said_again(pack.folder / VILLAGES, made))
    _write(folder / THRESHOLDS, _said_again(pack.folder / THRESHOLDS, made))
    _write_plans(pack, folder, made)


def _made(pack: SitePack, size: Size) -> Iterator[_Made]:
    stems = sorted(path.stem for path in (pack.folder / PLANS).glob("*/*.toml"))
    for number, stem in enumerate(islice(cycle(stems), size.villages)):
        yield _Made(
            village_id=f"99{number:010d}",
            of=stem,
            township=f"{pack.name}{number // IN_A_TOWNSHIP + 1}",
            gauge=gauge_id(number // size.by_gauge),
        )


def _site_toml(folder: Path, size: Size) -> str:
    text = (folder / "site.toml").read_text("utf-8")
    for key, value in (
        ("cycle_minutes", f"{size.cycle_minutes}"),
        ("assess_delay_minutes", f"{size.delay_minutes}"),
        ("send_orange", '"at_once"'),
        ("send_red", '"at_once"'),
    ):
        text = re.sub(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
    return text


def _feeds_toml(feed_url: str, size: Size) -> str:
    return f"""
[[feeds]]
feed_id = "{FEED}"
protocol = "csv"
layout = "long"
where = "{feed_url}"
allow_private = ["127.0.0.0/8"]
variable = "rain_mm"
unit = "mm"
interval_min = {size.cycle_minutes}
cadence_min = {size.cycle_minutes}
latency_min = 0
basis = "received"
"""


def _stations(size: Size) -> Iterator[Sequence[object]]:
    step = size.cycle_minutes
    yield (
        "station_id", "name", "variables", "lon", "lat", "elevation_m", "interval_min",
        "silent_after_min",
    )  # fmt: skip
    for number in range(size.gauges):
        yield gauge_id(number), f"{number + 1:04d}", "rain_mm", "", "", "", step, 3 * step


def _weights(made: Sequence[_Made]) -> Iterator[Sequence[object]]:
    yield "village_id", "station_id", "weight"
    for village in made:
        yield village.village_id, village.gauge, 1.0


def _said_again(path: Path, made: Sequence[_Made]) -> Iterator[Sequence[object]]:
    """Yield the rows of a site's table for each made village, those of the one that it is of."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        columns = tuple(reader.fieldnames or ())
    of: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        of.setdefault(row["village_id"], []).append(row)
    yield columns
    for village in made:
        own = {"village_id": village.village_id, "township": village.township}
        for row in of[village.of]:
            told = row | {name: value for name, value in own.items() if name in row}
            yield tuple(told[name] for name in columns)


def _write_plans(pack: SitePack, folder: Path, made: Sequence[_Made]) -> None:
    texts = {path.stem: path.read_text("utf-8") for path in (pack.folder / PLANS).glob("*/*.toml")}
    for number, village in enumerate(made):
        below = folder / PLANS / f"{number // IN_A_TOWNSHIP + 1:04d}"
        below.mkdir(parents=True, exist_ok=True)
        text = texts[village.of].replace(village.of, village.village_id)
        (below / f"{village.village_id}.toml").write_text(text, "utf-8")


def _write(path: Path, rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
