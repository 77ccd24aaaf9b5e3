"""What spoke for a village's level and what did not, in lines for an officer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from alerts.templates import SAW
from pipeline import instants
from pipeline.bulletin import Evidence, RiskLevel

if TYPE_CHECKING:
    from pipeline.village_case import ForecastCase, Guidance, ModelCase, VillageCase

FROM_TO = ("least", "agreed", "most")


def case_lines(case: VillageCase) -> Iterator[str]:
    """Yield the case line by line; each number stands beside the limit of one level."""
    risk, cycle = case.risk, case.cycle
    limit = case.limit.name.lower()
    yield (
        f"{risk.village_id} at {instants.text(cycle.slot)}, known at {instants.text(cycle.cutoff)}:"
        f" level {risk.level.name.lower()}, data {risk.data_state}, confidence {risk.confidence},"
        f" {_percent(case.closeness)} of {limit}"
    )
    if risk.cause is not None:
        yield f"  cannot be seen: {risk.cause}"
    if case.lowered_by is not None:
        yield f"  limits of rain and model are divided by {case.lowered_by}"
    yield from _weather(case, limit)
    for threat in case.upstream:
        yield f"  upstream: {threat.village_id} {threat.level.name.lower()}"
    for one in risk.evidence:
        yield f"  speaks for {one.level.name.lower()}: {_spoken(one)}"


def _weather(case: VillageCase, limit: str) -> Iterator[str]:
    """Yield what fell, what is wet of it, and what is foreseen."""
    for rain in case.rain:
        yield f"  rain {rain.duration_h} h: {_against(rain.mm, rain.limit_mm, 'mm', limit)}"
    yield f"  antecedent wetness: {_number(case.wetness_mm)} mm, {case.wetness}"
    if case.model is not None:
        yield f"  model: {_model(case.model, limit)}"
    if case.forecast is not None:
        yield from _forecast(case.forecast, case.limit)
    if case.guidance:
        more = ", ".join(_more(one, case.limit) for one in case.guidance)
        yield f"  guidance, more rain that brings the flow of {limit}: {more}"


def case_answer(case: VillageCase) -> dict[str, Any]:
    """Return the case as JSON has it."""
    return {
        "slot": case.cycle.slot,
        "cutoff": case.cycle.cutoff,
        "limit": case.limit,
        "risk": case.risk,
        "closeness": case.closeness,
        "rain": [
            {
                "duration_h": rain.duration_h,
                "mm": rain.mm,
                "coverage": rain.coverage,
                "limit_mm": rain.limit_mm,
            }
            for rain in case.rain
        ],
        "guidance": [
            {"duration_h": one.duration_h, "mm": {f"{k:d}": v for k, v in one.mm.items()}}
            for one in case.guidance
        ],
        "forecast": None if case.forecast is None else _forecast_answer(case.forecast),
        "upstream": [
            {"village_id": one.village_id, "level": one.level, "places": one.places}
            for one in case.upstream
        ],
        "lowered_by": case.lowered_by,
        "wetness": {"mm": case.wetness_mm, "class": case.wetness},
        "model": None
        if case.model is None
        else {
            "filled": case.model.filled,
            "now_m3s": case.model.now_m3s,
            "foreseen_m3s": case.model.foreseen_m3s,
            "limit_m3s": case.model.limit_m3s,
        },
    }


def _forecast_answer(case: ForecastCase) -> dict[str, Any]:
    return {
        "feed_id": case.feed_id,
        "run": case.run,
        "members": case.members,
        "mm": [
            {"duration_h": hours, **dict(zip(FROM_TO, mm, strict=True))}
            for hours, mm in case.mm.items()
        ],
        "peak_m3s": None
        if case.peak_m3s is None
        else dict(zip(FROM_TO, case.peak_m3s, strict=True)),
        "probability": {f"{level:d}": odds for level, odds in case.probability.items()},
    }


def _forecast(case: ForecastCase, level: RiskLevel) -> Iterator[str]:
    odds = f"{100 * case.probability[level]:.0f} % for {level.name.lower()}"
    run = f"run of {instants.text(case.run)}, {case.members} member"
    yield f"  forecast {case.feed_id}, {run}{'s' if case.members > 1 else ''}: {odds}"
    for hours, mm in case.mm.items():
        yield f"    most of {hours} h: {_members(mm, 'mm')}"
    if case.peak_m3s is not None:
        yield f"    peak: {_members(case.peak_m3s, 'm3/s')}"


def _spoken(one: Evidence) -> str:
    if one.saw is not None:
        return f"{one.indicator} of {one.station_id}: {SAW[one.saw]}"
    limits = _against(one.value, one.threshold, one.unit, one.level.name.lower())
    rise = "" if one.rise_per_h is None else f", {one.rise_per_h:+.2f} {one.unit} an hour"
    return f"{one.indicator} {one.station_id} {limits}{rise}"


def _members(values: tuple[float, float, float], unit: str) -> str:
    least, agreed, most = values
    return f"{agreed:.1f} {unit} ({least:.1f} to {most:.1f})"


def _more(one: Guidance, level: RiskLevel) -> str:
    depth = one.mm[level]
    return f"{one.duration_h} h " + ("none known" if depth is None else f"{depth:.0f} mm")


def _model(model: ModelCase, limit: str) -> str:
    return (
        f"store {_percent(model.filled)} full, flow now {_number(model.now_m3s)} m3/s,"
        f" foreseen {_against(model.foreseen_m3s, model.limit_m3s, 'm3/s', limit)}"
    )


def _against(value: float | None, limit: float | None, unit: str, level: str) -> str:
    said = f"{_number(value)} {unit}".strip()
    return said if limit is None else f"{said}, {level} at {_number(limit)}"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f}"


def _percent(share: float | None) -> str:
    return "unknown share" if share is None else f"{100 * share:.0f} %"
