"""Strictness: under ``FLOODWARN_STRICT=1`` a skipped test is a failed one (see ``services.py``)."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine

from pipeline import database
from tests.databases import Schemas, careless, schema_of_its_own
from tests.services import MAY_BE_ABSENT, require, strict

SERIAL = {"end_to_end", "browser"}
LONGEST = (
    "replay/test_cance_skill.py",
    "faults/test_store_acknowledged.py",
    "faults/test_thousand_deliveries.py",
    "property/test_risk_laws.py",
    "dags/test_modes.py",
    "end_to_end/test_backfill.py",
    "end_to_end/test_flood_night.py",
)
"""Begun first: a file is one worker's, and the last to begin must not be the longest."""

# No deadline, for a slow machine is not a fault; in CI the same examples every time, so more of
# them would prove the same again: `make fuzz` draws others, and many.
settings.register_profile(
    "house",
    deadline=None,
    derandomize=strict(),
    max_examples=int(os.environ.get("FLOODWARN_EXAMPLES", "40")),
)
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts Airflow or a browser: it runs last. Begin with the longest files."""
    here = Path(__file__).parent
    items.sort(key=lambda item: item.path.relative_to(here).as_posix() not in LONGEST)
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).parts[0] in SERIAL:
            item.add_marker(pytest.mark.end_to_end)


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure, unless it says that shared data are absent or it is an xfail."""
    if not (strict() and report.skipped) or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not reason.removeprefix("Skipped: ").startswith(MAY_BE_ABSENT):
        report.outcome = "failed"
        report.longrepr = f"FLOODWARN_STRICT=1 and yet skipped: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """See every test's own report."""
    report = yield
    refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    """See the report of every module that is skipped whole."""
    report = yield
    refuse_skip(report)
    return report


KINDS = ["sqlite", "postgresql"]


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give each test the address of an empty database, on SQLite and then on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/floodwarn.db"
    else:
        require("postgresql")
        with schema_of_its_own() as url:
            yield url


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an SQLite file of the newest schema without a row, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "floodwarn.db"
    engine = database.connect(f"sqlite:///{path}")
    database.migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def schemas() -> Iterator[Schemas]:
    """Return the migrated schema of this process, to be emptied."""
    require("postgresql")
    schemas = Schemas()
    yield schemas
    schemas.close()


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Give each test a database of its own, of the newest schema and without a row."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("migrated"), tmp_path / "floodwarn.db")
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("schemas").emptied()
    engine = careless(database.connect(url))
    yield engine
    engine.dispose()


@pytest.fixture
def engine_url(engine: Engine) -> str:
    """Return the address of ``engine``, for another process."""
    return engine.url.render_as_string(hide_password=False)
