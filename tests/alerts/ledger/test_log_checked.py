"""`check` reads the log of what persons did, and names the first entry that was tampered with."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from alerts.actions import Asked, order_village
from alerts.issue import Minute
from alerts.readiness import findings_of
from alerts.tables import officer_action
from alerts.tier import Tier
from pipeline.database import migrate, migrate_within
from pipeline.world import Mode, World
from tests.alerts.night import FLOOD, WALL
from tests.golden.samples import MINUTE, VALLEY

BY = "county_duty-1"
VILLAGES = ("hekou", "baishi", "nanping")


def found(night) -> list[tuple]:
    settings = replace(night.settings, site_folder=VALLEY)
    said = [f for f in findings_of(settings, WALL) if f.file.startswith("the database")]
    return [(f.severity, f.row, f.message) for f in said]


@pytest.fixture
def ordered(night):
    """Give a night on which three villages were ordered by hand, in two exercises."""
    for world in (World("valley", Mode.EXERCISE, "x0"), night.world):
        night.world = world
        for minute, village in enumerate(VILLAGES, start=1):
            at = Minute(WALL + minute * MINUTE, FLOOD + minute * MINUTE)
            order_village(night.desk, Asked(village, Tier.RED, "water", BY), at)
    return night


def test_a_log_that_nobody_touched_is_no_finding(ordered):
    assert found(ordered) == []


@pytest.mark.parametrize(
    "changed", [{"reason": "nothing"}, {"by_ref": "x"}, {"tier": 2}, {"verb": "x"}, {"at": 1}]
)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_entry_that_was_changed_is_named_with_its_world(ordered, changed, number):
    here = (officer_action.c.world_id == "x0") & (officer_action.c.number == number)
    with ordered.engine.begin() as connection:
        connection.execute(officer_action.update().where(here).values(**changed))
    ((severity, row, said),) = found(ordered)
    assert (severity, row) == ("error", number)
    assert said.startswith(f"exercise x0: entry {number} of the log does not follow")


def test_an_entry_that_was_taken_out_is_named_and_each_world_s_own(ordered):
    with ordered.engine.begin() as connection:
        connection.execute(officer_action.delete().where(officer_action.c.number == 2))
    assert [(row, said[:12]) for _, row, said in found(ordered)] == [
        (2, "exercise x0:"), (2, "exercise x1:"),
    ]  # fmt: skip


def test_where_there_is_no_database_yet_none_is_made(night, tmp_path):
    settings = replace(
        night.settings, site_folder=VALLEY, database_url=f"sqlite:///{tmp_path}/none.db"
    )
    said = [f for f in findings_of(settings, WALL) if f.file.startswith("the database")]
    assert said == []
    assert not (tmp_path / "none.db").exists()


def test_a_file_that_is_no_database_is_an_error_and_no_crash(night, tmp_path):
    (tmp_path / "odd.db").write_bytes(b"no database" * 1000)
    settings = replace(
        night.settings, site_folder=VALLEY, database_url=f"sqlite:///{tmp_path}/odd.db"
    )
    said = [f for f in findings_of(settings, WALL) if f.file.startswith("the database")]
    assert [f.severity for f in said] == ["error"]


def test_a_database_of_an_older_version_is_said_to_be_unread_and_is_left_as_it_is(engine, night):
    with engine.begin() as connection:
        officer_action.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE floodwarn_alembic_version"))
        migrate_within(connection, to="0008")
    ((severity, _, said),) = found(night)
    assert severity == "info"
    assert said.startswith("not checked")
    migrate(engine)
    assert found(night) == []
