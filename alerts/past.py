"""Door: a site's recorded past taken in, and what would have been ordered then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from alerts.deployment import Deployment, opened
from alerts.ordered import Ordered, against_rivers, first_orders
from alerts.rehearsal import Rehearsal, Span, rehearse, report
from alerts.storms import Order, Record, Storm, crossings, storms
from alerts.tier import Officer, Tier
from alerts.warning_pack import WarningPack, load_warning
from pipeline import clock, instants
from pipeline.assess import bulletins
from pipeline.bulletin import RiskBulletin, RiskLevel
from pipeline.code_version import code_version
from pipeline.errors import NotKept, SiteError
from pipeline.holdings import holdings
from pipeline.observe import observe
from pipeline.replay import replay, replay_world
from pipeline.rivers import hydrographs
from pipeline.settings import Settings
from pipeline.site.derive import risk_config
from pipeline.site.model import Link, RiskConfig, Threshold, VillageKind
from pipeline.site.pack import SitePack
from pipeline.site.sheet import read_sheet
from pipeline.world import KnownAs, Mode, World

RIVER_POINT = VillageKind.RIVER_POINT
ARCHIVE = "ingest"
"""The world of the fetch log that `floodwarn ingest` writes to as well."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Assumed:
    """What a look back takes for granted of people.

    Attributes
    ----------
    walk : how many times as long as the plans say every way takes
    """

    officer: Officer = Officer.EARLIEST
    walk: float = 1.0


AS_PLANNED = Assumed()


@dataclass(frozen=True, slots=True)
class Past:
    """A replayed span and what would have been told in it."""

    rehearsal: Rehearsal
    span: Span
    assumed: Assumed
    warning: WarningPack
    config: RiskConfig

    def to_json(self) -> bytes:
        """Return the answer of ``floodwarn replay --json``."""
        return report(self.rehearsal, self.warning, span=self.span, officer=self.assumed.officer)


def replayed(
    deployment: Deployment,
    *,
    start: datetime,
    end: datetime,
    known: KnownAs = KnownAs.DECLARED,
    assumed: Assumed = AS_PLANNED,
    progress: Progress | None = None,
) -> Past:
    """Judge a span again as it was known then, and fold it; nothing is written or sent."""
    config = risk_config(deployment.pack)
    judged = replay(
        deployment.engine,
        config,
        start=start,
        end=end,
        known=known,
        assess_delay=deployment.pack.assess_delay,
        progress=progress,
    )
    span = Span(known.value, start, end, config.sha256, code_version())
    return _folded(deployment, judged, replay_world(config, known), span, assumed, config)


def folded(deployment: Deployment, replay_id: str, *, assumed: Assumed = AS_PLANNED) -> Past:
    """Fold the bulletins that an Airflow backfill wrote under a replay id.

    Raises
    ------
    NotKept
        Nothing was written under that id.
    """
    world = World(deployment.pack.site_id, Mode.REPLAY, replay_id)
    kept = bulletins(deployment.engine, world, after=None)
    if not kept:
        raise NotKept(f"no bulletin of replay {replay_id}")
    span = Span(
        KnownAs.DECLARED.value,
        kept[0].slot,
        kept[-1].slot,
        kept[0].risk_config_sha256,
        kept[0].code_version,
    )
    return _folded(deployment, kept, world, span, assumed, risk_config(deployment.pack))


def with_thresholds(pack: SitePack, file: Path) -> SitePack:
    """Return the site with the rain thresholds of another file.

    Raises
    ------
    SiteError
        A row of the file cannot be used.
    """
    sheet = read_sheet(file.absolute().parent, file.name, Threshold)
    if sheet.findings:
        raise SiteError("; ".join(finding.line() for finding in sheet.findings))
    return replace(pack, thresholds=tuple(row for _, row in sheet.rows))


def archive_span(pack: SitePack) -> tuple[datetime, datetime]:
    """Return the span in which every archive of the site has readings.

    Raises
    ------
    SiteError
        The site has no archive, or no span is common to all of them.
    """
    ends = [
        (instants.parse(feed.archive_from), instants.parse(feed.archive_to))
        for feed in pack.feeds
        if feed.archive_from is not None and feed.archive_to is not None
    ]
    start = max((first for first, _ in ends), default=None)
    end = min((last for _, last in ends), default=None)
    if start is None or end is None or start > end:
        raise SiteError(f"{pack.site_id} has no recorded past: its feeds state no common archive")
    return start, end


