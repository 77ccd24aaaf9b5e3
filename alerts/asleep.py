"""Until when a village's warning lets those sleep who are not on duty; pure."""

from __future__ import annotations

from datetime import datetime

from alerts.officer_facts import Case, earliest_decide_by
from alerts.orders import moment_of, orders
from alerts.plan.ways import Closures
from alerts.tier import Action, Tier
from alerts.waking import put_off
from alerts.warning_config import WarningConfig


def rings_at(case: Case, closures: Closures, config: WarningConfig) -> datetime | None:
    """Return when a warning that asks nobody but to stand by may ring them (flood time).

    None where it rings at once: whatever asks more of somebody does, and what is said of a fall.
    """
    if not case.orders or any(order.action is not Action.STAND_BY for order in case.orders):
        return None
    red = moment_of(case.village, Tier.RED, case.risk, at=case.at, config=config, closures=closures)
    return put_off(
        case.orders[0].tier,
        earliest_decide_by(orders(case.plan, red)),
        at=case.at,
        quiet_until=config.quiet_until(case.at),
        rule=config.waking,
    )
