"""What the rainfall-runoff model must be told of a place."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.site.frozen import Frozen

Month = Annotated[int, Field(ge=1, le=12)]
Evaporation = Annotated[float, Field(ge=0, le=20)]


class RunoffSettings(Frozen):
    """``[runoff]`` of site.toml.

    Attributes
    ----------
    pet_mm_per_day : potential evaporation by month (1 to 12), mm; a month without any is taken to
        have none, so that its soil is rather too wet
    spin_up_days : rain of so many days at least fills the model's stores before its first forecast
    """

    pet_mm_per_day: dict[Month, Evaporation] = Field(default_factory=dict)
    spin_up_days: int = Field(50, ge=1, le=400)
