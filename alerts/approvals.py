"""Door: an approver's yes or no to orders that wait; silence is a yes, new evidence ends a no."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from alerts.approval import is_new
from alerts.by_person import restate
from alerts.episode import TierEpisode
from alerts.errors import Refused
from alerts.issue import Desk, Minute, issue, refuse_replay
from alerts.ledger import actions, closures, episodes, fence
from alerts.ledger.actions import Deed, Verb
from alerts.ledger.episodes import Cause
from alerts.newest import bulletin_at, newest_bulletin, whole
from alerts.occasion import ByHand, Occasion
from alerts.outbox import asked, held_back
from alerts.roster import Right
from alerts.seen import seen_by
from pipeline.bulletin import RiskBulletin
from pipeline.database import Connection


@dataclass(frozen=True, slots=True)
class Judged:
    """What an approver says.

    Attributes
    ----------
    by : roster reference
    reason : of a "no"; a "yes" needs none
    """

    village_id: str
    by: str
    reason: str = ""


def approve(desk: Desk, judged: Judged, minute: Minute) -> int:
    """Let what waits for a village go now; return how many deliveries that was.

    Raises
    ------
    Refused
        Nothing waits, the person has no right to, or the world is a replay.
    """
    return _judge(desk, judged, whole(minute), Verb.APPROVE)


def refuse(desk: Desk, judged: Judged, minute: Minute) -> int:
    """Hold back what waits for a village; return how many deliveries that was.

    It goes by itself after the time that the site sets, or at once when something new speaks for
    it, unless two persons lower the village until then. An order is held back once: a "no" over and
    over would be a lowering by one person.

    Raises
    ------
    Refused
        As in `approve`, no reason is given, or the order was held back before.
    """
    if not judged.reason.strip():
        raise Refused("state a reason")
    return _judge(desk, judged, whole(minute), Verb.REFUSE)


def held_once(deeds: Iterable[Deed], episode: TierEpisode) -> bool:
    """Tell whether an approver has said "no" to an episode's tier: a second one is no approver's.

    Parameters
    ----------
    deeds : of the village
    """
    no = (Verb.REFUSE, episode.episode_id, episode.tier)
    return any((deed.verb, deed.episode_id, deed.tier) == no for deed in deeds)


def end_refusals(
    connection: Connection, desk: Desk, newest: RiskBulletin, minute: Minute
) -> tuple[str, ...]:
    """Let go what an approver holds back and something new now speaks for; return the villages.

    What is let go was written before the refusal, so its hours are nearly over: the caller is to
    say it anew. New is what speaks for the refused tier and did not in the bulletin that the
    approver saw, nor in what persons had reported by then.
    """
    holds = timedelta(minutes=desk.pack.config.refusal_minutes)
    judged = actions.all_of(connection, desk.world, Verb.APPROVE, Verb.REFUSE)
    last = {deed.village_id: deed for deed in judged}
    ended = []
    for village_id, deed in last.items():
        in_force = deed.verb is Verb.REFUSE and deed.at + holds > minute.wall
        if not in_force or not _is_new(connection, desk, deed, newest):
            continue
        if held_back.move(connection, desk.world, deed.episode_id or "", deed.tier, to=minute.wall):
            ended.append(village_id)
    return tuple(ended)


def _is_new(connection: Connection, desk: Desk, deed: Deed, newest: RiskBulletin) -> bool:
    seen = bulletin_at(desk, deed.flood_at)
    before = () if seen is None else seen.of(deed.village_id).evidence
    told = actions.of_village(connection, desk.world, deed.village_id)
    reported = (seen_by(each) for each in told if each.flood_at <= deed.flood_at)
    known = (*before, *(each for each in reported if each is not None))
    return is_new(newest.of(deed.village_id).evidence, known, deed.tier)


def _judge(desk: Desk, judged: Judged, minute: Minute, verb: Verb) -> int:
    refuse_replay(desk.world)
    desk.roster.entitled(judged.by, Right.APPROVE, judged.village_id)
    held = desk.pack.config.refusal_minutes if verb is Verb.REFUSE else None
    newest = newest_bulletin(desk, minute.flood)
    with desk.engine.begin() as connection:
        fence.hold(connection, desk.world)
        episode = episodes.newest_of(connection, desk.world, judged.village_id)
        moved = 0
        if episode is not None:
            until = minute.wall + timedelta(minutes=held or 0)
            moved = held_back.move(
                connection, desk.world, episode.episode_id, episode.tier, to=until
            )
        if episode is None or not moved:
            raise Refused(f"nothing waits for an approver in {judged.village_id}")
        told = actions.of_village(connection, desk.world, judged.village_id)
        if verb is Verb.REFUSE and held_once(told, episode):
            raise Refused(
                f"{episode.tier.colour} was held back once in {judged.village_id}; to keep it back"
                " two persons lower it"
            )
        asked.withdraw(connection, desk.world, judged.village_id, at=minute.wall)
        was_refused = _is_refused(told, episode, desk, minute)
        deed = Deed(
            village_id=judged.village_id,
            verb=verb,
            tier=episode.tier,
            reason=judged.reason.strip(),
            by_ref=judged.by,
            at=minute.wall,
            flood_at=minute.flood,
            episode_id=episode.episode_id,
        )
        actions.record(connection, desk.world, deed)
        if held is not None or was_refused:
            _say_anew(connection, desk, deed, episode, newest, held=held)
    return moved


def _is_refused(told: Sequence[Deed], episode: TierEpisode, desk: Desk, minute: Minute) -> bool:
    """Tell whether what waits was held back by a "no", which wrote it for its end."""
    holds = timedelta(minutes=desk.pack.config.refusal_minutes)
    mine = (d for d in reversed(told) if d.episode_id == episode.episode_id)
    last = next((d for d in mine if d.verb in {Verb.APPROVE, Verb.REFUSE}), None)
    return last is not None and last.verb is Verb.REFUSE and last.at + holds > minute.wall


def _say_anew(
    connection: Connection,
    desk: Desk,
    deed: Deed,
    episode: TierEpisode,
    newest: RiskBulletin | None,
    *,
    held: int | None,
) -> None:
    """Write what was held back for the hour at which it goes now.

    By then the way may take longer than the water, and the order is another one.
    """
    occasion = Occasion(
        world=desk.world,
        village_id=deed.village_id,
        bulletin=newest,
        at=deed.flood_at,
        before=episode,
        step=restate(episode, deed.reason),
        by_hand=ByHand(deed.action_id, (deed.by_ref,), deed.reason),
        closures=closures.reported(connection, desk.world).of(deed.village_id),
        held=held,
    )
    minute = Minute(deed.at, deed.flood_at)
    issue(connection, desk, occasion, minute, cause=Cause.APPROVAL)
