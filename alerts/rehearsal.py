"""What would have been told, folded over past bulletins: the tiers' memory without any sending.

A rehearsal has no officer, so it assumes one and says so: ``earliest`` lowers red and orange at
the first cycle at which the rules let two persons do it; ``never`` leaves them up. The same
bulletins give the same bytes.

Source: DESIGN sections 7 and 8.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from alerts.by_person import lower_by_person, lowest_now
from alerts.episode import TierEpisode, advance
from alerts.heard import heard
from alerts.officer_facts import earliest_decide_by
from alerts.orders import moment_of, orders
from alerts.tier import Officer, Tier
from alerts.warning_pack import WarningPack
from pipeline.bulletin import SAID_IF_SO, DataState, RiskBulletin, RiskLevel, VillageRisk, canonical
from pipeline.site.model import Village
from pipeline.world import World

SCHEMA = "floodwarn.replay/1"
ASSUMED_OFFICERS = ("rehearsal/first", "rehearsal/second")


@dataclass(frozen=True, slots=True)
class VillageChange:
    """One village whose level or tier changed at one cycle.

    Attributes
    ----------
    known_at : the cutoff, when this could have been known
    decide_by : the earliest of the village's orders; None where none could be given
    """

    known_at: datetime
    level: RiskLevel
    tier: Tier
    previous_tier: Tier
    decide_by: datetime | None
    risk: VillageRisk

    def to_json(self) -> dict[str, Any]:
        """Return the entry of ``changes`` (DESIGN section 8)."""
        detail = asdict(self.risk)
        evidence = [_contracted(e) for e in detail["evidence"]]
        return {
            "known_at": self.known_at,
            "village_id": self.risk.village_id,
            "level": int(self.level),
            "tier": int(self.tier),
            "previous_tier": int(self.previous_tier),
            "signal": self.risk.signal.value,
            "onset": detail["onset"],
            "decide_by": self.decide_by,
            "data_state": self.risk.data_state.value,
            "confidence": self.risk.confidence.value,
            "evidence": evidence,
        }


@dataclass(frozen=True, slots=True)
class Blind:
    """A time in which nothing could be said of a village.

    Attributes
    ----------
    start, end : the first blind slot, and the first that was not (or the last slot replayed)
    """

    village_id: str
    start: datetime
    end: datetime
    cause: str

    def to_json(self) -> dict[str, Any]:
        """Return the entry of ``blind`` (DESIGN section 8)."""
        return {
            "village_id": self.village_id,
            "from": self.start,
            "to": self.end,
            "cause": self.cause,
        }


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would have been told, and where nothing could be seen."""

    cycles: int
    changes: tuple[VillageChange, ...]
    blind: tuple[Blind, ...]


@dataclass(slots=True)
class _Village:
    """The running state of one village in the fold."""

    village: Village
    episode: TierEpisode | None = None
    level: RiskLevel = RiskLevel.NONE
    tier: Tier = Tier.NONE
    blind_since: datetime | None = None
    cause: str = ""


@dataclass(slots=True)
class _Fold:
    pack: WarningPack
    world: World
    officer: Officer
    villages: dict[str, _Village]
    changes: list[VillageChange] = field(default_factory=list)
    blind: list[Blind] = field(default_factory=list)


def _contracted(evidence: dict[str, Any]) -> dict[str, Any]:
    """Return one evidence by the contract's keys, and what is said only where it is so."""
    said = {name for name in SAID_IF_SO if evidence[name] is not None}
    left_out = {"level", *SAID_IF_SO - said}
    return {name: value for name, value in evidence.items() if name not in left_out}


