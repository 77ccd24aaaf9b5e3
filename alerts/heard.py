"""What a bulletin says of a village, held against its plan's clock, its water and the daylight."""

from __future__ import annotations

from alerts.daylight import is_dark
from alerts.episode import Word
from alerts.orders import Moment, clock_presses, is_night, moment_of
from alerts.plan.ways import OPEN, Closures
from alerts.tier import tier_for
from alerts.warning_pack import WarningPack
from pipeline.bulletin import RiskBulletin, RiskLevel, VillageRisk
from pipeline.site.model import Village


def heard(
    pack: WarningPack,
    village: Village | None,
    risk: VillageRisk,
    bulletin: RiskBulletin,
    *,
    closures: Closures = OPEN,
) -> Word:
    """Return the bulletin's word on a village.

    Parameters
    ----------
    village : None where an edit of the site has taken it out: it has no plan any more
    risk : the bulletin's on the village
    closures : what is reported closed in it
    """
    if village is None:
        return Word(bulletin.slot, risk)
    response = pack.responses.get(village.village_id)
    moment = moment_of(
        village,
        tier_for(risk.level),
        risk,
        at=bulletin.cutoff,
        config=pack.config,
        closures=closures,
    )
    return Word(
        bulletin.slot,
        risk,
        pressed=pack.config.clock_raises and _presses(pack, moment),
        calm_min=0 if response is None else response.calm_min,
        guard=_guard(pack, village, risk, bulletin),
    )


def _presses(pack: WarningPack, moment: Moment) -> bool:
    try:
        return clock_presses(pack.plans.get(moment.village.village_id), moment)
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
    threatened = {d.village_id for d in bulletin.details if d.level >= RiskLevel.ORANGE}
    if threatened.intersection(above):
        return "a village upstream is threatened"
    lon, lat = (pack.centre or (None, None)) if village.lon is None else (village.lon, village.lat)
    if lon is None or lat is None:
        dark = is_night(bulletin.slot, pack.config)
    else:
        dark = is_dark(bulletin.slot, lon=lon, lat=lat)
    return "it is dark" if dark and not pack.config.falls_in_the_dark else None
