"""Hyetograph and hydrograph as plain geometry; the templates draw them as SVG with text as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from pipeline.bulletin import RiskLevel

WIDTH = 720.0
HEIGHT = 200.0
LEFT = 48.0
RIGHT = 96.0
BOTTOM = 24.0
TICK_EVERY_H = 6
MIN_RAIN_MM = 5.0
HEADROOM = 1.05
NEAR_ZERO = 0.3
"""A river scale starts at zero where the lowest value is below this share of the highest."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One interval of rain; `seen` is False where nothing was seen, drawn hatched, never empty."""

    x: float
    y: float
    width: float
    height: float
    seen: bool
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A tick or a threshold line with its label."""

    position: float
    label: str
    level: RiskLevel = RiskLevel.NONE


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing in user units; `summary` is its text alternative.

    Attributes
    ----------
    bars : of a hyetograph, hanging from the top as hydrologists draw rain
    segments : of a hydrograph, broken where a value is missing
    """

    summary: str
    unit: str
    bars: tuple[Bar, ...]
    segments: tuple[str, ...]
    thresholds: tuple[Mark, ...]
    hours: tuple[Mark, ...]
    scale: tuple[Mark, ...]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    bottom: float = HEIGHT - BOTTOM


def hyetograph(times: Sequence[datetime], rain_mm: Sequence[float | None], zone: ZoneInfo) -> Chart:
    """Return areal rain as bars hanging from the top.

    Parameters
    ----------
    times : ends of the intervals, UTC
    rain_mm : areal rain of each interval, mm; None where nothing was seen
    zone : the reader's time zone
    """
    seen = [value for value in rain_mm if value is not None]
    top = max([MIN_RAIN_MM, *seen])
    step = (WIDTH - LEFT - RIGHT) / max(1, len(times))
    depth = HEIGHT - BOTTOM
    bars = tuple(
        Bar(
            x=LEFT + i * step,
            y=0.0,
            width=max(1.0, step - 1),
            height=depth if value is None else depth * value / top,
            seen=value is not None,
            title=f"{_local(time, zone)}: {'not seen' if value is None else f'{value:.1f} mm'}",
        )
        for i, (time, value) in enumerate(zip(times, rain_mm, strict=True))
    )
    scale = tuple(Mark(depth * share, f"{top * share:.0f}") for share in (0.5, 1.0))
    missing = len(times) - len(seen)
    summary = (
        f"Rain over the catchment: {sum(seen):.1f} mm in {len(seen)} intervals, highest "
        f"{max(seen, default=0.0):.1f} mm, {missing} intervals not seen"
    )
    return Chart(summary, "mm", bars, (), (), _hours(times, step, zone), scale)


def hydrograph(
    times: Sequence[datetime],
    values: Sequence[float | None],
    levels: dict[RiskLevel, float],
    zone: ZoneInfo,
    *,
    unit: str,
    hours: Sequence[datetime],
) -> Chart:
    """Return a river reading as a line that breaks where a value is missing, with its levels.

    Parameters
    ----------
    times : instants of the readings, UTC; as far apart as the station reported
    values : in `unit`; None where missing
    levels : value of each warning level, in `unit`
    hours : the rain chart's interval ends, so that both drawings share one time axis
    """
    seen = [value for value in values if value is not None]
    axis = _Axis.over([*seen, *levels.values()])
    step = (WIDTH - LEFT - RIGHT) / max(1, len(hours))
    points = [
        None if value is None else f"{_across(time, hours, step):.1f},{axis.down(value):.1f}"
        for time, value in zip(times, values, strict=True)
    ]
    return Chart(
        summary=(
            f"Last {seen[-1]:g} {unit}, highest {max(seen):g} {unit} in the window"
            if seen
            else "No reading in the window"
        ),
        unit=unit,
        bars=(),
        segments=_segments(points),
        thresholds=tuple(Mark(axis.down(v), f"{v:g} {unit}", k) for k, v in sorted(levels.items())),
        hours=_hours(hours, step, zone),
        scale=axis.marks(),
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    """The upright axis of a hydrograph, from `low` over `span`, in the river's unit."""

    low: float
    span: float

    @classmethod
    def over(cls, values: Sequence[float]) -> Self:
        low, top = min(values, default=0.0), max(values, default=1.0)
        low = min(low, 0.0) if low < NEAR_ZERO * top else low
        return cls(low, (top - low) * HEADROOM or 1.0)

    def down(self, value: float) -> float:
        return (HEIGHT - BOTTOM) * (1 - (value - self.low) / self.span)

    def marks(self) -> tuple[Mark, ...]:
        values = [self.low + self.span * share for share in (0.0, 0.5, 1 / HEADROOM)]
        return tuple(Mark(self.down(value), f"{value:.3g}") for value in values)


def _across(time: datetime, hours: Sequence[datetime], step: float) -> float:
    if len(hours) < 2:  # noqa: PLR2004 - one hour has no scale
        return LEFT
    interval = (hours[-1] - hours[0]) / (len(hours) - 1)
    return LEFT + step * (1 + (time - hours[0]) / interval)


def _segments(points: Sequence[str | None]) -> tuple[str, ...]:
    runs: list[list[str]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return tuple(" ".join(run) for run in runs if run)


def _hours(times: Sequence[datetime], step: float, zone: ZoneInfo) -> tuple[Mark, ...]:
    return tuple(
        Mark(LEFT + (i + 1) * step, _local(time, zone))
        for i, time in enumerate(times)
        if time.astimezone(zone).hour % TICK_EVERY_H == 0 and time.minute == 0
    )


def _local(time: datetime, zone: ZoneInfo) -> str:
    local = time.astimezone(zone)
    return local.strftime("%d %b") if local.hour == 0 else local.strftime("%H:%M")
