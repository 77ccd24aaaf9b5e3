"""Every CAP message that we write is valid, and every chain names what went before."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from alerts.cap import timestamp
from alerts.cap_rules import NAMESPACE, problems
from alerts.compose import compose
from pipeline.bulletin import DataState, Indicator, RiskLevel
from tests.golden.samples import CUTOFF, EXERCISE, HOUR, LIVE, SLOT, occasion, risk, valley

PACK = valley()
NS = {"c": NAMESPACE}


def cap(seen, pack=PACK):
    return compose(seen, pack).cap


def texts(message, path):
    return etree.fromstring(message.content).xpath(f"//c:{path}/text()", namespaces=NS)


@given(
    village=st.sampled_from([v.village_id for v in PACK.villages if "rp" not in v.village_id]),
    level=st.integers(2, 4),
    lead=st.none() | st.integers(-120, 900),
    state=st.sampled_from(DataState),
    world=st.sampled_from([EXERCISE, LIVE]),
)
def test_whatever_is_told_is_valid_cap(village, level, lead, state, world):
    seen = risk(level, village=village, lead_min=lead, state=state)
    message = cap(occasion(seen, world=world))
    assert message.faults == ()
    assert problems(message.content) == []


def told_as(*evidence):
    seen = replace(risk(3), evidence=tuple(replace(e, level=RiskLevel.ORANGE) for e in evidence))
    return set(texts(cap(occasion(seen)), "certainty"))


def test_only_what_was_measured_is_observed():
    (measured, *_) = risk(3).evidence
    flow = replace(measured, indicator=Indicator.MODEL)
    forecast = replace(measured, indicator=Indicator.FORECAST, probability=0.9)
    assert told_as(measured) == told_as(measured, flow, forecast) == {"Observed"}
    assert told_as(flow) == told_as(forecast) == told_as(flow, forecast) == {"Likely"}
    even = replace(forecast, probability=0.5)
    assert told_as(even) == {"Possible"}
    assert told_as(even, flow) == {"Likely"}


def test_a_chain_of_updates_repeats_its_references_byte_for_byte():
    before, earlier = None, ()
    for hour, level in enumerate([2, 3, 4]):
        slot = SLOT + hour * HOUR
        seen = occasion(risk(level, slot=slot), before=before, slot=slot, earlier=earlier)
        message, before = cap(seen), seen.step.episode
        assert message.faults == ()
        assert texts(message, "references") == (
            [" ".join(ref.triple for ref in earlier)] if earlier else []
        )
        assert message.msg_type == ("Update" if earlier else "Alert")
        earlier = (*earlier, message.reference)
    assert len({ref.identifier for ref in earlier}) == 3
    sent = texts(message, "sent")[0]
    assert earlier[-1].sent == sent


def test_the_end_of_what_was_told_is_a_cancel_that_asks_nothing():
    first = occasion(risk(2))
    before, earlier = first.step.episode, (cap(first).reference,)
    for hour in (1, 2):
        slot = SLOT + hour * HOUR
        seen = occasion(risk(0, slot=slot), before=before, slot=slot, earlier=earlier)
        before = seen.step.episode
    message = cap(seen)
    assert (message.msg_type, message.faults) == ("Cancel", ())
    assert set(texts(message, "urgency")) == {"Past"}
    assert "AllClear" not in message.content.decode()


def test_an_exercise_is_never_public_and_says_so_in_every_text():
    message = cap(occasion(risk(4)))
    assert texts(message, "status") == ["Exercise"]
    assert texts(message, "scope") == ["Restricted"]
    for name in ("note", "headline", "description", "instruction"):
        assert all(("EXERCISE" in t) or ("演练" in t) for t in texts(message, name))


def test_live_is_actual_and_public():
    message = cap(occasion(risk(4), world=LIVE))
    assert (texts(message, "status"), texts(message, "scope")) == (["Actual"], ["Public"])


def test_both_languages_say_the_same_to_a_machine():
    message = cap(occasion(risk(3)))
    assert texts(message, "language") == ["zh-CN", "en"]
    assert texts(message, "severity") == ["Severe", "Severe"]


def test_a_village_without_a_position_has_a_code_and_a_name():
    lost = PACK.village("hekou").model_copy(update={"lat": None, "lon": None})
    others = tuple(v for v in PACK.villages if v.village_id != "hekou")
    message = cap(occasion(risk(4)), replace(PACK, villages=(*others, lost)))
    assert message.faults == ()
    assert texts(message, "circle") == []
    assert "hekou" in texts(message, "geocode/c:value")


def test_utc_is_written_as_minus_zero():
    assert timestamp(CUTOFF, "UTC") == "2024-07-14T17:05:00-00:00"
    assert timestamp(CUTOFF, "Asia/Shanghai") == "2024-07-15T01:05:00+08:00"


@pytest.mark.parametrize("name", ["a&b <x>", "\x00bad\ufffe", "x" * 200])
def test_a_village_s_name_cannot_break_the_message(name):
    odd = PACK.village("songlin").model_copy(update={"name": name, "name_en": name})
    others = tuple(v for v in PACK.villages if v.village_id != "songlin")
    message = cap(occasion(risk(4, village="songlin")), replace(PACK, villages=(*others, odd)))
    assert etree.fromstring(message.content) is not None


@pytest.mark.parametrize("world", [EXERCISE, LIVE])
@pytest.mark.parametrize("length", range(100, 120))
def test_a_headline_that_is_cut_can_leave_and_keeps_the_mark_at_its_end(world, length):
    name = ("Upper " * 20)[:length].strip()
    long = PACK.village("songlin").model_copy(update={"name": name, "name_en": name})
    others = tuple(v for v in PACK.villages if v.village_id != "songlin")
    seen = occasion(risk(4, village="songlin"), world=world)
    message = cap(seen, replace(PACK, villages=(*others, long)))
    assert message.faults == ()
    for headline, mark in zip(texts(message, "headline"), ("【演练】", "EXERCISE"), strict=True):
        assert len(headline) < 140
        assert headline.endswith(mark) is (world is EXERCISE)
