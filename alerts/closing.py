"""Door: a road is cut, a bridge is out, a shelter is full: what persons report acts at once.

Each village whose orders that changes is told within the same transaction, with the clock counted
anew; Airflow may be running or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from alerts.by_person import restate
from alerts.errors import Refused
from alerts.issue import Desk, Issued, Minute, issue, refuse_replay
from alerts.ledger import actions, closures, episodes, fence
from alerts.ledger.actions import EVERY_VILLAGE, Deed, Verb
from alerts.ledger.episodes import Cause
from alerts.newest import newest_bulletin, whole
from alerts.occasion import ByHand, Occasion
from alerts.plan.model import Plan
from alerts.plan.ways import Closures
from alerts.roster import Right
from alerts.tier import Tier
from pipeline.bulletin import RiskBulletin
from pipeline.database import Connection


@dataclass(frozen=True, slots=True)
class Closing:
    """What a person reports.

    Attributes
    ----------
    village_id : or ``*`` for a crossing of each plan that knows it
    kind, ident : route, crossing or shelter, and its id in the plan
    closed : False where it can be used again
    by : roster reference
    """

    village_id: str
    kind: str
    ident: str
    closed: bool
    reason: str
    by: str

    @property
    def subject(self) -> str:
        """What it is about, as the log writes it."""
        return f"{self.kind}:{self.ident}"


@dataclass(frozen=True, slots=True)
class Changed:
    """What is closed in one village before and after a report."""

    village_id: str
    before: Closures
    after: Closures


def report(desk: Desk, closing: Closing, minute: Minute) -> tuple[Issued, ...]:
    """Record what is closed or open again, and tell each village whose orders it changes.

    Returns what was told, village by village; nothing where no order that stands is another one.

    Raises
    ------
    Refused
        The person has no right to, no plan knows the place, no reason is given, or the world is a
        replay.
    """
    refuse_replay(desk.world)
    if not closing.reason.strip():
        raise Refused("state a reason")
    minute = whole(minute)
    plans = concerned(desk, closing)
    bulletin = newest_bulletin(desk, minute.flood)
    deed = Deed(
        village_id=closing.village_id,
        verb=Verb.CLOSE if closing.closed else Verb.REOPEN,
        tier=Tier.NONE,
        reason=closing.reason.strip(),
        by_ref=closing.by,
        at=minute.wall,
        flood_at=minute.flood,
        subject=closing.subject,
    )
    with desk.engine.begin() as connection:
        fence.hold(connection, desk.world)
        before = closures.reported(connection, desk.world)
        actions.record(connection, desk.world, deed)
        after = closures.reported(connection, desk.world)
        told = []
        for village_id in (plan.village_id for plan in plans):
            changed = Changed(village_id, before.of(village_id), after.of(village_id))
            told.append(_tell(connection, desk, deed, changed, bulletin))
        return tuple(issued for issued in told if issued.messages or issued.faults)


def concerned(desk: Desk, closing: Closing) -> tuple[Plan, ...]:
    """Return the plans that know the place; the person must have the right in each village.

    Raises
    ------
    Refused
        The person has no right to, or no plan knows the place.
    """
    everywhere = closing.village_id == EVERY_VILLAGE
    asked = desk.pack.plans.values() if everywhere else _plan_of(desk, closing.village_id)
    known = tuple(plan for plan in asked if closing.ident in _idents(plan, closing.kind))
    if not known:
        there = sorted(set(chain.from_iterable(_idents(plan, closing.kind) for plan in asked)))
        names = ", ".join(there) or "none"
        raise Refused(f"no {closing.kind} {closing.ident}; the plan knows: {names}")
    for plan in known:
        desk.roster.entitled(closing.by, Right.REPORT, plan.village_id)
    return known


def _plan_of(desk: Desk, village_id: str) -> tuple[Plan, ...]:
    plan = desk.pack.plans.get(village_id)
    if plan is None:
        raise Refused(f"{village_id} has no usable plan")
    return (plan,)


def _idents(plan: Plan, kind: str) -> tuple[str, ...]:
    match kind:
        case "route":
            return tuple(route.id for route in plan.routes)
        case "crossing":
            return tuple(c.id for route in plan.routes for c in route.crossings)
        case "shelter":
            return tuple(shelter.id for shelter in plan.shelters)
        case _:
            raise Refused(f"{kind} is no route, crossing or shelter")


def _tell(
    connection: Connection,
    desk: Desk,
    deed: Deed,
    changed: Changed,
    bulletin: RiskBulletin | None,
) -> Issued:
    """Say the village's orders anew where some are other ones than before."""
    episode = episodes.newest_of(connection, desk.world, changed.village_id)
    if episode is None or episode.closed is not None or episode.tier < Tier.ORANGE:
        return Issued()
    occasion = Occasion(
        world=desk.world,
        village_id=changed.village_id,
        bulletin=bulletin,
        at=deed.flood_at,
        before=episode,
        step=restate(episode, "what is closed has changed"),
        by_hand=ByHand(deed.action_id, (deed.by_ref,), deed.reason),
        closures=changed.after,
        closures_before=changed.before,
    )
    return issue(connection, desk, occasion, Minute(deed.at, deed.flood_at), cause=Cause.CLOSURE)
