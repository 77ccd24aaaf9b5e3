"""Door: what persons do by hand, with Airflow running or not; one may raise, two must lower."""

from __future__ import annotations

from dataclasses import dataclass, replace

from alerts.agreement import open_request, two_persons
from alerts.by_person import lower_by_person, order_by_person
from alerts.episode import Step, TierEpisode
from alerts.errors import Refused, Repeated
from alerts.issue import Desk, Issued, Minute, issue, refuse_replay
from alerts.ledger import actions, answers, closures, episodes, fence, messages
from alerts.ledger.actions import Deed, Verb
from alerts.ledger.answers import Answer, Via
from alerts.ledger.episodes import Cause
from alerts.newest import newest_bulletin, whole
from alerts.occasion import ByHand, Occasion
from alerts.roster import Right
from alerts.said import Said
from alerts.tier import Tier
from pipeline.bulletin import RiskBulletin
from pipeline.database import Connection


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for.

    Attributes
    ----------
    by : roster reference
    override : of a lowering: why it should be done although a rule would hold the tier
    """

    village_id: str
    tier: Tier
    reason: str
    by: str
    override: str | None = None


def order_village(desk: Desk, asked: Asked, minute: Minute, *, after: str | None = None) -> Issued:
    """Raise a village by one person's word and queue what follows; a delivery pass sends it.

    Parameters
    ----------
    after : of a form, the newest deed that its page knew: the same order since then is this one,
        pressed twice, and nobody is called twice for it

    Raises
    ------
    Refused
        The person has no right to, the village is unknown, no reason is given, the tier is none,
        or the world is a replay.
    Repeated
        The same person ordered the same for the same reason after that deed.
    """
    deed = _deed(desk, asked, minute, Right.ORDER)
    newest = newest_bulletin(desk, deed.flood_at)
    with desk.engine.begin() as connection:
        fence.hold(connection, desk.world)
        if after is not None:
            _unrepeated(connection, desk, deed, after)
        before = episodes.newest_of(connection, desk.world, asked.village_id)
        step = order_by_person(
            before, asked.village_id, asked.tier, world=desk.world, slot=deed.flood_at
        )
        deed = _of_episode(deed, step.episode)
        actions.record(connection, desk.world, deed)
        occasion = replace(
            by_hand(desk, deed, step, before=before, bulletin=newest, by=(asked.by,)),
            closures=closures.reported(connection, desk.world).of(asked.village_id),
        )
        return issue(connection, desk, occasion, whole(minute), cause=Cause.ORDER)


def request_lower(desk: Desk, asked: Asked, minute: Minute) -> str:
    """Ask to lower a village; return the request's id, to which another person must agree.

    Raises
    ------
    Refused
        As in `order_village`, or the village has no higher tier.
    """
    deed = _deed(desk, asked, minute, Right.LOWER, verb=Verb.LOWER_REQUEST)
    with desk.engine.begin() as connection:
        fence.hold(connection, desk.world)
        seen = _lowerable(connection, desk, asked.village_id, asked.tier)
        deed = replace(_of_episode(deed, seen), refers_to=seen.sha256)
        actions.record(connection, desk.world, deed)
    return deed.action_id


def confirm_lower(desk: Desk, action_id: str, by: str, minute: Minute) -> Issued:
    """Agree to another person's request and lower the village.

    Raises
    ------
    Refused
        There is no such request, it is old or was agreed to, the same person agrees, one of the
        two has no right to, the village is not any more as the request saw it but higher, or a
        rule holds the tier and the request does not override it.
    """
    refuse_replay(desk.world)
    newest = newest_bulletin(desk, minute.flood)
    with desk.engine.begin() as connection:
        fence.hold(connection, desk.world)
        request = open_request(connection, desk, action_id, Verb.LOWER_REQUEST, minute)
        two_persons(desk, request, by, Right.LOWER)
        before, step = lowering(connection, desk, request, by, minute)
        asked = Asked(request.village_id, request.tier, request.reason, by, request.override)
        deed = _deed(desk, asked, minute, Right.LOWER, verb=Verb.LOWER_CONFIRM, refers_to=action_id)
        deed, both = _of_episode(deed, before), (request.by_ref, by)
        actions.record(connection, desk.world, deed)
        occasion = by_hand(desk, deed, step, before=before, bulletin=newest, by=both)
        return issue(connection, desk, occasion, whole(minute), cause=Cause.LOWER)


def lowering(
    connection: Connection, desk: Desk, request: Deed, by: str, minute: Minute
) -> tuple[TierEpisode, Step]:
    """Return what a request lowers, and the move that it is if `by` agrees to it now.

    Raises
    ------
    Refused
        The village is not any more as the request saw it but higher, or a rule holds the tier and
        the request does not override it.
    """
    before = _lowerable(connection, desk, request.village_id, request.tier)
    _unrisen(connection, desk, request, before)
    step = lower_by_person(
        before,
        request.tier,
        by=(request.by_ref, by),
        slot=whole(minute).flood,
        rules=desk.pack.config,
        override=request.override,
    )
    return before, step


@dataclass(frozen=True, slots=True)
class Told:
    """What a person said of a message, as an officer heard it.

    Attributes
    ----------
    contact_ref : who said it; by : who writes it down
    """

    message_id: str
    contact_ref: str
    by: str
    said: Said = Said.RECEIVED
    via: Via = Via.COMMAND


def acknowledge(desk: Desk, told: Told, minute: Minute) -> bool:
    """Record what a person says of a message, on their behalf; False where it was recorded.

    Raises
    ------
    Refused
        The message or the person is unknown, or whoever records it has no right to.
    """
    refuse_replay(desk.world)
    with desk.engine.begin() as connection:
        kept = messages.message(connection, desk.world, told.message_id)
        if kept is None or desk.roster.contact(told.contact_ref) is None:
            raise Refused("there is no such message or person")
        desk.roster.entitled(told.by, Right.ACKNOWLEDGE, kept.message.village_id)
        answer = Answer(
            told.message_id, told.contact_ref, told.via, told.by, minute.wall, told.said
        )
        return answers.record(connection, kept, answer)


def by_hand(
    desk: Desk,
    deed: Deed,
    step: Step,
    *,
    before: TierEpisode | None,
    bulletin: RiskBulletin | None,
    by: tuple[str, ...],
) -> Occasion:
    """Return the occasion that a deed makes."""
    return Occasion(
        world=desk.world,
        village_id=deed.village_id,
        bulletin=bulletin,
        at=deed.flood_at,
        before=before,
        step=step,
        by_hand=ByHand(deed.action_id, by, deed.reason),
    )


def _deed(
    desk: Desk,
    asked: Asked,
    minute: Minute,
    right: Right,
    *,
    verb: Verb = Verb.ORDER,
    refers_to: str | None = None,
) -> Deed:
    refuse_replay(desk.world)
    if desk.pack.village(asked.village_id) is None:
        raise Refused(f"there is no village {asked.village_id}")
    if not asked.reason.strip():
        raise Refused("state a reason")
    desk.roster.entitled(asked.by, right, asked.village_id)
    return Deed(
        village_id=asked.village_id,
        verb=verb,
        tier=asked.tier,
        reason=asked.reason.strip(),
        by_ref=asked.by,
        at=whole(minute).wall,
        flood_at=whole(minute).flood,
        override=asked.override,
        refers_to=refers_to,
    )


def _lowerable(connection: Connection, desk: Desk, village_id: str, tier: Tier) -> TierEpisode:
    before = episodes.newest_of(connection, desk.world, village_id)
    if before is None or before.closed is not None or tier >= before.tier:
        raise Refused(f"{village_id} has no tier above {tier.colour}")
    return before


def _of_episode(deed: Deed, episode: TierEpisode | None) -> Deed:
    return replace(deed, episode_id=None if episode is None else episode.episode_id)


def _unrepeated(connection: Connection, desk: Desk, deed: Deed, after: str) -> None:
    deeds = actions.of_village(connection, desk.world, deed.village_id)
    known = [each.action_id for each in deeds]
    since = deeds[known.index(after) + 1 :] if after in known else deeds
    same = (deed.verb, deed.tier, deed.by_ref, deed.reason)
    if any((each.verb, each.tier, each.by_ref, each.reason) == same for each in since):
        raise Repeated(f"{deed.by_ref} has just ordered this in {deed.village_id}")


def _unrisen(connection: Connection, desk: Desk, request: Deed, before: TierEpisode) -> None:
    """Refuse a request that was made of less: what rose or was ordered since, it did not mean."""
    seen = episodes.with_sha256(connection, desk.world, request.refers_to or "")
    if seen is None or seen.episode_id != before.episode_id:
        raise Refused("the request was of another episode; ask again")
    again = before.tier == seen.tier and before.tier_since > seen.tier_since
    if again or before.tier > seen.tier or before.by_hand > seen.by_hand:
        raise Refused(f"{before.village_id} rose since the request; ask again")
    deeds = actions.of_village(connection, desk.world, before.village_id)
    since = deeds[deeds.index(request) + 1 :]
    if any(deed.verb is Verb.ORDER for deed in since):
        raise Refused(f"{before.village_id} was ordered since the request; ask again")
    if any(deed.verb is Verb.REPORT and deed.tier > request.tier for deed in since):
        raise Refused(f"more was seen in {before.village_id} since the request; ask again")
