"""A feed's database is read as it stands, in bounds, and its address is told to nobody."""

import json

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from pipeline.feeds import registry, sql
from pipeline.feeds.answer import Fetched, FetchFailure
from pipeline.feeds.client import fetch
from pipeline.feeds.protocol import Protocol, Query
from pipeline.feeds.source import Source
from pipeline.feeds.window import Window
from tests.feeds.samples import NOW, csv_spec
from tests.feeds.server import LOCAL

ROWS = (
    "CREATE TABLE ST_PPTN_R (STCD CHAR(8), TM TIMESTAMP, DRP NUMERIC(5,1), INTV NUMERIC(5,2))",
    "INSERT INTO ST_PPTN_R VALUES ('60403200', '2024-07-15 08:00:00', 12.5, 1.00)",
    "INSERT INTO ST_PPTN_R VALUES ('60403201', '2024-07-15 09:00:00', NULL, 0.05)",
    "INSERT INTO ST_PPTN_R VALUES ('60403200', '2024-07-14 09:00:00', 3.0, 1.00)",
)
RAIN = Query(
    "ST_PPTN_R",
    ("STCD", "TM", "DRP"),
    time_column="TM",
    start=NOW.replace(hour=8, minute=0, tzinfo=None),
    end=NOW.replace(hour=9, minute=0, tzinfo=None),
)


@pytest.fixture
def station(database_url):
    """Fill a station's database, on either server, with names as SL 323 writes them."""
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.begin() as connection:
        for line in ROWS:
            quoted = line.replace("ST_PPTN_R", '"ST_PPTN_R"')
            for name in ("STCD", "TM", "DRP", "INTV"):
                quoted = quoted.replace(f"({name} ", f'("{name}" ').replace(
                    f" {name} ", f' "{name}" '
                )
            connection.execute(text(quoted))
    return engine, database_url


def source(url: str, **changes) -> Source:
    """Ask as a deployment would: the schema stands in `where`, the address is the secret."""
    parsed = make_url(url)
    schema = str(parsed.query.get("options", "")).removeprefix("-csearch_path=")
    plain = parsed.set(query={}).render_as_string(hide_password=False)
    spec = csv_spec(**({"budget_s": 5.0, "allow_private": LOCAL} | changes))
    return Source(spec, schema, plain)


def asked(url: str, *queries: Query, **changes) -> list[Fetched | FetchFailure]:
    return list(sql.ask(source(url, **changes), queries, clock=lambda: NOW))


def test_the_rows_of_the_window_come_as_they_are(station):
    _, url = station
    (payload,) = asked(url, RAIN)
    assert isinstance(payload, Fetched)
    assert (payload.source_url, payload.media_type) == ("sql:ST_PPTN_R", "application/json")
    answer = json.loads(payload.content)
    assert (answer["table"], answer["columns"]) == ("ST_PPTN_R", ["STCD", "TM", "DRP"])
    rows = sorted((stcd, tm[:19].replace(" ", "T"), drp) for stcd, tm, drp in answer["rows"])
    rain = "12.5" if "postgresql" in url else 12.5
    assert rows == [
        ("60403200", "2024-07-15T08:00:00", rain), ("60403201", "2024-07-15T09:00:00", None),
    ]  # fmt: skip


def test_the_same_rows_are_the_same_bytes(station):
    _, url = station
    one, other = (asked(url, RAIN)[0] for _ in range(2))
    assert one.sha256 == other.sha256


def test_a_table_that_is_not_there_stops_no_other(station):
    _, url = station
    gone, rain = asked(url, Query("ST_NONE", ("A",)), RAIN)
    assert isinstance(gone, FetchFailure)
    assert "did not answer" in gone.message
    assert isinstance(rain, Fetched)


def test_a_name_is_a_name_whatever_stands_in_it(station):
    engine, url = station
    evil = Query('ST_PPTN_R" ; DROP TABLE "ST_PPTN_R', ("STCD",))
    column = Query("ST_PPTN_R", ('STCD" FROM "ST_PPTN_R"; --',))
    assert all(isinstance(answer, FetchFailure) for answer in asked(url, evil, column))
    with engine.connect() as connection:
        assert connection.execute(text('SELECT count(*) FROM "ST_PPTN_R"')).scalar_one() == 3


def test_nothing_can_be_written(station):
    _, url = station
    where = source(url)
    engine = sql._engine(where, 5.0)
    with pytest.raises(Exception, match="(?i)read-?only"):  # noqa: PT012, SIM117 - the whole of it
        with sql._reading(engine, sql.Deadline.after(5.0), "UTC") as connection:
            name = f'{where.where}."ST_PPTN_R"' if where.where else '"ST_PPTN_R"'
            connection.execute(text(f"DELETE FROM {name}"))


