"""A county of two townships and what a bulletin says of it when stations have not spoken since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.outage import Ground, Notice, Source, notices
from alerts.warning_config import WarningConfig
from pipeline.bulletin import (
    Confidence,
    DataState,
    Evidence,
    Indicator,
    RiskBulletin,
    RiskLevel,
    Signal,
    StationEvent,
    StationEventKind,
    StationFreshness,
    VillageRisk,
)
from pipeline.site.model import FeedSpec, Village, VillageKind

NOON = datetime(2026, 7, 14, 12, tzinfo=UTC)
STEP = timedelta(minutes=15)
SILENT_AFTER = timedelta(minutes=30)
FEED_OF = {"R1": "rain", "R2": "rain", "R3": "rain", "H1": "stage", "H2": "stage"}
HEARS = {"a1": ("R1", "H1"), "a2": ("R2",), "b1": ("R3", "H2")}
TOWNSHIP = {"a1": "Alder", "a2": "Alder", "b1": "Birch"}
VILLAGES = tuple(
    Village(
        village_id=village,
        kind=VillageKind.VILLAGE,
        name=village,
        name_en=village,
        township=township,
        position_basis="none",
        area_km2=5.0,
    )
    for village, township in TOWNSHIP.items()
)


def feed(feed_id: str, **more: object) -> FeedSpec:
    """Return a feed of a quarter of an hour."""
    declared = {"protocol": "csv", "where": "x", "variable": "rain_mm", "cadence_min": 15}
    return FeedSpec.model_validate({"feed_id": feed_id, **declared, **more})


def ground(*more: FeedSpec, zone: str = "UTC", **config: object) -> Ground:
    """Return what the county declares; by itself it has no quiet hours."""
    hours = {"quiet_from": 0, "quiet_to": 0} | config
    rules = WarningConfig.model_validate(
        {
            "site": "county",
            "site_name": "County",
            "zone": zone,
            "languages": ("en",),
            "cycle_minutes": 15,
            **hours,
        }
    )
    named = {spec.feed_id for spec in more}
    own = (feed(name) for name in ("rain", "stage") if name not in named)
    return Ground((*own, *more), VILLAGES, rules)


def heard(
    last: Mapping[str, datetime | None],
    at: datetime = NOON,
    *,
    events: tuple[StationEvent, ...] = (),
    levels: Mapping[str, int] | None = None,
    rows: tuple[StationFreshness, ...] = (),
) -> RiskBulletin:
    """Return the bulletin of a slot at which each station spoke last then; unnamed ones just now.

    Parameters
    ----------
    last : None where the window holds nothing of the station any more
    """
    spoke = {station: last.get(station, at) for station in FEED_OF}
    dead = {s for s, then in spoke.items() if then is not None and at - then > SILENT_AFTER}
    mute = dead | {s for s, then in spoke.items() if then is None}
    states = [_state(sum(s in mute for s in own), len(own)) for own in HEARS.values()]
    newest = [max((t for s in own if (t := spoke[s])), default=None) for own in HEARS.values()]
    level = [RiskLevel((levels or {}).get(village, 0)) for village in HEARS]
    return RiskBulletin(
        site="county",
        slot=at,
        cutoff=at,
        code_version="0",
        risk_config_sha256="a" * 64,
        inputs_sha256="b" * 64,
        villages=tuple(HEARS),
        levels=tuple(level),
        data_states=tuple(states),
        closeness=(None,) * len(HEARS),
        newest_inputs=tuple(newest),
        details=tuple(
            VillageRisk(v, n, Signal.NONE, None, Confidence.LOW, state, None, ())
            for v, n, state in zip(HEARS, level, states, strict=True)
            if n or state is not DataState.COMPLETE
        ),
        freshness=(*(_row(s, then, is_dead=s in dead) for s, then in spoke.items()), *rows),
        events=(*(_death(s, spoke[s]) for s in sorted(dead)), *events),
    )


def event(kind: StationEventKind, station: str) -> StationEvent:
    """Return what a person knows of a station already."""
    return StationEvent(kind, station, None, "made", _villages(station))


def without(bulletin: RiskBulletin, station: str) -> RiskBulletin:
    """Return a bulletin that tells no station's death: a person has suspended it."""
    said = event(StationEventKind.SUSPENDED, station)
    kept = tuple(e for e in bulletin.events if e.station_id != station)
    return replace(bulletin, events=(*kept, said))


def warned(bulletin: RiskBulletin, **official: int) -> RiskBulletin:
    """Return a bulletin with the colours of another authority's warnings, by village."""
    told = {
        village: Evidence(
            *(Indicator.OFFICIAL, "office", None, float(colour), None, "level", bulletin.slot, 0),
            basis="rule",
            level=RiskLevel.NONE,
        )
        for village, colour in official.items()
    }
    details = (
        replace(detail, evidence=(told[detail.village_id],))
        if detail.village_id in told
        else detail
        for detail in bulletin.details
    )
    return replace(bulletin, details=tuple(details))


class Told:
    """What officers were told so far, as the ledger keeps it."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.last: dict[Source, Notice] = {}

    def hear(self, bulletin: RiskBulletin) -> list[Notice]:
        """Take in a bulletin; return what is told."""
        new = [Notice.from_bytes(n.to_bytes()) for n in notices(self.last, bulletin, self.ground)]
        self.last |= {notice.source: notice for notice in new}
        return new


def _state(silent: int, of: int) -> DataState:
    if not silent:
        return DataState.COMPLETE
    return DataState.BLIND if silent == of else DataState.DEGRADED


def _villages(station: str) -> tuple[str, ...]:
    return tuple(village for village, own in HEARS.items() if station in own)


def _row(station: str, then: datetime | None, *, is_dead: bool) -> StationFreshness:
    if then is None:
        return StationFreshness(station, "", None, "never")
    return StationFreshness(station, FEED_OF[station], then, "silent" if is_dead else "fresh")


def _death(station: str, since: datetime | None) -> StationEvent:
    return StationEvent(StationEventKind.DEATH, station, since, "silent", _villages(station))
