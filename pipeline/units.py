"""The variables that floodwarn knows, each with its one unit inside."""

from __future__ import annotations

from enum import StrEnum


class Variable(StrEnum):
    """A measured quantity; the name carries the unit (SI, with mm for rain)."""

    RAIN = "rain_mm"
    STAGE = "stage_m"
    DISCHARGE = "discharge_m3s"
    STORAGE = "storage_m3"
    SOIL_MOISTURE = "soil_moisture"
    DEPTH = "depth_m"
    VOLTAGE = "voltage_v"
    OFFICIAL = "official_level"

    @property
    def unit(self) -> str:
        """The unit in the form that messages and evidence print."""
        return {
            Variable.RAIN: "mm",
            Variable.STAGE: "m",
            Variable.DISCHARGE: "m3/s",
            Variable.STORAGE: "m3",
            Variable.SOIL_MOISTURE: "1",
            Variable.DEPTH: "m",
            Variable.VOLTAGE: "V",
            Variable.OFFICIAL: "level",
        }[self]

    @property
    def is_sum(self) -> bool:
        """Whether a value belongs to an interval (a sum) and not to an instant."""
        return self is Variable.RAIN


THOUSANDTH = 3
"""Decimals kept of rain in mm and of every compared value (see docs/adr)."""
