"""The content of the board's first page, built purely from what the ledger and the bulletin say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.board.facts import WAITED_FOR, Facts, Sent, answers
from alerts.board.words import (
    EVENT_WORDS,
    acknowledged,
    clock,
    evidence_line,
    left,
    sent_count,
    told,
    window,
)
from alerts.episode import TierEpisode
from alerts.officer_facts import weightiest
from alerts.tier import Tier
from pipeline.bulletin import DataState, RiskBulletin
from pipeline.site.model import Village, VillageKind
from pipeline.world import Mode

REFRESH_S = 20
TITLES = {
    Mode.LIVE: "LIVE",
    Mode.EXERCISE: "EXERCISE - 演练 - nobody is in danger",
    Mode.REPLAY: "REPLAY - sends nothing",
}


@dataclass(frozen=True, slots=True)
class Banner:
    """The mode, both clocks and the age of the last cycle: on every page, at the top."""

    mode: str
    title: str
    site: str
    wall_clock: str
    flood_clock: str | None
    cycle: str
    cycle_age: str
    stale: bool
    config_readable: bool
    unsent: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """One number that an officer looks for first."""

    value: str
    label: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One place on the board, every cell as text.

    Attributes
    ----------
    waits : until when its order waits for an approver; empty where none does
    standing : what else an officer may have to act on
    """

    village_id: str
    name: str
    township: str
    tier: int
    level: int
    level_word: str
    told: str
    since: str
    onset: str | None
    decide_at: datetime | None
    decide_by: str | None
    decide_left: str
    decide_late: bool
    evidence: tuple[str, ...]
    upstream: tuple[str, ...]
    data_state: str
    cause: str | None
    data_age: str
    sent: str
    acked: str
    ack_class: str
    waits: str = ""
    standing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StationRow:
    """How fresh one station or grid was at the last cutoff."""

    station_id: str
    feed_id: str
    newest: str
    state: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """What befell one station, in both languages and in the bulletin's own words."""

    kind: str
    word: str
    station_id: str
    since: str
    detail: str
    villages: str


@dataclass(frozen=True, slots=True)
class NowView:
    """The first page."""

    banner: Banner
    cards: tuple[Card, ...]
    events: tuple[EventRow, ...]
    villages: tuple[Row, ...]
    points: tuple[Row, ...]
    calm: tuple[Row, ...]
    stations: tuple[StationRow, ...]
    refresh_s: int = REFRESH_S


def now_view(facts: Facts) -> NowView:
    """Return the first page: villages with a tier or a level, points, calm places, stations."""
    rows = [(village, village_row(facts, village)) for village in facts.villages]
    people = [row for v, row in rows if v.kind is not VillageKind.RIVER_POINT]
    points = [row for v, row in rows if v.kind is VillageKind.RIVER_POINT]
    return NowView(
        banner=banner(facts),
        cards=_cards(facts, people),
        events=_events(facts),
        villages=tuple(sorted(filter(_is_active, people), key=_urgency)),
        points=tuple(sorted((p for p in points if p.level), key=lambda r: (-r.level, r.name))),
        calm=tuple(row for row in people if not _is_active(row)),
        stations=_stations(facts.bulletin, facts.zone),
    )


def _is_active(row: Row) -> bool:
    return bool(row.tier or row.level or row.upstream or row.waits or row.standing)


def _urgency(row: Row) -> tuple[int, bool, datetime | None, int, str]:
    # Among rows without a decide-by the instants are equal (None) and never compared.
    return (-row.tier, row.decide_at is None, row.decide_at, -row.level, row.name)


def banner(facts: Facts) -> Banner:
    """Return the banner; a page whose newest cycle is too old, or missing, says so."""
    bulletin = facts.bulletin
    age = None if bulletin is None else facts.at - bulletin.slot
    ended = facts.ended
    return Banner(
        mode=facts.mode.value,
        title=TITLES[facts.mode] + (" - ended" if ended else ""),
        site=facts.site_name,
        wall_clock=clock(facts.now, facts.zone, with_date=True),
        flood_clock=None
        if facts.flood_now is None
        else clock(facts.flood_now, facts.zone, with_date=True),
        cycle="none yet" if bulletin is None else clock(bulletin.slot, facts.zone, with_date=True),
        cycle_age="never" if age is None else left(age) + " old",
        stale=not ended and (age is None or age > facts.patience),
        config_readable=facts.config_readable,
        unsent=facts.unsent,
    )


