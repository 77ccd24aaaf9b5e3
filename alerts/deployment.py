"""What a door works on: the settings, the site and the store of one deployment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from alerts.errors import NothingToDo
from alerts.receivers_file import within_home
from pipeline.database import Engine, connect, migrate
from pipeline.runs import open_now
from pipeline.settings import Settings
from pipeline.site.pack import SitePack, load
from pipeline.world import Exercise, Mode, World, flood_time, live


@dataclass(frozen=True, slots=True)
class Deployment:
    """One site, served from one home and one database."""

    settings: Settings
    pack: SitePack
    engine: Engine

    def exercise(self) -> Exercise:
        """Return the exercise that is being played.

        Raises
        ------
        NothingToDo
            None is open.
        """
        exercise = open_now(self.engine, self.pack.site_id)
        if exercise is None:
            raise NothingToDo(f"no exercise is open at {self.pack.site_id}")
        return exercise

    def flood_time(self, now: datetime) -> datetime:
        """Return the instant that orders are timed by: the flood's, where one is played."""
        return flood_time(self.exercise(), now) if self.settings.mode is Mode.EXERCISE else now

    def paging_world(self) -> World:
        """Return the world whose messages this deployment sends.

        Raises
        ------
        NothingToDo
            It is a replay, which pages no one, or an exercise that nobody has opened.
        """
        match self.settings.mode:
            case Mode.LIVE:
                return live(self.pack.site_id)
            case Mode.EXERCISE:
                return self.exercise().world
            case Mode.REPLAY:
                raise NothingToDo("this deployment replays: it pages no one")


@contextmanager
def opened(settings: Settings) -> Iterator[Deployment]:
    """Open a deployment, its database migrated, and let its connections go at the end."""
    engine = connect(settings.database_url)
    try:
        migrate(engine)
        pack = within_home(load(settings.site_folder, settings.home), settings.home)
        yield Deployment(settings, pack, engine)
    finally:
        engine.dispose()
