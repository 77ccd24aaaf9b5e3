"""Door: what a person at the water saw raises a village at once, with Airflow running or not.

It is evidence: kept beside the readings for every bulletin to come, in the log of deeds, and told
now if it asks for more than stands. An approver is asked as for any other evidence.

Source: users.md 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.by_person import rise_by_report
from alerts.episode import Change
from alerts.errors import Refused
from alerts.issue import Desk, Issued, Minute, issue, refuse_replay
from alerts.ledger import actions, closures, episodes, fence
from alerts.ledger.actions import Deed, Verb
from alerts.ledger.episodes import Cause
from alerts.newest import SECOND, newest_bulletin, whole
from alerts.occasion import ByHand, Occasion
from alerts.roster import Right
from alerts.seen import report_of, seen_by, subject_of
from alerts.tier import tier_for
from pipeline.bulletin import Sighting
from pipeline.instants import floor_to
from pipeline.reports import keep
from pipeline.site.risk_settings import ReportSettings


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person reports.

    Attributes
    ----------
    seen_at : flood time; None = now
    by : roster reference of who sends it in
    words : what else was said, for officers
    """

    village_id: str
    saw: Sighting
    by: str
    words: str = ""
    seen_at: datetime | None = None


def report_seen(desk: Desk, seen: Seen, settings: ReportSettings, minute: Minute) -> Issued:
    """Keep a report, and tell the village if it asks for more than stands; delivery is next.

    Raises
    ------
    Refused
        The village is unknown, what was seen is in the future or too long ago to tell of now, the
        person has no right to report there, or the world is a replay.
    """
    minute = whole(minute)
    deed = _deed(desk, seen, settings, minute)
    newest = newest_bulletin(desk, minute.flood)
    with desk.engine.begin() as connection:
        fence.hold(connection, desk.world)
        before = episodes.newest_of(connection, desk.world, seen.village_id)
        step = rise_by_report(
            before, seen.village_id, deed.tier, world=desk.world, slot=deed.flood_at
        )
        actions.record(connection, desk.world, deed)
        keep(connection, desk.world, report_of(deed), stored_at=minute.wall)
        if step.change is Change.NONE:
            return Issued()
        occasion = Occasion(
            world=desk.world,
            village_id=seen.village_id,
            bulletin=newest,
            at=deed.flood_at,
            before=before,
            step=step,
            by_hand=ByHand(deed.action_id, (deed.by_ref,), deed.reason),
            closures=closures.reported(connection, desk.world).of(seen.village_id),
            seen=seen_by(deed),
        )
        return issue(connection, desk, occasion, minute, cause=Cause.REPORT)


def _deed(desk: Desk, seen: Seen, settings: ReportSettings, minute: Minute) -> Deed:
    refuse_replay(desk.world)
    if desk.pack.village(seen.village_id) is None:
        raise Refused(f"there is no village {seen.village_id}")
    desk.roster.entitled(seen.by, Right.REPORT, seen.village_id)
    # to the second as the deed's own minute: what is seen as it is reported is not of the future
    seen_at = minute.flood if seen.seen_at is None else floor_to(seen.seen_at, SECOND)
    if not minute.flood - settings.stands < seen_at <= minute.flood:
        raise Refused(
            f"what was seen counts for {settings.stands_min} minutes, and none is of the future"
        )
    return Deed(
        village_id=seen.village_id,
        verb=Verb.REPORT,
        tier=tier_for(settings.level_of(seen.saw)),
        reason=seen.words.strip(),
        by_ref=seen.by,
        at=minute.wall,
        flood_at=minute.flood,
        subject=subject_of(seen.saw, seen_at),
    )
