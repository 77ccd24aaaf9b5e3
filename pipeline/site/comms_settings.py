"""When a station's way to us is at risk."""

from __future__ import annotations

from pydantic import Field

from pipeline.site.frozen import Frozen


class CommsSettings(Frozen):
    """``[risk.comms]``: when a station's way to us is at risk, while it can still be heard.

    Our own defaults; a lead-acid battery of 12 V is nearly empty at 11.5 V.

    Attributes
    ----------
    recent_h, usual_h : the last hours, and those that they are compared with
    receipt_below : share of the usual number of readings
    voltage_low_v, voltage_fall_v : a battery's voltage, and its fall within `usual_h`
    latency_growth_min : median sensor-to-store latency over the usual one
    """

    recent_h: int = Field(3, gt=0)
    usual_h: int = Field(24, gt=0)
    receipt_below: float = Field(0.5, gt=0, le=1)
    voltage_low_v: float = Field(11.5, gt=0)
    voltage_fall_v: float = Field(1.0, gt=0)
    latency_growth_min: int = Field(30, gt=0)
