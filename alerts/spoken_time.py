"""A clock time as it is said aloud, so that a voice on the telephone need not read digits."""

from __future__ import annotations

from collections.abc import Callable

DAWN_HOUR = 5
"""Before it, the templates' own clock says that it is night."""
NOON = 12
ZH = "零一二三四五六七八九"
ZH_PARTS = ((8, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
EN_PARTS = ((12, "in the morning"), (18, "in the afternoon"), (22, "in the evening"))
EN = (
    *("twelve", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
EN_TENS = ("", "", "twenty", "thirty", "forty", "fifty")
FR = (
    *("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"),
    *("onze", "douze", "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit"),
    "dix-neuf",
)
FR_TENS = ("", "", "vingt", "trente", "quarante", "cinquante")


def spoken_time(hour: int, minute: int, language: str) -> str:
    """Say a clock time in words; in a language that is not known here, in digits.

    From dawn on the words say which half of the day is meant; before it the clock of the
    templates does (``after_midnight``), which every text bears.

    Parameters
    ----------
    hour, minute : local, 24 h
    language : code, with or without a region
    """
    say = SAY.get(language.split("-", maxsplit=1)[0])
    return f"{hour:02d}:{minute:02d}" if say is None else say(hour, minute)


def _zh(hour: int, minute: int) -> str:
    part = "" if hour < DAWN_HOUR else next(word for end, word in ZH_PARTS if hour < end)
    twelve = hour - NOON if hour > NOON else hour
    said = f"{part}{'两' if twelve == 2 else _zh_number(twelve)}点"  # noqa: PLR2004 - 两, not 二
    if minute == 0:
        return said
    zero = "零" if minute < len(ZH) else ""
    return f"{said}{zero}{_zh_number(minute)}分"


def _zh_number(number: int) -> str:
    tens, units = divmod(number, 10)
    if tens == 0:
        return ZH[units]
    return f"{ZH[tens] if tens > 1 else ''}十{ZH[units] if units else ''}"


def _en(hour: int, minute: int) -> str:
    said = EN[hour % NOON]
    if minute == 0:
        said += " o'clock"
    elif minute < 10:  # noqa: PLR2004 - one digit
        said += f" oh {EN[minute]}"
    else:
        said += f" {_en_number(minute)}"
    if hour < DAWN_HOUR:
        return said
    return f"{said} {next((part for end, part in EN_PARTS if hour < end), 'at night')}"


def _en_number(number: int) -> str:
    tens, units = divmod(number, 10)
    if number < len(EN):
        return EN[number]
    return EN_TENS[tens] + (f"-{EN[units]}" if units else "")


def _fr(hour: int, minute: int) -> str:
    # l'heure and la minute: une, vingt et une
    said = f"{_fr_number(hour)} heure{'s' if hour > 1 else ''}"
    return said if minute == 0 else f"{said} {_fr_number(minute)}"


def _fr_number(number: int) -> str:
    tens, units = divmod(number, 10)
    if number == 1:
        return "une"
    if number < len(FR):
        return FR[number]
    if units == 1:
        return f"{FR_TENS[tens]} et une"
    return FR_TENS[tens] + (f"-{FR[units]}" if units else "")


SAY: dict[str, Callable[[int, int], str]] = {"zh": _zh, "en": _en, "fr": _fr}
