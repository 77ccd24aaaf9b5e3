"""A care home leaves at orange: where it cannot wait for that, officers hear it at yellow."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.compose import compose
from alerts.episode import Word, advance
from alerts.heard import heard
from alerts.tier import Tier
from alerts.warning_message import Audience
from tests.golden.samples import EXERCISE, SLOT, bulletin, occasion, risk, valley

HOME = "the Hekou care home"
RAISING = replace(valley(), config=valley().config.model_copy(update={"clock_raises_yellow": True}))


def told(pack, level, lead_min):
    """Return the tier that a bulletin brings a calm village to, its clock held against its plan."""
    seen = risk(level, lead_min=lead_min)
    word = heard(pack, pack.village("hekou"), seen, bulletin(seen))
    return advance(None, word, world=EXERCISE, rules=pack.config).episode.tier


@given(lead_min=st.integers(1, 400))
def test_without_the_setting_a_yellow_stays_yellow_whatever_the_clock(lead_min):
    assert told(valley(), 2, lead_min) is Tier.YELLOW


@given(lead_min=st.integers(1, 400))
def test_with_it_a_yellow_rises_to_orange_and_never_on_to_red(lead_min):
    tiers = [told(RAISING, 2, lead) for lead in (lead_min, lead_min + 10)]
    assert set(tiers) <= {Tier.YELLOW, Tier.ORANGE}
    assert tiers == sorted(tiers, reverse=True)


def test_with_it_a_home_that_cannot_wait_is_told_to_leave():
    assert told(RAISING, 2, 20) is Tier.ORANGE
    assert told(RAISING, 2, 400) is Tier.YELLOW


@given(level=st.integers(0, 4))
def test_the_clock_raises_by_one_tier_and_none_above_red(level):
    word = Word(SLOT, risk(level), pressed=True)
    after = advance(None, word, world=EXERCISE, rules=valley().config).episode
    assert after.tier == min(level + 1, Tier.RED)


def texts(lead_min, audience):
    seen = risk(2, lead_min=lead_min)
    messages = compose(occasion(seen), valley()).messages
    return [m.body for m in messages if m.audience is audience and m.language == "en"]


@pytest.mark.parametrize(("lead_min", "cannot_wait"), [(20, True), (400, False)])
def test_officers_hear_at_yellow_who_cannot_wait_for_orange(lead_min, cannot_wait):
    (body,) = texts(lead_min, Audience.OFFICER)
    assert (f"{HOME} (48 people) cannot wait for orange" in body) is cannot_wait


def test_in_the_village_nobody_is_sent_away_by_it():
    (body,) = texts(20, Audience.VILLAGER)
    assert HOME not in body
    assert "Nobody leaves home yet" in body
