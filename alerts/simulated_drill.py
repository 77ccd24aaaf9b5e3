"""Door: a drill whose every contact is a telephone that answers by itself; nobody can be reached.

It has a home of its own below the deployment's: contacts with numbers that are nobody's, and one
channel each for SMS and calls, to the telephones' own gateway. Nobody is waited for, so the clock
leaps from beat to beat. It ends now and began as long ago as it takes, so that what it writes is
dated as if it had been lived.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from alerts.board.ack_app import create_ack_app
from alerts.channels.gateway import GatewayChannel
from alerts.cycle import Turn
from alerts.drill import (
    Asked,
    Bars,
    allowed,
    answer_desk,
    ends,
    length,
    one_pass,
    ready,
    turn_in,
    who,
)
from alerts.forms import SPEECH
from alerts.local_stack import exercise_of, new_exercise
from alerts.parcel import Channel
from alerts.phones.home import HOME, connect, furnish, new_secret
from alerts.phones.lines import CREDENTIAL
from alerts.phones.server import (
    LOG,
    Exchange,
    certificate_in,
    create_phones_app,
    listening,
    serving,
)
from alerts.roster import Roster
from alerts.signed_post import signing_key as key_of
from alerts.warning_pack import load_warning
from pipeline import clock
from pipeline.runs import close_exercise
from pipeline.settings import Settings, credential
from pipeline.world import Exercise

LEAP: Final = timedelta(seconds=30)


@dataclass(slots=True)
class _Hands:
    """A clock whose hands stand where the drill has come to."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def simulate(settings: Settings, asked: Asked, *, seed: int, bars: Bars) -> Exercise:
    """Play a flood to telephones that answer by themselves.

    Raises
    ------
    Refused
        See `who` and `ready`: no telephone is a siren.
    """
    home = settings.home / HOME
    with ready(settings, bars) as deployment:
        furnish(home, load_warning(deployment.pack))
        who(replace(settings, home=home), asked)
        began = clock.now() - asked.after
        began -= length(exercise_of(deployment, began, asked.flood))
        exercise = new_exercise(deployment, began, asked.flood)
        own = replace(deployment, settings=replace(deployment.settings, home=home))
        turn = turn_in(own, exercise, allowed(asked.only, ()))
        hands = _Hands(began)
        try:
            with _telephones(turn, hands, seed) as (exchange, turn):
                _lived(exchange, turn, hands, asked, bars)
        finally:
            close_exercise(deployment.engine, exercise, now=hands.now())
    return exercise


def _lived(exchange: Exchange, turn: Turn, hands: _Hands, asked: Asked, bars: Bars) -> None:
    beats, progress = [*_leaps(turn, asked)], bars("drill")
    for number, now in enumerate(beats, start=1):
        _spoken(exchange, hands, until=now)
        one_pass(replace(turn, now=now))
        progress(number, len(beats))
    _spoken(exchange, hands, until=beats[-1] + LEAP)


def _spoken(exchange: Exchange, hands: _Hands, *, until: datetime) -> None:
    """Let everything be said that is due by then, each at its own time."""
    while (due := exchange.due_at()) is not None and due <= until:
        hands.at = max(due, hands.at)
        exchange.speak(due)
    hands.at = until


def _leaps(turn: Turn, asked: Asked) -> Iterator[datetime]:
    exercise = turn.exercise
    now = turn.now
    while exercise is not None and now <= ends(exercise, asked.after):
        yield now
        now += LEAP


@contextmanager
def _telephones(turn: Turn, hands: _Hands, seed: int) -> Iterator[tuple[Exchange, Turn]]:
    """Let the telephones and the page for answers listen; give the turn that calls them alone."""
    home = turn.deployment.settings.home
    secret = new_secret()
    certificate = certificate_in(home, clock.now())

    def told(name: str) -> str:
        return secret if name == CREDENTIAL else credential(name)

    ways: dict[str, Channel] = {
        form: GatewayChannel(form, home, told, str(certificate[0])) for form in SPEECH
    }
    turn = replace(turn, credential=told, ways=ways)
    with listening() as phones, listening() as answers:
        connect(home, phones.getsockname()[1])
        exchange = Exchange(
            seed=seed,
            log=home / LOG,
            answers_to=f"http://127.0.0.1:{answers.getsockname()[1]}",
            key=key_of(CREDENTIAL, secret),
            now=hands.now,
        )
        people = Roster.load(home)
        pages = create_ack_app(answer_desk(turn, hands.now, lambda: people))
        with (
            serving(create_phones_app(exchange), phones, certificate),
            serving(pages, answers),
        ):
            yield exchange, turn
