"""A process that dies anywhere in a cycle loses no word and says none twice."""

from collections import Counter

import pytest

from alerts.channels.file import FileChannel
from alerts.outbox import queue
from pipeline.store import cycles
from tests.alerts.hard_nights.conftest import EVENING
from tests.alerts.hard_nights.night import Night, begun, subjects

STORM = ({"R1": 5.0, "R2": 5.0}, {"R1": 13.0, "R2": 13.0}, {"R1": 12.0, "R2": 12.0})
"""A dry quarter's hour less each: calm, then orange, then red in Ferry."""


class Killed(BaseException):
    """What no code of ours catches."""


def said(night: Night) -> Counter:
    return Counter((sent.to, sent.text) for sent in night.sent)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> Counter:
    """Give what the same storm says where every process lives through its cycle."""
    folder = tmp_path_factory.mktemp("unbroken")
    night = begun(folder, f"sqlite:///{folder}/floodwarn.db", slot=EVENING)
    for readings in STORM:
        night.lived(**readings)
    assert {"The quay: get ready to leave", "The quay: leave now"} <= subjects(night.sent, "ferry")
    assert set(said(night).values()) == {1}
    return said(night)


def told_by_processes(night: Night, cycle) -> Counter:
    """Live the storm, its cycles done by `cycle`, then let the sender pass for two minutes."""
    for readings in STORM:
        night.heard(**readings)
        cycle(night)
        night.collected()
        night.waited(2)  # a dead sender's lease ends within a minute
    return said(night)


def test_each_step_in_a_process_of_its_own_says_what_one_says(begin, unbroken):
    def cycle(night):
        for step in night.steps:
            with night.process() as turn:
                step(turn)

    assert told_by_processes(begin(), cycle) == unbroken


def test_a_step_that_is_done_again_after_it_ended_says_nothing_twice(begin, unbroken):
    def cycle(night):
        for step in night.steps:
            for _ in range(2):
                with night.process() as turn:
                    step(turn)

    assert told_by_processes(begin(), cycle) == unbroken


DEATHS = {
    "while the bulletin is kept": (cycles, "save", 0),
    "while the second village is written": (queue, "enqueue", 1),
    "before the third parcel is handed over": (FileChannel, "send", 2),
}


@pytest.mark.parametrize("where", DEATHS)
def test_a_process_that_dies_is_made_good_by_the_next(begin, unbroken, monkeypatch, where):
    place, name, calls = DEATHS[where]
    whole, lives, deaths = getattr(place, name), iter(()), []

    def dying(*args, **kwargs):
        if not next(lives, True):
            raise Killed
        return whole(*args, **kwargs)

    def cycle(night):
        nonlocal lives
        lives = iter([*[True] * calls, False])
        for step in night.steps:
            try:
                with night.process() as turn:
                    step(turn)
            except Killed:
                deaths.append(night.slot)
                with night.process() as turn:
                    step(turn)

    monkeypatch.setattr(place, name, dying)
    assert told_by_processes(begin(), cycle) == unbroken
    assert deaths
