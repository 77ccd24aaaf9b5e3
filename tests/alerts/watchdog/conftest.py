"""A watch in an exercise in which all goes on, but for its feeds."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.watchdog.watching import Watcher
from pipeline import runs
from pipeline.world import Exercise
from tests.alerts.channels.conftest import certificate
from tests.alerts.night import FLOOD, WALL, levels
from tests.alerts.watchdog.watched import Clock, listed
from tests.valley import VALLEY

__all__ = ["certificate"]


@pytest.fixture
def at():
    return Clock()


@pytest.fixture
def watcher(night, post, at):
    """Give the watch of an exercise in which all goes on, but for its feeds."""
    end = FLOOD + timedelta(days=3)
    exercise = Exercise("valley", night.world.world_id, WALL, FLOOD, end, 1)
    runs.open_exercise(night.engine, exercise)
    night.warned(levels())
    listed(night)
    settings = replace(night.settings, site_folder=VALLEY)
    return Watcher(settings, night.channels, at)
