"""SMASH beside us: on the same rain, fitted on the other folds alone, and named where it is not."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import rasterio
import smash
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from alerts.cli.app import run
from pipeline.bulletin import RiskLevel
from pipeline.observation import GridGeometry
from pipeline.verification import smash_peer
from pipeline.verification.folds import folds
from pipeline.verification.peer import Peer
from pipeline.verification.record import Gauge, Record
from pipeline.verification.smash_peer import SmashRun, over_cells
from tests.verification.test_verify import SPAN, floodwarn

__all__ = ["floodwarn"]
HOURS, SIDE = 120, 7
START = datetime(2024, 7, 1, tzinfo=UTC)
FIRST, SECOND = folds(
    [START + timedelta(hours=h) for h in range(HOURS)], [START + timedelta(hours=60)]
)
EAST, SOUTH = 3, 5
MESH = {"xmin": 3000.0, "ymax": 9000.0, "xres": 1000.0, "yres": 1000.0, "nrow": 4, "ncol": 2}


@pytest.fixture(scope="module")
def mesh(tmp_path_factory) -> dict:
    """Return SMASH's mesh of a slope that drains eastwards, and then along its edge to G."""
    directions = np.full((SIDE, SIDE), EAST, np.float32)
    directions[:, -2:] = SOUTH
    path = tmp_path_factory.mktemp("smash") / "flow.tif"
    shape = {"height": SIDE, "width": SIDE, "count": 1, "dtype": "float32"}
    transform = Affine(1000, 0, 0, 0, -1000, 1000 * SIDE)
    with rasterio.open(path, "w", crs="EPSG:2154", transform=transform, **shape) as grid:
        grid.write(directions, 1)
    found = smash.factory.generate_mesh(
        str(path), x=[5500.0], y=[2500.0], area=[25e6], code=["G"], epsg=2154, max_depth=2
    )
    assert found["active_cell"].sum() > 10
    return found


def foreseen(mesh, change=lambda flow: None) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(5)
    storms = np.repeat(chance.random((HOURS // 6, 1)) < 0.3, 6, axis=0)
    rain = chance.gamma(0.8, 4.0, (HOURS, mesh["nrow"] * mesh["ncol"])) * storms
    flow = 0.5 + np.convolve(rain.mean(axis=1), np.exp(-np.arange(20) / 5))[:HOURS, None]
    change(flow)
    gauge = Gauge("G", "discharge_m3s", "v", {"Q2": (RiskLevel.ORANGE, 9.0)})
    record = Record(
        gauges=(gauge,),
        first=START,
        step=timedelta(hours=1),
        flow=flow,
        newest_known=np.arange(HOURS)[:, None],
        rain_mm=rain[:, :1],
        point_mm=rain[:, :1],
    )
    return dict(SmashRun(record, mesh, rain, np.full(13, 0.05)).foreseen(~FIRST.within))


def test_it_learns_from_the_other_folds_and_from_nothing_else(mesh, monkeypatch):
    monkeypatch.setattr(smash_peer, "HELD", ((1, 0), (1, 3)))
    monkeypatch.setattr(smash_peer, "ITERATIONS", 2)

    def poison(flow):
        flow[FIRST.within] *= 9.0

    def other(flow):
        flow[SECOND.within] *= 9.0

    own, poisoned, taught = (foreseen(mesh, change) for change in (lambda _: None, poison, other))
    assert [*own] == ["mean of 1 h held 0 h", "mean of 1 h held 3 h"]
    for name, peaks in own.items():
        assert peaks.shape == (HOURS, 1)
        assert np.array_equal(peaks, poisoned[name])
        assert not np.array_equal(peaks, taught[name])
    dry, held = own.values()
    assert (held >= dry).all()
    assert held.max() > 1.1 * dry.max()


@given(east=st.integers(0, 6), south=st.integers(0, 6))
def test_each_cell_of_the_mesh_takes_the_rain_that_falls_on_it(east, south):
    left, top = MESH["xmin"] - 1000 * east, MESH["ymax"] + 1000 * south
    rain = GridGeometry("EPSG:2154", (1000.0, 0.0, left, 0.0, -1000.0, top), (10, 8))
    weights = over_cells(MESH, rain)
    cells = np.arange(80).reshape(10, 8)
    assert weights.indices.tolist() == cells[south : south + 4, east : east + 2].ravel().tolist()
    assert weights.n_sources == 80


@pytest.mark.parametrize(
    ("step", "left"),
    [(500.0, 3000.0), (1000.0, 2600.0), (1000.0, 4000.0), (1000.0, -20_000.0)],
    ids=["finer", "shifted by less than a cell", "begins too far east", "ends too far west"],
)
def test_a_rain_grid_of_other_cells_is_not_laid_under_the_mesh(step, left):
    rain = GridGeometry("EPSG:2154", (step, 0.0, left, 0.0, -step, 9000.0), (10, 8))
    assert over_cells(MESH, rain) is None


def test_each_level_is_compared_with_its_share_of_the_flow():
    peaks = np.array([[3.0, 8.0], [6.0, 2.0]])
    peer = Peer("smash", {"A": {"dry": peaks}, "B": {"dry": 2 * peaks}})
    (variant,) = peer.variants(FIRST, np.array([3.0, 4.0]))
    assert variant.values.tolist() == [[1.0, 2.0], [2.0, 0.5]]


def test_where_it_cannot_run_the_command_says_why_and_judges_the_others(floodwarn):
    code, out = floodwarn("verify", *SPAN, "--split", "2024-07-14T12:00Z")
    assert code == 0
    assert "not run: smash: the site has no flow grid" in out
    assert "static 6 h rain" in out
    assert run(["verify", *SPAN, "--split", "2024-07-14T12:00Z", "--no-peers"]) == 0


def test_what_it_cannot_take_is_told_and_judges_the_others(floodwarn, monkeypatch):
    def refused(_self, _record):
        raise ValueError("no gauge in the domain")

    monkeypatch.setattr(smash_peer.SmashPeer, "_hindrance", lambda *_: None)
    monkeypatch.setattr(smash_peer.SmashPeer, "_mesh", refused)
    code, out = floodwarn("verify", *SPAN, "--split", "2024-07-14T12:00Z")
    assert code == 0
    assert "not run: smash: it refused: no gauge in the domain" in out


def test_where_it_is_not_installed_it_says_what_to_install(floodwarn, monkeypatch):
    monkeypatch.setattr(smash_peer, "installed", lambda: False)
    _, out = floodwarn("verify", *SPAN, "--split", "2024-07-14T12:00Z")
    assert "not run: smash: it is not installed: pip install 'floodwarn[peers]'" in out
