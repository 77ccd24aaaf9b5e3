"""A full, locked or lost database stops a cycle loudly, loses no raw byte, and is forgotten."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, make_url, select

from alerts.cli.app import run
from alerts.warn import warn
from pipeline import database
from pipeline.assess import assess
from pipeline.database import reading
from pipeline.errors import StoreUnavailable
from pipeline.observe import ObserveFailed, observe
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from pipeline.store import archive, batches
from pipeline.store.tables import batch, cycle, fetch, payload
from pipeline.world import live
from tests.alerts.night import FLOOD, WALL, assessed, levels, valley
from tests.faults.refusals import BEFORE, Proxy, Refusal, full, locked, lost
from tests.faults.test_warn_killed import written
from tests.feeds.server import serving
from tests.valley import STORM_PEAK, live_like

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
NOW = AT + timedelta(minutes=3)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LIVE = live("valley")
REFUSALS = pytest.mark.parametrize("refusal", [full, locked, lost])


class Gauge:
    """A live copy of the valley whose gauge tells its newest reading, over HTTP, and no other."""

    def __init__(self, engine: Engine, folder: Path, url: str) -> None:
        self.engine, self.home = engine, folder / "home"
        self.site = live_like(folder, self.home, storm_hour=STORM_PEAK, now_hour=AT)
        self.minute = 0
        feeds = self.site / "feeds.toml"
        local = '"${FLOODWARN_HOME}/incoming/rain.csv"'
        remote = f'"{url}/rain.csv"\nallow_private = ["127.0.0.0/8"]\nbudget_s = 5.0'
        feeds.write_text(feeds.read_text().replace(local, remote, 1))

    def body(self) -> bytes:
        """The newest reading, in a payload that takes more than a page of any database."""
        lines = (self.home / "incoming/rain.csv").read_text().splitlines()
        chance = random.Random(self.minute)
        noise = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=60_000))
        head, row = lines[0], lines[1].split(",")
        names = head.split(",")
        row[names.index("valid_time")] = (AT + self.minute * MINUTE).isoformat()
        row[names.index("value")] = str(self.minute + 1)
        return f"{head},note\n{','.join(row)},{noise}\n".encode()

    def observe(self, minute: int):
        """Observe at a minute, and at once after it."""
        self.minute = minute
        now = NOW + minute * MINUTE
        pack = load(self.site, self.home)
        return observe(self.engine, pack, LIVE, "rain", start=now - HOUR, end=now, now=now)

    @property
    def spooled(self) -> list[Path]:
        return sorted((self.home / "spool").rglob("*.payload"))

    def values(self) -> dict[float, datetime]:
        """Return of each value since 02:00 when it became known."""
        with reading(self.engine) as connection:
            held = batches.load(
                connection, site="valley", start=AT - HOUR, end=AT + HOUR, known_before=None
            )
        points = held.at(None, AT - MINUTE, AT + HOUR).points
        known = (datetime.fromtimestamp(us / 1e6, UTC) for us in points.known_us.tolist())
        return dict(zip(points.value.tolist(), known, strict=True))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a second for a lock, and not half a minute."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 1)


@pytest.fixture
def gauge(impatient, engine, tmp_path):
    gauge = None
    with serving(lambda *_: (200, {}, gauge.body())) as server:
        gauge = Gauge(database.connect(str_of(engine)), tmp_path, server.url)
        yield gauge
    gauge.engine.dispose()


def str_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def expect_healed(gauge: Gauge, before: list[bytes]) -> None:
    """Expect that the next run takes in what waited, before what is new."""
    after = gauge.observe(9)
    assert after.payloads == len(before) + 1
    assert gauge.spooled == []
    known = gauge.values()
    assert set(known) == {1.0, *(2.0 + i for i in range(len(before))), 10.0}
    # It could not be used before now; what is newer was known later.
    instants = [known[value] for value in sorted(known)]
    assert instants == sorted(instants)
    assert instants[1] >= NOW + 9 * MINUTE
    with reading(gauge.engine) as connection:
        for content in before:
            assert archive.content(connection, payload_of(content)) == content
        fetched = select(func.count()).where(fetch.c.status == "ok")
        assert connection.execute(fetched).scalar_one() == len(before) + 2


def payload_of(content: bytes) -> str:
    from hashlib import sha256

    return sha256(content).hexdigest()


def rows(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        tables = payload, batch, fetch
        return [
            connection.execute(select(func.count()).select_from(t)).scalar_one() for t in tables
        ]


@REFUSALS
def test_what_came_while_the_database_refused_is_taken_in_by_the_next_run(
    gauge: Gauge, refusal: Refusal
) -> None:
    gauge.observe(0)
    stored, came = rows(gauge.engine), []
    with refusal(gauge.engine):
        for minute in (1, 2):
            with pytest.raises(
                StoreUnavailable, match=r"the database .* spool, 0 could not"
            ) as told:
                gauge.observe(minute)
            assert told.value.retryable
            assert "INSERT" not in str(told.value)
            came.append(gauge.body())
    assert rows(gauge.engine) == stored
    assert [path.stat().st_mode & 0o777 for path in gauge.spooled] == [0o600, 0o600]
    expect_healed(gauge, came)


@pytest.fixture
def proxy(engine_url: str) -> Iterator[Proxy]:
    """Stand between the test and its PostgreSQL."""
    url = make_url(engine_url)
    proxy = Proxy(url.host or "127.0.0.1", url.port or 5432)
    yield proxy
    proxy.close()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_server_cut_off_in_the_middle_of_an_intake_is_found_again(
    gauge: Gauge, proxy: Proxy
) -> None:
    gauge.observe(0)
    stored, touched = rows(gauge.engine), []
    direct, url = gauge.engine, gauge.engine.url.set(host="127.0.0.1", port=proxy.port)
    gauge.engine = database.connect(url.render_as_string(hide_password=False))

    def cut(_connection, _cursor, statement, *_: object) -> None:
        touched.append(statement.startswith("INSERT"))
        if sum(touched) == 2:
            proxy.cut()

    event.listen(gauge.engine, BEFORE, cut)
    came = []
    for minute in (1, 2):
        with pytest.raises(StoreUnavailable):
            gauge.observe(minute)
        came.append(gauge.body())
    event.remove(gauge.engine, BEFORE, cut)
    assert rows(direct) == stored
    proxy.mend()
    expect_healed(gauge, came)
    direct.dispose()


def test_the_same_bytes_wait_once(gauge: Gauge) -> None:
    gauge.observe(0)
    with locked(gauge.engine):
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                gauge.observe(1)
    assert len(gauge.spooled) == 1


def test_a_damaged_file_of_the_spool_is_told_and_stops_nothing(gauge: Gauge) -> None:
    gauge.observe(0)
    with locked(gauge.engine), pytest.raises(StoreUnavailable):
        gauge.observe(1)
    (path,) = gauge.spooled
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ObserveFailed, match="damaged") as told:
        gauge.observe(2)
    assert told.value.observed.payloads == 1
    assert 3.0 in gauge.values()


@REFUSALS
def test_a_slot_that_could_not_be_judged_is_judged_by_the_next_run(
    gauge: Gauge, refusal: Refusal
) -> None:
    gauge.observe(0)
    config = risk_config(load(gauge.site, gauge.home))
    judge = partial(assess, gauge.engine, config, LIVE, AT, cutoff=NOW, now=NOW + MINUTE)
    with refusal(gauge.engine), pytest.raises(StoreUnavailable):
        judge()
    with reading(gauge.engine) as connection:
        judged = select(func.count()).where(cycle.c.decision_sha256.is_not(None))
        assert connection.execute(judged).scalar_one() == 0
    assert judge().decision_sha256 == judge().decision_sha256


@REFUSALS
def test_a_warning_that_could_not_be_kept_is_kept_whole_by_the_next_run(
    impatient, night, refusal: Refusal
) -> None:
    assessed(night.engine, night.world, levels(hekou=3, xiaqiao=4))
    nothing = written(night)
    night.engine.dispose()
    engine = database.connect(str_of(night.engine))
    step = partial(warn, engine, valley(), night.world, night.roster, now=WALL, flood_now=FLOOD)
    with refusal(engine), pytest.raises(StoreUnavailable):
        step()
    assert written(night) == nothing
    step()
    engine.dispose()
    assert {row[0] for row in written(night)["messages"]} == {"hekou", "xiaqiao"}


def test_a_command_that_meets_a_locked_database_could_not_run(
    gauge: Gauge, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("FLOODWARN_DATABASE_URL", str_of(gauge.engine))
    command = ["ingest", "--feed", "rain", "--site", str(gauge.site), "--home", str(gauge.home)]
    command += ["--from", (AT - HOUR).isoformat(), "--to", AT.isoformat()]
    with locked(gauge.engine):
        assert run(command) == 3
    told = capsys.readouterr().err
    assert "the database" in told
    assert "Traceback" not in told
