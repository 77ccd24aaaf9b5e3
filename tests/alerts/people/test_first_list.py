"""The first list of people takes nobody's seat; broken keys empty no roster and open no right."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import update

from alerts.contacts.register import Act, rotate, take_in
from alerts.errors import Refused, RosterError
from alerts.people import store
from alerts.people.keyring import KEYS, Keyring, put_keys, with_new_key
from alerts.people.tables import person
from alerts.roster import CONTACTS, Roster
from tests.alerts.people.persons import ACT, CHIEF, EVERYBODY, NOW, WEAK, kept


def test_the_first_list_corrects_and_removes_who_stands_in_the_file(home):
    path = home / CONTACTS
    path.touch(mode=0o600)
    path.write_text(
        'schema = "floodwarn.contacts/1"\n'
        + "".join(
            f'[[contacts]]\nref = "{ref}"\nrole = "x"\nvillages = "*"\nchannels = ["file"]\n'
            for ref in ("a", "chief", "gone")
        )
    )
    settled = take_in(home, (CHIEF,), ("gone",), ACT, dry_run=True)
    assert (settled.changed, settled.removed) == ((CHIEF,), ("gone",))
    assert not store.takes_over(home)
    assert take_in(home, (CHIEF,), ("gone",), ACT) == settled
    assert [c.ref for c in Roster.load(home).contacts] == ["a", "chief"]
    assert Roster.load(home).contact("chief") == CHIEF


def test_a_roster_that_cannot_be_read_opens_nobody_the_right_to_change_it(home, people_engine):
    path = home / CONTACTS
    path.touch(mode=0o600)
    path.write_text("[[")
    with pytest.raises(RosterError, match="TOML"):
        take_in(home, (CHIEF,), (), ACT)
    path.unlink()
    kept(home)
    with people_engine.begin() as connection:
        connection.execute(update(person).where(person.c.ref == "chief").values(phone="torn"))
    with pytest.raises(Refused, match="no right"):
        take_in(home, (WEAK,), (), Act(WEAK.ref, NOW))


def test_keys_that_open_no_address_are_an_error_and_no_empty_roster(home):
    kept(home)
    (home / KEYS).write_bytes(Fernet.generate_key())
    with pytest.raises(RosterError, match="no key of people.keys opens"):
        Roster.load(home)
    (fault,) = Roster.at_hand(home).faults
    assert KEYS in fault.message


def test_when_the_people_were_last_edited_is_known_and_a_new_key_is_no_edit(home):
    assert store.changed_at(home) is None
    kept(home)
    later = NOW + timedelta(hours=1)
    take_in(home, (), (WEAK.ref,), Act("chief", later))
    rotate(home, Act("chief", later + timedelta(hours=1)))
    assert store.changed_at(home) == later


def test_two_who_change_the_keys_at_once_lose_no_address(home, monkeypatch):
    kept(home)
    real, turns = store.writing, []

    @contextmanager
    def between(folder):
        """Let another one change the keys once the first has sealed, and die on the way."""
        turns.append(1)
        if len(turns) == 2:
            with real(folder) as connection:
                other = with_new_key(Keyring.load(folder))
                put_keys(folder, other)
                store.reseal(connection, other)
        with real(folder) as connection:
            yield connection

    monkeypatch.setattr(store, "writing", between)
    rotate(home, ACT)
    assert Roster.load(home) == Roster(EVERYBODY)
    assert len(Keyring.load(home).keys) == 2, "ours and theirs, nothing older"


def test_many_who_change_the_keys_at_once_lose_no_address(home):
    kept(home)
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda _: rotate(home, ACT), range(6))) == [len(EVERYBODY)] * 6
    assert Roster.load(home) == Roster(EVERYBODY)
