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
from typing import Final

from alerts.episode import TierEpisode
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
    action: Action
    decide_by: datetime | None


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
    """Return each episode's newest orders: a fall, told to officers alone, revokes none."""
    found: dict[str, list[Told]] = {}
    for each in sorted(told, key=lambda t: t.revision):
        kept = found.get(each.episode_id, [])
        same = bool(kept) and kept[0].revision == each.revision
        found[each.episode_id] = [*kept, each] if same else [each]
    return found


def _warned(episode: TierEpisode | None, heard: Heard) -> dict[str, Json]:
    """Return tier, gravest standing order and times; of a village without a tier, that alone."""
    if episode is None or episode.closed is not None:
        episode, standing = None, []
    else:
        standing = heard.get(episode.episode_id, [])
    tier = Tier.NONE if episode is None else episode.tier
    named = {told.action for told in standing}
    decide_by = min((t.decide_by for t in standing if t.decide_by is not None), default=None)
    return {
        "tier": int(tier),
        "tier_colour": tier.colour,
        "since": None if episode is None else instants.text(episode.tier_since),
        "action": next((action.value for action in GRAVEST_FIRST if action in named), None),
        "decide_by": None if decide_by is None else instants.text(decide_by),
    }
