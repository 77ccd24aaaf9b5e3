"""Who of a village is away from home, and the list by which they go back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.board.act_words import ActWords, colour_in
from alerts.board.facts import Facts, Sent
from alerts.board.plan_names import people_at, place_names
from alerts.board.possible import Possible, Record, away
from alerts.board.words import clock
from alerts.release import CHECKLIST
from alerts.tier import LEAVING, Tier


@dataclass(frozen=True, slots=True)
class AwayRow:
    """A place that was ordered to move and is not released; it may not have been told yet."""

    place_id: str
    name: str
    people: str
    answered: str
    silent: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the release's list; what is blocked cannot be ticked now."""

    key: str
    text: str
    blocked: bool


@dataclass(frozen=True, slots=True)
class Home:
    """Who is away from home, and the list by which they go back."""

    rows: tuple[AwayRow, ...]
    lower_first: str
    release: bool
    items: tuple[Item, ...]
    must_override: bool


def home_view(facts: Facts, record: Record, can: Possible, say: ActWords) -> Home:
    """Return who is away, and what of the list can be ticked now."""
    episode = record.episode
    standing = episode is not None and episode.tier >= Tier.ORANGE
    blocked = set(can.blocked)
    return Home(
        rows=tuple(_away_row(facts, record, place, can, say) for place in away(record)),
        lower_first=say.lower_first.format(colour=colour_in(episode.tier.colour, say))
        if episode is not None and standing
        else "",
        release=can.release,
        items=tuple(
            Item(key, say.items[key], key in blocked)
            for key in (*CHECKLIST, *(b for b in can.blocked if b not in CHECKLIST))
        ),
        must_override=bool(blocked),
    )


def _away_row(facts: Facts, record: Record, place_id: str, can: Possible, say: ActWords) -> AwayRow:
    told = _told_to_move(facts, record, place_id)
    answers = sorted((at, ref) for sent in told for ref, at in sent.acked)
    if place_id in can.counted:
        answered = say.counted
    elif answers:
        at, ref = answers[0]
        answered = say.received.format(ref=ref, time=clock(at, facts.zone))
    else:
        answered = say.silent if any(sent.accepted for sent in told) else say.untold
    return AwayRow(
        place_id,
        place_names(record, (place_id,), say),
        people_at(record, place_id),
        answered,
        silent=not answers,
    )


def _told_to_move(facts: Facts, record: Record, place_id: str) -> Sequence[Sent]:
    """Return the newest order by which a place left: who answered an older one may not know it."""
    episode_id = "" if record.episode is None else record.episode.episode_id
    mine = [
        s
        for s in facts.sent
        if (s.episode_id, s.place_id) == (episode_id, place_id) and s.action in LEAVING
    ]
    newest = max((s.revision for s in mine), default=0)
    return [s for s in mine if s.revision == newest]
