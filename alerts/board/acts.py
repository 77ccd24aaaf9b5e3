"""What the board's forms do: each knocks at the door of a command, and says what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from alerts import approvals
from alerts.actions import Asked, Told, acknowledge, order_village, request_lower
from alerts.agree import agree as agree_to
from alerts.agreement import CONFIRM_WITHIN
from alerts.approvals import Judged
from alerts.board.act_words import ActWords, acts_in
from alerts.board.possible import closing_of
from alerts.board.seat import Seat
from alerts.closing import report
from alerts.errors import Refused, Repeated
from alerts.issue import Issued
from alerts.ledger.answers import Via
from alerts.releasing import Releasing, release_places, request_retraction
from alerts.reporting import Seen, report_seen
from alerts.said import Said
from alerts.tier import Tier
from pipeline.bulletin import Sighting

MINUTES_TO_AGREE = int(CONFIRM_WITHIN.total_seconds()) // 60
MOST_FAULTS = 5
MOST_DIGITS = 4
SAID_ALOUD = tuple(said.value for said in Said if said is not Said.UNCLEAR)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an act.

    Attributes
    ----------
    said : for the person who acted
    sends : something may be due now
    """

    said: tuple[str, ...]
    sends: bool = True


def approve(seat: Seat, village_id: str) -> Done:
    """Let what waits go now."""
    gone = approvals.approve(seat.desk, Judged(village_id, seat.person.ref), seat.minute)
    return Done((words_of(seat).go_now.format(count=gone),))


def refuse(seat: Seat, village_id: str, reason: str) -> Done:
    """Hold back what waits."""
    held = approvals.refuse(seat.desk, Judged(village_id, seat.person.ref, reason), seat.minute)
    minutes = seat.desk.pack.config.refusal_minutes
    said = words_of(seat).wait_more.format(count=held, minutes=minutes)
    return Done((said,), sends=False)


def report_sighting(seat: Seat, village_id: str, saw: str, words: str, ago: str) -> Done:
    """Report what was seen of the water, so many minutes ago."""
    if saw not in set(Sighting):
        raise Refused(f"what was seen is one of {', '.join(Sighting)}")
    seen_at = seat.minute.flood - timedelta(minutes=_minutes(ago))
    seen = Seen(village_id, Sighting(saw), seat.person.ref, words, seen_at)
    settings = seat.deployment.pack.risk.reports
    return _raised(report_seen(seat.desk, seen, settings, seat.minute), words_of(seat))


@dataclass(frozen=True, slots=True)
class Ordering:
    """An order as its form gives it; `after` is the newest deed that the page knew."""

    village_id: str
    tier: str
    reason: str
    after: str = ""


def order(seat: Seat, ordering: Ordering) -> Done:
    """Raise the village by this person's word; the same form pressed twice orders once."""
    asked = Asked(ordering.village_id, _tier_of(ordering.tier), ordering.reason, seat.person.ref)
    try:
        issued = order_village(seat.desk, asked, seat.minute, after=ordering.after or None)
    except Repeated:
        return Done((words_of(seat).tiers.repeated,))
    return _raised(issued, words_of(seat))


def ask_to_lower(seat: Seat, village_id: str, tier: str, reason: str, override: str) -> Done:
    """Ask a second person to let the village fall."""
    why = override.strip() or None
    request_lower(
        seat.desk, Asked(village_id, _tier_of(tier), reason, seat.person.ref, why), seat.minute
    )
    return _asked(seat)


def ask_to_retract(seat: Seat, village_id: str, reason: str) -> Done:
    """Ask a second person to take back what was sent in error."""
    request_retraction(seat.desk, village_id, reason, seat.person.ref, seat.minute)
    return _asked(seat)


def report_closed(seat: Seat, village_id: str, subject: str, reason: str) -> Done:
    """Report a way, a bridge or a shelter closed."""
    return _reported(seat, village_id, subject, reason, closed=True)


def report_open(seat: Seat, village_id: str, subject: str, reason: str) -> Done:
    """Report that it can be used again."""
    return _reported(seat, village_id, subject, reason, closed=False)


def let_home(seat: Seat, asked: Releasing) -> Done:
    """Let people go home, or ask a second person to agree to it."""
    done = release_places(seat.desk, asked, seat.minute)
    if isinstance(done, str):
        return _asked(seat)
    return Done(_told(done, words_of(seat)))


def answer(seat: Seat, who: str, said: str) -> Done:
    """Write down what a person says of an order that they were given.

    Parameters
    ----------
    who : the message's id and the person's reference, as the page's list gives them

    Raises
    ------
    Refused
        It is none of the things that can be said, or as `alerts.actions.acknowledge`.
    """
    message_id, _, ref = who.partition(" ")
    if said not in SAID_ALOUD:
        raise Refused(f"what is said is one of {', '.join(SAID_ALOUD)}")
    told = Told(message_id, ref, seat.person.ref, Said(said), Via.BOARD)
    acknowledge(seat.desk, told, seat.minute)
    return Done((words_of(seat).recorded,), sends=False)


def agree(seat: Seat, request: str) -> Done:
    """Agree to another person's request, whatever it asks for."""
    issued = agree_to(seat.desk, request, seat.person.ref, seat.minute)
    return Done(_told(issued, words_of(seat)))


def words_of(seat: Seat) -> ActWords:
    """Return the words in the language of the person who sits there."""
    return acts_in(seat.person.language)


def _reported(seat: Seat, village_id: str, subject: str, reason: str, *, closed: bool) -> Done:
    closing = closing_of(village_id, subject, closed=closed, reason=reason, by=seat.person.ref)
    told = report(seat.desk, closing, seat.minute)
    say = words_of(seat)
    lines = tuple(line for issued in told for line in _told(issued, say))
    return Done(lines or (say.recorded,))


def _tier_of(colour: str) -> Tier:
    for tier in Tier:
        if tier.colour == colour:
            return tier
    raise Refused(f"a tier is one of {', '.join(tier.colour for tier in Tier)}")


def _minutes(text: str) -> int:
    """Return what was typed as minutes, digits of any script; nothing is now."""
    said = text.strip() or "0"
    if not said.isdecimal() or len(said) > MOST_DIGITS:
        raise Refused("minutes since it was seen: a whole number")
    return int(said)


def _asked(seat: Seat) -> Done:
    return Done((words_of(seat).asked.format(minutes=MINUTES_TO_AGREE),), sends=False)


def _raised(issued: Issued, say: ActWords) -> Done:
    moved = issued.messages or issued.faults
    return Done(_told(issued, say) if moved else (say.recorded,))


def _told(issued: Issued, say: ActWords) -> tuple[str, ...]:
    counted = say.told.format(messages=len(issued.messages), count=issued.deliveries)
    more = len(issued.faults) - MOST_FAULTS
    rest = (f"+ {more}",) if more > 0 else ()
    return (counted, *issued.faults[:MOST_FAULTS], *rest)
