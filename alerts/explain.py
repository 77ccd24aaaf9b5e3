"""Door: rebuilds a message from what the store keeps, and says whether it is the same.

The decision is judged again from the rows as they were known; the text is composed again from
the kept versions of configuration, plan and template. No file of the site is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.by_person import (
    lower_by_person,
    order_by_person,
    release,
    restate,
    retract,
    rise_by_report,
)
from alerts.episode import Step, TierEpisode, advance_through, in_all, said_again
from alerts.heard import heard
from alerts.instead import instead_of, places_of, reason_of
from alerts.issue import composed_or_simpler
from alerts.ledger import actions, episodes, messages
from alerts.ledger.actions import Deed, Verb
from alerts.ledger.messages import Kept
from alerts.occasion import ByHand, Occasion
from alerts.plan.ways import OPEN
from alerts.seen import seen_by
from alerts.warning_message import Provenance, WarningMessage
from alerts.warning_pack import WarningPack
from pipeline import explain as versions
from pipeline.assess import RISK_KIND, bulletins
from pipeline.bulletin import RiskBulletin
from pipeline.database import Connection, Engine, reading
from pipeline.errors import NotKept
from pipeline.replay import Rebuilt, Verdict, rebuild
from pipeline.site.model import Link, RiskConfig, Station, Village
from pipeline.world import Mode

COMPARED = ("subject", "body", "tier", "action", "decide_by", "recipients", "roles", "provenance")
BY_TELEPHONE = ("sms", "voice")
"""Compared where they were written: of an older message they were not."""
SECOND = timedelta(seconds=1)
WORST = (Verdict.DIFFERS, Verdict.PRUNED, Verdict.SAME_DECISION, Verdict.IDENTICAL)


@dataclass(frozen=True, slots=True)
class Explained:
    """A message beside what the store gives for it today.

    Attributes
    ----------
    decision : None where a person ordered before any bulletin spoke
    text : whether the same words come out of the kept versions
    where : what differs or is missing
    """

    kept: Kept
    decision: Rebuilt | None
    text: Verdict
    where: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """The worse of the decision's and the text's verdicts."""
        found = {self.text, self.text if self.decision is None else self.decision.verdict}
        return next(verdict for verdict in WORST if verdict in found)


def explain(engine: Engine, message_id: str) -> Explained:
    """Rebuild one message.

    Raises
    ------
    NotKept
        There is no such message.
    """
    with reading(engine) as connection:
        kept = messages.find(connection, message_id)
    if kept is None:
        raise NotKept(f"there is no message {message_id}")
    decided_by_bulletin = kept.message.provenance.decision_sha256 is not None
    decision = rebuild(engine, kept.world, kept.message.slot) if decided_by_bulletin else None
    with reading(engine) as connection:
        text, where = _compare(connection, kept, None if decision is None else decision.stored)
    differing = () if decision is None else decision.where
    return Explained(kept, decision, text, (*differing, *where))


def message_at(engine: Engine, mode: Mode, village_id: str, at: datetime) -> str | None:
    """Return the id of what a village was told last at an instant of the flood; None if nothing."""
    with reading(engine) as connection:
        kept = messages.latest(connection, mode, village_id, at)
    return None if kept is None else kept.message.message_id


def _compare(
    connection: Connection, kept: Kept, bulletin: RiskBulletin | None
) -> tuple[Verdict, tuple[str, ...]]:
    stored = kept.message
    try:
        pack = pack_of(connection, stored)
        occasion = occasion_of(connection, kept, bulletin, pack)
    except NotKept as missing:
        return Verdict.PRUNED, (str(missing),)
    composed, _ = composed_or_simpler(occasion, pack)
    again = next((m for m in composed.messages if m.message_id == stored.message_id), None)
    if again is None:
        return Verdict.DIFFERS, ("message",)
    written = (name for name in BY_TELEPHONE if getattr(stored, name) is not None)
    compared = (*COMPARED, *written)
    where = tuple(name for name in compared if getattr(again, name) != getattr(stored, name))
    return (Verdict.DIFFERS if where else Verdict.IDENTICAL), where


def pack_of(connection: Connection, stored: WarningMessage) -> WarningPack:
    """Return the kept versions that a message was made of, its one language alone.

    Raises
    ------
    NotKept
        One of them was pruned.
    """
    made_of: Provenance = stored.provenance
    places = _places(connection, made_of)
    plan = made_of.plan_sha256
    return WarningPack.from_versions(
        versions.kept(connection, "warning", made_of.warning_config_sha256),
        plan=None if plan is None else versions.kept(connection, "plan", plan),
        templates=(versions.kept(connection, "template", made_of.template_sha256),),
        villages=places.villages,
        stations=places.stations,
        links=places.links,
    )


@dataclass(frozen=True, slots=True)
class _Places:
    """The villages and stations that a message could name, and whose water comes to whom."""

    villages: tuple[Village, ...]
    stations: tuple[Station, ...] = ()
    links: tuple[Link, ...] = ()


def _places(connection: Connection, made_of: Provenance) -> _Places:
    if made_of.risk_config_sha256 is not None:
        content = versions.kept(connection, RISK_KIND, made_of.risk_config_sha256)
        risk = RiskConfig.model_validate_json(content)
        return _Places(risk.villages, risk.stations, risk.links)
    if made_of.village_sha256 is None:
        raise NotKept("no bulletin had spoken yet, and the village was not kept")
    content = versions.kept(connection, "village", made_of.village_sha256)
    return _Places((Village.model_validate_json(content),))


def occasion_of(
    connection: Connection, kept: Kept, bulletin: RiskBulletin | None, pack: WarningPack
) -> Occasion:
    """Return the occasion of a message again, from what the ledger keeps.

    Raises
    ------
    NotKept
        A state, deed or bulletin behind it was pruned.
    """
    stored, made_of = kept.message, kept.message.provenance
    before = _before(connection, kept)
    deed, by = _deed(connection, kept)
    # When people were told is what a message's hours are counted from.
    at = stored.expires_at - timedelta(minutes=pack.config.expires_minutes)
    step = (
        _taken(connection, kept, before, pack)
        if deed is None
        else _by_hand(kept, before, (deed, by), pack)
    )
    return Occasion(
        world=kept.world,
        village_id=stored.village_id,
        bulletin=bulletin,
        at=at,
        before=before,
        step=step,
        by_hand=None
        if deed is None
        else ByHand(made_of.action_id or deed.action_id, by, reason_of(deed)),
        earlier=messages.references(
            connection, kept.world, stored.episode_id, before=stored.revision
        ),
        instead=None
        if deed is None or before is None
        else instead_of(connection, kept.world, deed, before),
        closures=made_of.closures or OPEN,
        closures_before=made_of.closures_before,
        drilled=made_of.drilled,
        last_word=made_of.last_word,
        seen=None if deed is None else seen_by(deed),
        held=pack.config.refusal_minutes if deed is not None and deed.verb is Verb.REFUSE else None,
    )


def _before(connection: Connection, kept: Kept) -> TierEpisode | None:
    sha256 = kept.message.provenance.episode_before_sha256
    if sha256 is None:
        return None
    before = episodes.with_sha256(connection, kept.world, sha256)
    if before is None:
        raise NotKept("the episode's state before this message was pruned")
    return before


def _deed(connection: Connection, kept: Kept) -> tuple[Deed | None, tuple[str, ...]]:
    """Return the deed behind a message and whose it was: two persons', where a tier was lowered."""
    action_id = kept.message.provenance.action_id
    if action_id is None:
        return None, ()
    deed = actions.deed(connection, kept.world, action_id)
    if deed is None:
        raise NotKept("the person's action was pruned")
    if deed.refers_to is None:
        return deed, (deed.by_ref,)
    request = actions.deed(connection, kept.world, deed.refers_to)
    if request is None:
        raise NotKept("the request that this action agreed to was pruned")
    return deed, (request.by_ref, deed.by_ref)


