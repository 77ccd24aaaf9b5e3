from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.alerts.night import Night, home_of
from tests.alerts.post_office import PostOffice, open_for_business


@pytest.fixture
def night(engine: Engine, tmp_path: Path) -> Night:
    """Give a night in the valley on each database."""
    return Night(engine, home_of(tmp_path / "home"))


@pytest.fixture
def post(night: Night) -> Iterator[PostOffice]:
    """Give the post office that the night's mail goes to."""
    with open_for_business() as (office, port):
        night.port = port
        yield office
