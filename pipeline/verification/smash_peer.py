"""SMASH as a peer: the distributed GR4 of the French flash-flood service, on the same rain.

Its parameters are fitted by its own optimizers on the flow of the other folds at all gauges, first
one set for all cells, from there one for each; its states are then carried over the whole record,
and from those of each slot the hours ahead are run, with the rain held as for our own model and the
same choice of triggers. Its package is optional (extra `peers`), and none of its code is ours.

Source: hydro-smash 1.3.0 (INRAE), structure gr4-lr, after Colleoni et al. (2023), "SMASH -
Spatially distributed Modelling and ASsimilation for Hydrology", arXiv:2308.12040.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.warp

from pipeline.catchment.weights import Weights
from pipeline.database import Engine
from pipeline.forecast.held_rain import held_rain
from pipeline.forecast.hours import AHEAD_H
from pipeline.observation import GridGeometry
from pipeline.risk.runoff_arrays import HOUR_S, evaporation_mm
from pipeline.site.derive import rain_grid
from pipeline.site.derived import WGS84
from pipeline.site.model import RiskConfig
from pipeline.site.pack import SitePack
from pipeline.units import Variable
from pipeline.verification.fitting import HELD
from pipeline.verification.folds import Fold
from pipeline.verification.peer import NotRun, Peer
from pipeline.verification.record import Record, rain_over

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[np.float32]

METHOD: Final = "smash"
MAX_SHIFT_CELLS: Final = 2
PARAMETERS: Final = ("cp", "ct", "kexc", "llr")
BEGIN: Final = {"hp": 0.3, "ht": 0.2}
"""Filled shares of its stores at the beginning. Chosen in its favour: of ht .01, .1, .2 and .3 the
one with the best efficiency out of fold on the Cance (.90 to .97); with its default it is .26."""
ITERATIONS: Final = 30
NO_FLOW: Final = -99.0
STORES: Final = 3
"""hi, hp and ht are filled shares; the last state, hlr, is a depth."""
LEAST: Final = np.float32(1e-6)
QUIET: Final = {"verbose": False}
NOTHING_READ: Final = dict.fromkeys(
    ("read_prcp", "read_pet", "read_qobs", "compute_mean_atmos", "adjust_interception"), False
)


@dataclass(frozen=True, slots=True)
class SmashPeer:
    """Runs SMASH on a site's record."""

    engine: Engine
    pack: SitePack
    config: RiskConfig

    def __call__(self, record: Record, folds: Sequence[Fold]) -> Peer | NotRun:
        """Return what SMASH foresaw in each fold, or why it was not run."""
        why = self._hindrance(record)
        if why is not None:
            return NotRun(METHOD, why)
        try:
            return self._run(record, folds)
        except ValueError as error:  # what SMASH says of a mesh or a value that it cannot take
            return NotRun(METHOD, f"it refused: {error}")

    def _run(self, record: Record, folds: Sequence[Fold]) -> Peer | NotRun:
        mesh = self._mesh(record)
        geometry = rain_grid(self.pack)
        weights = over_cells(mesh, geometry)
        if weights is None:
            return NotRun(METHOD, "the rain grid's cells are not those of the flow grid")
        rain = np.nan_to_num(rain_over(self.engine, self.config, record, weights))
        run = SmashRun(record, mesh, rain, evaporation_mm(self.pack.runoff))
        return Peer(METHOD, {fold.name: dict(run.foreseen(~fold.within)) for fold in folds})

    def _hindrance(self, record: Record) -> str | None:
        stated = self.pack.catchment
        hourly, flows = record.step_s == HOUR_S, {gauge.variable for gauge in record.gauges}
        placed = len(self._places(record)) == len(record.gauges)
        needs = {
            "it is not installed: pip install 'floodwarn[peers]'": installed(),
            "the site has no flow grid": stated.flow_directions is not None,
            "no rain grid lies over the flow grid": stated.rain_feed is not None,
            "the flow directions are not counted from north": stated.coding == "north_clockwise",
            "the record's steps are not hours": hourly,
            "a gauge tells no discharge": flows == {Variable.DISCHARGE},
            "a gauge has no position, or its catchment no area": placed,
        }
        return next((why for why, met in needs.items() if not met), None)

    def _places(self, record: Record) -> list[tuple[float, float, float]]:
        """Return longitude, latitude and area, m2, of the gauges that have them."""
        stations = {s.station_id: s for s in self.config.stations}
        areas = {v.village_id: v.area_km2 for v in self.config.villages}
        of = [(stations[g.station_id], areas[g.village_id]) for g in record.gauges]
        return [
            (s.lon, s.lat, 1e6 * area)
            for s, area in of
            if s.lon is not None and s.lat is not None and area is not None
        ]

    def _mesh(self, record: Record) -> dict[str, Any]:
        flow = Path(self.pack.expand(str(self.pack.catchment.flow_directions)))
        with rasterio.open(flow) as grid:
            crs = grid.crs
        lon, lat, area = zip(*self._places(record), strict=True)
        x, y = rasterio.warp.transform(WGS84, crs, lon, lat)
        mesh: dict[str, Any] = importlib.import_module("smash").factory.generate_mesh(
            str(flow),
            x=x,
            y=y,
            area=[*area],
            code=[gauge.station_id for gauge in record.gauges],
            max_depth=MAX_SHIFT_CELLS,
            epsg=crs.to_epsg(),
        )
        return mesh


