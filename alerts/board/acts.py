"""What the board's forms do: each knocks at the door of a command, and says what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from alerts import approvals
from alerts.agreement import CONFIRM_WITHIN
from alerts.approvals import Judged
from alerts.board.act_words import ActWords, acts_in
from alerts.board.possible import closing_of
from alerts.board.seat import Seat
from alerts.closing import report
from alerts.issue import Issued
from alerts.releasing import Releasing, confirm_release, release_places

MINUTES_TO_AGREE = int(CONFIRM_WITHIN.total_seconds()) // 60
MOST_FAULTS = 5


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
        return Done((words_of(seat).asked.format(minutes=MINUTES_TO_AGREE),), sends=False)
    return Done(_told(done, words_of(seat)))


def agree(seat: Seat, request: str) -> Done:
    """Agree to another person's release."""
    issued = confirm_release(seat.desk, request, seat.person.ref, seat.minute)
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


def _told(issued: Issued, say: ActWords) -> tuple[str, ...]:
    counted = say.told.format(messages=len(issued.messages), count=issued.deliveries)
    more = len(issued.faults) - MOST_FAULTS
    rest = (f"+ {more}",) if more > 0 else ()
    return (counted, *issued.faults[:MOST_FAULTS], *rest)
