"""From a delivery to the parcel that a channel carries: the stored text, and where it goes now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from alerts import ack
from alerts.cap_push import bears_status_of
from alerts.errors import SendError
from alerts.forms import SPEECH, Form
from alerts.ledger import climbs, messages, notices
from alerts.ledger.notices import Letter
from alerts.message import refuse, with_answer_link
from alerts.outage import CHECK
from alerts.outbox.delivery import LADDER, NOTICE, PUSH, Delivery, state_of
from alerts.parcel import About, Parcel
from alerts.roster import SIREN, Contact, Roster
from alerts.sounding import sounds
from alerts.tier import Tier
from alerts.warning_message import Audience
from pipeline.database import Engine
from pipeline.settings import Settings
from pipeline.world import Mode

NOBODY_STANDS_IN = frozenset({CHECK, Audience.APPROVER.value})
"""Purposes of what is for that person alone: a right is not lent, nor can another be asked."""
ANSWER_LINE = {
    "en": "Tap here to say that you received this: {link}",
    "zh": "收到请点这里确认：{link}",
    "fr": "Touchez ici pour dire que vous avez reçu ce message : {link}",
}


@dataclass(frozen=True, slots=True)
class Packer:
    """What packing rests on.

    Attributes
    ----------
    key : signs the links by which people answer
    """

    engine: Engine
    settings: Settings
    roster: Roster
    key: bytes

    def packed(self, begun: Delivery, *, at: datetime) -> Parcel:
        """Return a delivery as a channel carries it.

        Parameters
        ----------
        at : wall time, at which a person may be away

        Raises
        ------
        SendError
            Message or contact is not there, the contact takes no exercises, or the channel brings
            a form that was not written.
        ValueError
            A text of an exercise says that it is none.
        """
        if begun.purpose == PUSH:
            return self._alert(begun)
        read = self._read(begun)
        contact = reached(self.roster, begun, at)
        if read is None or contact is None:
            raise SendError("the message or contact is not there", retryable=False)
        if begun.world.mode is Mode.EXERCISE and not contact.exercise:
            raise SendError("the contact is not marked for exercises", retryable=False)
        letter, about = read
        carried = _carried(letter, begun.channel)
        if begun.world.mode is not Mode.LIVE:
            refuse(f"{carried.subject}\n{carried.body}")
        return _parcel(begun, carried, contact, about)

    def _alert(self, begun: Delivery) -> Parcel:
        """Return a CAP alert as it was kept, which is what its receivers get."""
        with self.engine.connect() as connection:
            kept = messages.cap_of(connection, begun.world, state_of(begun.message_id))
        if kept is None:
            raise SendError("the alert is not there", retryable=False)
        if not bears_status_of(kept.content, begun.world.mode):
            raise SendError("the alert is not of this mode", retryable=False)
        return Parcel(
            key=begun.key,
            contact_ref=begun.contact_ref,
            address=None,
            subject=kept.reference.identifier,
            body=kept.content.decode("utf-8"),
            language="",
            queued_at=begun.created_at,
            urgent=begun.tier >= Tier.ORANGE,
            about=About(begun.world, begun.message_id, begun.expires_at),
        )

    def _read(self, begun: Delivery) -> tuple[Letter, About] | None:
        """Return what is to be read: a message with its answer's link, or what has none."""
        about = About(begun.world, begun.message_id, begun.expires_at)
        with self.engine.connect() as connection:
            if begun.purpose in {NOTICE, CHECK}:
                notice = notices.letter(connection, begun.world, begun.message_id)
                if notice is not None and begun.purpose == CHECK:
                    line = self._answer_line(begun, notice.language)
                    notice = replace(notice, body=with_answer_link(notice.body, line))
                return None if notice is None else (notice, about)
            if begun.purpose == LADDER:
                called = climbs.letter(connection, begun.world, begun.message_id)
                return None if called is None else (called, about)
            kept = messages.message(connection, begun.world, begun.message_id)
        if kept is None:
            return None
        said = kept.message
        body = said.body
        # "received" must not be taken for a yes, and a loudspeaker reads what it is given
        if begun.purpose != Audience.APPROVER and begun.channel != SIREN:
            body = with_answer_link(body, self._answer_line(begun, said.language))
        about = replace(
            about,
            audience=said.audience,
            village_id=said.village_id,
            place_id=said.place_id or None,
            action=said.action.value,
            decide_by=said.decide_by,
            sounds=sounds(said.tier, said.action),
        )
        return Letter(said.language, said.subject, body, said.sms, said.voice), about

    def _answer_line(self, begun: Delivery, spoken: str) -> str:
        token = ack.token(self.key, begun.key, at=begun.created_at)
        link = ack.link(self.settings.public_url, token)
        language = spoken.partition("-")[0]
        return ANSWER_LINE.get(language, ANSWER_LINE["en"]).format(link=link)


def reached(roster: Roster, begun: Delivery, at: datetime) -> Contact | None:
    """Return whom a delivery goes to now: of who is away, one who stands in and can be reached."""
    contact = roster.contact(begun.contact_ref)
    if contact is None or begun.purpose in NOBODY_STANDS_IN:
        return contact
    for there in roster.present([contact], at):
        if begun.channel in there.channels and (there.exercise or begun.world.mode is Mode.LIVE):
            return there
    return contact


def _carried(letter: Letter, channel: str) -> Letter:
    """Return what a channel brings of a text; a telephone its own words, with no link."""
    if channel not in SPEECH:
        return letter
    words = letter.sms if channel == Form.SMS else letter.voice
    if words is None:
        raise SendError(f"{channel}: nothing was written in this form", retryable=False)
    return replace(letter, subject="", body=words)


def _parcel(begun: Delivery, letter: Letter, contact: Contact, about: About) -> Parcel:
    return Parcel(
        key=begun.key,
        contact_ref=contact.ref,
        address=contact.address(begun.channel),
        subject=letter.subject,
        body=letter.body,
        language=letter.language,
        queued_at=begun.created_at,
        urgent=begun.tier >= Tier.ORANGE,
        about=about,
    )
