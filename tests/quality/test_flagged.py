"""The verdict on rows as read: the worst of all, the same in any order, and no value changed."""

from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.observation import QcFlag
from pipeline.quality.rule_needs import OF_RAIN
from pipeline.quality.verdict import flagged
from pipeline.site.model import Check, QualityRule, Station
from pipeline.store.rows import Points, SeriesNames
from pipeline.units import Variable
from tests.quality.rules import FIRST_US, HOUR_US, rule

G, U, S, F, M = QcFlag.GOOD, QcFlag.UNKNOWN, QcFlag.SUSPECT, QcFlag.FAIL, QcFlag.MISSING
NAN = np.nan
SPIKE = rule(Check.SPIKE)
PLACED = tuple(
    Station(
        station_id=name, name=name, variables=frozenset(Variable),
        lon=115.0 + 0.02 * east, lat=40.0, interval_min=60, silent_after_min=120,
    )
    for east, name in enumerate("ABCDE")
)  # fmt: skip
"""Five stations in a row, 1.7 km from one to the next."""


@dataclass
class Said:
    """Hours of stations as they would be read: one list of values each, None = not said.

    ``A@hand`` is what the feed `hand` tells of station A; all the others come by feed `f`.
    """

    stations: dict[str, list[float | None]]
    variable: Variable = Variable.STAGE
    interval_s: int = 0
    flags: dict[tuple[str, int], QcFlag] = field(default_factory=dict)

    def points(self) -> Points:
        names = list(self.stations)
        n = max(map(len, self.stations.values()))
        rows = [
            (hour, number, values[hour], self.flags.get((name, hour), G))
            for hour in range(n)
            for number, (name, values) in enumerate(self.stations.items())
            if hour < len(values) and values[hour] is not None
        ]
        hour, series, value, flag = (np.array(c) for c in zip(*rows, strict=True))
        valid = FIRST_US + HOUR_US * hour
        return Points(
            names=SeriesNames(
                feed_id=np.array([n.partition("@")[2] or "f" for n in names], dtype=object),
                station_id=np.array([n.partition("@")[0] for n in names], dtype=object),
                variable=np.array([str(self.variable)] * len(names), dtype=object),
                interval_s=np.full(len(names), self.interval_s),
            ),
            series=series, valid_us=valid, known_us=valid, value=value.astype(float),
            flag=np.where(np.isnan(value.astype(float)), M, flag).astype(np.uint8),
        )  # fmt: skip


def by_station(said: Said, *rules: QualityRule) -> dict[str, list[int]]:
    points = said.points()
    flags = flagged(points, rules, PLACED)
    return {
        name: flags[points.series == number].tolist() for number, name in enumerate(said.stations)
    }


def test_a_site_without_rules_reads_the_flags_of_the_log():
    points = Said({"H": [1.0, 9.0, 1.0]}).points()
    assert flagged(points, (), ()) is points.flag


def test_the_worst_of_all_counts_and_a_doubt_of_the_feed_stays():
    said = Said({"H": [1.0, 9.0, 1.0, 1.0]}, flags={("H", 2): S, ("H", 3): F})
    assert by_station(said, SPIKE)["H"] == [G, F, S, F]


def test_a_check_without_an_answer_gives_way():
    said = Said({"H": [1.0, 1.0]}, flags={("H", 0): U, ("H", 1): U})
    assert by_station(said, SPIKE)["H"] == [U, U]
    assert by_station(said, rule(Check.GROSS_RANGE))["H"] == [G, G]


def test_what_fails_alone_is_no_witness_against_its_neighbours():
    said = Said({"H": [1.0, 999.9, 999.9, 1.0, 1.1]})
    speed, constants = rule(Check.RATE_OF_CHANGE), rule(Check.SENTINEL)
    assert by_station(said, speed)["H"] == [G, F, G, F, G]
    both = by_station(replace(said, stations={"H": [1.0, 7.0, 1.1]}), speed, constants)["H"]
    assert both == [G, F, F]
    ranged = by_station(said, speed, rule(Check.GROSS_RANGE))["H"]
    assert ranged == [G, F, F, G, G]


def test_a_rule_for_a_station_judges_no_other_and_a_rule_of_rain_no_river():
    said = Said({"A": [1.0, 9.0, 1.0], "B": [1.0, 9.0, 1.0]})
    assert by_station(said, rule(Check.SPIKE, stations=("B",)))["A"] == [G, G, G]
    assert by_station(said, rule(Check.SPIKE, stations=("B",)))["B"] == [G, F, G]
    assert by_station(said, rule(Check.SPIKE, Variable.RAIN))["B"] == [G, G, G]


