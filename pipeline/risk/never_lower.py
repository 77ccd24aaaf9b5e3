"""What rows fed by hand may do to a bulletin: raise a level, and never lower one or make it calm.

| a village | by what was fetched | with what was fed by hand | what counts |
|---|---|---|---|
| level | a | b | the higher |
| data | complete | complete | complete |
| data | blind | blind | blind |
| data | anything else | | degraded: nothing falls on it |

How old and how well the stations are stays what was fetched: a hand repairs no station.

Source: users.md 17.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.bulletin import DataState, Onset, RiskBulletin, StationEvent, VillageRisk
from pipeline.risk.confidence import confidence
from pipeline.risk.evidence import in_order

RESTS = "rests on data fed by hand"


def never_lower(
    fetched: RiskBulletin, said: RiskBulletin, events: Sequence[StationEvent], by: str
) -> RiskBulletin:
    """Return the bulletin of a cycle in which something was fed by hand.

    Parameters
    ----------
    fetched, said : by what was fetched alone, and by all rows, of the same villages
    events : what was fed by hand
    by : who fed it and why, where no event says it of a village
    """
    risks = [
        _village(one, other, _by(events, one.village_id) or by)
        for one, other in zip(_risks(fetched), _risks(said), strict=True)
    ]
    detailed = {d.village_id for d in (*fetched.details, *said.details)}
    return replace(
        fetched,
        inputs_sha256=said.inputs_sha256,
        levels=tuple(risk.level for risk in risks),
        data_states=tuple(risk.data_state for risk in risks),
        closeness=tuple(map(_closer, fetched.closeness, said.closeness)),
        details=tuple(risk for risk in risks if risk.village_id in detailed),
        events=tuple(sorted((*fetched.events, *events), key=lambda e: (e.kind, e.station_id))),
    )


def _risks(bulletin: RiskBulletin) -> list[VillageRisk]:
    known = {detail.village_id: detail for detail in bulletin.details}
    calm = replace(bulletin, details=()).of(bulletin.villages[0])
    return [known.get(name) or replace(calm, village_id=name) for name in bulletin.villages]


def _by(events: Sequence[StationEvent], village_id: str) -> str:
    return "; ".join(dict.fromkeys(e.detail for e in events if village_id in e.villages))


def _village(fetched: VillageRisk, said: VillageRisk, by: str) -> VillageRisk:
    """Return the higher of two judgements of a village, with the evidence of both."""
    chosen = said if said.level > fetched.level else fetched
    state = _state(fetched.data_state, said.data_state)
    own = set(fetched.evidence)
    fed = [replace(e, fed_by=by) for e in said.evidence if e not in own]
    evidence = in_order([*fetched.evidence, *fed])
    return replace(
        chosen,
        onset=_earlier(fetched.onset, said.onset),
        confidence=confidence(chosen.level, state, evidence),
        data_state=state,
        cause=_cause(fetched, said),
        evidence=evidence,
    )


def _state(fetched: DataState, said: DataState) -> DataState:
    return fetched if fetched is said else DataState.DEGRADED


def _cause(fetched: VillageRisk, said: VillageRisk) -> str | None:
    if fetched.data_state is DataState.COMPLETE:
        return said.cause
    if fetched.cause == said.cause:
        return fetched.cause
    return "; ".join(why for why in (fetched.cause, RESTS) if why is not None)


def _earlier(one: Onset | None, other: Onset | None) -> Onset | None:
    onsets = [onset for onset in (one, other) if onset is not None]
    return min(onsets, key=lambda onset: onset.earliest, default=None)


def _closer(one: float | None, other: float | None) -> float | None:
    return max((c for c in (one, other) if c is not None), default=None)