def _by_hand(
    kept: Kept, before: TierEpisode | None, deed: tuple[Deed, tuple[str, ...]], pack: WarningPack
) -> Step:
    done, by = deed
    match done.verb:
        case Verb.CLOSE | Verb.REOPEN | Verb.APPROVE | Verb.REFUSE if before is not None:
            return restate(before, done.reason)
        case Verb.RELEASE | Verb.RELEASE_CONFIRM if before is not None:
            return release(before, places_of(done), slot=done.flood_at)
        case Verb.RETRACT_CONFIRM if before is not None:
            return retract(before, by=(by[0], by[-1]), slot=done.flood_at)
        case _:
            return _ordered_or_lowered(kept, before, deed, pack)


def _ordered_or_lowered(
    kept: Kept, before: TierEpisode | None, deed: tuple[Deed, tuple[str, ...]], pack: WarningPack
) -> Step:
    village_id, (done, by) = kept.message.village_id, deed
    if done.verb is Verb.REPORT:
        return rise_by_report(before, village_id, done.tier, world=kept.world, slot=done.flood_at)
    if done.verb is Verb.LOWER_CONFIRM and before is not None:
        return lower_by_person(
            before,
            done.tier,
            by=(by[0], by[-1]),
            slot=done.flood_at,
            rules=pack.config,
            override=done.override,
        )
    return order_by_person(before, village_id, done.tier, world=kept.world, slot=done.flood_at)


def _taken(
    connection: Connection, kept: Kept, before: TierEpisode | None, pack: WarningPack
) -> Step:
    """Take all the bulletins again that moved the village from `before` to what it was told."""
    stored, village_id = kept.message, kept.message.village_id
    slots = episodes.slots(
        connection, kept.world, village_id, after=before, upto=(stored.episode_id, stored.revision)
    )
    if not slots:
        raise NotKept("the episode's state behind this message was pruned")
    told = bulletins(connection.engine, kept.world, after=slots[0] - SECOND, upto=slots[-1])
    village = pack.village(village_id)
    shut = stored.provenance.closures or OPEN
    words = [
        heard(pack, village, each.of(village_id), each, closures=shut)
        for each in told
        if each.slot in slots
    ]
    if len(words) < len(slots):
        raise NotKept("a bulletin behind this message was pruned")
    steps = advance_through(before, words, world=kept.world, rules=pack.config)
    return said_again(in_all(before, steps[-1]))  # or there would be no message
