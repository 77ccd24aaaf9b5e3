"""The verdict on rows as read: the worst of all, the same in any order, and no value changed."""

from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.observation import QcFlag
from pipeline.quality.verdict import flagged
from pipeline.site.model import Check, QualityRule
from pipeline.store.rows import Points, SeriesNames
from pipeline.units import Variable
from tests.quality.rules import FIRST_US, HOUR_US, rule

G, U, S, F, M = QcFlag.GOOD, QcFlag.UNKNOWN, QcFlag.SUSPECT, QcFlag.FAIL, QcFlag.MISSING
NAN = np.nan
SPIKE = rule(Check.SPIKE)


@dataclass
class Said:
    """Hours of stations as they would be read: one list of values each, None = not said."""

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
                feed_id=np.array(["f"] * len(names), dtype=object),
                station_id=np.array(names, dtype=object),
                variable=np.array([str(self.variable)] * len(names), dtype=object),
                interval_s=np.full(len(names), self.interval_s),
            ),
            series=series, valid_us=valid, known_us=valid, value=value.astype(float),
            flag=np.where(np.isnan(value.astype(float)), M, flag).astype(np.uint8),
        )  # fmt: skip


def by_station(said: Said, *rules: QualityRule) -> dict[str, list[int]]:
    points = said.points()
    flags = flagged(points, rules, ())
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
weeks = st.dictionaries(
    st.sampled_from(["A", "B", "C", "D"]), st.lists(hour, min_size=3, max_size=12), min_size=1
).filter(lambda said: any(v is not None for values in said.values() for v in values))
some_rules = st.lists(
    st.sampled_from([c for c in Check if c not in {Check.NEIGHBOURS, Check.WRONG_UNIT}]),
    min_size=1,
    unique=True,
).map(lambda checks: [rule(check) for check in checks])


@given(weeks, some_rules, st.randoms(use_true_random=False))
def test_neither_the_order_of_stations_nor_that_of_rules_changes_a_flag(said, rules, chance):
    stations, shuffled = list(said), list(rules)
    chance.shuffle(stations)
    chance.shuffle(shuffled)
    one = by_station(Said(said), *rules)
    assert by_station(Said({name: said[name] for name in stations}), *shuffled) == one


@given(weeks, some_rules)
def test_no_value_changes_and_no_flag_becomes_better(said, rules):
    points = Said(said, flags={(name, 1): S for name in said}).points()
    value = points.value.copy()
    flags = flagged(points, rules, ())
    assert np.array_equal(points.value, value, equal_nan=True)
    assert ((flags == M) == np.isnan(value)).all()
    assert (flags[points.flag == S] >= S).all()
