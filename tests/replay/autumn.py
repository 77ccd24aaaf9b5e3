"""The recorded autumn on the Cance: imported once, replayed once, and what the rivers did."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from pipeline import database
from pipeline.bulletin import RiskBulletin, RiskLevel
from pipeline.database import Engine, reading
from pipeline.instants import slots, to_us
from pipeline.observe import observe
from pipeline.replay import replay
from pipeline.site.derive import risk_config
from pipeline.site.model import RiskConfig
from pipeline.site.pack import SitePack, load
from pipeline.store import batches
from pipeline.world import Mode, World
from tests.services import ROOT, SAMPLE

HOUR = timedelta(hours=1)
FIRST, LAST = datetime(2014, 9, 15, tzinfo=UTC), datetime(2015, 1, 15, 23, tzinfo=UTC)
CREDIT = 18 * HOUR
"""A storm begins this long before the two-year flow is passed, and ends when it is left again."""


@dataclass(frozen=True)
class Storm:
    """One flood at one station."""

    begin: datetime
    passed: datetime
    end: datetime


@dataclass(frozen=True)
class Autumn:
    """The autumn as imported and replayed.

    Attributes
    ----------
    seconds : that the replay took, its rows read from the store and every cycle judged
    """

    engine: Engine
    pack: SitePack
    config: RiskConfig
    bulletins: list[RiskBulletin]
    seconds: float

    def place(self, station_id: str) -> str:
        """Return the village or river point at a station."""
        (at,) = (
            link.village_id
            for link in self.pack.links
            if link.station_id == station_id and link.source == "at the station"
        )
        return at

    def levels(self, station_id: str) -> dict[datetime, RiskLevel]:
        """Return the level of the place at a station, by slot."""
        place = self.place(station_id)
        return {b.slot: b.levels[b.villages.index(place)] for b in self.bulletins}

    def storms(self, station_id: str, two_year_m3s: float) -> list[Storm]:
        """Return each time the two-year flow was passed, as the archive tells it today."""
        with reading(self.engine) as connection:
            revisions = batches.load(
                connection, site="cance", start=FIRST, end=LAST, known_before=None
            )
        points = revisions.at(None, FIRST - HOUR, LAST).points
        own = points.station_id == station_id
        flow = dict(zip(points.valid_us[own].tolist(), points.value[own].tolist(), strict=True))
        hours = slots(FIRST, LAST, HOUR)
        above = np.array([flow[to_us(hour)] >= two_year_m3s for hour in hours])
        rises = np.flatnonzero(~above[:-1] & above[1:]) + 1
        falls = np.flatnonzero(above[:-1] & ~above[1:]) + 1
        ends = [min(fall for fall in falls if fall > rise) for rise in rises]
        return [
            Storm(hours[rise] - CREDIT, hours[rise], hours[end])
            for rise, end in zip(rises, ends, strict=True)
        ]


def autumn(home: Path) -> Iterator[Autumn]:
    """Import the autumn into a new store and replay it."""
    (home / "sample").symlink_to(SAMPLE.parents[2])
    pack = load(ROOT / "config" / "cance", home)
    engine = database.connect(f"sqlite:///{home}/floodwarn.db")
    database.migrate(engine)
    world, now = World("cance", Mode.REPLAY, "import"), datetime.now(UTC)
    for feed in pack.feeds:
        observe(engine, pack, world, feed.feed_id, start=FIRST, end=LAST, now=now)
    config = risk_config(pack)
    began = time.perf_counter()
    bulletins = list(replay(engine, config, start=FIRST, end=LAST, assess_delay=pack.assess_delay))
    yield Autumn(engine, pack, config, bulletins, time.perf_counter() - began)
    engine.dispose()
