"""A rain grid is one witness more: what it saw counts, and what it did not see does not."""

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.observation import GridGeometry, QcFlag
from pipeline.quality.overhead import Overhead
from pipeline.quality.verdict import flagged
from pipeline.site.model import Check
from pipeline.site.rain_cells import RainCells
from pipeline.units import Variable
from tests.quality.networks import network
from tests.quality.rules import FIRST_US, HOUR_US, rule
from tests.quality.test_flagged import PLACED, Said

HOUR_S = 3600
SHAPE = (2, 3)
OVER = RainCells(grid_id="radar", shape=SHAPE, stations=("A", "C"), cells=(1, 5))
BURST = rule(Check.LONE_BURST, Variable.RAIN, neighbours=1)
DRY_STATION = rule(Check.FAULTY_ZERO, Variable.RAIN, neighbours=1, window_min=120)
AT = 2
HOURS = 4


@dataclass(frozen=True)
class Map:
    """One grid as read."""

    valid_us: int
    cells: np.ndarray
    interval_s: int = HOUR_S
    grid_id: str = "radar"
    variable: str = Variable.RAIN

    @property
    def geometry(self) -> GridGeometry:
        return GridGeometry("EPSG:2154", (1.0, 0.0, 0.0, 0.0, -1.0, 0.0), self.cells.shape)


def maps(over_c: list[float], elsewhere: float = 0.0) -> list[Map]:
    """Return a grid an hour; `over_c` is what it says of the cell over station C."""
    found = []
    for hour, mm in enumerate(over_c):
        cells = np.full(SHAPE, elsewhere, np.float32)
        cells[1, 2] = mm
        found.append(Map(FIRST_US + hour * HOUR_US, cells))
    return found


def of_c(values: list[float], grids: list[Map], *rules, over: RainCells = OVER) -> list[int]:
    """Return the flags of station C, alone but for the grids."""
    points = Said({"C": [*values]}, Variable.RAIN, HOUR_S).points()
    return flagged(points, rules or (BURST,), PLACED, Overhead.of(grids, over)).tolist()


def burst(mm: float = 90.0) -> list[float]:
    return [mm if hour == AT else 0.0 for hour in range(HOURS)]


NAN = [float("nan")] * HOURS
ALONE = [QcFlag.GOOD] * HOURS
"""The flags of the log: nobody could judge."""


@given(st.floats(15.1, 400.0))
def test_a_lone_burst_under_a_dry_grid_is_rejected_though_no_station_is_near(mm):
    flags = of_c(burst(mm), maps([0.0] * HOURS, elsewhere=80.0))
    assert flags[AT] == QcFlag.FAIL
    assert np.delete(flags, AT).tolist() == [QcFlag.GOOD] * (HOURS - 1)


@given(st.floats(15.1, 400.0), st.floats(1.0, 400.0), st.integers(AT - 1, AT + 1))
def test_the_same_burst_under_a_grid_that_was_wet_within_the_hour_stays(mm, share, hour):
    wet = [max(mm / 24.0, share) if h == hour else 0.0 for h in range(HOURS)]
    assert of_c(burst(mm), maps(wet))[AT] == QcFlag.GOOD


@given(st.lists(st.floats(0.0, 400.0), min_size=HOURS, max_size=HOURS))
def test_a_cell_that_was_not_seen_changes_nothing(values):
    points = Said({"C": values}, Variable.RAIN, HOUR_S).points()
    alone = flagged(points, (BURST, DRY_STATION), PLACED).tolist()
    assert of_c(values, maps(NAN, elsewhere=0.0), BURST, DRY_STATION) == alone
    assert of_c(values, [], BURST, DRY_STATION) == alone == ALONE


def test_a_station_alone_dry_under_a_wet_grid_is_doubted():
    assert of_c([0.0] * HOURS, maps([8.0] * HOURS), DRY_STATION)[-1] == QcFlag.SUSPECT
    assert of_c([0.0] * HOURS, maps([0.5] * HOURS), DRY_STATION) == ALONE


def test_a_grid_of_another_place_step_or_kind_is_no_witness():
    dry = maps([0.0] * HOURS)
    wide = np.zeros((3, 3), np.float32)
    for other in (
        [replace(grid, grid_id="satellite") for grid in dry],
        [replace(grid, interval_s=300) for grid in dry],
        [replace(grid, variable=Variable.STAGE) for grid in dry],
        [replace(grid, cells=wide) for grid in dry],
        [replace(grid, valid_us=grid.valid_us + 1) for grid in dry],
    ):
        assert of_c(burst(), other) == ALONE
    elsewhere = OVER.model_copy(update={"stations": ("A", "B")})
    assert of_c(burst(), dry, over=elsewhere) == ALONE


def test_a_grid_is_one_witness_among_the_stations_and_not_instead_of_them():
    hours = {"B": [0.0] * HOURS, "C": burst(), "D": [0.0] * HOURS}
    points = Said(hours, Variable.RAIN, HOUR_S).points()
    asking = rule(Check.LONE_BURST, Variable.RAIN, neighbours=3)
    dry = Overhead.of(maps([0.0] * HOURS), OVER)
    assert (flagged(points, (asking,), PLACED) == QcFlag.GOOD).all()
    rejected = flagged(points, (asking,), PLACED, dry) == QcFlag.FAIL
    assert np.flatnonzero(rejected).tolist() == np.flatnonzero(points.value == 90.0).tolist()


seen = st.one_of(st.just(float("nan")), st.floats(0.0, 50.0, width=32))


@given(
    st.lists(st.lists(seen, min_size=HOURS, max_size=HOURS), min_size=1, max_size=3),
    st.randoms(use_true_random=False),
)
def test_of_several_feeds_the_wettest_counts_in_whatever_order_they_come(feeds, chance):
    grids = [grid for feed in feeds for grid in maps(feed)]
    chance.shuffle(grids)
    block = replace(network([0.0], [0.0], np.zeros((HOURS, 1))), stations=("C",))
    block = replace(block, interval_s=HOUR_S, times=FIRST_US + HOUR_US * np.arange(HOURS))
    told = Overhead.of(grids, OVER).over(block)
    wettest = np.fmax.reduce(np.array(feeds, np.float32).astype(float), axis=0)
    assert np.array_equal(told[:, 0], wettest, equal_nan=True)


def test_stations_of_a_step_that_no_grid_has_are_told_nothing():
    block = network([0.0], [0.0], np.zeros((HOURS, 1)))
    assert Overhead.of(maps([1.0] * HOURS), OVER).over(block) is None
