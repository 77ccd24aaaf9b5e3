"""One payload stops no other: whatever came is kept, and used or refused."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.database import reading
from pipeline.feeds import registry
from pipeline.intake import Intake
from pipeline.observation import KnownBasis
from pipeline.site.pack import load
from pipeline.store import archive, fetches
from pipeline.store.fetches import FetchStatus
from pipeline.store.quarantine import quarantined
from pipeline.world import Mode, World
from tests.feeds.samples import csv_spec, grid_spec, payload, tif
from tests.valley import VALLEY

NOW = datetime(2024, 7, 15, 12, 3, tzinfo=UTC)
WORLD = World("valley", Mode.REPLAY, "test")
RASTER = tif(np.arange(600).reshape(20, 30))
URL = "grids/2024/07/rain_202407151100.tif"
LONG = "station_id,variable,valid_time,value,interval_min\n"
HOSTILE = st.sampled_from(["\N{SUPERSCRIPT TWO}", "9" * 30, "9" * 5000, "x" * 131_073, '"', "\0"])
CELLS = ("R01", "rain_mm", "2024-07-15T09:00Z", "1", "60")
ROW = st.tuples(*(st.just(good) | HOSTILE | st.text(max_size=9) for good in CELLS)).map(",".join)
ROWS = st.lists(ROW, max_size=4).map("\n".join)


@st.composite
def rasters(draw):
    """Give a raster of which some bytes are others."""
    content = bytearray(RASTER)
    places = st.integers(0, 400) | st.integers(0, len(RASTER) - 1)
    for place, byte in draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8)):
        content[place] = byte
    return bytes(content)


TABLES = st.tuples(st.sampled_from([LONG, "valid_time,R01,R\0\n", "201411041500\n", ""]), ROWS).map(
    lambda parts: "".join(parts).encode()
)
FEEDS = {
    "csv": (
        "rain.csv",
        st.binary(max_size=300) | TABLES,
        st.builds(
            csv_spec,
            layout=st.sampled_from(["long", "wide", "series"]),
            station_id=st.just("R01"),
            stamp=st.sampled_from(["start", "end"]),
            interpolated=st.sampled_from(["keep", "known_at_end"]),
        ),
    ),
    "grid": (URL, st.binary(max_size=300) | rasters(), st.just(grid_spec())),
}


def intake(engine, spec, tmp_path, basis=KnownBasis.DECLARED):
    return Intake(engine, load(VALLEY, tmp_path), WORLD, spec, basis, lambda: NOW, None)


def test_every_protocol_is_given_arbitrary_bytes():
    assert FEEDS.keys() == registry.PROTOCOLS.keys()


@pytest.mark.parametrize("protocol", FEEDS)
def test_arbitrary_bytes_are_kept_and_used_or_refused(engine, tmp_path, protocol):
    url, contents, specs = FEEDS[protocol]
    pack = load(VALLEY, tmp_path)

    @given(contents, specs, st.sampled_from(KnownBasis))
    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    def law(content, spec, basis):
        came = payload(content, url)
        taken = Intake(engine, pack, WORLD, spec, basis, lambda: NOW, None).take([came], 1, None)
        assert taken.status in {FetchStatus.OK, FetchStatus.REFUSED}
        assert taken.payloads == 1
        with reading(engine) as connection:
            assert archive.content(connection, came.sha256) == content

    law()


def test_a_decoder_that_fails_at_one_payload_stops_no_other(engine, tmp_path, monkeypatch):
    def decoder(came, spec, window):
        if b"secret" in came.content:
            raise ZeroDivisionError(came.content)
        return registry.csv.decode(came, spec, window)

    monkeypatch.setattr(registry, "PROTOCOLS", {"csv": decoder})
    good = LONG + "R01,rain_mm,2024-07-15T09:00Z,1,\n"
    answers = [payload("secret", "first.csv"), payload(good, "second.csv")]
    taken = intake(engine, csv_spec(), tmp_path).take(answers, 2, None)
    assert (taken.status, taken.readings, taken.faults) == (FetchStatus.REFUSED, 1, 1)
    with reading(engine) as connection:
        (kept,) = quarantined(connection, "valley")
        assert archive.content(connection, kept.payload_sha256 or "") == b"secret"
        statuses = {each.status for each in fetches.history(connection, WORLD, "rain")}
    assert kept.fault.message == "cannot be decoded (ZeroDivisionError)"
    assert statuses == {FetchStatus.OK, FetchStatus.REFUSED}


def test_a_group_is_stored_before_it_fills_the_memory(engine, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.intake.GROUP_BYTES", 100)
    told: list[tuple[int, int]] = []
    answers = [payload(LONG + f"R01,rain_mm,2024-07-15T0{n}:00Z,1,\n") for n in range(3)]
    taken = intake(engine, csv_spec(), tmp_path).take(answers, 3, lambda *done: told.append(done))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert taken.readings == 3
