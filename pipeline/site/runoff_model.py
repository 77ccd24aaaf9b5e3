"""The rainfall-runoff model of a site, as `floodwarn calibrate` fitted it, and what it was told."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from pipeline.bulletin import RiskLevel
from pipeline.site.fitted import Fitted
from pipeline.site.frozen import Frozen
from pipeline.site.runoff_settings import RunoffSettings

RUNOFF_FILE: Final = "runoff.json"


class Foresight(Frozen):
    """How the rain ahead is foreseen, and how high a flow must then be foreseen to warn of a level.

    Attributes
    ----------
    mean_of_h, held_h : the mean rain of so many hours goes on for so many
    trigger : the flow foreseen over the level's own flow; never below 1, for a flow that is
        foreseen to stay under a level is no reason to warn of it
    """

    mean_of_h: int = Field(ge=1, le=24)
    held_h: int = Field(ge=0, le=24)
    trigger: float = Field(ge=1)


class RunoffModel(Frozen):
    """GR4H's parameters for a region, and how its forecasts are read.

    Attributes
    ----------
    trained_from, trained_to, stations : the record that it was fitted on
    x1_mm, x3_mm : capacities of the production and the routing store
    a_h, n : base of the unit hydrograph, X4 = a A^n, h and km2
    begin_mm_h : runoff of the low flow that the stores begin with
    nse : Nash and Sutcliffe's efficiency on what it was trained on
    warns : by level, when its forecast warns
    """

    schema_id: Literal["floodwarn.runoff/1"] = "floodwarn.runoff/1"
    trained_from: AwareDatetime
    trained_to: AwareDatetime
    stations: tuple[str, ...]
    x1_mm: float = Field(gt=0)
    x3_mm: float = Field(gt=0)
    a_h: float = Field(gt=0)
    n: float = Field(ge=0)
    begin_mm_h: float = Field(ge=0)
    nse: float | None = None
    warns: dict[RiskLevel, Foresight]

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.trained_from > self.trained_to:
            raise ValueError("trained_from is after trained_to")
        return self

    @property
    def fitted(self) -> Fitted:
        """What `verify` must know of it: on what it was trained."""
        return Fitted(
            artefact=RUNOFF_FILE,
            trained_from=self.trained_from,
            trained_to=self.trained_to,
            stations=self.stations,
            source="floodwarn calibrate",
        )

    def overlaps(self, first: datetime, last: datetime) -> bool:
        """Tell whether it was trained on any instant of [first, last]."""
        return self.fitted.overlaps(first, last)


class FlowLevel(Frozen):
    """One row of flows.csv: the flow at which a village's stream stands at a level."""

    village_id: str
    level: RiskLevel = Field(gt=0)
    value: float = Field(gt=0)
    unit: Literal["m3/s"]
    source: str


class Runoff(Frozen):
    """The model with what it must be told of the place: all that a decision takes from it."""

    model: RunoffModel
    settings: RunoffSettings
    flows: tuple[FlowLevel, ...]
