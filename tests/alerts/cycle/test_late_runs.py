"""A run that was cut short pages when it is taken up in time, and nobody when it is not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from alerts.cycle import Turn, one_cycle, turn_of
from alerts.errors import NothingToDo
from alerts.first_run import init_home
from alerts.warning_pack import load_warning
from pipeline import clock
from pipeline.database import connect, migrate
from pipeline.instants import HOUR, floor_to
from pipeline.runs import Run
from pipeline.settings import Settings, from_environment
from pipeline.site.pack import load
from pipeline.world import Mode, RunKind
from tests.alerts.post_office import PostOffice, open_for_business
from tests.valley import STORM_BREAKS, live_like

WEEK = timedelta(days=7)


@dataclass
class Valley:
    settings: Settings
    post: PostOffice
    slot: datetime
    now: datetime

    def run(self, *, clear_number: int = 0) -> Run:
        return Run("flood_cycle", "scheduled__1", clear_number, RunKind.SCHEDULED, self.slot)

    def take(self, *steps: str, at: datetime, clear_number: int = 0) -> Mode:
        with turn_of(self.run(clear_number=clear_number), self.settings, now=at) as turn:
            for step in steps:
                getattr(turn, step)()
            return turn.world.mode

    def observe(self) -> None:
        with turn_of(self.run(), self.settings, now=self.now) as turn:
            for feed in turn.deployment.pack.feeds:
                Turn.observe(turn, feed.feed_id)


@pytest.fixture
def valley(tmp_path):
    home, now = tmp_path / "home", clock.now()
    slot = floor_to(now - timedelta(minutes=6), HOUR)
    site = live_like(tmp_path, home, storm_hour=STORM_BREAKS + 4 * HOUR, now_hour=slot)
    with open_for_business() as (post, port):
        settings = replace(
            from_environment(site=site, home=home),
            mode=Mode.LIVE,
            smtp_host="127.0.0.1",
            smtp_port=port,
            database_url=f"sqlite:///{home}/floodwarn.db",
        )
        engine = connect(settings.database_url)
        migrate(engine)
        engine.dispose()
        init_home(home, load_warning(load(site, home)), Mode.EXERCISE)
        yield Valley(settings, post, slot, now)


def test_a_run_killed_before_warn_warns_when_it_is_taken_up_again(valley):
    valley.observe()
    valley.take("assess", at=clock.now())
    assert valley.take("assess", "warn", "deliver", at=clock.now()) is Mode.LIVE
    assert valley.post.accepted()


def test_a_run_cleared_before_anyone_was_warned_still_warns(valley):
    valley.observe()
    valley.take("assess", at=clock.now())
    cleared = valley.take("assess", "warn", "deliver", at=clock.now(), clear_number=1)
    assert cleared is Mode.LIVE
    assert valley.post.accepted()


def test_a_run_cleared_after_its_warning_is_a_replay(valley):
    valley.observe()
    valley.take("assess", "warn", "deliver", at=clock.now())
    assert valley.take("assess", at=clock.now(), clear_number=1) is Mode.REPLAY


def test_a_run_resumed_a_week_later_pages_nobody(valley):
    valley.observe()
    for steps in (("assess",), ("warn",), ("deliver",)):
        with pytest.raises(NothingToDo, match="too old"):
            valley.take(*steps, at=valley.now + WEEK)
    assert not valley.post.accepted()


def test_a_cycle_by_hand_takes_the_slot_whose_readings_are_due_and_sees_what_it_fetched(valley):
    just_after = valley.slot + HOUR + timedelta(seconds=30)
    ticks = iter(just_after + timedelta(seconds=i) for i in range(99))
    said = one_cycle(valley.settings, None, present=lambda: next(ticks))
    assert any(valley.slot.strftime("%Y-%m-%dT%H:00:00Z") in line for line in said), said
