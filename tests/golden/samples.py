"""A site on one night, by hand: bulletins and occasions from which texts are made."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from alerts.episode import TierEpisode, Word, advance
from alerts.occasion import Occasion
from alerts.warning_pack import WarningPack, load_warning
from pipeline.bulletin import (
    Confidence,
    DataState,
    Evidence,
    Indicator,
    Onset,
    RiskBulletin,
    RiskLevel,
    Signal,
    VillageRisk,
)
from pipeline.site.pack import load
from pipeline.world import Mode, World, live

ROOT = Path(__file__).resolve().parents[2]
VALLEY = ROOT / "config" / "valley"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SLOT = datetime(2024, 7, 14, 17, tzinfo=UTC)  # 01:00 in the valley
CUTOFF = SLOT + 5 * MINUTE
EXERCISE = World("valley", Mode.EXERCISE, "x1")
LIVE = live("valley")


@cache
def shipped(site: str) -> WarningPack:
    return load_warning(load(ROOT / "config" / site, ROOT / ".floodwarn"))


def valley() -> WarningPack:
    return shipped("valley")


@cache
def quick_valley() -> WarningPack:
    """Return the valley as a place whose water is gone within the hour, and that is never dark."""
    config = valley().config.model_copy(update={"falls_in_the_dark": True})
    return replace(valley(), config=config, responses={})


def risk(
    level: int = 0,
    *,
    village: str = "hekou",
    state: DataState = DataState.COMPLETE,
    lead_min: int | None = None,
    age_s: int = 300,
    slot: datetime = SLOT,
    official: int = 0,
) -> VillageRisk:
    onset = None
    if lead_min is not None:
        first = slot + lead_min * MINUTE
        onset = Onset(first, first + 40 * MINUTE, first + 90 * MINUTE)
    rain = Evidence(
        *(Indicator.RAIN, "R03", 3.0, 62.04, 55.0, "mm", slot, age_s, "empirical"),
        level=RiskLevel(level),
    )
    warned = Evidence(
        *(Indicator.OFFICIAL, "office/bureau", None, float(official), None, "level", slot, age_s),
        basis="rule",
        level=RiskLevel.NONE,
    )
    return VillageRisk(
        village_id=village,
        level=RiskLevel(level),
        signal={3: Signal.PREPARE, 4: Signal.MOVE}.get(level, Signal.NONE),
        onset=onset,
        confidence=Confidence.MEDIUM,
        data_state=state,
        cause=None if state is DataState.COMPLETE else "river silent",
        evidence=(*((rain,) if level else ()), *((warned,) if official else ())),
    )


def bulletin(*risks: VillageRisk, slot: datetime = SLOT, site: str = EXERCISE.site) -> RiskBulletin:
    return RiskBulletin(
        site=site,
        slot=slot,
        cutoff=slot + 5 * MINUTE,
        code_version="0.1.0+sample",
        risk_config_sha256="a" * 64,
        inputs_sha256="b" * 64,
        villages=tuple(r.village_id for r in risks),
        levels=tuple(r.level for r in risks),
        data_states=tuple(r.data_state for r in risks),
        closeness=tuple(None for _ in risks),
        newest_inputs=tuple(slot for _ in risks),
        details=tuple(r for r in risks if r.level or r.data_state is not DataState.COMPLETE),
    )


def occasion(
    seen: VillageRisk,
    *,
    world: World = EXERCISE,
    before: TierEpisode | None = None,
    slot: datetime = SLOT,
    earlier=(),
) -> Occasion:
    """Return the occasion of one bulletin that speaks of one village."""
    told = bulletin(seen, slot=slot, site=world.site)
    step = advance(before, Word(slot, seen), world=world, rules=shipped(world.site).config)
    return Occasion(
        world, seen.village_id, told, told.cutoff, before=before, step=step, earlier=earlier
    )
