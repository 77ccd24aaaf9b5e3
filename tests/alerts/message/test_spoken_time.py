"""A voice says a clock time in words, and no two minutes of a day sound the same."""

import re

import pytest

from alerts.spoken_time import DAWN_HOUR, spoken_time

DAY = [(hour, minute) for hour in range(24) for minute in range(60)]


@pytest.mark.parametrize(
    ("hour", "minute", "zh", "en", "fr"),
    [
        (2, 40, "两点四十分", "two forty", "deux heures quarante"),
        (3, 0, "三点", "three o'clock", "trois heures"),
        (0, 5, "零点零五分", "twelve oh five", "zéro heure cinq"),
        (1, 21, "一点二十一分", "one twenty-one", "une heure vingt et une"),
        (12, 0, "中午十二点", "twelve o'clock in the afternoon", "douze heures"),
        (14, 10, "下午两点十分", "two ten in the afternoon", "quatorze heures dix"),
        (9, 59, "上午九点五十九分", "nine fifty-nine in the morning", "neuf heures cinquante-neuf"),
        (22, 19, "晚上十点十九分", "ten nineteen at night", "vingt-deux heures dix-neuf"),
        (
            21,
            31,
            "晚上九点三十一分",
            "nine thirty-one in the evening",
            "vingt et une heures trente et une",
        ),
    ],
)
def test_a_time_is_said_as_people_say_it(hour, minute, zh, en, fr):
    assert spoken_time(hour, minute, "zh-CN") == zh
    assert spoken_time(hour, minute, "en") == en
    assert spoken_time(hour, minute, "fr") == fr


@pytest.mark.parametrize("language", ["zh", "en", "fr"])
def test_no_time_holds_a_digit_and_none_sounds_like_another(language):
    # before dawn the templates' own clock adds that it is night
    said = [(hour < DAWN_HOUR, spoken_time(hour, minute, language)) for hour, minute in DAY]
    assert len(set(said)) == len(DAY)
    assert not any(re.search(r"\d", text) for _, text in said)


def test_a_language_that_is_not_known_is_given_the_digits():
    assert spoken_time(2, 5, "si") == "02:05"
