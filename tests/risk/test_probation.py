"""A station on probation may raise to orange and corroborate; it makes no red and no calm."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.bulletin import DataState, RiskLevel, StationEventKind
from pipeline.risk.probation import on_probation
from pipeline.risk.site_arrays import SiteArrays
from pipeline.site.signature import Signed, StationSignature
from pipeline.units import Variable
from tests.risk.small_site import HOUR, NOON, Weather, bulletin, config, dry, gauge_config, station

NEW = date(2024, 7, 14)
DAY = timedelta(days=1)
GAUGES = gauge_config()


def signed(what: Signed, on: date, station_id: str = "H") -> StationSignature:
    return StationSignature(
        station_id=station_id, what=what, signed_by="hydrologist-1", signed_on=on
    )


days = st.dates(NEW - 20 * DAY, NEW + 20 * DAY)
signatures = st.lists(st.builds(signed, st.sampled_from(Signed), days), max_size=6).map(tuple)


@given(days, signatures, days)
def test_a_probation_lasts_to_its_day_and_to_the_last_signature(until, rows, day):
    new = station(probation_until=until, signatures=rows)
    by = {what: min((r.signed_on for r in rows if r.what is what), default=None) for what in Signed}
    ends = None if None in by.values() else max(until + DAY, *by.values())
    lasts = bool(on_probation([new], datetime.combine(day, time(12), UTC)))
    assert lasts is (ends is None or day < ends)


@given(days, signatures, st.sampled_from(Signed), days, days)
def test_one_more_signature_never_begins_a_probation(until, rows, what, on, day):
    noon = datetime.combine(day, time(12), UTC)
    before = station(probation_until=until, signatures=rows)
    after = station(probation_until=until, signatures=(*rows, signed(what, on)))
    assert on_probation([after], noon) <= on_probation([before], noon)


def test_a_rain_gauge_needs_no_datum_and_an_old_station_no_signature():
    every = tuple(signed(what, NEW) for what in Signed if what is not Signed.DATUM)
    gauge = station("R", variables=(Variable.RAIN,), probation_until=NEW - DAY, signatures=every)
    assert not on_probation([gauge, station()], NOON)


def on_trial(*names: str) -> SiteArrays:
    """Return the gauge site with some of its stations on probation."""
    stations = tuple(
        s.model_copy(update={"probation_until": NEW}) if s.station_id in names else s
        for s in GAUGES.stations
    )
    return SiteArrays.of(GAUGES.model_copy(update={"stations": stations}))


def weather(stage: float, one_mm: float, two_mm: float) -> Weather:
    made = Weather()
    for back in range(80):
        made.point("R1", NOON - back * HOUR, one_mm if back < 2 else 0.0)
        made.point("R2", NOON - back * HOUR, two_mm if back < 2 else 0.0)
    for back in range(12):
        made.point("H", NOON - back * HOUR, stage)
    return made


mm = st.floats(0, 60, width=32)


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 4), mm, mm, st.sampled_from(["H", "R1", "R2"]))
def test_the_end_of_a_probation_never_lowers_a_level(stage, one_mm, two_mm, name):
    made = weather(stage, one_mm, two_mm)
    new, old = bulletin(made, site=on_trial(name)), bulletin(made, site=on_trial())
    assert all(a >= b for a, b in zip(old.levels, new.levels, strict=True))


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 4), mm, mm)
def test_stations_on_probation_make_no_red_without_another(stage, one_mm, two_mm):
    found = bulletin(weather(stage, one_mm, two_mm), site=on_trial("H", "R1", "R2"))
    assert max(found.levels) <= RiskLevel.ORANGE
    assert DataState.COMPLETE not in found.data_states


def test_a_station_on_probation_raises_to_orange_and_says_so():
    found = bulletin(weather(3.5, 0.0, 0.0), site=on_trial("H"))
    assert found.of("ford").level == RiskLevel.ORANGE
    (event,) = found.events
    assert (event.kind, event.station_id) == (StationEventKind.PROBATION, "H")
    assert event.villages == ("ford", "lower")


def test_with_a_second_independent_evidence_red_stands():
    found = bulletin(weather(3.5, 35.0, 35.0), site=on_trial("H"))
    assert found.of("lower").level == RiskLevel.RED
    assert found.of("ford").level == RiskLevel.ORANGE


def test_no_village_is_complete_on_the_word_of_a_probation_alone():
    trial = station(probation_until=NEW)
    site = SiteArrays.of(config(stations=(trial,)))
    found = bulletin(dry(Weather()), site=site)
    assert found.of("ford").data_state is DataState.DEGRADED
    assert found.of("lower").data_state is DataState.COMPLETE
    every = tuple(signed(what, date(2024, 7, 1)) for what in Signed)
    after = station(probation_until=date(2024, 7, 13), signatures=every)
    over = bulletin(dry(Weather()), site=SiteArrays.of(config(stations=(after,))))
    assert over.events == ()
