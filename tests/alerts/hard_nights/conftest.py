from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest

from tests.alerts.hard_nights.night import Night, begun

EVENING = datetime(2026, 7, 14, 19, tzinfo=UTC)
"""Nine o'clock in the gorge, an hour before dusk."""


@pytest.fixture
def begin(database_url, tmp_path) -> Callable[..., Night]:
    """Give a way to begin a night, in an empty database of its own."""
    return partial(begun, tmp_path, database_url, slot=EVENING)