def test_an_hour_is_held_against_the_parts_that_came_beside_it():
    names = SeriesNames(
        feed_id=np.array(["f", "f"], dtype=object),
        station_id=np.array(["R", "R"], dtype=object),
        variable=np.array([str(Variable.RAIN)] * 2, dtype=object),
        interval_s=np.array([300, 3600]),
    )
    part = FIRST_US + HOUR_US // 12 * np.arange(1, 13)
    valid = np.append(part, FIRST_US + HOUR_US)
    points = Points(
        names=names, series=np.append(np.zeros(12, int), 1), valid_us=valid, known_us=valid,
        value=np.append(np.full(12, 2.0), 0.0), flag=np.full(13, G, dtype=np.uint8),
    )  # fmt: skip
    flags = flagged(points, [rule(Check.ACCUMULATION, Variable.RAIN)], ())
    assert flags.tolist() == [G] * 12 + [F]


def test_stations_that_share_no_instant_are_judged_as_if_they_did():
    names = [f"H{i:03d}" for i in range(300)]
    hours = {name: [1.0, 9.0, 1.0] for name in names}
    points = Said(hours).points()
    apart = replace(points, valid_us=points.valid_us + points.series * 1_000_000)
    order = np.argsort(apart.valid_us, kind="stable")
    fields = ("series", "valid_us", "known_us", "value", "flag")
    apart = replace(apart, **{name: getattr(apart, name)[order] for name in fields})
    flags = flagged(apart, [SPIKE], ())
    for number in range(300):
        assert flags[apart.series == number].tolist() == [G, F, G]


hour = st.one_of(st.none(), st.just(NAN), st.sampled_from([0.0, 99.9]), st.floats(-5, 60))
names = ["A", "B", "C", "D", "E", "A@hand", "B@hand"]
weeks = st.dictionaries(
    st.sampled_from(names), st.lists(hour, min_size=3, max_size=12), min_size=1
).filter(lambda said: any(v is not None for values in said.values() for v in values))
kinds = st.sampled_from([(Variable.STAGE, 0), (Variable.RAIN, 3600), (Variable.RAIN, 300)])
some_checks = st.lists(st.sampled_from([*Check]), min_size=1, unique=True)


def rules_of(variable: Variable, checks: list[Check]) -> list[QualityRule]:
    return [rule(c, variable) for c in checks if variable.is_sum or c not in OF_RAIN]


@given(weeks, kinds, some_checks, st.randoms(use_true_random=False))
def test_neither_the_order_of_stations_nor_that_of_rules_changes_a_flag(said, kind, checks, chance):
    stations, rules = list(said), rules_of(kind[0], checks)
    chance.shuffle(stations)
    one = by_station(Said(said, *kind), *rules)
    chance.shuffle(rules)
    assert by_station(Said({name: said[name] for name in stations}, *kind), *rules) == one


@given(weeks, kinds, some_checks)
def test_no_value_changes_and_no_flag_becomes_better(said, kind, checks):
    points = Said(said, *kind, flags={(name, 1): S for name in said}).points()
    value = points.value.copy()
    flags = flagged(points, rules_of(kind[0], checks), PLACED)
    assert np.array_equal(points.value, value, equal_nan=True)
    assert ((flags == M) == np.isnan(value)).all()
    assert (flags[points.flag == S] >= S).all()


@given(weeks, kinds)
def test_without_neighbours_no_check_that_asks_them_finds_anything(said, kind):
    points = Said(said, *kind).points()
    asking = [Check.LONE_BURST, Check.FAULTY_ZERO] if kind[0].is_sum else []
    found = flagged(points, rules_of(kind[0], asking), PLACED[:3])
    assert found.tolist() == points.flag.tolist()


def test_a_lone_burst_at_the_door_is_rejected_and_a_core_is_kept():
    lone = {name: [0.0, 0.0, 0.0, 0.0] for name in "ABCDE"}
    lone["C"] = [0.0, 0.0, 90.0, 0.0]
    core = {**lone, "B": [0.0, 0.0, 12.0, 0.0]}
    burst = rule(Check.LONE_BURST, Variable.RAIN)
    assert by_station(Said(lone, Variable.RAIN, 3600), burst)["C"] == [G, G, F, G]
    assert by_station(Said(core, Variable.RAIN, 3600), burst)["C"] == [G, G, G, G]


def test_what_fails_alone_is_no_witness_for_a_burst_next_door():
    hours = {name: [0.0, 0.0, 0.0, 0.0] for name in "ABCDE"}
    hours |= {"C": [0.0, 0.0, 90.0, 0.0], "B": [0.0, 0.0, 99.9, 0.0]}
    said = Said(hours, Variable.RAIN, 3600)
    burst, constant = (
        rule(Check.LONE_BURST, Variable.RAIN),
        rule(Check.SENTINEL, Variable.RAIN, fail=0),
    )
    assert by_station(said, burst)["C"][2] == G
    assert by_station(said, burst, constant)["C"][2] == F