def rehearse(
    bulletins: Iterable[RiskBulletin],
    pack: WarningPack,
    *,
    world: World,
    officer: Officer = Officer.EARLIEST,
) -> Rehearsal:
    """Fold bulletins, in the order of their slots, into what would have been told.

    A village that a bulletin leaves out is blind at that slot, never calm.
    """
    fold = _Fold(pack, world, officer, {v.village_id: _Village(v) for v in pack.villages})
    cycles, last = 0, None
    for bulletin in bulletins:
        cycles, last = cycles + 1, bulletin.slot
        _take(fold, bulletin)
    for state in fold.villages.values():
        if state.blind_since is not None and last is not None:
            fold.blind.append(_ended(state, last))
    blind = sorted(fold.blind, key=lambda b: (b.start, b.village_id))
    return Rehearsal(cycles, tuple(fold.changes), tuple(blind))


def _take(fold: _Fold, bulletin: RiskBulletin) -> None:
    """Take one bulletin; villages that are calm, told nothing and seen cost one comparison."""
    details = {detail.village_id: detail for detail in bulletin.details}
    seen = set(bulletin.villages)
    for village_id, state in fold.villages.items():
        quiet = village_id in seen and village_id not in details
        resting = state.episode is None or state.episode.closed is not None
        if quiet and resting and state.level is RiskLevel.NONE and state.blind_since is None:
            continue
        _step(fold, state, details.get(village_id) or bulletin.of(village_id), bulletin)


def _step(fold: _Fold, state: _Village, risk: VillageRisk, bulletin: RiskBulletin) -> None:
    _watch_blindness(fold, state, risk, bulletin.slot)
    rules = fold.pack.config
    said = heard(fold.pack, state.village, risk, bulletin)
    episode = advance(state.episode, said, world=fold.world, rules=rules).episode
    if episode is not None and fold.officer is Officer.EARLIEST:
        lowest = lowest_now(episode, slot=bulletin.slot, rules=rules)
        if lowest < episode.tier:
            episode = lower_by_person(
                episode, lowest, by=ASSUMED_OFFICERS, slot=bulletin.slot, rules=rules
            ).episode
    tier = Tier.NONE if episode is None else episode.tier
    if (tier, risk.level) != (state.tier, state.level):
        fold.changes.append(_change(fold, state, risk, tier, bulletin.cutoff))
    state.episode, state.tier, state.level = episode, tier, risk.level


def _change(
    fold: _Fold, state: _Village, risk: VillageRisk, tier: Tier, cutoff: datetime
) -> VillageChange:
    plan = fold.pack.plans.get(risk.village_id)
    moment = moment_of(state.village, tier, risk, at=cutoff, config=fold.pack.config)
    placed = orders(plan, moment)
    return VillageChange(cutoff, risk.level, tier, state.tier, earliest_decide_by(placed), risk)


def _watch_blindness(fold: _Fold, state: _Village, risk: VillageRisk, slot: datetime) -> None:
    blind = risk.data_state is DataState.BLIND
    if blind and state.blind_since is None:
        state.blind_since, state.cause = slot, risk.cause or "unknown"
    elif not blind and state.blind_since is not None:
        fold.blind.append(_ended(state, slot))
        state.blind_since = None


def _ended(state: _Village, end: datetime) -> Blind:
    return Blind(state.village.village_id, state.blind_since or end, end, state.cause)


@dataclass(frozen=True, slots=True)
class Span:
    """What was replayed: the header of the report.

    Attributes
    ----------
    known : as-received, as-declared or now
    """

    known: str
    start: datetime
    end: datetime
    risk_config_sha256: str
    code_version: str


def report(rehearsal: Rehearsal, pack: WarningPack, *, span: Span, officer: Officer) -> bytes:
    """Return ``floodwarn replay --json``: one line, sorted keys, three decimals, a newline."""
    body = {
        "schema": SCHEMA,
        "site": pack.site_id,
        "mode": "replay",
        "known": span.known,
        "officer": officer.value,
        "from": span.start,
        "to": span.end,
        "cycles": rehearsal.cycles,
        "deliveries": 0,
        "risk_config_sha256": span.risk_config_sha256,
        "warning_config_sha256": pack.config.sha256,
        "code_version": span.code_version,
        "changes": [change.to_json() for change in rehearsal.changes],
        "blind": [gap.to_json() for gap in rehearsal.blind],
    }
    return canonical(body) + b"\n"
