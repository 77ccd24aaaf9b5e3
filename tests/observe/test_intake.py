"""One payload stops no other: whatever came is kept, and used or refused."""

import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.database import reading
from pipeline.feeds import registry
from pipeline.feeds.protocol import Protocol
from pipeline.intake import Intake
from pipeline.observation import KnownBasis
from pipeline.site.pack import load
from pipeline.store import archive, fetches
from pipeline.store.fetches import FetchStatus
from pipeline.store.quarantine import quarantined
from pipeline.world import Mode, World
from tests.feeds.sample import samples
from tests.feeds.sample_cap import ROWS as WARNINGS
from tests.feeds.sample_cap import cap_spec, index
from tests.feeds.sample_jma_amedas import URL as MAP
from tests.feeds.sample_uk_ea import ea_spec, items, measure
from tests.feeds.samples import csv_spec, grid_spec, payload, tif
from tests.valley import VALLEY

NOW = datetime(2024, 7, 15, 12, 3, tzinfo=UTC)
WORLD = World("valley", Mode.REPLAY, "test")
RASTER = tif(np.arange(600).reshape(20, 30))
URL = "grids/2024/07/rain_202407151100.tif"
LONG = "station_id,variable,valid_time,value,interval_min\n"
HOSTILE = ("\N{SUPERSCRIPT TWO}", "9" * 30, "9" * 5000, "x" * 131_073, '"', "\0")
GOOD = ("R01", "rain_mm", "2024-07-15T09:00Z", "1", "60")
HEADERS = {"long": LONG, "wide": "valid_time,R01,R\0\n", "series": "201411041500\n"}


@st.composite
def tables(draw):
    """Give a layout and a table of it; one cell of a row is nothing that a feed would send."""
    layout = draw(st.sampled_from([*HEADERS]))
    text = draw(st.just(HEADERS[layout]) | st.sampled_from([*HEADERS.values(), *HOSTILE]))
    for place in draw(st.lists(st.integers(0, 4), max_size=4)):
        bad = draw(st.sampled_from(HOSTILE) | st.text(max_size=9))
        text += ",".join([*GOOD[:place], bad, *GOOD[place + 1 :]]) + "\n"
    stamp, interpolated = (
        st.sampled_from(["start", "end"]),
        st.sampled_from(["keep", "known_at_end"]),
    )
    spec = csv_spec(
        layout=layout, station_id="R01", stamp=draw(stamp), interpolated=draw(interpolated)
    )
    return draw(st.just(text.encode()) | st.binary(max_size=300)), spec


@st.composite
def rasters(draw):
    """Give a raster of which some bytes are others."""
    content = bytearray(RASTER)
    places = st.integers(0, 400) | st.integers(0, len(RASTER) - 1)
    for place, byte in draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8)):
        content[place] = byte
    return draw(st.just(bytes(content)) | st.binary(max_size=300)), grid_spec()


@st.composite
def documents(draw, protocol):
    """Give a sample of a protocol of JSON in which anything stands for some part of a row."""
    sample = draw(st.sampled_from([s for s in samples() if s.spec.protocol == protocol]))
    rows = list(sample.rows)
    place = draw(st.integers(0, len(rows) - 1))
    path = draw(st.lists(st.sampled_from(KEYS) | st.integers(0, 3), max_size=4))
    rows[place] = replaced(rows[place], path, draw(JSON))
    content = draw(st.just(sample.with_rows(rows)) | st.binary(max_size=300))
    return content, sample.spec.model_copy(update={"station_map": dict.fromkeys(CODES, "R01")})


@st.composite
def messages(draw):
    """Give warnings of which one says anything in some place, or says less."""
    rows = list(WARNINGS)
    place = draw(st.integers(0, len(rows) - 1))
    said = draw(st.sampled_from(re.findall(r">([^<]+)<", rows[place])))
    junk = draw(st.text(max_size=9) | st.sampled_from([*HOSTILE, f"<{said}/>", "</info><info>"]))
    rows[place] = rows[place].replace(f">{said}<", f">{junk}<", 1)
    content = draw(st.sampled_from([index(rows), rows[place].encode("utf-8", "replace")]))
    return draw(st.just(content) | st.binary(max_size=300)), cap_spec()


