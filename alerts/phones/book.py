"""The log of the drill's telephones: what each was given, and what came back; pure.

It is kept by whoever plays the telephones, apart from what we wrote ourselves, so that the two can
be held against each other line by line.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from datetime import datetime
from http import HTTPStatus

from alerts.drill_score import Record, Sent
from alerts.said import Said, of_each, read_reply
from pipeline.instants import parse, text

TAKEN, AGAIN = "taken", "again"
"""An SMS or a call as it came, and the same once more, at which nothing rings."""
BROUGHT, FAILED = "delivered", "failed"
KEY, REPLY, EARLY = "key ", "reply ", " before the end"
SPOKEN = ("sms", "voice")
UNANSWERED = frozenset({"notice", "ladder"})
"""Purposes of what a key answers nothing of."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log.

    Attributes
    ----------
    ident : of the delivery
    number : its last digits
    status : that our own side answered with; None of what the telephones were given
    answers : that our own side says to have taken of it
    """

    at: datetime
    ident: str
    form: str
    number: str
    what: str
    status: int | None = None
    answers: int = 0

    def written(self) -> str:
        """Return the line as it stands in the file."""
        return json.dumps(asdict(self) | {"at": text(self.at)}, sort_keys=True)

    @classmethod
    def read(cls, line: str) -> Line:
        """Return what `written` gave."""
        raw = json.loads(line)
        return cls(**raw | {"at": parse(raw["at"])})


@dataclass(frozen=True, slots=True)
class Agreement:
    """The telephones' log held against ours.

    Attributes
    ----------
    lines : of their log that were compared; differences : in words, none where all agree
    listed : orders on the board that were compared
    """

    lines: int
    differences: tuple[str, ...]
    listed: int = 0


def agreement(record: Record, log: Iterable[Line]) -> Agreement:
    """Hold each delivery by SMS or call, its receipt, its answers and the board against the log."""
    spoken = {each.key: each for each in record.sent if each.channel in SPOKEN}
    lines = [line for line in log if line.ident in spoken]
    by_ident: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_ident[line.ident].append(line)
    found = [why for sent in spoken.values() for why in _of_delivery(sent, by_ident)]
    found += _of_answers(record, spoken, lines)
    found += _of_the_board(record, spoken, lines)
    return Agreement(len(lines), tuple(found), len(record.listed))


def _of_delivery(sent: Sent, by_ident: Mapping[str, list[Line]]) -> Iterator[str]:
    given = {ident: _given(by_ident.get(ident, [])) for ident in {sent.key, *sent.calls}}
    own = sent.calls.count(sent.key)
    if own != given[sent.key]:
        yield f"{_named(sent)}: handed over {own} times, given {given[sent.key]} times"
    if not all(given[ident] for ident in sent.calls):
        yield f"{_named(sent)}: handed over in a call that was not given"
    lines = [line for ident in given for line in by_ident.get(ident, [])]
    told = {line.what for line in lines if line.status == HTTPStatus.OK}
    wanted = "delivered" if BROUGHT in told else "not brought" if FAILED in told else None
    ours = "delivered" if sent.is_brought else "not brought" if sent.is_not_brought else None
    if ours != wanted:
        yield f"{_named(sent)}: we say {ours}, the receipt {wanted}"


def _given(lines: list[Line]) -> int:
    return sum(line.what in {TAKEN, AGAIN} for line in lines)


def _of_answers(record: Record, spoken: dict[str, Sent], lines: list[Line]) -> Iterator[str]:
    """Yield where what was pressed and replied is not what we have of that person."""
    heard = _heard(lines)
    theirs, ours = _pressed(spoken, heard), _by_key(record)
    for key in sorted(theirs.keys() | ours.keys()):
        if theirs[key] != ours[key]:
            yield f"{key[1]}: pressed {_listed(theirs[key])}, we have {_listed(ours[key])}"
    replied = Counter[str]()
    for line in heard:
        if line.what.startswith(REPLY):
            replied[spoken[line.ident].contact_ref] += line.answers
    kept = Counter(each.contact_ref for each in record.answers if each.via == "reply")
    for ref in sorted(replied.keys() | kept.keys()):
        if replied[ref] != kept[ref]:
            yield f"{ref}: {replied[ref]} answers by reply were taken, we have {kept[ref]}"


def _of_the_board(record: Record, spoken: dict[str, Sent], lines: list[Line]) -> Iterator[str]:
    """Yield where the board waits for what was said, or for nothing though nobody said it.

    Of a key the log tells what was said. Of a reply it tells that it was heard (see `_of_answers`);
    of which order it was, we decide, and what came by other ways the telephones do not know.
    """
    said: dict[str, set[Said]] = defaultdict(set)
    for (message_id, _), keys in _pressed(spoken, _heard(lines)).items():
        said[message_id] |= keys
    for answer in record.answers:
        if answer.via != "key":
            said[answer.message_id].add(answer.said)
    for order in record.listed:
        known = set[Said]().union(*(said[message_id] for message_id in order.messages))
        if order.said != known:
            shown = f"the board has {_listed(order.said)}, was told {_listed(known)}"
            yield f"order to {order.village_id}: {shown}"


def _heard(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.status == HTTPStatus.OK]


def _pressed(spoken: dict[str, Sent], heard: list[Line]) -> dict[tuple[str, str], set[Said]]:
    """Return what was pressed of each message by each person, as the telephones know it."""
    found: dict[tuple[str, str], set[Said]] = defaultdict(set)
    in_call = told_in(spoken.values())
    for line in heard:
        told = [each for each in in_call[line.ident] if each.purpose not in UNANSWERED]
        if line.what.startswith(KEY):
            early = line.what.endswith(EARLY)
            said = Said.UNCLEAR if early else read_reply(line.what.removeprefix(KEY))
            for sent in told:
                found[sent.message_id, sent.contact_ref] |= set(of_each(said, len(told)))
    return found


def told_in(sent: Iterable[Sent]) -> dict[str, list[Sent]]:
    """Return what was told in each call, by the key under which it went."""
    found: dict[str, list[Sent]] = defaultdict(list)
    for each in sent:
        for ident in {each.key, *each.calls}:
            found[ident].append(each)
    return found


def _by_key(record: Record) -> dict[tuple[str, str], set[Said]]:
    """Return the same as we have it."""
    found: dict[tuple[str, str], set[Said]] = defaultdict(set)
    for answer in record.answers:
        if answer.via == "key":
            found[answer.message_id, answer.contact_ref].add(answer.said)
    return found


def _named(sent: Sent) -> str:
    return f"{sent.contact_ref} by {sent.channel} ({sent.key[:8]})"


def _listed(said: AbstractSet[Said]) -> str:
    return ", ".join(sorted(said)) or "nothing"
