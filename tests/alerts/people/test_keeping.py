"""Who was removed long ago is forgotten for good, unless an inquiry holds what was said to them."""

from datetime import timedelta

import pytest

from alerts.contacts.keeping import hold, purge
from alerts.contacts.register import Act, take_in
from alerts.errors import Refused
from alerts.people import store
from alerts.people.keyring import Kind
from alerts.roster import CONTACTS, Roster
from tests.alerts.night import WALL, delivery, episode, levels, only

DAY = timedelta(days=1)
PERSON, OTHER, OFFICER = "hekou/responsible", "hekou/warning", "county_duty-1"
BY = Act(OFFICER, WALL)


@pytest.fixture
def removed(night):
    """Give a night after which two people were removed, one of whom had been called."""
    only(night, OFFICER, PERSON, OTHER)
    people = Roster.load(night.home).contacts
    take_in(night.home, people, (), BY)
    (night.home / CONTACTS).unlink()
    night.warned(levels(hekou=4))
    called = {row.contact_ref for row in night.rows(delivery)}
    assert PERSON in called
    stranger = next(c for c in people if c.ref == OTHER).model_copy(update={"ref": "stranger"})
    take_in(night.home, (stranger.model_copy(update={"email": None, "channels": ()}),), (), BY)
    take_in(night.home, (), (PERSON, "stranger"), BY)
    return night


def purged(night, days=30, after=31 * DAY, confirm=True):
    return purge(night.home, night.engine, days, Act(OFFICER, WALL + after), confirm=confirm)


def test_who_was_removed_long_ago_is_forgotten_and_the_others_stay(removed):
    assert purged(removed, after=29 * DAY).refs == ()
    assert purged(removed, confirm=False).refs == (PERSON, "stranger")
    assert purged(removed).refs == (PERSON, "stranger")
    assert purged(removed).refs == ()
    database = b"".join(path.read_bytes() for path in removed.home.glob("people.db*"))
    assert store.refs_of(removed.home, Kind.EMAIL, "hekou-responsible@mailbox.invalid") == ()
    # in the log alone: the import, the removal, the purge
    assert database.count(b"stranger") == 3
    assert {c.ref for c in Roster.load(removed.home).contacts} == {OFFICER, OTHER}


def test_an_inquiry_keeps_who_was_called_in_its_episode_until_it_ends(removed):
    (ident,) = {row.episode_id for row in removed.rows(episode)}
    assert hold(removed.home, removed.engine, ident, WALL + 60 * DAY, BY) >= 2
    hold(removed.home, removed.engine, ident, WALL + 2 * DAY, BY)  # no hold is made shorter
    found = purged(removed)
    assert (found.refs, found.kept_for) == (("stranger",), ((PERSON, ident),))
    assert purged(removed, after=61 * DAY).refs == (PERSON,)


def test_an_episode_that_is_none_cannot_be_held_and_not_everybody_may_purge(removed):
    with pytest.raises(Refused, match="no episode"):
        hold(removed.home, removed.engine, "e1", WALL + DAY, BY)
    with pytest.raises(Refused, match="no right"):
        purge(removed.home, removed.engine, 0, Act(OTHER, WALL), confirm=True)
