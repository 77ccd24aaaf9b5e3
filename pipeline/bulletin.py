"""The risk bulletin: one answer per village and slot, in bytes that never differ twice."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, Final

from pipeline import instants

DECIMALS = 3
SCHEMA = "floodwarn.bulletin/1"


class RiskLevel(IntEnum):
    """How far the science says a place is along its thresholds; has no memory and may flap."""

    NONE = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4


class Signal(StrEnum):
    """Advice for the village as a whole; an order is made in alerts, from the plan."""

    NONE = "none"
    PREPARE = "prepare"
    MOVE = "move"


class DataState(StrEnum):
    """How much of what the assessment needs was there to be read."""

    COMPLETE = "complete"
    DEGRADED = "degraded"
    BLIND = "blind"


class Confidence(StrEnum):
    """How well the level is supported; a rule, not a probability (see risk.confidence)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Indicator(StrEnum):
    """What kind of evidence speaks for a level."""

    RAIN = "rain"
    STAGE = "stage"
    DISCHARGE = "discharge"
    MODEL = "model"
    UPSTREAM = "upstream"
    GAUGE_LOST = "gauge_lost"
    REPORT = "report"
    OFFICIAL = "official"
    FORECAST = "forecast"


class Sighting(StrEnum):
    """What a person at the water saw of it, from nothing left to see to the worst."""

    CALM = "calm"
    RISING = "rising"
    AT_BRIDGE = "at_bridge"
    OVER = "over"
    IN_HOUSES = "in_houses"
    DEBRIS = "debris"

    @property
    def is_at_the_houses(self) -> bool:
        """Whether the flood is there already."""
        return self in {Sighting.IN_HOUSES, Sighting.DEBRIS}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a level.

    Attributes
    ----------
    station_id : station or grid that saw it; of a report, the roster reference of who sent it in
    duration_h : of a sum; None for an instant value
    value, threshold : in `unit`; None where the reason is an absence (gauge_lost)
    valid_time : end of the interval the value is about; of a forecast, the beginning of its run
    age_s : seconds from valid_time to the cutoff
    basis : computed | empirical | county_default | rule
    level : the level that this evidence alone supports
    fed_by : who fed it by hand, and why, or what else a report said; absent from the bytes where
        there is none
    lowered_by : the temporary factor that the threshold is over, and why; likewise absent
    rise_per_h : of a river, how fast it rose, in `unit` per hour; absent where that is unknown
    probability : of a forecast, the share of its members that reach the threshold; likewise absent
    spread : its tenth and ninetieth percentile, in `unit`; absent too where there is one member
    saw : of a report, what was seen; absent of anything else
    """

    indicator: Indicator
    station_id: str
    duration_h: float | None
    value: float | None
    threshold: float | None
    unit: str
    valid_time: datetime | None
    age_s: int | None
    basis: str
    level: RiskLevel
    fed_by: str | None = None
    lowered_by: str | None = None
    rise_per_h: float | None = None
    probability: float | None = None
    spread: tuple[float, float] | None = None
    saw: Sighting | None = None


@dataclass(frozen=True, slots=True)
class Onset:
    """When water is expected at the hazard stage; UTC."""

    earliest: datetime
    likely: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class VillageRisk:
    """The detail of a village above level 0, with data not complete, or under a warning."""

    village_id: str
    level: RiskLevel
    signal: Signal
    onset: Onset | None
    confidence: Confidence
    data_state: DataState
    cause: str | None
    evidence: tuple[Evidence, ...]

    @property
    def official(self) -> RiskLevel:
        """The highest colour of any official warning in force there."""
        colours = [e.value for e in self.evidence if e.indicator is Indicator.OFFICIAL]
        return RiskLevel(int(max((c for c in colours if c is not None), default=0)))


@dataclass(frozen=True, slots=True)
class StationFreshness:
    """How old a station's (or grid's) newest usable reading was at the cutoff."""

    station_id: str
    feed_id: str
    newest: datetime | None
    state: str  # fresh | late | silent | never


class StationEventKind(StrEnum):
    """What befell a station that officers must hear of, whatever the water does."""

    DEATH = "death"
    COMMS_AT_RISK = "comms_at_risk"
    SUSPENDED = "suspended"
    PROBATION = "probation"
    HAND_FED = "hand_fed"


@dataclass(frozen=True, slots=True)
class StationEvent:
    """One thing that befell a station, or the stations of a township.

    Attributes
    ----------
    since : valid time at which it began, as far as known
    detail : why, in words for an officer
    villages : those that the station speaks for
    """

    kind: StationEventKind
    station_id: str
    since: datetime | None
    detail: str
    villages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RiskBulletin:
    """What the science says at one slot; columns for every village, detail where it matters.

    Attributes
    ----------
    slot : the interval's end, the cycle's identity
    cutoff : known_at up to which the store was read
    inputs_sha256 : canonical digest of the rows as read
    villages, levels, data_states, closeness, newest_inputs : columns of equal length;
        closeness = largest value/threshold of level 3 (None if nothing was seen)
    details : by village_id, sorted
    events : of stations, by kind and station; absent from the bytes where there are none, so that
        a bulletin without any is what it always was
    """

    site: str
    slot: datetime
    cutoff: datetime
    code_version: str
    risk_config_sha256: str
    inputs_sha256: str
    villages: tuple[str, ...]
    levels: tuple[RiskLevel, ...]
    data_states: tuple[DataState, ...]
    closeness: tuple[float | None, ...]
    newest_inputs: tuple[datetime | None, ...]
    details: tuple[VillageRisk, ...] = ()
    freshness: tuple[StationFreshness, ...] = field(default=())
    events: tuple[StationEvent, ...] = field(default=())

    @property
    def decision_sha256(self) -> str:
        """Hash of slot, cutoff, rows as read, configuration and results; not of the code."""
        return _decision_sha256(_body(self))

    def of(self, village_id: str) -> VillageRisk:
        """Return the village's risk; a village missing from the bulletin is blind, never calm."""
        for detail in self.details:
            if detail.village_id == village_id:
                return detail
        if village_id not in self.villages:
            return self.missing(village_id)
        return VillageRisk(
            village_id=village_id,
            level=RiskLevel.NONE,
            signal=Signal.NONE,
            onset=None,
            confidence=Confidence.MEDIUM,
            data_state=DataState.COMPLETE,
            cause=None,
            evidence=(),
        )

    @property
    def level_of(self) -> dict[str, RiskLevel]:
        """The level of every village, by its id."""
        return dict(zip(self.villages, self.levels, strict=True))

    def events_of(self, village_id: str) -> tuple[StationEvent, ...]:
        """Return what befell the stations that speak for a village."""
        return tuple(event for event in self.events if village_id in event.villages)

    @staticmethod
    def missing(village_id: str) -> VillageRisk:
        """Return the risk of a village of which no bulletin speaks: blind, never calm."""
        return VillageRisk(
            village_id=village_id,
            level=RiskLevel.NONE,
            signal=Signal.NONE,
            onset=None,
            confidence=Confidence.LOW,
            data_state=DataState.BLIND,
            cause="missing from the bulletin",
            evidence=(),
        )

    def to_bytes(self) -> bytes:
        """Return the bulletin's one canonical form (JSON, sorted keys, fixed decimals)."""
        body = _body(self)
        return _dumps(body | {"schema": SCHEMA, "decision_sha256": _decision_sha256(body)})


