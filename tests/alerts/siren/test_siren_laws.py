"""What holds of every siren, whatever it is sent, in whatever order and how often."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

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
        place=("", "hekou-1", "hekou-2")[number],
    )


def speak_of_the_same(one, other):
    return one.mode == other.mode and (one.place == other.place or "" in (one.place, other.place))


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
def test_after_a_newer_text_of_its_place_an_older_one_stays_silent(told):
    order = [command for command, _, _ in heard(told, exercises=True)]
    for before, after in combinations(order, 2):
        assert before.sequence <= after.sequence or not speak_of_the_same(before, after)


@given(NIGHTS)
def test_the_tone_sounds_once_a_decision(told):
    tones = [(c.mode, c.sequence) for c, _, sound in heard(told, exercises=True) if sound.tone]
    assert len(tones) == len(set(tones))


@given(NIGHTS)
def test_no_text_that_asks_for_the_tone_is_heard_without_one_of_its_decision_or_a_newer(told):
    newest = {"live": -1, "exercise": -1}
    for command, _, sound in heard(told, exercises=True):
        if sound.tone:
            newest[command.mode] = max(newest[command.mode], command.sequence)
        assert command.action is Act.SPEAK or command.sequence <= newest[command.mode]


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
    before = []
    for command, now, verdict in night(told, exercises=True):
        new = all(command.id != one.id for one in before) and all(
            command.sequence >= one.sequence for one in before if speak_of_the_same(command, one)
        )
        assert isinstance(verdict, Sound) == (new and now < command.expires)
        if isinstance(verdict, Sound):
            before.append(command)


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


def test_an_order_that_came_by_a_longer_way_is_heard_after_a_newer_one_of_another_place():
    newer = Command(
        *(f"{1:064x}", T0, T0 + timedelta(hours=1), "live", Act.SPEAK, "a", "b", "en"),
        sequence=2,
        place="hekou-1",
    )
    red = replace(newer, id=f"{2:064x}", action=Act.SOUND, sequence=1, place="hekou-2")
    state = State().after(newer)
    assert decide(red, state, T0) == Sound(True, "a", "b", "en")
    assert decide(replace(red, place="hekou-1"), state, T0) == Ignore(Did.OLDER)
    assert decide(replace(red, place=""), state, T0) == Ignore(Did.OLDER)
