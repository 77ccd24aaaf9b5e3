"""What the providers' limits make of a red everywhere: after how many minutes all have been told.

Counted as deliveries are made: a text for each place, person and channel, and the officers' own.
What approvers are asked is not counted, nor how long a provider takes to answer.

Source: users.md 10.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from alerts.addressed import villagers
from alerts.channels import allowance
from alerts.channels.gateway import GATEWAYS, HOUR_S
from alerts.forms import SPEECH
from alerts.orders import Moment, moment_of, orders
from alerts.pace import MINUTE_US, Allowance, foretold
from alerts.roster import Contact, Roster
from alerts.tier import Tier
from alerts.warning_pack import WarningPack
from pipeline.bulletin import RiskBulletin
from pipeline.settings import Settings
from pipeline.site.finding import Finding

STATED: Final = {
    **{form.value: (f"FLOODWARN_HOME/{GATEWAYS}", form.value) for form in SPEECH},
    "email": ("the environment", "FLOODWARN_SMTP_PER_MINUTE"),
    "webhook": ("the environment", "FLOODWARN_WEBHOOK_PER_MINUTE"),
}
"""By channel, where its limits are stated."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a red by one channel.

    Attributes
    ----------
    to : the first reference that has the number, for all that have it
    village_id : None of what goes to officers
    """

    to: str
    village_id: str | None


@dataclass(frozen=True, slots=True)
class _Told:
    """Whom a red tells in one place; officers in none."""

    people: tuple[Contact, ...]
    village_id: str | None


def reach_findings(
    roster: Roster, pack: WarningPack, settings: Settings, *, now: datetime
) -> Iterator[Finding]:
    """Yield by channel with limits how long a red everywhere takes, and what of it is too late.

    Parameters
    ----------
    now : wall time of the red
    """
    limits = {channel: allowance(settings, channel) for channel in STATED}
    limited = {channel: allowed for channel, allowed in limits.items() if allowed}
    if not limited:
        return
    moments, told = _red(roster, pack, now)
    in_time = _in_time(pack, moments)
    for channel, allowed in limited.items():
        texts = _texts(channel, told) if _is_written(channel, pack) else []
        if texts:
            yield from _of_channel(channel, texts, allowed, in_time)


def texts_at_red(channel: str, roster: Roster, pack: WarningPack, *, now: datetime) -> list[Text]:
    """Return what a red in each of a site's villages sends by a channel."""
    return _texts(channel, _red(roster, pack, now)[1])


def _red(roster: Roster, pack: WarningPack, now: datetime) -> tuple[dict[str, Moment], list[_Told]]:
    """Return the moment of each village's red, and whom it tells."""
    moments, told = {}, []
    for village in pack.villages:
        village_id, plan = village.village_id, pack.plans.get(village.village_id)
        blind = RiskBulletin.missing(village_id)
        moment = moment_of(village, Tier.RED, blind, at=now, config=pack.config)
        for order in orders(plan, moment):
            people = villagers(roster, pack.config, order.recipients, village_id)
            told.append(_Told(people, village_id))
        told.append(_Told(roster.named((), pack.config.roles.officers, village_id), None))
        moments[village_id] = moment
    return moments, told


def _in_time(pack: WarningPack, moments: Mapping[str, Moment]) -> dict[str, int]:
    """Return the minutes that decide-by takes for approval and calls, where a plan states them."""
    return {
        village_id: moments[village_id].approval_min + plan.times.call
        for village_id, plan in pack.plans.items()
        if village_id in moments
    }


def _is_written(channel: str, pack: WarningPack) -> bool:
    """Tell whether a site's templates have what a channel brings."""
    spoken = channel in SPEECH
    return not spoken or any(getattr(words, channel) for words in pack.templates.values())


def _texts(channel: str, told: Iterable[_Told]) -> list[Text]:
    """Return what leaves by a channel; who has one number with another shares its limit."""
    first: dict[str, str] = {}
    texts = []
    for each in told:
        for person in each.people:
            if channel in person.channels:
                number = first.setdefault(_address(person, channel), person.ref)
                texts.append(Text(number, each.village_id))
    return texts


def _address(person: Contact, channel: str) -> str:
    return person.written(channel) or ""


def _of_channel(
    channel: str, texts: list[Text], allowed: Allowance, in_time: Mapping[str, int]
) -> Iterator[Finding]:
    after = [us / MINUTE_US for us in foretold([text.to for text in texts], allowed)]
    counted = Counter(text.to for text in texts)
    limits = [*map(str, allowed.account), *(f"to one {each}" for each in allowed.each)]
    said = f"{len(texts)} texts to {len(counted)} receivers; {'; '.join(limits)}"
    message = f"a red everywhere has reached everyone after {max(after):.1f} minutes: {said}"
    cure = "the provider's own time comes on top; see the runbook"
    yield Finding("info", *_place(channel), message, cure)
    yield from _late(channel, zip(texts, after, strict=True), in_time)
    yield from _too_often(channel, counted, allowed)


def _late(
    channel: str, left: Iterable[tuple[Text, float]], in_time: Mapping[str, int]
) -> Iterator[Finding]:
    """Find the villages that a red reaches later than decide-by takes for granted."""
    last: dict[str, float] = {}
    for text, after in left:
        if text.village_id is not None and text.village_id in in_time:
            last[text.village_id] = max(after, last.get(text.village_id, 0))
    late = {v: after - in_time[v] for v, after in last.items() if after > in_time[v]}
    if late:
        worst = max(late, key=late.__getitem__)
        message = (
            f"{len(late)} of {len(last)} villages are told later than approval and call allow: "
            f"{worst} after {last[worst]:.1f} of {in_time[worst]} minutes"
        )
        cure = "more lines or a higher rate, or another channel beside this one"
        yield Finding("warning", *_place(channel), message, cure)


def _too_often(channel: str, counted: Counter[str], allowed: Allowance) -> Iterator[Finding]:
    """Find whom a red would call more often than may be in an hour."""
    most = min((cap.most for cap in allowed.each if cap.seconds == HOUR_S), default=None)
    over = [] if most is None else [ref for ref, texts in counted.items() if texts > most]
    if over:
        worst = max(over, key=counted.__getitem__)
        message = (
            f"{len(over)} would be told more often than {most} times an hour: "
            f"{worst} {counted[worst]} times; the rest waits"
        )
        cure = "give them another channel, or share their villages among more people"
        yield Finding("warning", *_place(channel), message, cure)


def _place(channel: str) -> tuple[str, None, str]:
    file, field = STATED[channel]
    return file, None, field
