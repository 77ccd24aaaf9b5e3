"""A watch that is killed anywhere, then run again, has told once: no row lost, none doubled."""

from dataclasses import replace

from alerts.tables import notice
from alerts.watch import watch
from pipeline.world import Mode, World
from tests.alerts.night import MINUTE, WALL, delivery, levels
from tests.alerts.watch.test_watch import PACK, silenced
from tests.faults.killed import killed_at

STRIDE = 3


def test_a_watch_killed_at_any_touch_of_the_database_tells_once_in_the_end(night, engine_url):
    night.pack = PACK
    people = night.roster

    def step(engine):
        watch(replace(night.desk, engine=engine, roster=people), now=WALL)

    def enter(number):
        night.world = World("valley", Mode.EXERCISE, f"x{number}")
        night.warned(silenced(levels()), at=MINUTE)

    def written():
        texts = sorted((row.language, row.subject, row.body) for row in night.rows(notice))
        return texts, sorted((row.contact_ref, row.state) for row in night.rows(delivery))

    enter(0)
    nothing = written()
    step(night.engine)
    whole = written()
    fatal, killed = 1, True
    while killed:
        enter(fatal)
        night.engine.dispose()
        killed = killed_at(fatal, engine_url, step)
        assert written() in (nothing, whole)
        step(night.engine)
        assert written() == whole, fatal
        fatal += STRIDE
    assert fatal > 10
