"""Say for maps how every village stands now: what it was told, and what the science says.

GeoJSON, one feature for each place, with the mode and whether the state is stale in every one of
them, as many programs drop what stands beside the features. It holds nobody's name or number.

Source: RFC 7946; DESIGN laws 1, 4 and 11.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeVar

from alerts.episode import TierEpisode
from alerts.orders import WHOLE_VILLAGE
from alerts.plan.helped import is_helped
from alerts.tier import Action, Tier
from pipeline import instants
from pipeline.bulletin import DataState, RiskBulletin, RiskLevel
from pipeline.site.model import Village
from pipeline.world import Mode

GRAVEST_FIRST: Final = (
    *(Action.REFUGE, Action.MOVE, Action.PREPARE, Action.STAND_BY, Action.RETRACT),
    Action.RETURN,
    Action.STAND_DOWN,
)
DECIMALS: Final = 6
"""Of a degree: a tenth of a metre."""

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
Seen = Mapping[str, tuple[RiskLevel, DataState]]


@dataclass(frozen=True, slots=True)
class Told:
    """What one text told one place of a village; texts to officers are not among them.

    Attributes
    ----------
    decide_by : UTC (flood time); None where none could be given
    """

    episode_id: str
    revision: int
    place_id: str
    action: Action
    decide_by: datetime | None


class AboutPlace(Protocol):
    """One of an episode's texts to its village."""

    @property
    def revision(self) -> int: ...

    @property
    def place_id(self) -> str: ...


Text = TypeVar("Text", bound=AboutPlace)
Heard = Mapping[str, list[Told]]


@dataclass(frozen=True, slots=True)
class PresentState:
    """All that the state rests on, of one snapshot.

    Attributes
    ----------
    at : UTC (flood time in an exercise)
    stale : the newest cycle is too old, or missing: levels are not to be trusted
    bulletin : the newest; without one every place is blind
    episodes : newest state of each village's newest episode
    told : of the open episodes
    """

    site: str
    mode: Mode
    at: datetime
    stale: bool
    villages: tuple[Village, ...]
    bulletin: RiskBulletin | None
    episodes: Mapping[str, TierEpisode]
    told: tuple[Told, ...]


def present_state(state: PresentState) -> bytes:
    """Return the state as a GeoJSON FeatureCollection (``application/geo+json``).

    Features are sorted by village_id and keys by name, so that the same state is the same bytes.
    Positions are WGS 84 degrees, longitude first; a place without a position has none. Times are
    UTC. A place of which the bulletin does not speak is blind, never calm.

    Source: RFC 7946.
    """
    seen, heard = _seen(state.bulletin), _standing(state.told)
    features: list[Json] = [
        _feature(state, village, seen, heard)
        for village in sorted(state.villages, key=lambda v: v.village_id)
    ]
    collection: Json = {
        "type": "FeatureCollection",
        "site": state.site,
        "mode": state.mode.value,
        "at": instants.text(state.at),
        "slot": None if state.bulletin is None else instants.text(state.bulletin.slot),
        "stale": state.stale,
        "features": features,
    }
    text = json.dumps(
        collection, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def _seen(bulletin: RiskBulletin | None) -> Seen:
    if bulletin is None:
        return {}
    columns = zip(bulletin.villages, bulletin.levels, bulletin.data_states, strict=True)
    return {village_id: (level, data_state) for village_id, level, data_state in columns}


def _feature(state: PresentState, village: Village, seen: Seen, heard: Heard) -> Json:
    level, data_state = seen.get(village.village_id, (RiskLevel.NONE, DataState.BLIND))
    return {
        "type": "Feature",
        "id": village.village_id,
        "geometry": _point(village),
        "properties": {
            "village_id": village.village_id,
            "kind": village.kind.value,
            "name": village.name,
            "name_en": village.name_en,
            "township": village.township,
            "position_basis": village.position_basis,
            "level": int(level),
            "data_state": data_state.value,
            "mode": state.mode.value,
            "stale": state.stale,
            **_warned(state.episodes.get(village.village_id), heard),
        },
    }


def _point(village: Village) -> Json:
    if village.lon is None or village.lat is None:
        return None
    position: list[Json] = [round(village.lon, DECIMALS), round(village.lat, DECIMALS)]
    return {"type": "Point", "coordinates": position}


def _standing(told: Iterable[Told]) -> Heard:
    """Return each episode's standing orders: a fall, told to officers alone, revokes none."""
    found: dict[str, list[Told]] = {}
    for each in told:
        found.setdefault(each.episode_id, []).append(each)
    return {episode_id: list(standing(texts)) for episode_id, texts in found.items()}


def standing(texts: Iterable[Text]) -> tuple[Text, ...]:
    """Return an episode's newest texts about each place.

    A new way for one place, or the way home of another, revokes nothing of the rest. What is said
    to a village as a whole and to a place in it replace each other.
    """
    kept = tuple(texts)
    newest = {text.place_id: text.revision for text in sorted(kept, key=lambda t: t.revision)}
    whole = newest.pop(WHOLE_VILLAGE, -1)
    if whole > max(newest.values(), default=-1):
        return tuple(t for t in kept if t.place_id == WHOLE_VILLAGE and t.revision == whole)
    return tuple(t for t in kept if t.revision > whole and newest.get(t.place_id) == t.revision)


def _warned(episode: TierEpisode | None, heard: Heard) -> dict[str, Json]:
    """Return tier, gravest standing order and times; of a village without a tier, that alone."""
    if episode is None or episode.closed is not None:
        episode, orders = None, []
    else:
        orders = heard.get(episode.episode_id, [])
    tier = Tier.NONE if episode is None else episode.tier
    # who needs help leaves first: the map shows what the place at large is asked
    public = [told for told in orders if not is_helped(told.place_id)] or orders
    named = {told.action for told in public}
    decide_by = min((t.decide_by for t in orders if t.decide_by is not None), default=None)
    return {
        "tier": int(tier),
        "tier_colour": tier.colour,
        "since": None if episode is None else instants.text(episode.tier_since),
        "action": next((action.value for action in GRAVEST_FIRST if action in named), None),
        "decide_by": None if decide_by is None else instants.text(decide_by),
    }
