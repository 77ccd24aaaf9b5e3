"""The small site with a rainfall-runoff model: the flow of level l at A km2 is 0.4 l A m3/s."""

from datetime import UTC, datetime

from pipeline.bulletin import RiskLevel
from pipeline.site.model import RiskConfig
from pipeline.site.runoff_model import FlowLevel, Foresight, Runoff, RunoffModel
from pipeline.site.runoff_settings import RunoffSettings
from tests.risk.small_site import AREAS, config

LEVELS = tuple(level for level in RiskLevel if level)
M3S_PER_KM2 = 0.4


def model(**changes: object) -> RunoffModel:
    fields = {
        "trained_from": datetime(2020, 1, 1, tzinfo=UTC),
        "trained_to": datetime(2020, 3, 1, tzinfo=UTC),
        "stations": ("H",),
        "x1_mm": 60.0,
        "x3_mm": 30.0,
        "a_h": 0.8,
        "n": 0.2,
        "begin_mm_h": 0.01,
        "warns": {
            level: Foresight(mean_of_h=1, held_h=2 * (level > RiskLevel.BLUE), trigger=1.1)
            for level in LEVELS
        },
    }
    return RunoffModel.model_validate(fields | changes)


def flows(*villages: str) -> tuple[FlowLevel, ...]:
    return tuple(
        FlowLevel(
            village_id=v, level=level, value=M3S_PER_KM2 * level * (AREAS[v] or 0),
            unit="m3/s", source="by hand",
        )
        for v in villages
        for level in LEVELS
    )  # fmt: skip


def modelled(spin_up_days: int = 2, **changes: object) -> RiskConfig:
    """Return the small site with a model for `upper` and `lower`."""
    runoff = Runoff(
        model=model(),
        settings=RunoffSettings(pet_mm_per_day={7: 2.4}, spin_up_days=spin_up_days),
        flows=flows("upper", "lower"),
    )
    return config(**{"runoff": runoff, **changes})
