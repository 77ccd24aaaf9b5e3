"""Strictness: under ``FLOODWARN_STRICT=1`` a skipped test is a failed one (see ``services.py``)."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.schema import CreateSchema, DropSchema

from pipeline import database
from tests.services import MAY_BE_ABSENT, POSTGRES, require, strict

SERIAL = {"end_to_end", "browser"}
LONGEST = (
    "replay/test_cance_skill.py",
    "faults/test_store_acknowledged.py",
    "property/test_risk_laws.py",
    "dags/test_modes.py",
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
    """Mark what starts Airflow or a browser: it runs alone, last. Begin with the longest files."""
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


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give each test an empty database of its own, on SQLite and then on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/floodwarn.db"
    else:
        require("postgresql")
        with schema_of_its_own() as url:
            yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Give each test a migrated database of its own; ``database_url`` is its address."""
    engine = database.connect(database_url)
    database.migrate(engine)
    yield engine
    engine.dispose()


@contextmanager
def schema_of_its_own() -> Iterator[str]:
    """Make an empty schema on the tests' PostgreSQL; give its address, and drop it at the end."""
    name = f"floodwarn_test_{uuid.uuid4().hex}"
    server = create_engine(POSTGRES)
    with server.begin() as connection:
        connection.execute(CreateSchema(name))
    try:
        url = make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={name}"})
        yield url.render_as_string(hide_password=False)
    finally:
        with server.begin() as connection:
            connection.execute(DropSchema(name, cascade=True))
        server.dispose()