def installed() -> bool:
    """Tell whether SMASH can be imported."""
    return importlib.util.find_spec(METHOD) is not None


def over_cells(mesh: Mapping[str, Any], geometry: GridGeometry) -> Weights | None:
    """Return which cell of the rain grid lies over each cell of a mesh, row by row.

    None where the two grids have other cells, or the rain grid does not reach so far.
    """
    rows, cols = geometry.shape
    a, _, left, _, e, top = geometry.transform[:6]
    col = (float(mesh["xmin"]) - left) / a
    row = (float(mesh["ymax"]) - top) / e
    alike = np.allclose([mesh["xres"], mesh["yres"], col, row], [a, -e, round(col), round(row)])
    inside = (0 <= round(row) <= rows - mesh["nrow"]) and (0 <= round(col) <= cols - mesh["ncol"])
    if not (alike and inside):
        return None
    down, along = np.indices((mesh["nrow"], mesh["ncol"])).reshape(2, -1)
    cells = (down + round(row)) * cols + along + round(col)
    n = len(cells)
    return Weights(np.arange(n + 1), cells.astype(np.int64), np.ones(n), rows * cols)


@dataclass(frozen=True, eq=False)
class SmashRun:
    """SMASH over a record.

    Attributes
    ----------
    rain : dims (time, cell), mm in one hour
    evaporation : mm in one hour, by month
    """

    record: Record
    mesh: dict[str, Any]
    rain: Floats
    evaporation: Floats

    def foreseen(self, training: Bools) -> Iterator[tuple[str, Floats]]:
        """Yield by way of foreseeing the highest flow of the hours ahead, dims (time, gauge)."""
        fitted = self._fitted(training)
        _, kept = importlib.import_module("smash").forward_run(
            fitted, common_options=QUIET, return_options={"rr_states": True, "time_step": "all"}
        )
        for mean_of, held in HELD:
            future = held_rain(self.rain, mean_of=mean_of, held=held, ahead=AHEAD_H)
            name = f"mean of {mean_of} h held {held} h"
            yield name, self._peaks(fitted, kept.rr_states, future)

    def _fitted(self, training: Bools) -> Any:  # noqa: ANN401 - SMASH's
        model = self._model(self.rain, self._pet_mm())
        flow = np.where(training[:, None], np.nan_to_num(self.record.flow, nan=NO_FLOW), NO_FLOW)
        model.response_data.q = flow.T.astype(np.float32)
        for store, filled in BEGIN.items():
            model.set_rr_initial_states(store, filled)
        how: dict[str, Any] = {"cost_options": {"gauge": "all"}, "common_options": QUIET}
        own: dict[str, Any] = {"parameters": [*PARAMETERS]}
        model.optimize(mapping="uniform", optimize_options=own, **how)
        own |= {"termination_crit": {"maxiter": ITERATIONS}}
        model.optimize(mapping="distributed", optimize_options=own, **how)
        return model

    def _peaks(self, fitted: Any, states: Sequence[Any], future: Floats) -> Floats:  # noqa: ANN401
        """Return the highest flow of the hours after each slot, dims (time, gauge).

        Parameters
        ----------
        future : dims (time, hour ahead, cell), mm
        """
        model = self._model(future[0], self._pet_mm()[:AHEAD_H])
        model.rr_parameters.values = fitted.rr_parameters.values
        peaks = np.empty(self.record.flow.shape)
        for t, state in enumerate(states):
            model.atmos_data.prcp = self._maps(future[t])
            model.rr_initial_states.values = _feasible(state.values)
            model.forward_run(common_options=QUIET)
            peaks[t] = model.response.q.max(axis=1)
        return peaks

    def _model(self, rain: Floats, pet: Floats) -> Any:  # noqa: ANN401
        """Return a model of some hours: their rain, dims (hour, cell), and evaporation, (hour)."""
        begin = np.datetime64("2000-01-01T00:00")
        setup = {
            "start_time": str(begin),
            "end_time": str(begin + np.timedelta64(len(rain), "h")),
            "dt": HOUR_S,
            "hydrological_module": "gr4",
            "routing_module": "lr",
            **NOTHING_READ,
        }
        model = importlib.import_module("smash").Model(setup, self.mesh)
        model.atmos_data.prcp = self._maps(rain)
        model.atmos_data.pet = self._maps(np.broadcast_to(pet[:, None], rain.shape))
        return model

    def _maps(self, values: Floats) -> Cells:
        """Return what SMASH takes, dims (row, col, hour)."""
        shape = (self.mesh["nrow"], self.mesh["ncol"], len(values))
        return np.asfortranarray(values.T.reshape(shape), dtype=np.float32)

    def _pet_mm(self) -> Floats:
        """Return the evaporation of each hour, dims (time)."""
        return self.evaporation[[time.month for time in self.record.times]]


def _feasible(states: Cells) -> Cells:
    """Return states that SMASH begins with: it ends with stores a little over their capacity."""
    found = np.maximum(states, LEAST)
    found[..., :STORES] = np.minimum(found[..., :STORES], 1.0 - LEAST)
    return found
