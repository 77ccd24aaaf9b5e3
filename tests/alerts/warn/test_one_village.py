"""One village's fault, one bad contact, an unreadable list of people: the others are warned."""

from contextlib import contextmanager

import pytest
from sqlalchemy import text

from alerts.ledger import episodes
from alerts.roster import CONTACTS, Roster
from alerts.tables import warning_fault
from alerts.tier import Tier
from alerts.warn import warn
from tests.alerts.night import (
    FLOOD,
    HOUR,
    SLOT,
    WALL,
    assessed,
    delivery,
    episode,
    levels,
    message,
    only,
    valley,
)

FAULT = {
    "sqlite": (
        "CREATE TRIGGER torn BEFORE INSERT ON message WHEN NEW.village_id = 'hekou' "
        "BEGIN SELECT RAISE(ABORT, 'torn page'); END",
        "DROP TRIGGER torn",
    ),
    "postgresql": (
        "ALTER TABLE message ADD CONSTRAINT torn CHECK (village_id <> 'hekou') NOT VALID",
        "ALTER TABLE message DROP CONSTRAINT torn",
    ),
}


@contextmanager
def torn(engine):
    """Let the database refuse every message of one village."""
    broken, mended = FAULT[engine.dialect.name]
    with engine.begin() as connection:
        connection.execute(text(broken))
    yield
    with engine.begin() as connection:
        connection.execute(text(mended))


def tiers(night):
    with night.engine.connect() as connection:
        return {v: s.tier for v, s in episodes.newest(connection, night.world).items()}


def test_a_village_that_cannot_be_written_takes_nobody_with_it(night):
    with torn(night.engine):
        (done,) = night.warned(levels(hekou=4, baishi=4, xiaqiao=2))
    assert tiers(night) == {"baishi": Tier.RED, "xiaqiao": Tier.YELLOW}
    assert {row.village_id for row in night.rows(message)} == {"baishi", "xiaqiao"}
    assert [fault.village_id for fault in done.faults] == ["hekou"]
    assert [row.village_id for row in night.rows(warning_fault)] == ["hekou"]
    assert {row.village_id for row in night.rows(episode)} == {"baishi", "xiaqiao"}


def test_it_is_told_with_the_next_bulletin(night):
    with torn(night.engine):
        night.warned(levels(hekou=4))
    night.warned(levels(SLOT + HOUR, hekou=4))
    assert tiers(night) == {"hekou": Tier.RED}
    assert night.rows(delivery)


def test_a_recorded_fault_quotes_no_row(night):
    with torn(night.engine):
        (done,) = night.warned(levels(hekou=4))
    assert "INSERT" not in done.faults[0].fault
    assert "[parameters" not in done.faults[0].fault


def test_one_bad_contact_keeps_no_other_from_being_told(night):
    whole = night.warned(levels(hekou=4))[0].deliveries
    path = night.home / CONTACTS
    path.write_text(path.read_text() + '\n[[contacts]]\nref = "new"\nrole = "warning"\n')
    night.warned(levels(SLOT + HOUR, hekou=4, baishi=4))
    assert len(night.rows(delivery)) > whole
    assert {fault.ref for fault in night.roster.faults} == {"new"}


@pytest.mark.parametrize("spoil", ["chmod", "toml", "gone"])
def test_a_list_that_cannot_be_read_still_leaves_tier_and_message(night, spoil):
    path = night.home / CONTACTS
    match spoil:
        case "chmod":
            path.chmod(0o644)
        case "toml":
            path.write_text("[[contacts]\n")
        case "gone":
            path.unlink()
    assessed(night.engine, night.world, levels(hekou=4))
    nobody = Roster.at_hand(night.home)
    (done,) = warn(night.engine, valley(), night.world, nobody, now=WALL, flood_now=FLOOD)
    assert tiers(night) == {"hekou": Tier.RED}
    assert night.rows(message)
    assert night.rows(delivery) == []
    assert f"nobody to tell: {nobody.faults[0]}" in done.faults[0].fault


def test_where_the_roster_knows_none_of_a_plans_people_the_villages_roles_are_told(night):
    path = night.home / CONTACTS
    path.write_text(path.read_text().replace('ref = "hekou/', 'ref = "moved/'))
    (done,) = night.warned(levels(hekou=4))
    told = {row.contact_ref for row in night.rows(delivery)}
    assert any(ref.startswith("moved/") for ref in told)
    assert "not in the roster: hekou/responsible" in done.faults[0].fault
    assert "no villager to tell" not in done.faults[0].fault


def test_no_other_village_s_people_are_told_in_their_place(night):
    only(night, "county_duty-1", "baishi/responsible")
    night.warned(levels(hekou=4))
    assert {row.contact_ref for row in night.rows(delivery)} == {"county_duty-1"}