@contextmanager
def recorded(settings: Settings, progress: Callable[[str], Progress]) -> Iterator[Deployment]:
    """Open a deployment whose store is ready for a replay.

    A site of archives brings its own past: what was never taken in is taken in first.
    """
    with opened(settings) as deployment:
        archived = any(feed.archive_from is not None for feed in deployment.pack.feeds)
        held = holdings(deployment.engine, deployment.pack.site_id)
        if archived and held.batches == 0:
            take_in(deployment, now=clock.now(), progress=progress)
        yield deployment


def take_in(deployment: Deployment, *, now: datetime, progress: Callable[[str], Progress]) -> None:
    """Bring the site's archives into the store; what is there already stays as it is.

    Parameters
    ----------
    progress : gives each feed a bar of its own
    """
    start, end = archive_span(deployment.pack)
    for feed in deployment.pack.feeds:
        observe(
            deployment.engine,
            deployment.pack,
            World(deployment.pack.site_id, Mode.REPLAY, ARCHIVE),
            feed.feed_id,
            start=start,
            end=end,
            now=now,
            progress=progress(feed.feed_id),
        )


def _folded(
    deployment: Deployment,
    judged: Iterable[RiskBulletin],
    world: World,
    span: Span,
    assumed: Assumed,
    config: RiskConfig,
) -> Past:
    warning = load_warning(deployment.pack)
    plans = {name: plan.walked(assumed.walk) for name, plan in warning.plans.items()}
    warning = replace(warning, plans=plans)
    rehearsal = rehearse(judged, warning, world=world, officer=assumed.officer)
    return Past(rehearsal, span, assumed, warning, config)


def storms_of(deployment: Deployment, past: Past) -> list[Storm]:
    """Set what would have been ordered against the rise of the rivers, storm by storm."""
    names = {v.village_id: v.name_en for v in past.config.villages if v.kind is not RIVER_POINT}
    orders = [
        Order(change.known_at, names[change.risk.village_id], move=change.tier is Tier.RED)
        for change in past.rehearsal.changes
        if change.risk.village_id in names
        and change.tier > change.previous_tier
        and change.tier >= Tier.ORANGE
    ]
    return storms(list(_records(deployment, past)), orders)


def orders_of(deployment: Deployment, past: Past) -> tuple[Ordered, ...]:
    """Return who would have been told to leave, and whether that was in time."""
    told = first_orders(past.rehearsal.changes, past.warning)
    return against_rivers(told, _crossings(deployment, past))


def _crossings(deployment: Deployment, past: Past) -> dict[str, list[datetime]]:
    """Return when each storm stood at level 3 in a village: at its nearest station, and the way."""
    mark = {
        level.station_id: level for level in past.config.levels if level.level is RiskLevel.ORANGE
    }
    nearest: dict[str, Link] = {}
    for link in sorted(past.config.links, key=lambda link: -link.travel_min):
        if link.station_id in mark:
            nearest[link.village_id] = link
    seen = hydrographs(
        deployment.engine, deployment.pack.site_id, start=past.span.start, end=past.span.end
    )
    return {
        village_id: [
            at + timedelta(minutes=link.travel_min)
            for at in crossings(
                seen.get((link.station_id, mark[link.station_id].variable), ()),
                mark[link.station_id].value,
            )
        ]
        for village_id, link in nearest.items()
    }


def _records(deployment: Deployment, past: Past) -> Iterator[Record]:
    seen = hydrographs(
        deployment.engine, deployment.pack.site_id, start=past.span.start, end=past.span.end
    )
    names = {station.station_id: station.name for station in past.config.stations}
    for level in past.config.levels:
        place = _place_at(past.config, level.station_id)
        if level.level is RiskLevel.ORANGE and place is not None:
            yield Record(
                station_id=level.station_id,
                name=names[level.station_id],
                unit=level.unit,
                mark=level.value,
                values=seen.get((level.station_id, level.variable), ()),
                levels=[
                    (change.known_at, change.level)
                    for change in past.rehearsal.changes
                    if change.risk.village_id == place
                ],
            )


def _place_at(config: RiskConfig, station_id: str) -> str | None:
    """Return the place that lies at a station: of those linked to it, the nearest in time."""
    points = {v.village_id for v in config.villages if v.kind is RIVER_POINT}
    near = [
        (link.travel_min, link.village_id not in points, link.village_id)
        for link in config.links
        if link.station_id == station_id
    ]
    return min(near)[2] if near else None