def village_row(facts: Facts, village: Village) -> Row:
    """Return one place's row; a place missing from the bulletin is blind, never calm."""
    risk = facts.risk(village.village_id)
    episode = _open(facts.episodes, village.village_id)
    tier = Tier.NONE if episode is None else episode.tier
    sent = facts.of_episode(episode)
    decide_by = min((s.decide_by for s in sent if s.decide_by is not None), default=None)
    return Row(
        village_id=village.village_id,
        name=village.name,
        township=village.township,
        tier=int(tier),
        level=int(risk.level),
        level_word=risk.level.name.lower(),
        told=told(sent, tier),
        since="no episode" if episode is None else f"since {clock(episode.tier_since, facts.zone)}",
        onset=None if risk.onset is None else window(risk.onset, facts.zone),
        decide_at=decide_by,
        decide_by=None if decide_by is None else clock(decide_by, facts.zone),
        decide_left="" if decide_by is None else _remaining(decide_by - facts.at),
        decide_late=decide_by is not None and decide_by <= facts.at,
        evidence=tuple(evidence_line(e, facts.zone) for e in weightiest(risk)),
        upstream=_upstream(facts, village),
        data_state=risk.data_state.value,
        cause=risk.cause,
        data_age=_data_age(facts, village.village_id),
        sent=sent_count(sent),
        acked=acknowledged(sent, facts.zone),
        ack_class=_ack_class(sent),
        waits=_waits(facts, episode),
        standing=_standing(facts, village.village_id, episode),
    )


def _waits(facts: Facts, episode: TierEpisode | None) -> str:
    waiting = None if episode is None else facts.waiting.get(episode.episode_id)
    if waiting is None:
        return ""
    return f"waits for an approver until {clock(waiting.until, facts.zone)}, wall clock"


def _standing(facts: Facts, village_id: str, episode: TierEpisode | None) -> tuple[str, ...]:
    closed = facts.reported.of(village_id)
    shut = (*closed.routes, *closed.crossings, *closed.shelters)
    away = () if episode is None else episode.sheltered
    said = (
        shut and f"closed: {', '.join(shut)}",
        away and f"ordered to move, not released: {', '.join(away)}",
    )
    return tuple(text for text in said if text)


def _upstream(facts: Facts, village: Village) -> tuple[str, ...]:
    above = ((facts.named[t.village_id], t) for t in facts.upstream.get(village.village_id, ()))
    return tuple(
        f"upstream: {place.name} ({place.township}) {threat.level.name.lower()}"
        for place, threat in above
    )


def _remaining(span: timedelta) -> str:
    return f"{left(span)} left" if span > timedelta(0) else f"passed {left(-span)} ago"


def _open(episodes: Mapping[str, TierEpisode], village_id: str) -> TierEpisode | None:
    episode = episodes.get(village_id)
    return None if episode is None or episode.closed is not None else episode


def _data_age(facts: Facts, village_id: str) -> str:
    bulletin = facts.bulletin
    if bulletin is None or village_id not in bulletin.villages:
        return "nothing seen"
    newest = bulletin.newest_inputs[bulletin.villages.index(village_id)]
    return "nothing seen" if newest is None else left(facts.at - newest)


def _ack_class(sent: Sequence[Sent]) -> str:
    if not any(s.action in WAITED_FOR for s in sent):
        return "soft"
    return "ok" if all(answers(s for s in sent if s.audience == "villager").values()) else "no"


def _cards(facts: Facts, people: Iterable[Row]) -> tuple[Card, ...]:
    rows = list(people)
    red = sum(row.tier == Tier.RED for row in rows)
    orange = sum(row.tier == Tier.ORANGE for row in rows)
    silent = sum(not said for said in answers(facts.current_sent()).values())
    blind = sum(row.data_state == DataState.BLIND for row in rows)
    broken = sum(s.failed + s.uncertain for s in facts.current_sent())
    return (
        Card(str(red), "villages red: move now", bad=red > 0),
        Card(str(orange), "villages orange: prepare"),
        Card(str(silent), "ordered places that nobody answered for", bad=silent > 0),
        Card(str(broken), "deliveries failed or uncertain", bad=broken > 0),
        Card(str(blind), "places blind", bad=blind > 0),
    )


def _events(facts: Facts) -> tuple[EventRow, ...]:
    names = {village.village_id: village.name for village in facts.villages}
    events = () if facts.bulletin is None else facts.bulletin.events
    return tuple(
        EventRow(
            kind=e.kind.value,
            word=EVENT_WORDS[e.kind],
            station_id=e.station_id,
            since="" if e.since is None else clock(e.since, facts.zone, with_date=True),
            detail=e.detail,
            villages=", ".join(names.get(v, v) for v in e.villages) or "no village",
        )
        for e in events
    )


def _stations(bulletin: RiskBulletin | None, zone: ZoneInfo) -> tuple[StationRow, ...]:
    if bulletin is None:
        return ()
    return tuple(
        StationRow(
            s.station_id,
            s.feed_id,
            "never" if s.newest is None else clock(s.newest, zone, with_date=True),
            s.state,
        )
        for s in bulletin.freshness
    )