def _body(bulletin: RiskBulletin) -> dict[str, Any]:
    body = _fields(bulletin)
    if not bulletin.events:
        del body["events"]
    return body


def _decision_sha256(body: dict[str, Any]) -> str:
    decided = {name: value for name, value in body.items() if name != "code_version"}
    return hashlib.sha256(_dumps(decided)).hexdigest()


def canonical(value: Any) -> bytes:  # noqa: ANN401 - any JSON-like tree
    """Return JSON with sorted keys, no spaces, three decimals and UTC instants to the second."""
    return _dumps(_plain(value))


def _dumps(plain: Any) -> bytes:  # noqa: ANN401 - any JSON-like tree
    return json.dumps(
        plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


SAID_IF_SO: Final = frozenset(
    {"fed_by", "lowered_by", "rise_per_h", "probability", "spread", "saw"}
)


def _fields(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass of this module
    said = {name: getattr(value, name) for name in value.__dataclass_fields__}
    kept = (name for name in said if name not in SAID_IF_SO or said[name] is not None)
    return {name: _plain(said[name]) for name in kept}


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON-like tree
    match value:
        case None | str() | bool():
            return value
        case int() | float():
            return round(value, DECIMALS)
        case datetime():
            return instants.text(value)
        case Evidence() | Onset() | VillageRisk() | StationFreshness() | StationEvent():
            return _fields(value)
        case dict():
            return {str(k): _plain(v) for k, v in value.items()}
        case list() | tuple():
            return [_plain(v) for v in value]
        case _:
            raise TypeError(f"no canonical form for {type(value).__name__}")


def from_bytes(content: bytes) -> RiskBulletin:
    """Return the bulletin that `to_bytes` wrote."""
    raw = json.loads(content)
    return RiskBulletin(
        site=raw["site"],
        slot=instants.parse(raw["slot"]),
        cutoff=instants.parse(raw["cutoff"]),
        code_version=raw["code_version"],
        risk_config_sha256=raw["risk_config_sha256"],
        inputs_sha256=raw["inputs_sha256"],
        villages=tuple(raw["villages"]),
        levels=tuple(RiskLevel(level) for level in raw["levels"]),
        data_states=tuple(DataState(state) for state in raw["data_states"]),
        closeness=tuple(raw["closeness"]),
        newest_inputs=tuple(_instant(t) for t in raw["newest_inputs"]),
        details=tuple(_detail(d) for d in raw["details"]),
        freshness=tuple(
            StationFreshness(**{**f, "newest": _instant(f["newest"])}) for f in raw["freshness"]
        ),
        events=tuple(_event(e) for e in raw.get("events", ())),
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else instants.parse(text)


def _event(raw: dict[str, Any]) -> StationEvent:
    return StationEvent(
        kind=StationEventKind(raw["kind"]),
        station_id=raw["station_id"],
        since=_instant(raw["since"]),
        detail=raw["detail"],
        villages=tuple(raw["villages"]),
    )


def _detail(raw: dict[str, Any]) -> VillageRisk:
    onset = raw["onset"]
    return VillageRisk(
        village_id=raw["village_id"],
        level=RiskLevel(raw["level"]),
        signal=Signal(raw["signal"]),
        onset=None if onset is None else Onset(**{k: instants.parse(v) for k, v in onset.items()}),
        confidence=Confidence(raw["confidence"]),
        data_state=DataState(raw["data_state"]),
        cause=raw["cause"],
        evidence=tuple(_evidence(e) for e in raw["evidence"]),
    )


def _evidence(raw: dict[str, Any]) -> Evidence:
    spread, saw = raw.get("spread"), raw.get("saw")
    return Evidence(
        **{
            **raw,
            "spread": None if spread is None else tuple(spread),
            "saw": None if saw is None else Sighting(saw),
            "indicator": Indicator(raw["indicator"]),
            "valid_time": _instant(raw["valid_time"]),
            "level": RiskLevel(raw["level"]),
        }
    )