def replaced(node, path, junk):
    """Return a value with another where a path leads, or as near to there as it leads."""
    if not path:
        return junk
    first, rest = path[0], path[1:]
    if isinstance(node, dict):
        return node | {str(first): replaced(node.get(str(first)), rest, junk)}
    if isinstance(node, list) and node:
        place = first % len(node) if isinstance(first, int) else 0
        return [*node[:place], replaced(node[place], rest, junk), *node[place + 1 :]]
    return junk


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
    | st.sampled_from(HOSTILE),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
KEYS = (
    "value", "values", "dateTime", "latestReading", "stationReference", "RainfallElement", "time",
    "properties", "precipitation10m", "11001", "weatherElement", "parameter_code", "sourceInfo",
)  # fmt: skip
CODES = ("11001", "01234567", "E7050", "1029TH", "C1I230", "60403200", "60403210")
FEEDS = {
    "cap": ("warnings.xml", messages()),
    "csv": ("rain.csv", tables()),
    "grid": (URL, rasters()),
    "cwa": ("cwa.json", documents("cwa")),
    "jma_amedas": (MAP, documents("jma_amedas")),
    "sl323": ("sql:ST_PPTN_R", documents("sl323")),
    "uk_ea": ("ea.json", documents("uk_ea")),
    "usgs": ("usgs.json", documents("usgs")),
}


SITE = load(VALLEY, Path("home"))


def intake(engine, spec, basis=KnownBasis.DECLARED):
    return Intake(engine, SITE, WORLD, spec, basis, lambda: NOW, None)


def test_every_protocol_is_given_arbitrary_bytes():
    assert FEEDS.keys() == registry.PROTOCOLS.keys()


@pytest.mark.parametrize("protocol", FEEDS)
def test_arbitrary_bytes_are_kept_and_used_or_refused(engine, protocol):
    url, feeds = FEEDS[protocol]

    @given(feeds, st.sampled_from(KnownBasis))
    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    def law(sent, basis):
        content, spec = sent
        came = payload(content, url)
        taken = intake(engine, spec, basis).take([came], 1, None)
        assert taken.status in {FetchStatus.OK, FetchStatus.REFUSED}
        assert taken.payloads == 1
        with reading(engine) as connection:
            assert archive.content(connection, came.sha256) == content

    law()


def test_a_decoder_that_fails_at_one_payload_stops_no_other(engine, monkeypatch):
    def decoder(came, spec, window):
        if b"secret" in came.content:
            raise ZeroDivisionError(came.content)
        return registry.csv.decode(came, spec, window)

    monkeypatch.setattr(registry, "PROTOCOLS", {"csv": Protocol(decoder)})
    good = LONG + "R01,rain_mm,2024-07-15T09:00Z,1,\n"
    answers = [payload("secret", "first.csv"), payload(good, "second.csv")]
    taken = intake(engine, csv_spec()).take(answers, 2, None)
    assert (taken.status, taken.readings, taken.faults) == (FetchStatus.REFUSED, 1, 1)
    with reading(engine) as connection:
        (kept,) = quarantined(connection, "valley")
        assert archive.content(connection, kept.payload_sha256 or "") == b"secret"
        statuses = {each.status for each in fetches.history(connection, WORLD, "rain")}
    assert kept.fault.message == "cannot be decoded (ZeroDivisionError)"
    assert statuses == {FetchStatus.OK, FetchStatus.REFUSED}


def test_a_group_is_stored_before_it_fills_the_memory(engine, monkeypatch):
    monkeypatch.setattr("pipeline.intake.GROUP_BYTES", 100)
    told: list[tuple[int, int]] = []
    answers = [payload(LONG + f"R01,rain_mm,2024-07-15T0{n}:00Z,1,\n") for n in range(3)]
    taken = intake(engine, csv_spec()).take(answers, 3, lambda *done: told.append(done))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert taken.readings == 3


def test_a_fault_of_a_station_that_is_not_of_the_site_is_not_kept(engine):
    came = payload(items([measure("E1", "much"), measure("R01", "much"), "no station"]))
    taken = intake(engine, ea_spec()).take([came], 1, None)
    assert {fault.station_id for fault in taken.first_faults} == {"R01", None}
    assert taken.faults == 2