@pytest.mark.parametrize("bound", ["rows", "bytes"])
def test_an_answer_is_bounded(station, monkeypatch, bound):
    _, url = station
    if bound == "rows":
        monkeypatch.setattr(sql, "MOST_ROWS", 1)
    (failure,) = asked(url, RAIN, max_bytes=100 if bound == "bytes" else 9999)
    assert "more than" in failure.message


def test_a_query_that_takes_too_long_ends_at_the_budget(database_url):
    slow = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS a FROM n"
    )
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE VIEW endless AS {slow}"))
    first, second = asked(database_url, Query("endless", ("a",)), RAIN, budget_s=0.7)
    assert isinstance(first, FetchFailure)
    assert isinstance(second, FetchFailure)


def test_a_cell_of_bytes_is_no_reading(station):
    engine, url = station
    kind = "BYTEA" if "postgresql" in url else "BLOB"
    with engine.begin() as connection:
        connection.execute(text(f'CREATE TABLE photo ("P" {kind})'))
        connection.execute(text("INSERT INTO photo VALUES (:p)"), {"p": b"\x00"})
    (failure,) = asked(url, Query("photo", ("P",)))
    assert "holds bytes" in failure.message


def test_a_time_with_an_offset_is_told_in_the_feeds_zone(station):
    engine, url = station
    if engine.dialect.name != "postgresql":
        return
    with engine.begin() as connection:
        connection.execute(text('CREATE TABLE zoned ("TM" TIMESTAMPTZ, "X" FLOAT8, "D" DATE)'))
        connection.execute(
            text("INSERT INTO zoned VALUES ('2024-07-15T00:00Z', 'NaN', '2024-07-15')")
        )
    at = NOW.replace(hour=8, minute=0, tzinfo=None)
    zoned = Query("zoned", ("TM", "X", "D"), time_column="TM", start=at, end=at)
    (payload,) = asked(url, zoned, zone="Asia/Shanghai")
    assert json.loads(payload.content)["rows"] == [["2024-07-15T08:00:00", "nan", "2024-07-15"]]


OURS = "not of the public internet"
ELSEWHERE = "names the host in a parameter"


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("postgresql://reader:hush@127.0.0.1:5432/rain", OURS),
        ("postgresql://reader:hush@2130706433/rain", OURS),
        ("postgres://reader:hush@localhost/rain", OURS),
        ("postgresql://reader:hush@8.8.8.8/rain?host=127.0.0.1", ELSEWHERE),
        ("postgresql://reader:hush@8.8.8.8/rain?hostaddr=127.0.0.1", ELSEWHERE),
        ("postgresql://reader:hush@8.8.8.8/rain?service=own", ELSEWHERE),
        ("postgresql://reader:hush@8.8.8.8,127.0.0.1/rain", "one host"),
        ("postgresql://reader:hush@/rain", "one host"),
        ("mssql+none://reader:hush@8.8.8.8/rain", "no driver"),
        ("no address hush", "no database address"),
        ("sqlite:////no/such/hush.db", "a file that is there"),
        ("sqlite://", "a file that is there"),
        ("", "no database address"),
    ],
)
def test_a_database_that_may_not_be_asked_is_not_and_its_address_is_not_told(address, why):
    where = Source(csv_spec(budget_s=1.0), "", address)
    (failure,) = sql.ask(where, [RAIN], clock=lambda: NOW)
    assert isinstance(failure, FetchFailure)
    assert why in failure.message
    assert "hush" not in repr(failure) + repr(where)
    assert "reader" not in failure.message


def test_a_protocol_of_tables_is_asked_by_its_queries(station, monkeypatch):
    _, url = station
    tables = Protocol(registry.csv.decode, queries=lambda spec, window: [RAIN])
    monkeypatch.setattr(registry, "PROTOCOLS", {"csv": tables})
    (payload,) = fetch(source(url), Window(NOW, NOW), clock=lambda: NOW)
    assert isinstance(payload, Fetched)


def test_no_connection_is_left_open(station):
    engine, url = station
    if engine.dialect.name != "postgresql":
        return
    asked(url, RAIN)
    assert not _open(engine)


def _open(engine: Engine) -> list[object]:
    query = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%ST_PPTN_R%' AND pid <> "
    query += "pg_backend_pid()"
    with engine.connect() as connection:
        return list(connection.execute(text(query)))
