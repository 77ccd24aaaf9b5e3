"""What befell the stations that officers must hear of, whatever the water does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline import instants
from pipeline.bulletin import StationEvent, StationEventKind
from pipeline.risk.comms import HOUR_US, at_risk, rows_of
from pipeline.risk.findings import Findings
from pipeline.risk.watch import Heard, Watched
from pipeline.site.model import Station
from pipeline.site.signature import Signed

HOUR_MIN = 60
TOGETHER = frozenset({StationEventKind.DEATH, StationEventKind.COMMS_AT_RISK})
"""What several stations suffer at once for one cause that is no station's own."""


def station_events(found: Findings, new: frozenset[str]) -> tuple[StationEvent, ...]:
    """Return the events of a cycle in their one order: by kind, then by station.

    Parameters
    ----------
    new : the stations on probation
    """
    suspended = found.cycle.suspended
    told = [s for s in found.stations if s.station.station_id not in suspended]
    dead = {e.station_id: e for e in _deaths(found, told)}
    at_risk_now = [e for e in _comms(found) if e.station_id not in dead]
    events = _together(found, [*dead.values(), *at_risk_now])
    events += [*_suspensions(found), *_probations(found, new)]
    return tuple(sorted(events, key=lambda e: (e.kind, e.station_id)))


def _event(
    found: Findings, kind: StationEventKind, station_id: str, since: datetime | None, detail: str
) -> StationEvent:
    names = tuple(found.site.villages[row] for row in found.site.villages_of(station_id))
    return StationEvent(kind, station_id, since, detail, names)


def _deaths(found: Findings, told: Sequence[Watched]) -> Iterator[StationEvent]:
    """Yield the stations that fell silent; where all of a feed did, that it is the feed's silence.

    Of a station with several series the one that is silent longest speaks.
    """
    heard_by = Counter(s.feed_id for s in told)
    silent_by = Counter(s.feed_id for s in told if s.heard is Heard.SILENT)
    for silent in sorted(told, key=lambda s: -s.newest_us):
        if silent.heard is not Heard.SILENT:
            continue
        feed, detail = silent.feed_id, f"silent for over {silent.station.silent_after_min} min"
        if heard_by[feed] == silent_by[feed] > 1:
            detail += f"; so are all of feed {feed}: the feed's silence, not the station's"
        since = instants.from_us(silent.newest_us)
        yield _event(found, StationEventKind.DEATH, silent.station.station_id, since, detail)


def _comms(found: Findings) -> Iterator[StationEvent]:
    rule, cutoff_us = found.site.config.risk.comms, found.cutoff_us
    first_us = cutoff_us - (rule.usual_h + rule.recent_h) * HOUR_US
    rows = rows_of(found.cycle.as_read.points, first_us)
    for station in found.site.config.stations:
        own = rows.get(station.station_id)
        if own is None:
            continue
        # one that may be silent for longer than is looked at has no rhythm to lose
        has_rhythm = station.silent_after_min <= rule.recent_h * HOUR_MIN
        by_events = station.reports == "events" or not has_rhythm
        signs = at_risk(own, rule, cutoff_us=cutoff_us, by_events=by_events)
        if signs:
            kind, last = StationEventKind.COMMS_AT_RISK, instants.from_us(int(own.valid_us[-1]))
            yield _event(found, kind, station.station_id, last, "; ".join(signs))


def _suspensions(found: Findings) -> Iterator[StationEvent]:
    for said in found.cycle.suspensions:
        until = "" if said.until is None else instants.text(said.until)[:16] + "Z"
        detail = f"suspended by {said.by_ref} until {until}: {said.reason}"
        kind = StationEventKind.SUSPENDED
        yield _event(found, kind, said.station_id, said.known_at, detail)


def _probations(found: Findings, new: frozenset[str]) -> Iterator[StationEvent]:
    stations: dict[str, Station] = {s.station_id: s for s in found.site.config.stations}
    for station_id in sorted(new):
        lacks = stations[station_id].unsigned(found.cycle.slot.date())
        end = f"until {stations[station_id].probation_until}"
        detail = f"on probation {end}{_and_signed(lacks)}: no red by it alone"
        yield _event(found, StationEventKind.PROBATION, station_id, None, detail)


def _and_signed(lacks: tuple[Signed, ...]) -> str:
    return f" and until {', '.join(lacks)} signed" if lacks else ""


def _together(found: Findings, events: list[StationEvent]) -> list[StationEvent]:
    """Say of events of one kind that they befell several stations of a township at once."""
    township = {v.village_id: v.township for v in found.site.config.villages}
    places = [frozenset(township[v] for v in event.villages) for event in events]
    count = Counter((e.kind, t) for e, near in zip(events, places, strict=True) for t in near)
    told = []
    for event, near in zip(events, places, strict=True):
        shared = sorted(t for t in near if event.kind in TOGETHER and count[event.kind, t] > 1)
        also = "".join(
            f"; {count[event.kind, t]} stations of {t} at once: likely the network" for t in shared
        )
        told.append(replace(event, detail=event.detail + also))
    return told
