"""The places of the Cance are spoken of in every language of the site, and in French as it is."""

import re
from collections.abc import Iterator
from itertools import product

import pytest

from alerts.compose import compose
from alerts.message import clock
from alerts.warning_message import WarningMessage
from pipeline.site.model import VillageKind
from pipeline.world import Mode
from tests.golden.samples import HOUR, MINUTE, occasion, risk, shipped
from tests.golden.texts import CANCE

PACK = shipped("cance")
VILLAGES = [v.village_id for v in PACK.villages if v.kind is VillageKind.VILLAGE]
LEADS_MIN = (None, 20, 200)
UNCONTRACTED = re.compile(r"\b(?:à|de) les?\b|\b(?:de|que|le|la) [AEIOUÉŒ]", re.IGNORECASE)
"""What French joins: au, aux, du, des; and d', qu', l' before a vowel."""


def localised(value: object) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if "en" in value:
            yield value
        for part in value.values():
            yield from localised(part)
    if isinstance(value, list | tuple):
        for part in value:
            yield from localised(part)


def in_french(village: str) -> Iterator[WarningMessage]:
    for level, lead_min in product((2, 3, 4), LEADS_MIN):
        seen = risk(level, village=village, lead_min=lead_min, slot=CANCE.slot)
        told = occasion(seen, world=CANCE.world(Mode.LIVE), slot=CANCE.slot)
        yield from (m for m in compose(told, PACK).messages if m.language == "fr")


@pytest.mark.parametrize("village", sorted(PACK.plans))
def test_every_name_in_a_plan_is_in_every_language(village):
    names = list(localised(PACK.plans[village].model_dump()))
    assert names
    assert [name for name in names if set(PACK.languages) - set(name)] == []


@pytest.mark.parametrize("village", VILLAGES)
def test_no_article_or_vowel_meets_a_word_that_french_joins_with_it(village):
    said = [f"{message.subject}\n{message.body}" for message in in_french(village)]
    assert said
    assert [found for text in said for found in UNCONTRACTED.findall(text)] == []


def test_the_hour_that_comes_twice_says_which_in_french():
    words = PACK.templates["fr"].clock
    autumn = CANCE.slot.replace(month=10, day=26) + 30 * MINUTE
    first, second = (clock(autumn + hours * HOUR, "Europe/Paris", words) for hours in (0, 1))
    assert first == "02:30 dans la nuit (avant le changement d'heure)"
    assert second == "02:30 dans la nuit (après le changement d'heure)"
