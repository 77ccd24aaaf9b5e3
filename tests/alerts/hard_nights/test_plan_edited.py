"""A plan that is edited in the middle of a night rules the next order, and leaves nobody away."""

from datetime import UTC, datetime

import pytest

from alerts.actions import Asked, confirm_lower, request_lower
from alerts.release import CHECKLIST
from alerts.releasing import Releasing, release_places
from alerts.tier import Tier
from tests.alerts.hard_nights.gorge import FERRY, FIRST, SECOND, write_plan
from tests.alerts.hard_nights.night import subjects

BEFORE_DAWN = datetime(2026, 7, 15, 2, tzinfo=UTC)
"""Four o'clock in the gorge."""
LIGHT = datetime(2026, 7, 15, 4, tzinfo=UTC)
CARE_HOME = FERRY[FERRY.index("[[special_sites]]") : FERRY.index("[people]")]
EDITED = (
    FERRY.replace(CARE_HOME, "")
    .replace('"school"', '"chapel"')
    .replace('"the school"', '"the chapel"')
    .replace('"ferry/responsible"', '"ferry/deputy"')
)
"""The care home has moved away, the school is given up, and another person is responsible."""


@pytest.fixture
def edited(begin):
    """Give a night on which Ferry's plan was edited between its orange and its red."""
    night = begin(slot=BEFORE_DAWN, cycle_min=30, more=["ferry/deputy"])
    orange = night.lived(R1=10.0, R2=10.0)
    assert subjects(orange, "ferry") == {"The care home: leave now", "The quay: get ready to leave"}
    assert all("the school" in s.text for s in orange if s.village == "ferry")
    write_plan(night.settings.site_folder, "ferry", EDITED)
    return night


def home_again(night):
    """Lower Ferry by two persons in the light, and let the people of both places go home."""
    while night.slot < LIGHT:
        night.lived()
    with night.desk() as (desk, minute):
        asked = Asked("ferry", Tier.NONE, "over", FIRST, override="seen from the bridge")
        confirm_lower(desk, request_lower(desk, asked, minute), SECOND, minute)
    night.waited(1)
    with night.desk() as (desk, minute):
        release_places(
            desk, Releasing("ferry", ("home", "quay"), frozenset(CHECKLIST), FIRST), minute
        )
    return night.waited(1)


def test_the_next_order_after_an_edit_is_of_the_new_plan(edited):
    red = edited.lived(R1=4.0, R2=4.0)
    assert subjects(red, "ferry") == {"The quay: leave now"}
    told = [s for s in red if s.village == "ferry"]
    assert {s.to for s in told} == {"ferry/deputy", "ferry/warning", "ferry/transfer"}
    assert all("the chapel" in s.text and "school" not in s.text for s in told)


def test_an_edit_alone_says_nothing(edited):
    assert edited.lived(R1=0.5, R2=0.5) == []


def test_whoever_was_told_to_leave_before_the_edit_is_let_home(edited):
    told = {s.to for s in edited.sent if s.subject == "The care home: leave now"}
    edited.lived(R1=4.0, R2=4.0)
    home = [s for s in home_again(edited) if s.village]
    assert subjects(home, "ferry") == {"Home: you may return home", "The quay: you may return home"}
    of_care_home = {s.to for s in home if s.subject.startswith("Home")}
    assert of_care_home == told | {"ferry/deputy"}
    assert "ferry/responsible" in told
    assert len(home) == len({(s.to, s.subject) for s in home})
    assert edited.explained() == {"identical"}
