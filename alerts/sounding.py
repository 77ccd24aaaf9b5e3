"""When a village's siren is called, and by which texts; pure.

A siren is a device of a village and no person: no plan and no role names it, and it counts as
nobody told. Source: alerting.md 1.4 (siren at red), D12, S17; docs/adr/0027.
"""

from __future__ import annotations

from typing import Final

from alerts.orders import WHOLE_VILLAGE
from alerts.parcel import Siren
from alerts.plan.model import Plan
from alerts.tier import LEAVING, Action, Tier
from alerts.warning_message import WarningMessage

ENDS: Final = frozenset({Action.RETURN, Action.RETRACT})
"""What is said aloud where the order that it ends was."""
SAID_ALOUD: Final = LEAVING | {Action.PREPARE} | ENDS


def aloud(plan: Plan | None) -> frozenset[str]:
    """Return the places that a village is spoken to by: its zones, or itself.

    A special site has people of its own, and those who need help are fetched.
    """
    zones = () if plan is None else plan.zones
    return frozenset({WHOLE_VILLAGE, *(zone.id for zone in zones)})


def calls(siren: Siren, message: WarningMessage, *, peak: Tier) -> bool:
    """Tell whether a text to such a place is for a siren.

    Parameters
    ----------
    peak : the gravest tier of the episode
    """
    tier = peak if message.action in ENDS else message.tier
    first = Tier.ORANGE if siren.speaks_at_orange else Tier.RED
    return tier >= first and message.action in SAID_ALOUD


def sounds(tier: Tier, action: Action) -> bool:
    """Tell whether the tone sounds: at red, for an order to leave; every other text is spoken."""
    return tier is Tier.RED and action in LEAVING
