"""The arithmetic of risk, each work done by us and by a named peer on the same inputs.

A work is timed only as far as both sides answer alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from shapely.geometry import Point, Polygon

from pipeline.bench import risk_peers as peers
from pipeline.bench.ratio import Differs, Measured, Ratio, Work, by_turns
from pipeline.catchment.accumulation import accumulate_steps
from pipeline.catchment.areal import areal_mean
from pipeline.catchment.polygons import from_polygons
from pipeline.catchment.weights import Weights
from pipeline.forecast.held_rain import held_rain
from pipeline.risk.thresholds import highest_level
from pipeline.runoff.gr4h import Parameters, State, ahead

Floats = npt.NDArray[np.float64]

DURATIONS: Final = (12, 24, 36, 72, 144, 288)
"""1 to 24 hours of five-minute steps."""
DAY: Final = 288
NEAR: Final = 4
"""Stations that a village's rain is made of."""
HOURLY: Final = (1, 2, 3, 6, 12, 24)
AUTUMN_CELLS: Final = 30
"""Rows and columns of a grid of 1 km over a catchment of the Cance's size."""
SEED: Final = 20250728


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much work it is.

    Attributes
    ----------
    beijing, national : villages and stations
    chunk : villages of a national day that are answered together, as many at a time
    polygons, cells : catchments, and rows and columns of the grid that they lie on
    hours, outlets : of the rainfall-runoff model
    turns : pairs that are timed, after one that is not
    """

    beijing: tuple[int, int] = (2_000, 1_000)
    national: tuple[int, int] = (570_000, 150_000)
    chunk: int = 20_000
    polygons: int = 2_000
    cells: int = 250
    hours: int = 2_952
    outlets: int = 54
    turns: int = 5


SMALL: Final = Sizes(
    beijing=(60, 30), national=(400, 100), chunk=100, polygons=20, cells=30, hours=40, outlets=5,
    turns=1,
)  # fmt: skip
"""To see that all of it works; their ratios say little."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Stations and villages, and the rain of some steps.

    Attributes
    ----------
    said : dims (time, station), mm in five minutes; one of a hundred is missing
    thresholds : dims (duration, village, level)
    """

    weights: Weights
    said: Floats
    thresholds: Floats

    @classmethod
    def made(cls, villages: int, stations: int, steps: int) -> Network:
        """Return a network made from a seed: each village among stations that lie near it."""
        chance = np.random.default_rng(SEED)
        near = np.linspace(0, stations - NEAR, villages).astype(np.int64)[:, None]
        source = near + np.arange(NEAR)
        share = chance.dirichlet(np.ones(NEAR), villages)
        said = chance.gamma(0.3, 2.0, (steps, stations))
        said *= chance.random((steps, 1)) < 0.5  # noqa: PLR2004 - half of the steps are dry
        said[chance.random(said.shape) < 0.01] = np.nan  # noqa: PLR2004
        level = np.sqrt(DURATIONS)[:, None, None] * np.array([3.0, 5.0, 7.0, 9.0])
        weights = Weights(
            np.arange(0, NEAR * villages + 1, NEAR), source.reshape(-1), share.reshape(-1), stations
        )
        spread = chance.uniform(0.8, 1.2, (villages, 1))
        return cls(weights, said, np.ascontiguousarray(level * spread))

    def part(self, villages: slice) -> Network:
        """Return some of the villages, among all stations."""
        first, stop, _ = villages.indices(self.weights.n_villages)
        own = slice(self.weights.indptr[first], self.weights.indptr[stop])
        weights = Weights(
            self.weights.indptr[first : stop + 1] - self.weights.indptr[first],
            self.weights.indices[own], self.weights.data[own], self.weights.n_sources,
        )  # fmt: skip
        return Network(weights, self.said, np.ascontiguousarray(self.thresholds[:, first:stop]))


def _ours(network: Network, kept: tuple[Floats, Floats], steps: int) -> npt.NDArray[np.int64]:
    rain, _ = accumulate_steps(*kept, DURATIONS, steps=steps)
    found = [highest_level(step, network.thresholds).max(axis=0) for step in rain]
    return np.stack(found)


def _theirs(
    network: Network, kept: tuple[Floats, Floats], steps: int, sums: Callable[..., peers.Sums]
) -> npt.NDArray[np.int64]:
    return peers.numpy_level(sums(*kept, DURATIONS, steps)[0], network.thresholds)


def live(name: str, size: tuple[int, int], sizes: Sizes) -> Iterator[Measured]:
    """Time one step of five minutes: the areal rain of the day before it is there already."""
    network = Network.made(*size, DAY)
    kept = areal_mean(network.said, network.weights)

    def step(mean: Callable[..., peers.Sums]) -> None:
        for row, own in zip(kept, mean(network.said[-1:], network.weights), strict=True):
            row[-1] = own[0]

    def ours() -> npt.NDArray[np.int64]:
        step(areal_mean)
        return _ours(network, kept, 1)

    def by(sums: Callable[..., peers.Sums]) -> npt.NDArray[np.int64]:
        step(peers.scipy_mean)
        return _theirs(network, kept, 1, sums)

    work = f"live step, {name}"
    summed = partial(by, peers.numpy_sums)
    yield Measured(work, "scipy and numpy", 1.0, _timed(ours, summed, sizes))
    rolled = partial(by, peers.pandas_sums)
    if size == sizes.beijing:  # nationally its frames do not fit beside the others
        yield Measured(work, "scipy and pandas", 10.0, _timed(ours, rolled, sizes))
    flat = [array.reshape(-1) for array in (*kept, network.thresholds)]

    def once() -> list[float]:
        return [peers.read_once(array) for array in flat]

    yield Measured(work, "reading its bytes once", 1 / 3, _ratio(ours, once, sizes))


def from_stations(name: str, size: tuple[int, int], sizes: Sizes) -> Iterator[Measured]:
    """Time a step of a process that has just begun: a day of stations, to levels."""
    network = Network.made(*size, DAY)

    def ours() -> npt.NDArray[np.int64]:
        return _ours(network, areal_mean(network.said, network.weights), 1)

    def theirs() -> npt.NDArray[np.int64]:
        kept = peers.scipy_mean(network.said, network.weights)
        return _theirs(network, kept, 1, peers.numpy_sums)

    work = f"first step of a process, {name}"
    yield Measured(work, "scipy and numpy", 1.0, _timed(ours, theirs, sizes))


def backfill(name: str, size: tuple[int, int], sizes: Sizes) -> Iterator[Measured]:
    """Time a day of five-minute steps, of villages in chunks that fit into memory."""
    network = Network.made(*size, 2 * DAY)
    parts = [
        network.part(slice(first, first + sizes.chunk)) for first in range(0, size[0], sizes.chunk)
    ]

    def ours() -> npt.NDArray[np.int64]:
        found = [_ours(p, areal_mean(p.said, p.weights), DAY) for p in parts]
        return np.concatenate(found, axis=1)

    def by(sums: Callable[..., peers.Sums]) -> npt.NDArray[np.int64]:
        found = [_theirs(p, peers.scipy_mean(p.said, p.weights), DAY, sums) for p in parts]
        return np.concatenate(found, axis=1)

    work = f"a day of steps, {name}"
    summed = partial(by, peers.numpy_sums)
    yield Measured(work, "scipy and numpy", 1.0, _timed(ours, summed, sizes))
    if size == sizes.beijing:
        rolled = partial(by, peers.pandas_sums)
        yield Measured(work, "scipy and pandas", 1.0, _timed(ours, rolled, sizes))


def grids(sizes: Sizes) -> Iterator[Measured]:
    """Time the means of one grid over overlapping catchments, whose shares are found beforehand."""
    chance = np.random.default_rng(SEED)
    side = float(sizes.cells)
    places = chance.uniform(0, side, (sizes.polygons, 2))
    polygons = [_star(chance, x, y) for x, y in places.tolist()]
    grid = chance.gamma(0.3, 2.0, (sizes.cells, sizes.cells))
    inside = [p for p in polygons if min(p.bounds) >= 0 and max(p.bounds) <= side]
    named = {f"{i}": polygon for i, polygon in enumerate(inside)}
    weights = from_polygons(named, (1.0, 0.0, 0.0, 0.0, -1.0, side), grid.shape)
    values = grid.reshape(1, -1)

    def ours() -> Floats:
        return np.asarray(areal_mean(values, weights)[0][0])

    theirs = partial(peers.exactextract_mean, grid, (0.0, 0.0, side, side), inside)
    _expect_near(ours(), theirs(), 1e-5)
    yield Measured("a grid over catchments", "exactextract", 1000.0, _ratio(ours, theirs, sizes))


def model(sizes: Sizes) -> Iterator[Measured]:
    """Time the rainfall-runoff model: every hour of an autumn, 24 hours ahead, at every outlet."""
    chance = np.random.default_rng(SEED)
    shape = (sizes.hours, sizes.outlets)
    rain = chance.gamma(0.3, 2.0, shape) * (chance.random((sizes.hours, 1)) < 0.2)  # noqa: PLR2004
    pet = np.full(shape, 0.05)
    of = _parameters(chance, sizes.outlets)
    begin = State.filled(of, 0.5, 0.3)
    future = held_rain(rain, mean_of=1, held=3, ahead=24)
    given = rain, pet, future, of, begin
    ours, theirs = partial(ahead, *given), partial(peers.numpy_gr4h, *given)
    _expect_near(ours(), theirs(), 1e-9)
    work = f"GR4H, {sizes.hours} hours, 24 h ahead"
    yield Measured(work, "numpy, all outlets at once", 1.0, _ratio(ours, theirs, sizes))


class Autumn(NamedTuple):
    """Hourly grids over nested catchments, and the model of these.

    Attributes
    ----------
    grids : dims (time, cell), mm
    limits_mm, limits_m3s : dims (duration, outlet, level) and (level)
    """

    grids: npt.NDArray[np.float32]
    weights: Weights
    parameters: Parameters
    limits_mm: Floats
    limits_m3s: Floats = np.array([0.5, 1.0, 2.0, 4.0])

    @classmethod
    def made(cls, sizes: Sizes) -> Autumn:
        """Return an autumn made from a seed: four of five hours are dry."""
        chance, outlets = np.random.default_rng(SEED), sizes.outlets
        cells = min(sizes.cells, AUTUMN_CELLS) ** 2
        grids = chance.gamma(0.3, 2.0, (sizes.hours, cells)).astype(np.float32)
        grids *= chance.random((sizes.hours, 1)) < 0.2  # noqa: PLR2004
        own = cells // 4
        source = np.linspace(0, cells - own, outlets).astype(np.int64)[:, None] + np.arange(own)
        ends = np.arange(0, source.size + 1, own)
        weights = Weights(ends, source.reshape(-1), np.full(source.size, 1 / own), cells)
        level = np.sqrt(HOURLY)[:, None, None] * np.array([3.0, 5.0, 7.0, 9.0])
        limits = np.ascontiguousarray(np.broadcast_to(level, (len(HOURLY), outlets, 4)))
        return cls(grids, weights, _parameters(chance, outlets), limits)

    def levels(
        self, mean: Callable[..., peers.Sums], sums: Callable[..., peers.Sums],
        flows: Callable[..., Floats], highest: Callable[..., npt.NDArray[np.int64]],
    ) -> npt.NDArray[np.int64]:  # fmt: skip
        """Return the level of every cycle, by sums and by the flow of the 24 hours ahead."""
        seen = mean(self.grids, self.weights)
        rain, _ = sums(*seen, HOURLY, len(self.grids))
        future = held_rain(seen[0], mean_of=1, held=3, ahead=24)
        begin, pet = State.filled(self.parameters, 0.5, 0.3), np.full(seen[0].shape, 0.05)
        peaks = flows(seen[0], pet, future, self.parameters, begin).max(axis=1).round(3)
        by_flow = highest(peaks[:, None], self.limits_m3s)
        return np.maximum(highest(rain, self.limits_mm), by_flow)


def autumn(sizes: Sizes) -> Iterator[Measured]:
    """Time every cycle of an autumn: hourly grids to levels, by sums and by the flow 24 h ahead."""
    made = Autumn.made(sizes)

    def in_all(mean: Floats, coverage: Floats, spans: Sequence[int], steps: int) -> peers.Sums:
        return accumulate_steps(mean, coverage, spans, steps=steps)

    ours = partial(
        made.levels, areal_mean, in_all, ahead, lambda v, t: highest_level(v, t).max(axis=1)
    )
    theirs = partial(
        made.levels, peers.scipy_mean, peers.numpy_sums, peers.numpy_gr4h, peers.numpy_level
    )
    work = "an autumn, grids to levels"
    yield Measured(work, "scipy and numpy", 1.0, _timed(ours, theirs, sizes))


def _parameters(chance: np.random.Generator, outlets: int) -> Parameters:
    return Parameters(
        chance.uniform(80, 300, outlets), np.zeros(outlets),
        chance.uniform(20, 90, outlets), chance.uniform(1, 8, outlets),
    )  # fmt: skip


WORKS: Final[Mapping[str, Callable[[Sizes], Iterator[Measured]]]] = MappingProxyType({
    "live": lambda sizes: live("Beijing", sizes.beijing, sizes),
    "live-national": lambda sizes: live("national", sizes.national, sizes),
    "first": lambda sizes: from_stations("Beijing", sizes.beijing, sizes),
    "day": lambda sizes: backfill("Beijing", sizes.beijing, sizes),
    "day-national": lambda sizes: backfill("national", sizes.national, replace(sizes, turns=1)),
    "grids": grids,
    "model": model,
    "autumn": autumn,
})  # fmt: skip


def _star(chance: np.random.Generator, x: float, y: float) -> Polygon:
    """Return a catchment of some 40 km2 with a ragged edge."""
    reach = chance.uniform(2.0, 5.0, 24)
    turn = np.linspace(0, 2 * np.pi, len(reach), endpoint=False)
    corners = zip(x + reach * np.cos(turn), y + reach * np.sin(turn), strict=True)
    return Polygon([Point(*corner) for corner in corners])


def _timed(ours: Work, peer: Work, sizes: Sizes) -> Ratio:
    one, other = np.asarray(ours()), np.asarray(peer())
    # A sum that lies on a threshold may fall to either side of it by how it was added up.
    if one.shape != other.shape or (one != other).mean() > 1e-3:  # noqa: PLR2004
        raise Differs(f"{(one != other).mean():.2%} of the levels differ")
    return _ratio(ours, peer, sizes)


def _expect_near(one: Floats, other: Floats, apart: float) -> None:
    worst = float(np.abs(one - other).max())
    if not worst <= apart * max(1.0, float(np.abs(other).max())):
        raise Differs(f"answers differ by {worst:g}")


def _ratio(ours: Work, peer: Work, sizes: Sizes) -> Ratio:
    return by_turns([(ours, peer)] * (sizes.turns + 1), repeatable=sizes.turns > 1)
