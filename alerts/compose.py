"""From one move of an episode to the messages that people get; pure, so `explain` runs it again.

``warn`` calls `compose` and stores what it returns; ``explain`` calls it with the kept versions
of configuration, plan and template, and compares the texts' hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerts.asleep import rings_at
from alerts.cap import CapAlert, alert
from alerts.decide_by import deadlines
from alerts.episode import Change, Step, said_again
from alerts.forms import Form, headline, render, spoken_in
from alerts.made_of import made_of
from alerts.message import Text, Voice, ask, officer, villager
from alerts.occasion import Occasion, Release, Retraction
from alerts.officer_facts import Case, earliest_decide_by, gravest, officer_facts
from alerts.order import PlaceOrder
from alerts.orders import (
    Moment,
    let_home,
    moment_of,
    orders,
    pressing,
    ranks,
    rerouted,
    risen,
    stand_down,
    take_back,
    village_name,
)
from alerts.plan.model import Plan
from alerts.reported import as_reported
from alerts.said import Said
from alerts.sounding import aloud
from alerts.tier import LEAVING, Tier
from alerts.warning_config import WarningConfig
from alerts.warning_message import (
    OFFICERS,
    Audience,
    WarningMessage,
    message_id,
)
from alerts.warning_pack import WarningPack
from alerts.without_word import with_last_word
from pipeline.bulletin import RiskBulletin
from pipeline.site.model import VillageKind

ROSE = frozenset({Change.OPENED, Change.RAISED})


@dataclass(frozen=True, slots=True)
class Composed:
    """What one step sends: nothing at all for blue, and where nothing changed.

    Attributes
    ----------
    faults : templates that failed (plain words went out instead) and CAP rules that were broken
        (that message must not leave); for the log and the officers
    waits : how long the texts to the village wait for an approver before they go by themselves
    aloud : the places whose texts are for the village's sirens
    rings_at : flood time before which nobody who sleeps is rung; None = at once
    ranks : by place, which goes first of those with one decide-by
    """

    orders: tuple[PlaceOrder, ...] = ()
    messages: tuple[WarningMessage, ...] = ()
    cap: CapAlert | None = None
    faults: tuple[str, ...] = ()
    waits: timedelta = timedelta(0)
    aloud: frozenset[str] = frozenset()
    rings_at: datetime | None = None
    ranks: Mapping[str, int] = field(default_factory=dict)


def compose(occasion: Occasion, pack: WarningPack) -> Composed:
    """Return the orders, texts and CAP alert of one step of a village's episode.

    A rise to yellow or more goes to the places and to the officers. A fall goes to the officers;
    in the village only those who never had to do more than stand by hear that they need not any
    more: whoever was told to prepare or to move waits for a release, which no text anticipates.
    Where the village's texts wait and the site states whom to ask in turn, those are asked as well.

    Raises
    ------
    KeyError
        The village is not one of the pack's.
    """
    if _is_silent(occasion):
        return Composed()
    case = case_of(occasion, pack)
    if not _speaks(case):
        return Composed()
    voices = _voices(occasion, pack)
    cap = _cap(occasion, _whole(occasion, case, pack), voices)
    addressed = (*((Audience.VILLAGER, order) for order in _told(case)), *_above(occasion, case))
    written = [_message(occasion, case, voice, to) for voice in voices for to in addressed]
    faults = [fault for _, fault in written if fault is not None]
    return Composed(
        orders=case.orders,
        messages=tuple(_with_cap(message, cap) for message, _ in written),
        cap=cap,
        faults=(*faults, *(() if cap is None else cap.faults)),
        waits=case.waits,
        aloud=aloud(case.plan),
        ranks=ranks(case.plan, case.orders),
        # the telephone that is let sleep may be dead when it is to ring
        rings_at=None if occasion.last_word else rings_at(case, occasion.closures, pack.config),
    )


def compose_anew(occasion: Occasion, pack: WarningPack, *, asks: bool) -> CapAlert | None:
    """Return the CAP alert that says what stands, or that it is over; nobody else is told anything.

    Parameters
    ----------
    asks : it gives the standing orders, as of now; else it asks nothing

    Raises
    ------
    KeyError
        The village is not one of the pack's.
    """
    step = said_again(occasion.step) if asks else occasion.step
    case = case_of(replace(occasion, step=step), pack)
    return _cap(occasion, case, _voices(occasion, pack))


def _voices(occasion: Occasion, pack: WarningPack) -> tuple[Voice, ...]:
    mode, drilled = occasion.world.mode, occasion.drilled
    return tuple(
        Voice(mode, words, pack.config, drilled=drilled) for words in pack.templates.values()
    )


def case_of(occasion: Occasion, pack: WarningPack) -> Case:
    """Return what every text of one step rests on.

    Raises
    ------
    KeyError
        The village is not one of the pack's.
    """
    village = pack.village(occasion.village_id)
    if village is None:
        raise KeyError(occasion.village_id)
    plan, hand = pack.plans.get(village.village_id), occasion.by_hand
    spoken = occasion.bulletin
    risk = (RiskBulletin.missing if spoken is None else spoken.of)(village.village_id)
    if occasion.seen is not None:
        risk = as_reported(risk, occasion.seen, at=occasion.at)
    tier = Tier.NONE if occasion.step.episode is None else occasion.step.episode.tier
    moment = moment_of(
        village, tier, risk, at=occasion.at, config=pack.config, closures=occasion.closures
    )
    reason = "" if hand is None or occasion.seen else hand.reason
    if occasion.held is not None:
        moment = replace(moment, approval_min=occasion.held)
    return Case(
        village=village,
        plan=plan,
        risk=risk,
        before=occasion.before,
        step=occasion.step,
        # a fall orders nothing: whoever has moved must not read "prepare"
        orders=_placed(occasion, plan, moment),
        at=occasion.at,
        known_at=occasion.known_at,
        station_names=dict(pack.station_names),
        events=() if spoken is None else spoken.events_of(village.village_id),
        by=() if hand is None or not reason else hand.by,
        reason=reason,
        restated=occasion.restates,
        instead=occasion.instead is not None,
        pressing=_pressing(occasion, plan, moment, pack.config),
        waits=_waits(occasion, moment),
        approvers=pack.config.approvers_of(village.village_id),
        hazards=tuple(pack.hazards.of(village)),
    )


def _waits(occasion: Occasion, moment: Moment) -> timedelta:
    """Return how long the village's texts wait for an approver, or for the end of his "no".

    A person's order is nobody else's to approve, and what is said again was asked before; a report
    is evidence, as a gauge's is.
    """
    asked = occasion.by_hand is None or occasion.seen is not None
    waits = occasion.held is not None or (asked and not occasion.step.again)
    return timedelta(minutes=moment.approval_min if waits else 0)


def _pressing(
    occasion: Occasion, plan: Plan | None, moment: Moment, config: WarningConfig
) -> tuple[PlaceOrder, ...]:
    """Return what a yellow that rises leaves to the officers: who cannot wait for orange."""
    if moment.tier is not Tier.YELLOW or not _urges(occasion.step):
        return ()
    orange = moment_of(
        moment.village,
        Tier.ORANGE,
        moment.risk,
        at=moment.at,
        config=config,
        closures=moment.closures,
    )
    return pressing(plan, orange)


def _placed(occasion: Occasion, plan: Plan | None, moment: Moment) -> tuple[PlaceOrder, ...]:
    """Return what is said to each place; a fall says nothing, until people may go home."""
    match occasion.instead:
        case Release(places, told):
            return let_home(plan, moment, places, told=told)
        case Retraction(told, in_village):
            return (take_back(plan, moment, told),) if in_village else ()
        case None if not _urges(occasion.step):
            return ()
        case None if occasion.restates:
            return _restated(occasion, plan, moment)
        case None if occasion.step.change is Change.RAISED and occasion.before is not None:
            return risen(plan, moment, before=occasion.before.tier)
        case None:
            return orders(plan, moment)


def _restated(occasion: Occasion, plan: Plan | None, moment: Moment) -> tuple[PlaceOrder, ...]:
    if occasion.closures_before is not None:
        return rerouted(plan, moment, before=occasion.closures_before)
    return with_last_word(plan, orders(plan, moment))


def _urges(step: Step) -> bool:
    """Tell whether a step gives orders: it rose, or a person repeated what stands."""
    return step.change in ROSE or step.again


def _is_silent(occasion: Occasion) -> bool:
    """Tell whether nothing has changed that anyone is told of; most bulletins change nothing."""
    step = occasion.step
    held = step.change in {Change.HELD, Change.NONE}
    return held and not step.again and occasion.instead is None


def _speaks(case: Case) -> bool:
    """Tell whether anyone is told: at yellow and above, and of a fall from there.

    Of a river point, which has no people, the officers are told from orange on.
    """
    episode, before = case.step.episode, case.before
    if episode is None or (case.restated and not case.orders):
        return False
    if case.instead:
        return True
    at_river = case.village.kind is VillageKind.RIVER_POINT
    first_told = Tier.ORANGE if at_river else Tier.YELLOW
    if _urges(case.step):
        return episode.tier >= first_told
    fell = case.step.change in {Change.LOWERED, Change.CLOSED}
    return fell and before is not None and before.tier >= first_told


def _told(case: Case) -> tuple[PlaceOrder, ...]:
    """Return what is said in the village."""
    if _urges(case.step) or case.instead:
        return case.orders
    # a late warning may find the episode closed and a lower one open in its place
    told = (state.peak for state in (case.before, case.step.episode) if state is not None)
    only_stood_by = max(told, default=Tier.NONE) is Tier.YELLOW
    if only_stood_by and case.village.kind is not VillageKind.RIVER_POINT:
        return (stand_down(case.village, case.plan, case.risk, at=case.at),)
    return ()


def _above(occasion: Occasion, case: Case) -> tuple[tuple[Audience, None], ...]:
    """Return who is told beside the village; an approver is asked once of what waits."""
    asks = case.waits and case.approvers and case.orders and occasion.held is None
    return ((Audience.OFFICER, None), *(((Audience.APPROVER, None),) if asks else ()))


def _cap(occasion: Occasion, case: Case, voices: tuple[Voice, ...]) -> CapAlert | None:
    """Return the CAP alert; none of a river point, nor of the end of what CAP was never told."""
    at_river = case.village.kind is VillageKind.RIVER_POINT
    told = _urges(case.step) or occasion.earlier
    if at_river or not told:
        return None
    return alert(
        case,
        voices,
        world=occasion.world,
        earlier=occasion.earlier,
        code_version=None if occasion.bulletin is None else occasion.bulletin.code_version,
    )


def _whole(occasion: Occasion, case: Case, pack: WarningPack) -> Case:
    """Return what CAP tells: also of who moves already, of whom a last word says nothing."""
    return case_of(replace(occasion, last_word=False), pack) if occasion.last_word else case


def _with_cap(message: WarningMessage, cap: CapAlert | None) -> WarningMessage:
    if cap is None or cap.faults:
        return message
    return replace(message, cap_identifier=cap.reference.identifier)


def _message(
    occasion: Occasion, case: Case, voice: Voice, to: tuple[Audience, PlaceOrder | None]
) -> tuple[WarningMessage, str | None]:
    """Return the text to one place, to the officers or to approvers, and its fault."""
    episode, (audience, order) = case.step.episode, to
    if episode is None:
        raise ValueError("no episode, no message")
    # what a "no" holds back is read when that ends
    read_at = case.at + timedelta(minutes=occasion.held or 0)
    text = _text(case, voice, audience, order, at=read_at)
    spoken = _spoken(case, voice, order, text, at=read_at)
    place_id = OFFICERS if order is None else order.place_id
    message = WarningMessage(
        message_id=message_id(
            occasion.world,
            episode,
            place_id=place_id,
            audience=audience,
            language=voice.language,
        ),
        episode_id=episode.episode_id,
        revision=episode.revision,
        village_id=case.village.village_id,
        place_id=place_id,
        audience=audience,
        language=voice.language,
        slot=case.at if occasion.bulletin is None else occasion.bulletin.slot,
        tier=episode.tier,
        action=gravest(case.orders) if order is None else order.action,
        decide_by=earliest_decide_by(case.orders) if order is None else order.decide_by.at,
        subject=text.subject,
        body=text.body,
        recipients=_recipients(case, audience, order),
        roles=_roles(audience, order, voice),
        expires_at=case.at + timedelta(minutes=voice.config.expires_minutes),
        provenance=made_of(occasion, case, voice, text),
        deadlines=_deadlines(order),
        **{form.value: said.body for form, said in spoken.items()},
    )
    where = f"{voice.language} {place_id or f'{audience}s'}"
    return message, _faults(where, (text, *spoken.values()))


def _deadlines(order: PlaceOrder | None) -> dict[Said, int]:
    if order is None or order.action not in LEAVING:
        return {}
    return deadlines(order.decide_by)


def _faults(where: str, texts: Iterable[Text]) -> str | None:
    found = dict.fromkeys(text.fault for text in texts if text.fault is not None)
    return f"{where}: {'; '.join(found)}" if found else None


def _text(
    case: Case, voice: Voice, audience: Audience, order: PlaceOrder | None, *, at: datetime
) -> Text:
    if order is not None:
        return villager(order, village_name(case.village), voice, at=at)
    say = ask if audience is Audience.APPROVER else officer
    return say(officer_facts(case, voice), voice)


def _recipients(case: Case, audience: Audience, order: PlaceOrder | None) -> tuple[str, ...]:
    if order is not None:
        return order.recipients
    return case.approvers if audience is Audience.APPROVER else ()


def _spoken(
    case: Case, voice: Voice, order: PlaceOrder | None, text: Text, *, at: datetime
) -> dict[Form, Text]:
    """Return what a telephone brings of a text, in the forms that the site's templates have."""
    forms = spoken_in(voice)
    if order is None:
        return {form: headline(text, voice, form) for form in forms}
    village, replies = village_name(case.village), voice.config.sms_replies
    return {
        form: render(order, village, voice, at=at, form=form, replies=replies) for form in forms
    }


def _roles(audience: Audience, order: PlaceOrder | None, voice: Voice) -> tuple[str, ...]:
    """Return whom the roster must name: the officers, or all of a village that has no plan."""
    if audience is Audience.OFFICER:
        return voice.config.roles.officers
    return voice.config.roles.villagers if order is not None and not order.recipients else ()
