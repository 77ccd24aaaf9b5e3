"""What a bulletin says of a village, held against its plan's clock, its water and the daylight."""

from __future__ import annotations

from datetime import datetime

from alerts.daylight import is_dark
from alerts.episode import Word
from alerts.orders import is_night, moment_of, pressing
from alerts.plan.ways import OPEN, Closures
from alerts.tier import Tier, above, tier_for
from alerts.warning_pack import WarningPack
from pipeline.bulletin import RiskBulletin, RiskLevel, VillageRisk
from pipeline.site.model import Village

SILENT = "nobody of the village answers"


def heard(
    pack: WarningPack,
    village: Village | None,
    risk: VillageRisk,
    bulletin: RiskBulletin,
    *,
    closures: Closures = OPEN,
    silent: bool = False,
) -> Word:
    """Return the bulletin's word on a village.

    Parameters
    ----------
    village : None where an edit of the site has taken it out: it has no plan any more
    risk : the bulletin's on the village
    closures : what is reported closed in it
    silent : nobody of it answers (`alerts.chase.silent`): then no tier falls
    """
    if village is None:
        return Word(bulletin.slot, risk)
    response = pack.responses.get(village.village_id)
    return Word(
        bulletin.slot,
        risk,
        pressed=_presses(pack, village, risk, at=bulletin.cutoff, closures=closures),
        calm_min=0 if response is None else response.calm_min,
        guard=lambda: SILENT if silent else _guard(pack, village, risk, bulletin),
    )


def dark_in(pack: WarningPack, village: Village | None, at: datetime) -> bool:
    """Tell whether it is dark in a village; by the middle of all, or by the clock, if need be."""
    own = None if village is None else (village.lon, village.lat)
    lon, lat = pack.centre or (None, None) if own is None or own[0] is None else own
    if lon is None or lat is None:
        return is_night(at, pack.config)
    return is_dark(at, lon=lon, lat=lat)


def _presses(
    pack: WarningPack, village: Village, risk: VillageRisk, *, at: datetime, closures: Closures
) -> bool:
    rules, tier = pack.config, tier_for(risk.level)
    raises = {Tier.YELLOW: rules.clock_raises_yellow, Tier.ORANGE: rules.clock_raises}
    if not raises.get(tier, False):
        return False
    try:
        higher = moment_of(village, above(tier), risk, at=at, config=rules, closures=closures)
        return bool(pressing(pack.plans.get(village.village_id), higher))
    except Exception:  # noqa: BLE001 - a plan may break in any way; composing the order says how
        return False


def _guard(
    pack: WarningPack, village: Village, risk: VillageRisk, bulletin: RiskBulletin
) -> str | None:
    """Return why no tier may fall on this bulletin, however low the level: the de-escalation guard.

    Source: DESIGN section 7, Falling; users.md 3.
    """
    if any(e.rise_per_h is not None and e.rise_per_h > 0 for e in risk.evidence):
        return "a river is rising"
    response = pack.responses.get(village.village_id)
    above = () if response is None else response.upstream
    if any(d.level >= RiskLevel.ORANGE and d.village_id in above for d in bulletin.details):
        return "a village upstream is threatened"
    dark = not pack.config.falls_in_the_dark and dark_in(pack, village, bulletin.slot)
    return "it is dark" if dark else None
