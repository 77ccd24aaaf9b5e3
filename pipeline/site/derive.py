"""Derive what a site's tables imply: each village's catchment, and what senses the rain on it.

The derived weights are a cache under the home folder, named by the hash of all that they follow
from: the bytes of the flow grid or of the polygons, the rain grid's geometry, the settings, the
places, and the code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import rasterio
import rasterio.errors
import rasterio.warp
from pydantic import ValidationError

from pipeline.catchment.nesting import catchments
from pipeline.catchment.network import RiverNetwork, river_network
from pipeline.catchment.outlet import CatchmentError, Outlet, Place, Reach, snap
from pipeline.catchment.weights import from_overlap
from pipeline.errors import DecodeError, FetchError, SiteError
from pipeline.feeds.client import read_file
from pipeline.feeds.registry import decode
from pipeline.instants import EPOCH
from pipeline.observation import GridGeometry
from pipeline.quality.rule_needs import OF_RAIN
from pipeline.site.catchments_file import CATCHMENTS_FILE
from pipeline.site.derive_cells import by_position, cells_over
from pipeline.site.derive_polygons import by_polygon
from pipeline.site.derive_stations import by_station
from pipeline.site.derived import WGS84, Derived, Snapped, on_grid
from pipeline.site.model import (
    CatchmentWeights,
    FeedHealthRule,
    FeedSpec,
    ForecastGrid,
    OfficialFeed,
    RiskConfig,
    Village,
    content_sha256,
)
from pipeline.site.pack import SitePack
from pipeline.site.rain_cells import RainCells
from pipeline.site.runoff_model import Runoff
from pipeline.units import Variable

FOLDER: Final = "derived"


def risk_config(pack: SitePack) -> RiskConfig:
    """Return everything of a site that an assessment may read.

    Raises
    ------
    SiteError
        The flow grid, or the rain grid that it is laid over, cannot be used.
    """
    derived = _derived(pack)
    areas = {s.village_id: s.area_km2 for s in derived.snapped}
    model = pack.runoff_model if pack.flows else None
    return RiskConfig(
        site=pack.site_id,
        cycle_minutes=int(pack.cycle.total_seconds()) // 60,
        risk=pack.risk,
        villages=tuple(_with_area(v, areas.get(v.village_id)) for v in pack.villages),
        stations=pack.stations,
        levels=pack.levels,
        links=pack.links,
        thresholds=pack.thresholds,
        weights=derived.weights,
        feeds=tuple(
            FeedHealthRule(
                feed_id=spec.feed_id,
                variable=spec.variable,
                cadence_min=spec.cadence_min,
                latency_min=spec.latency_min,
            )
            for spec in pack.feeds
            if spec.forecast_h is None
        ),
        official=tuple(
            OfficialFeed(feed_id=spec.feed_id, area_map=spec.area_map)
            for spec in pack.feeds
            if spec.area_map
        ),
        quality=pack.quality,
        rain_cells=_cells_or_none(pack),
        runoff=None
        if model is None
        else Runoff(model=model, settings=pack.runoff, flows=pack.flows),
        factors=pack.factors,
        forecasts=tuple(_usable_forecasts(pack)),
        stand_in=_stand_in(pack, derived),
    )


def _stand_in(pack: SitePack, derived: Derived) -> CatchmentWeights | None:
    if derived.weights.source_kind == "station":
        return None
    weights = by_station(pack)
    return weights if weights.sources else None


def snap_report(pack: SitePack) -> tuple[Snapped, ...]:
    """Return how each village came to its stream; empty where weights are stated by hand.

    Raises
    ------
    SiteError
        The flow grid, or the rain grid that it is laid over, cannot be used.
    """
    return _derived(pack).snapped


def rain_cells(pack: SitePack) -> RainCells | None:
    """Return the rain grid's cell over each rain station; None where no rule asks, or none lies so.

    Raises
    ------
    SiteError
        The rain grid that is stated cannot be used.
    """
    stated = pack.catchment.rain_feed is not None and pack.catchment.rain_sample is not None
    if not stated or not any(rule.check in OF_RAIN for rule in pack.quality):
        return None
    spec, geometry = _rain_feed_grid(pack)
    rain = (s for s in pack.stations if Variable.RAIN in s.variables)
    cells = cells_over(rain, geometry)
    if not cells:
        return None
    return RainCells(
        grid_id=_grid_id(spec),
        shape=geometry.shape,
        stations=tuple(sorted(cells)),
        cells=tuple(cells[name] for name in sorted(cells)),
    )


def _cells_or_none(pack: SitePack) -> RainCells | None:
    try:
        return rain_cells(pack)
    except SiteError:  # one witness less stops no assessment; `check` tells of it
        return None


def _usable_forecasts(pack: SitePack) -> Iterator[ForecastGrid]:
    for spec in pack.forecast_feeds:
        with suppress(SiteError):  # nor does one forecast less
            yield forecast_grid(pack, spec)


def forecast_grid(pack: SitePack, spec: FeedSpec) -> ForecastGrid:
    """Return what a forecast's cells weigh in each catchment, or over each village without one.

    Raises
    ------
    SiteError
        Nothing shows the grid of its forecasts, or it cannot be used.
    """
    grid_id, sample = _grid_id(spec), pack.catchment.forecast_samples.get(spec.feed_id)
    if sample is not None:
        geometry = _sample_grid(pack, spec, sample)
    else:
        rain, geometry = _rain_feed_grid(pack)
        if grid_id != _grid_id(rain):
            raise SiteError(f"[catchment.forecast_samples] has no sample of {spec.feed_id}")
    has_catchments = pack.catchment.flow_directions is not None or bool(pack.catchments)
    return ForecastGrid(
        feed_id=spec.feed_id,
        weights=_laid_over(pack, grid_id, geometry).weights
        if has_catchments
        else by_position(pack.villages, grid_id, geometry),
        cadence_min=spec.cadence_min,
        latency_min=spec.latency_min,
    )


def _with_area(village: Village, area_km2: float | None) -> Village:
    if village.area_km2 is not None or area_km2 is None:
        return village
    return village.model_copy(update={"area_km2": area_km2})


def _derived(pack: SitePack) -> Derived:
    stated = pack.catchment.flow_directions
    if stated is None and not pack.catchments:
        return Derived(weights=by_station(pack), snapped=())
    spec, geometry = _rain_feed_grid(pack)
    return _laid_over(pack, _grid_id(spec), geometry)


def _laid_over(pack: SitePack, grid_id: str, geometry: GridGeometry) -> Derived:
    """Return the catchments laid over a grid of rain; derived once and kept."""
    stated = pack.catchment.flow_directions
    if stated is not None and pack.catchments:
        raise SiteError(f"[catchment] states a flow grid beside {CATCHMENTS_FILE}: keep one")
    source = pack.folder / CATCHMENTS_FILE if stated is None else Path(pack.expand(stated))
    key = _key(pack, source, grid_id, geometry)
    kept = pack.home / FOLDER / f"weights-{key}.json"
    try:
        return Derived.model_validate_json(kept.read_bytes())
    except (OSError, ValidationError):  # absent, or cut short by a full disk: derive it again
        derived = (
            by_polygon(pack.villages, pack.catchments, grid_id, geometry)
            if stated is None
            else _from_grid(pack, source, grid_id, geometry)
        )
    _keep(kept, derived.model_dump_json().encode())
    return derived


def rain_grid(pack: SitePack) -> GridGeometry:
    """Return the grid that the site's rain comes on.

    Raises
    ------
    SiteError
        The rain grid that is stated cannot be used.
    """
    return _rain_feed_grid(pack)[1]


def _rain_feed_grid(pack: SitePack) -> tuple[FeedSpec, GridGeometry]:
    settings = pack.catchment
    if settings.rain_feed is None or settings.rain_sample is None:
        raise SiteError("catchments on a rain grid need [catchment] rain_feed and rain_sample")
    spec = pack.feed(settings.rain_feed)
    return spec, _sample_grid(pack, spec, settings.rain_sample)


def _sample_grid(pack: SitePack, spec: FeedSpec, stated: str) -> GridGeometry:
    try:
        sample = read_file(spec, Path(pack.expand(stated)), fetched_at=EPOCH)
        grids = decode(sample, spec).grids
    except (FetchError, DecodeError) as error:
        raise SiteError(f"[catchment] sample of {spec.feed_id}: {error}") from error
    if not grids:
        raise SiteError(f"[catchment] sample of {spec.feed_id} holds no grid")
    return grids[0].geometry


def _grid_id(spec: FeedSpec) -> str:
    return spec.grid_id or spec.feed_id


def _key(pack: SitePack, source: Path, grid_id: str, geometry: GridGeometry) -> str:
    try:
        content = source.read_bytes()
    except OSError as error:
        raise SiteError(f"[catchment] {source}: {type(error).__name__}") from error
    return content_sha256(
        {
            "code": _code(),
            "source": hashlib.sha256(content).hexdigest(),
            "settings": pack.catchment.model_dump(mode="json"),
            "grid": [grid_id, repr(geometry)],
            "places": [f"{v.village_id} {v.lon!r} {v.lat!r} {v.area_km2!r}" for v in pack.villages],
        }
    )


@cache
def _code() -> str:
    """Return the hash of the sources that derive: other code may derive other weights."""
    here = Path(__file__)
    sources = [here, *sorted((here.parent.parent / "catchment").glob("*.py"))]
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)


def _from_grid(pack: SitePack, flow: Path, grid_id: str, geometry: GridGeometry) -> Derived:
    network, crs = _network(flow, pack)
    if not rasterio.crs.CRS.from_user_input(geometry.crs) == crs:
        raise SiteError("[catchment] the flow grid and the rain grid differ in their CRS")
    outlets, faults = _outlets(pack, network, crs)
    cells = catchments(network, list(outlets.values()))
    weights = from_overlap(list(cells.values()), network, geometry.transform, geometry.shape)
    seen = dict(zip(cells, weights.row_sums().tolist(), strict=True))
    return Derived(
        weights=on_grid(weights, tuple(cells), grid_id, geometry.shape),
        snapped=tuple(
            Snapped(village_id=v.village_id, fault=faults[v.village_id])
            if v.village_id in faults
            else _snapped(outlets[v.village_id], seen[v.village_id])
            for v in pack.villages
        ),
    )


def _snapped(outlet: Outlet, seen: float) -> Snapped:
    return Snapped(
        village_id=outlet.village_id,
        shift_m=outlet.shift_m,
        area_km2=round(outlet.area_km2, 3),
        seen=round(seen, 6),
    )


def _network(flow: Path, pack: SitePack) -> tuple[RiverNetwork, rasterio.crs.CRS]:
    try:
        with rasterio.open(flow) as grid:
            a, b, c, d, e, f = grid.transform[:6]
            network = river_network(
                grid.read(1),
                (a, b, c, d, e, f),
                pack.catchment.coding,
                geographic=bool(grid.crs.is_geographic),
            )
            return network, grid.crs
    except rasterio.errors.RasterioError as error:
        message = f"[catchment] flow_directions: {flow}: {type(error).__name__}"
        raise SiteError(message) from error


def _outlets(
    pack: SitePack, network: RiverNetwork, crs: rasterio.crs.CRS
) -> tuple[dict[str, Outlet], dict[str, str]]:
    """Return the outlets of the villages that have one, and why the others have none."""
    settings = pack.catchment
    reach = Reach(settings.min_area_km2, settings.max_shift_km)
    outlets: dict[str, Outlet] = {}
    faults: dict[str, str] = {}
    for village in pack.villages:
        if village.lon is None or village.lat is None:
            faults[village.village_id] = "it has no position"
            continue
        (x,), (y,) = rasterio.warp.transform(WGS84, crs, [village.lon], [village.lat])
        try:
            place = Place(village.village_id, x, y, village.area_km2)
            outlets[village.village_id] = snap(network, place, reach)
        except CatchmentError as error:
            faults[village.village_id] = str(error)
    return outlets, faults
