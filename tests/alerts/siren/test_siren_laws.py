"""What holds of every siren, whatever it is sent, in whatever order and how often."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.siren.command import Act, Command, Did, Word, device_key, opened, sealed
from alerts.siren.decision import Ignore, Sound, State, decide

T0 = datetime(2026, 11, 24, 2, tzinfo=UTC)
KEY = device_key("m" * 32, "valley", "hekou", "hekou-1")


@st.composite
def commands(draw):
    sequence = draw(st.integers(0, 4))
    number = draw(st.integers(0, 2))
    mode = draw(st.sampled_from(["live", "exercise"]))
    issued = T0 + timedelta(minutes=sequence)
    return Command(
        # as the outbox makes it: an id belongs to one decision
        id=f"{('live', 'exercise').index(mode)}{sequence}{number}".zfill(64),
        issued=issued,
        expires=issued + timedelta(minutes=draw(st.integers(0, 10))),
        mode=mode,
        action=draw(st.sampled_from(Act)),
        title=draw(st.text(max_size=10)),
        text=draw(st.text(max_size=30)),
        language="en",
        sequence=sequence,
    )


NIGHTS = st.lists(st.tuples(commands(), st.integers(0, 15)), max_size=25)


def night(told, *, exercises=False):
    """Tell a siren one command after the other, at any time; yield what it made of each."""
    state = State(exercises)
    for command, minute in told:
        now = T0 + timedelta(minutes=minute)
        verdict = decide(command, state, now)
        yield command, now, verdict
        if isinstance(verdict, Sound):
            state = state.after(command)


def heard(told, **of):
    return [(c, now, v) for c, now, v in night(told, **of) if isinstance(v, Sound)]


@given(NIGHTS)
def test_no_command_sounds_twice(told):
    ids = [command.id for command, _, _ in heard(told, exercises=True)]
    assert len(ids) == len(set(ids))


@given(NIGHTS)
def test_no_command_sounds_once_it_has_expired(told):
    assert all(now < command.expires for command, now, _ in heard(told, exercises=True))


@given(NIGHTS)
def test_after_a_newer_decision_an_older_one_of_its_mode_stays_silent(told):
    for mode in ("live", "exercise"):
        order = [c.sequence for c, _, _ in heard(told, exercises=True) if c.mode == mode]
        assert order == sorted(order)


@given(NIGHTS)
def test_the_tone_sounds_once_a_decision(told):
    tones = [(c.mode, c.sequence) for c, _, sound in heard(told, exercises=True) if sound.tone]
    assert len(tones) == len(set(tones))


@given(NIGHTS)
def test_a_siren_that_was_not_told_to_stays_silent_in_exercises(told):
    assert all(command.mode == "live" for command, _, _ in heard(told))


@given(NIGHTS)
def test_no_exercise_changes_what_is_heard_in_earnest(told):
    def live(answers):
        return [(c, v) for c, _, v in answers if c.mode == "live"]

    alone = [(command, minute) for command, minute in told if command.mode == "live"]
    assert live(night(told, exercises=True)) == live(night(alone))


@given(NIGHTS)
def test_a_new_order_in_time_is_always_heard(told):
    newest, seen = {"live": -1, "exercise": -1}, set()
    for command, now, verdict in night(told, exercises=True):
        new = command.id not in seen and command.sequence >= newest[command.mode]
        assert isinstance(verdict, Sound) == (new and now < command.expires)
        if isinstance(verdict, Sound):
            seen.add(command.id)
            newest[command.mode] = command.sequence


@given(commands())
def test_what_is_signed_is_read_as_it_was_said(command):
    assert opened(Command, sealed(command, KEY), KEY) == command


@given(commands(), st.data())
def test_a_command_of_which_one_bit_is_another_is_forged(command, data):
    payload = bytearray(sealed(command, KEY))
    payload[data.draw(st.integers(0, len(payload) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert opened(Command, bytes(payload), KEY) is None


@given(st.binary(max_size=300))
def test_bytes_of_anybody_are_no_command(payload):
    assert opened(Command, payload, KEY) is None
    assert opened(Command, b"v1=" + payload, KEY) is None


@given(
    commands(), st.sampled_from([("valley", "hekou", "hekou-2"), ("valley", "baishi", "hekou-1")])
)
def test_a_command_to_one_siren_is_forged_at_another(command, other):
    assert opened(Command, sealed(command, device_key("m" * 32, *other)), KEY) is None


@given(commands(), st.sampled_from(Did))
def test_what_a_siren_says_is_no_command_and_a_command_not_its_word(command, did):
    word = Word(command.id, did, T0)
    assert opened(Word, sealed(word, KEY), KEY) == word
    assert opened(Command, sealed(word, KEY), KEY) is None
    assert opened(Word, sealed(command, KEY), KEY) is None


def test_why_a_command_is_ignored_is_told():
    command = Command(
        f"{1:064x}", T0, T0 + timedelta(hours=1), "live", Act.SOUND, "a", "b", "en", sequence=2
    )
    state = State().after(command)
    older = replace(command, id=f"{2:064x}", sequence=1)
    assert decide(command, state, T0) == Ignore(Did.REPLAYED)
    assert decide(older, state, T0) == Ignore(Did.OLDER)
    assert decide(command, State(), T0 + timedelta(hours=1)) == Ignore(Did.EXPIRED)
    assert decide(replace(command, mode="exercise"), state, T0) == Ignore(Did.NO_EXERCISES)


def test_a_decision_of_a_clock_that_ran_a_day_ahead_does_not_silence_those_after_it():
    def at(now, number):
        sequence = int(now.timestamp() * 1000)
        return Command(
            *(f"{number:064x}", now, now + timedelta(hours=1), "live", Act.SOUND, "a", "b", "en"),
            sequence=sequence,
        )

    ahead = at(T0 + timedelta(days=1), 1)
    state = State().after(ahead)
    assert isinstance(decide(at(T0, 2), state, T0), Sound)
    assert decide(ahead, state, T0) == Ignore(Did.REPLAYED)
