"""China's real-time tables: what a row says, and what no row does not say."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from pipeline.database import reading
from pipeline.errors import DecodeError
from pipeline.feeds import sl323_stations, sql
from pipeline.feeds.registry import PROTOCOLS, decode
from pipeline.feeds.sl323 import queries
from pipeline.feeds.source import Source
from pipeline.feeds.window import Window
from pipeline.observation import QcFlag, RawPayload
from pipeline.observe import observe
from pipeline.site.pack import load
from pipeline.store import batches
from pipeline.world import Mode, World
from tests.feeds.sample_sl323 import answer, sl323_spec
from tests.feeds.server import LOCAL
from tests.valley import copied

RAIN = ("STCD", "TM", "DRP", "INTV")
EIGHT = datetime(2024, 7, 15, 0, tzinfo=UTC)
"""08:00 in Beijing."""


def payload(table, columns, rows):
    content = answer(table, columns, rows)
    return RawPayload("county", f"sql:{table}", EIGHT, content, "application/json")


def rain(*rows, **declared):
    return decode(payload("ST_PPTN_R", RAIN, rows), sl323_spec(**declared))


@pytest.mark.parametrize(
    ("code", "written", "minutes"),
    [
        ("hmm", "0.05", 5), ("hmm", "1.00", 60), ("hmm", "1.30", 90), ("hmm", 0.3, 30),
        ("hmm", "24.00", 1440), ("hmm", None, 60), ("minutes", "5", 5), ("minutes", "60.00", 60),
        ("hours", "0.08", 5), ("hours", "0.5", 30), ("hours", "0.17", 10), ("hours", "1", 60),
    ],
)  # fmt: skip
def test_the_length_of_an_interval_is_read_as_declared(code, written, minutes):
    (found,) = rain(["1", "2024-07-15T08:00:00", "2", written], interval_code=code).readings
    assert found.interval_s == minutes * 60
    assert found.valid_time == EIGHT


@given(st.integers(1, 1440))
def test_every_whole_minute_of_a_day_is_read_back_from_hours_and_minutes(minutes):
    written = f"{minutes // 60}.{minutes % 60:02d}"
    (found,) = rain(["1", "2024-07-15T08:00:00", "2", written]).readings
    assert found.interval_s == minutes * 60


@pytest.mark.parametrize("written", ["0.83", "0", "-1", "25", "0.055", "x", "1e999", [], "9" * 400])
def test_a_length_that_is_none_is_told_and_never_guessed(written):
    decoded = rain(["1", "2024-07-15T08:00:00", "2", written])
    assert decoded.readings == ()
    assert [(fault.row, fault.field) for fault in decoded.faults] == [(1, "INTV")]


def test_a_padded_code_is_the_same_station_and_a_null_is_missing_not_zero():
    decoded = rain(
        ["604032  ", "2024-07-15T08:00:00", "0.0", "1.00"],
        ["604033", "2024-07-15T08:00:00", None, "1.00"],
        station_map={"604032": "R01"},
    )
    dry, missing = decoded.readings
    assert (dry.station_id, dry.value) == ("R01", 0.0)
    assert (missing.value, missing.flag) == (None, QcFlag.MISSING)


def test_no_row_is_no_reading():
    assert rain() == decode(payload("ST_PPTN_R", RAIN, ()), sl323_spec())
    assert rain().readings == ()


def test_storage_is_told_in_millions_and_kept_in_cubic_metres():
    rows = payload("ST_RSVR_R", ("STCD", "TM", "W"), [["1", "2024-07-15T08:00:00", "3.628"]])
    (found,) = decode(rows, sl323_spec(variable="storage_m3")).readings
    assert found.value == pytest.approx(3_628_000.0)


def test_a_reservoirs_stage_is_asked_for_by_its_name():
    spec = sl323_spec(variable="stage_m", parameter="RZ")
    (query,) = queries(spec, Window(EIGHT, EIGHT))
    assert (query.table, query.columns) == ("ST_RSVR_R", ("STCD", "TM", "RZ"))
    assert query.start == datetime(2024, 7, 15, 8)  # noqa: DTZ001 - as the tables keep it


def test_another_answer_than_the_one_asked_for_is_refused():
    with pytest.raises(DecodeError, match="not the columns"):
        decode(payload("ST_RIVER_R", ("STCD", "TM", "Z"), []), sl323_spec())


@pytest.mark.parametrize(
    ("declared", "field"),
    [
        ({"parameter": "Z"}, "parameter"),
        ({"variable": "soil_moisture"}, "parameter"),
        ({"unit": "cm"}, "unit"),
        ({"columns": {"value": "v"}}, "columns"),
    ],
)
def test_what_a_declaration_contradicts_is_told(declared, field):
    assert [name for name, _ in PROTOCOLS["sl323"].problems(sl323_spec(**declared))] == [field]


TABLES = (
    'CREATE TABLE "ST_PPTN_R" ("STCD" CHAR(8) NOT NULL, "TM" TIMESTAMP NOT NULL,'
    ' "DRP" NUMERIC(5,1), "INTV" NUMERIC(5,2), "DYP" NUMERIC(5,1), PRIMARY KEY ("STCD", "TM"))',
    'CREATE TABLE "ST_RIVER_R" ("STCD" CHAR(8) NOT NULL, "TM" TIMESTAMP NOT NULL,'
    ' "Z" NUMERIC(7,3), "Q" NUMERIC(9,3), PRIMARY KEY ("STCD", "TM"))',
    'CREATE TABLE "ST_STBPRP_B" ("STCD" CHAR(8) PRIMARY KEY, "STNM" VARCHAR(30), "STTP" CHAR(2),'
    ' "LGTD" NUMERIC(10,6), "LTTD" NUMERIC(10,6), "DTMNM" VARCHAR(16), "DTMEL" NUMERIC(7,3))',
    'CREATE TABLE "ST_RVFCCH_B" ("STCD" CHAR(8) PRIMARY KEY, "WRZ" NUMERIC(7,3),'
    ' "GRZ" NUMERIC(7,3))',
    "INSERT INTO \"ST_PPTN_R\" VALUES ('R01     ', '2024-07-15 16:05:00', 2.5, 0.05, NULL)",
    "INSERT INTO \"ST_PPTN_R\" VALUES ('R02     ', '2024-07-15 17:00:00', 12.0, 1.00, 40.5)",
    "INSERT INTO \"ST_PPTN_R\" VALUES ('R03     ', '2024-07-15 17:00:00', 3.0, 0.75, NULL)",
    "INSERT INTO \"ST_PPTN_R\" VALUES ('R01     ', '2024-07-14 16:05:00', 9.9, 0.05, NULL)",
    "INSERT INTO \"ST_RIVER_R\" VALUES ('H01     ', '2024-07-15 17:00:00', 101.234, NULL)",
    "INSERT INTO \"ST_STBPRP_B\" VALUES ('H01     ', '青溪上', 'ZZ', 116.123456, 40.5, '85', 1.5)",
    "INSERT INTO \"ST_STBPRP_B\" VALUES ('H02     ', '青溪下', 'ZZ', 116.2, 40.4, NULL, NULL)",
    "INSERT INTO \"ST_RVFCCH_B\" VALUES ('H01     ', 102.5, 103.75)",
    "INSERT INTO \"ST_RVFCCH_B\" VALUES ('H02     ', NULL, NULL)",
)
FEED = """
[[feeds]]
feed_id = "{feed_id}"
protocol = "sl323"
where = "{schema}"
variable = "{variable}"
zone = "Asia/Shanghai"
interval_min = 5
cadence_min = 5
credential = "COUNTY_DATABASE"
allow_private = ["127.0.0.1/32", "::1/128"]
"""


@pytest.fixture
def county(engine_url: str, tmp_path: Path):
    """Fill a county's tables as the standard has them; return schema and plain address."""
    engine = create_engine(engine_url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in TABLES:
            connection.execute(text(statement))
    url = make_url(engine_url)
    schema = str(url.query.get("options", "")).removeprefix("-csearch_path=")
    return schema, url.set(query={}).render_as_string(hide_password=False)


def test_the_tables_come_into_the_store_as_they_stand(county, engine, tmp_path):
    schema, address = county
    site = copied(tmp_path / "site")
    with (site / "feeds.toml").open("a", encoding="utf-8") as feeds:
        feeds.write(FEED.format(feed_id="county-rain", schema=schema, variable="rain_mm"))
        feeds.write(FEED.format(feed_id="county-stage", schema=schema, variable="stage_m"))
    pack, now = load(site, tmp_path), EIGHT + timedelta(hours=10)
    hours = {"start": now - timedelta(hours=6), "end": now}
    faults = []
    for feed_id in ("county-rain", "county-stage"):
        observed = observe(
            engine, pack, World("valley", Mode.REPLAY, "test"), feed_id,
            now=now, credential=lambda _: address, **hours,
        )  # fmt: skip
        faults += observed.first_faults
    assert [fault.field for fault in faults] == ["INTV"]
    with reading(engine) as connection:
        kept = batches.load(connection, site="valley", known_before=None, **hours)
    points = kept.at(None, hours["start"], hours["end"]).points
    found = zip(points.station_id, points.interval_s, points.valid_us, points.value, strict=True)
    nine = EIGHT + timedelta(hours=9)
    assert sorted((i, s, us / 1e6, v) for i, s, us, v in found) == [
        ("H01", 0, nine.timestamp(), 101.234),
        ("R01", 300, (nine - timedelta(minutes=55)).timestamp(), 2.5),
        ("R02", 3600, nine.timestamp(), 12.0),
    ]


def test_stations_and_stages_are_read_and_a_null_stage_is_no_threshold(county):
    schema, address = county
    spec = sl323_spec(allow_private=LOCAL)
    source = Source(spec, schema, address)
    payloads = [*sql.ask(source, sl323_stations.queries(spec), clock=lambda: EIGHT)]
    (upper, lower), faults = sl323_stations.records(payloads, spec)
    assert faults == ()
    assert (upper.station_id, upper.name, upper.kind) == ("H01", "青溪上", "ZZ")
    assert (upper.lon, upper.lat, upper.datum_m) == (116.123456, 40.5, 1.5)
    assert (upper.warning_m, upper.guarantee_m) == (102.5, 103.75)
    assert [(row.level, row.value) for row in upper.levels(warning=2, guarantee=3)] == [
        (2, 102.5), (3, 103.75),
    ]  # fmt: skip
    assert lower.has_no_threshold
    assert lower.levels(warning=2, guarantee=3) == ()


def test_stages_that_contradict_each_other_are_told_and_are_no_threshold():
    stages = payload(
        "ST_RVFCCH_B",
        ("STCD", "WRZ", "GRZ"),
        [["1", "103", "102"], ["2", "x", None], [None, "1", "2"], ["3", "0", "1.5"]],
    )
    found, faults = sl323_stations.records([stages], sl323_spec())
    assert [(each.station_id, each.warning_m, each.guarantee_m) for each in found] == [
        ("3", 0, 1.5)
    ]
    assert [(fault.row, fault.field) for fault in faults] == [(1, "GRZ"), (2, "WRZ"), (3, "STCD")]
