"""Door: why a village stood where it stood at an instant of the past, as known then."""

from __future__ import annotations

from datetime import datetime

from pipeline.assess import read_cycle
from pipeline.database import Engine, reading
from pipeline.instants import floor_to
from pipeline.replay import replay_world
from pipeline.risk.outlook import ForecastCase, Guidance
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.village_case import ModelCase, RainCase, VillageCase
from pipeline.risk.village_case import village_case as case_of
from pipeline.site.derive import risk_config
from pipeline.site.pack import SitePack

__all__ = ["ForecastCase", "Guidance", "ModelCase", "RainCase", "VillageCase", "village_case"]


def village_case(engine: Engine, pack: SitePack, village_id: str, at: datetime) -> VillageCase:
    """Return what spoke for a village's level at the last slot up to an instant.

    What was read is what was known then; the configuration is that of today.

    Raises
    ------
    NotKept
        The site has no such village.
    """
    config = risk_config(pack)
    site = SiteArrays.of(config)
    slot = floor_to(at, pack.cycle)
    cutoff = slot + pack.assess_delay
    with reading(engine) as connection:
        cycle = read_cycle(connection, site, replay_world(config), slot, (cutoff, cutoff))
    return case_of(cycle, site, village_id)
