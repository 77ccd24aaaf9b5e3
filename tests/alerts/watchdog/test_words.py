"""Every alarm has words in every language, and a letter is one text."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.watchdog.alarm import Alarm, Kind, Severity
from alerts.watchdog.memory import Letter
from alerts.watchdog.words import WORDS, Reader, body, headline, short, subject, todo

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
ALARMS = st.lists(
    st.builds(
        Alarm, st.sampled_from(Kind), st.just(Severity.GRAVE), st.just(AT), number=st.just(7)
    ),
    min_size=1,
    max_size=5,
)


def reader(language="en", **more):
    return Reader(language, "Valley", ZONE, **more)


@pytest.mark.parametrize("language", ["en", "fr", "zh"])
def test_every_kind_has_words_in_every_language(language):
    assert set(WORDS[language].kinds) == set(Kind)
    for kind in Kind:
        alarm = Alarm(kind, Severity.GRAVE, AT, about="hekou", number=7)
        line = headline(alarm, reader(language))
        assert "\n" not in line
        assert "{" not in line + todo(alarm, reader(language))
        assert f"[{kind}]" in line


def test_every_language_of_the_sites_that_we_ship_is_there():
    assert set(WORDS) == {"en", "fr", "zh"}
    assert reader("de").words is WORDS["en"]
    assert reader("zh-Hans").words is WORDS["zh"]


@given(ALARMS, ALARMS, ALARMS)
def test_a_letter_names_each_alarm_once_and_its_subject_counts_them(new, again, over):
    letter = Letter(tuple(new), tuple(again), tuple(over))
    text = body(letter, reader())
    assert text.count("[") == len(new) + len(again) + len(over)
    said = subject(letter, reader())
    assert said == f"Valley: the watch: {len(new)} new, {len(again)} still, {len(over)} over"
    assert text.startswith(said)
    assert short(letter, reader()).startswith(said)


def test_a_time_is_the_sites_and_an_exercise_says_so_first():
    letter = Letter(new=(Alarm(Kind.DISK, Severity.GRAVE, AT, number=7),))
    assert "2026-11-24 10:00" in body(letter, reader())
    exercise = reader(is_exercise=True)
    assert all(s(letter, exercise).startswith("EXERCISE") for s in (subject, body, short))
