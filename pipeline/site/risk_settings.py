"""How a site turns rain and rivers into levels, apart from its tables."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from pipeline.bulletin import RiskLevel, Sighting, Signal
from pipeline.site.comms_settings import CommsSettings
from pipeline.site.frozen import Frozen


class Wetness(StrEnum):
    """Antecedent wetness of a catchment (SL 767-2018: dry, medium, wet)."""

    DRY = "dry"
    MEDIUM = "medium"
    WET = "wet"


class WetnessSettings(Frozen):
    """Antecedent wetness Pa: decay per day, cap, window and class limits as shares of the cap."""

    decay_per_day: float = Field(gt=0, lt=1)
    cap_mm: float = Field(gt=0)
    window_days: int = Field(gt=0, le=60)
    exclude_last_h: int = Field(ge=0)
    dry_below: float = Field(gt=0, lt=1)
    wet_from: float = Field(gt=0, le=1)
    unknown: Wetness = Wetness.MEDIUM
    min_coverage: float = Field(gt=0, le=1)


class Signals(Frozen):
    """Which level asks a village to prepare and which to move."""

    prepare: RiskLevel = RiskLevel.ORANGE
    move: RiskLevel = RiskLevel.RED

    def advice(self, level: RiskLevel) -> Signal:
        """Return the advice that a level stands for at this site."""
        if level >= self.move:
            return Signal.MOVE
        return Signal.PREPARE if level >= self.prepare else Signal.NONE


class ForecastSettings(Frozen):
    """``[risk.forecast]`` of site.toml: what a forecast of rain may bring about.

    Attributes
    ----------
    share : of the members, that must bring a level before it counts
    at_most : the highest level that rain which nobody has seen may bring
    max_age_h : a run that began longer before the cutoff says nothing any more
    """

    share: float = Field(0.5, gt=0, le=1)
    at_most: RiskLevel = Field(RiskLevel.ORANGE, gt=0)
    max_age_h: int = Field(18, gt=0, le=240)


class ReportSettings(Frozen):
    """``[risk.reports]`` of site.toml: the level that the word of a person at the water brings.

    Attributes
    ----------
    rising, at_bridge, over, in_houses, debris : what was seen
    stands_min : minutes from what was seen until it counts no more; longer ago tells nothing of now
    """

    rising: RiskLevel = RiskLevel.YELLOW
    at_bridge: RiskLevel = RiskLevel.ORANGE
    over: RiskLevel = RiskLevel.RED
    in_houses: RiskLevel = RiskLevel.RED
    debris: RiskLevel = RiskLevel.RED
    stands_min: int = Field(120, gt=0, le=720)

    @property
    def stands(self) -> timedelta:
        """How long what was seen counts."""
        return timedelta(minutes=self.stands_min)

    def level_of(self, saw: Sighting) -> RiskLevel:
        """Return the level that a sighting brings; calm brings none, and lowers none."""
        match saw:
            case Sighting.CALM:
                return RiskLevel.NONE
            case Sighting.RISING:
                return self.rising
            case Sighting.AT_BRIDGE:
                return self.at_bridge
            case Sighting.OVER:
                return self.over
            case Sighting.IN_HOUSES:
                return self.in_houses
            case Sighting.DEBRIS:
                return self.debris


class RiskSettings(Frozen):
    """``[risk]`` of site.toml."""

    durations_h: tuple[int, ...] = (1, 2, 3, 6, 12, 24)
    min_coverage: float = Field(0.99, gt=0, le=1)
    blind_below: float = Field(0.25, ge=0, lt=1)
    river_max_age_min: int = Field(120, gt=0)
    lost_hold_h: int = Field(12, gt=0)
    rain_around_mm: float = Field(10.0, gt=0)
    wetness: WetnessSettings
    signals: Signals = Signals()
    comms: CommsSettings = CommsSettings()
    forecast: ForecastSettings = Field(ForecastSettings(), exclude_if=ForecastSettings().__eq__)
    reports: ReportSettings = Field(ReportSettings(), exclude_if=ReportSettings().__eq__)

    @property
    def window(self) -> timedelta:
        """How far back a cycle reads: the wetness window, or the longest duration."""
        hours = self.wetness.exclude_last_h + 24 * self.wetness.window_days
        return timedelta(hours=max(hours, *self.durations_h))
