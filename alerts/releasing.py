"""Door: moved people go home by a checklist, and an order that was sent in error is taken back.

Each takes two persons, but for a release whose list is met: that is one person's word. What the
list lacks may be overridden by two, and stands in the log.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from alerts.agreement import open_request, two_persons
from alerts.by_person import release, retract
from alerts.episode import Step, TierEpisode
from alerts.errors import Refused
from alerts.heard import dark_in
from alerts.instead import instead_of, places_of, reason_of, subject_of
from alerts.issue import Desk, Issued, Minute, issue, refuse_replay
from alerts.ledger import actions, episodes, fence
from alerts.ledger.actions import Deed, Verb
from alerts.ledger.answers import counted_places
from alerts.ledger.episodes import Cause
from alerts.newest import newest_bulletin, whole
from alerts.occasion import ByHand, Occasion
from alerts.release import CHECKLIST, unmet
from alerts.roster import Right
from pipeline.bulletin import RiskBulletin
from pipeline.database import Connection


@dataclass(frozen=True, slots=True)
class Releasing:
    """What a person asks for.

    Attributes
    ----------
    places : ids of the plan whose people go home
    checked : items of the list that the person has seen to
    override : why two persons let them go although something is missing
    """

    village_id: str
    places: tuple[str, ...]
    checked: frozenset[str]
    by: str
    override: str | None = None


def release_places(desk: Desk, asked: Releasing, minute: Minute) -> Issued | str:
    """Let people go home; return what was told, or the request to which a second person agrees.

    Raises
    ------
    Refused
        The person has no right to, an item is unknown, something is missing and nobody overrides
        it, the village's tier is orange or red, or the places are not away from home.
    """
    refuse_replay(desk.world)
    unknown = sorted(asked.checked - CHECKLIST.keys())
    if unknown:
        raise Refused(f"unknown: {', '.join(unknown)}; the list is {', '.join(CHECKLIST)}")
    desk.roster.entitled(asked.by, Right.RELEASE, asked.village_id)
    minute, newest = whole(minute), newest_bulletin(desk, minute.flood)
    with desk.engine.begin() as connection:
        fence.hold(connection, desk.world)
        before = _standing(connection, desk, asked.village_id)
        step = release(before, asked.places, slot=minute.flood)
        missing = unmet(
            asked.checked,
            before,
            dark=dark_in(desk.pack, desk.pack.village(asked.village_id), minute.flood),
            counted=counted_places(connection, desk.world, before.episode_id) >= {*asked.places},
        )
        if missing and not asked.override:
            raise Refused(f"not met: {', '.join(missing)}; two persons may override it")
        deed = _released(asked, before, minute, missing)
        if missing:
            actions.record(connection, desk.world, deed)
            return deed.action_id
        return _issue(connection, desk, _Done(deed, step, before, (asked.by,), newest))


def confirm_release(desk: Desk, action_id: str, by: str, minute: Minute) -> Issued:
    """Agree to another person's release in spite of what is missing.

    Raises
    ------
    Refused
        There is no such request, it is old or was agreed to, it is the same person, one of the two
        has no right to, or the village rose since.
    """
    minute, newest = whole(minute), newest_bulletin(desk, minute.flood)
    with desk.engine.begin() as connection:
        fence.hold(connection, desk.world)
        request = open_request(connection, desk, action_id, Verb.RELEASE_REQUEST, minute)
        two_persons(desk, request, by, Right.RELEASE)
        before, step = letting_home(connection, desk, request, minute)
        deed = _agreed(request, Verb.RELEASE_CONFIRM, by, before, minute)
        both = (request.by_ref, by)
        return _issue(connection, desk, _Done(deed, step, before, both, newest))


def letting_home(
    connection: Connection, desk: Desk, request: Deed, minute: Minute
) -> tuple[TierEpisode, Step]:
    """Return what a request lets home, and the move that it is if a second person agrees now.

    Raises
    ------
    Refused
        As `alerts.by_person.release`, or nothing stands in the village.
    """
    before = _standing(connection, desk, request.village_id)
    return before, release(before, places_of(request), slot=whole(minute).flood)


def request_retraction(desk: Desk, village_id: str, reason: str, by: str, minute: Minute) -> str:
    """Ask to take back what a village was told; return the request's id.

    Raises
    ------
    Refused
        The person has no right to, no reason is given, or nothing stands.
    """
    refuse_replay(desk.world)
    if not reason.strip():
        raise Refused("state a reason")
    desk.roster.entitled(by, Right.LOWER, village_id)
    minute = whole(minute)
    with desk.engine.begin() as connection:
        fence.hold(connection, desk.world)
        before = _standing(connection, desk, village_id)
        deed = Deed(
            village_id=village_id,
            verb=Verb.RETRACT_REQUEST,
            tier=before.tier,
            reason=reason.strip(),
            by_ref=by,
            at=minute.wall,
            flood_at=minute.flood,
            episode_id=before.episode_id,
            refers_to=before.sha256,
        )
        actions.record(connection, desk.world, deed)
    return deed.action_id


def confirm_retraction(desk: Desk, action_id: str, by: str, minute: Minute) -> Issued:
    """Agree to take back what a village was told, and tell everyone to whom it went.

    Raises
    ------
    Refused
        As in `confirm_release`.
    """
    minute, newest = whole(minute), newest_bulletin(desk, minute.flood)
    with desk.engine.begin() as connection:
        fence.hold(connection, desk.world)
        request = open_request(connection, desk, action_id, Verb.RETRACT_REQUEST, minute)
        two_persons(desk, request, by, Right.LOWER)
        before, step = retracting(connection, desk, request, by, minute)
        both = (request.by_ref, by)
        deed = _agreed(request, Verb.RETRACT_CONFIRM, by, before, minute)
        return _issue(connection, desk, _Done(deed, step, before, both, newest))


def retracting(
    connection: Connection, desk: Desk, request: Deed, by: str, minute: Minute
) -> tuple[TierEpisode, Step]:
    """Return what a request takes back, and the move that it is if `by` agrees to it now.

    Raises
    ------
    Refused
        Nothing stands in the village, or it rose since the request.
    """
    before = _standing(connection, desk, request.village_id)
    seen = episodes.with_sha256(connection, desk.world, request.refers_to or "")
    if seen is None or before.tier_since > seen.tier_since:
        raise Refused(f"{request.village_id} rose since the request; ask again")
    return before, retract(before, by=(request.by_ref, by), slot=whole(minute).flood)


def _standing(connection: Connection, desk: Desk, village_id: str) -> TierEpisode:
    before = episodes.newest_of(connection, desk.world, village_id)
    if before is None or before.closed is not None:
        raise Refused(f"nothing stands in {village_id}")
    return before


def _released(
    asked: Releasing, before: TierEpisode, minute: Minute, missing: tuple[str, ...]
) -> Deed:
    said = f"seen to: {', '.join(i for i in CHECKLIST if i in asked.checked) or 'nothing'}"
    return Deed(
        village_id=asked.village_id,
        verb=Verb.RELEASE_REQUEST if missing else Verb.RELEASE,
        tier=before.tier,
        reason=f"{said}; not met: {', '.join(missing)}" if missing else said,
        by_ref=asked.by,
        at=minute.wall,
        flood_at=minute.flood,
        override=asked.override if missing else None,
        episode_id=before.episode_id,
        subject=subject_of(asked.places),
    )


def _agreed(request: Deed, verb: Verb, by: str, before: TierEpisode, minute: Minute) -> Deed:
    return replace(
        request,
        verb=verb,
        tier=before.tier,
        by_ref=by,
        at=minute.wall,
        flood_at=minute.flood,
        episode_id=before.episode_id,
        refers_to=request.action_id,
    )


@dataclass(frozen=True, slots=True)
class _Done:
    """A deed and what it makes of the episode."""

    deed: Deed
    step: Step
    before: TierEpisode
    by: tuple[str, ...]
    newest: RiskBulletin | None


def _issue(connection: Connection, desk: Desk, done: _Done) -> Issued:
    deed = done.deed
    actions.record(connection, desk.world, deed)
    occasion = Occasion(
        world=desk.world,
        village_id=deed.village_id,
        bulletin=done.newest,
        at=deed.flood_at,
        before=done.before,
        step=done.step,
        by_hand=ByHand(deed.action_id, done.by, reason_of(deed)),
        instead=instead_of(connection, desk.world, deed, done.before),
    )
    return issue(connection, desk, occasion, Minute(deed.at, deed.flood_at), cause=Cause.RELEASE)
