"""People in their own database: sealed, found by number, corrected in place, kept by themselves."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from alerts.contacts.register import Act, listed, rotate, shown, take_in
from alerts.errors import Refused, RosterError
from alerts.people import audit, store
from alerts.people.keyring import KEYS, Keyring, Kind
from alerts.people.number import e164, masked, masked_email
from alerts.people.tables import SCHEMA, person
from alerts.people.tables import version as schema
from alerts.roster import CONTACTS, Contact, Right, Roster
from pipeline.errors import StoreUnavailable
from pipeline.settings import PEOPLE
from tests.alerts.people.persons import (
    ACT,
    CHIEF,
    EVERYBODY,
    HOOKED,
    LEADER,
    NOW,
    WEAK,
    kept,
    phones,
    rosters,
)

NUMBER = LEADER.phone.get_secret_value()
each_example = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def rows(engine):
    with engine.connect() as connection:
        return connection.execute(select(person).order_by(person.c.place)).all()


def test_people_come_back_in_their_order_as_they_were_taken_in(home):
    assert Roster.load(kept(home)) == Roster(EVERYBODY)


@each_example
@given(rosters)
def test_any_roster_comes_back_as_it_was_taken_in(tmp_path_factory, people):
    home = tmp_path_factory.mktemp("home")
    take_in(home, people, (), ACT)
    if people:
        assert Roster.load(home) == Roster(people)


def test_the_database_holds_no_address_in_the_clear(home, people_engine):
    kept(home)
    told = repr(rows(people_engine))
    for secret in ("13900002222", "13800001111", "chief@", "hooks.invalid", "T0K3N"):
        assert secret not in told
    for path in home.iterdir():
        assert b"13900002222" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def test_a_siren_stands_in_its_file_wherever_the_people_are_kept(home):
    path = home / CONTACTS
    path.touch(mode=0o600)
    path.write_text(
        'schema = "floodwarn.contacts/1"\n[[contacts]]\nref = "horn"\nrole = "siren"\n'
        'villages = ["hekou"]\nchannels = ["siren"]\nsiren = { device = "hekou-1" }\n'
    )
    kept(home, CHIEF)
    assert [c.ref for c in Roster.load(home).contacts] == ["chief", "horn"]


def test_until_somebody_was_taken_in_the_file_counts_and_then_it_does_no_more(home):
    path = home / CONTACTS
    path.touch(mode=0o600)
    path.write_text(
        'schema = "floodwarn.contacts/1"\n[[contacts]]\nref = "old"\nrole = "x"\n'
        'villages = "*"\nchannels = ["file"]\n'
    )
    assert [c.ref for c in Roster.load(home).contacts] == ["old"]
    take_in(home, (), (), ACT)
    assert not store.takes_over(home)
    assert [c.ref for c in Roster.load(home).contacts] == ["old"]
    settled = take_in(home, (CHIEF,), (), ACT)
    assert [c.ref for c in settled.brought] == ["old"]
    assert [c.ref for c in Roster.load(home).contacts] == ["old", "chief"], "who was there stays"
    path.unlink()
    assert [c.ref for c in Roster.load(home).contacts] == ["old", "chief"]
    take_in(home, (), ("chief", "old"), ACT)
    assert Roster.load(home).contacts == ()


def test_a_correction_counts_at_once_and_bears_a_higher_version(home):
    kept(home)
    assert store.read(home).versions == dict.fromkeys((c.ref for c in EVERYBODY), 1)
    other = LEADER.model_copy(update={"phone": CHIEF.phone})
    settled = take_in(home, (other, WEAK), (), ACT)
    assert (settled.changed, settled.unchanged) == ((other,), (WEAK.ref,))
    assert Roster.load(home).contact(LEADER.ref).phone == CHIEF.phone
    assert store.read(home).versions == {"chief": 1, LEADER.ref: 2, WEAK.ref: 1, HOOKED.ref: 1}


def test_who_is_removed_is_in_no_roster_and_comes_back_with_a_higher_version(home):
    kept(home)
    assert take_in(home, (), (LEADER.ref, "nobody"), ACT).removed == (LEADER.ref,)
    assert Roster.load(home).contact(LEADER.ref) is None
    assert store.refs_of(home, Kind.PHONE, NUMBER) == ()
    assert take_in(home, (LEADER,), (), ACT).added == (LEADER,)
    assert store.read(home).versions[LEADER.ref] == 3


def test_two_who_would_share_a_login_are_not_both_taken_in_and_may_swap_theirs(home):
    kept(home)
    thief = WEAK.model_copy(update={"logins": ("officer",)})
    settled = take_in(home, (thief,), (), ACT)
    assert list(settled.refused) == [WEAK.ref]
    assert Roster.load(home) == Roster(EVERYBODY)
    swapped = (thief, CHIEF.model_copy(update={"logins": ("weak",)}))
    assert take_in(home, swapped, (), ACT).changed == swapped
    assert Roster.load(home).of_login("officer").ref == WEAK.ref


def test_only_who_may_read_people_changes_shows_or_seals_them_once_there_is_one(home):
    kept(home)
    other = Act(LEADER.ref, NOW)
    for act in (
        lambda: take_in(home, (WEAK,), (), other),
        lambda: shown(home, other),
        lambda: rotate(home, other),
        lambda: shown(home, Act("nobody", NOW)),
    ):
        with pytest.raises(Refused, match="no right to read"):
            act()
    assert [c.ref for c in Roster.load(home).contacts if Right.PERSONAL in c.rights] == ["chief"]


def test_every_look_and_change_is_written_down_in_a_chain_that_shows_a_break(home, people_engine):
    kept(home)
    shown(home, ACT)
    listed(home, NOW)
    rotate(home, ACT)
    with people_engine.connect() as connection:
        told = audit.entries(connection)
        assert [entry.verb for entry in told] == ["import", "show", "rotate"]
        assert {entry.by_ref for entry in told} == {"chief"}
        assert "138" not in repr(told)
        assert audit.broken_link(connection) is None
    with people_engine.begin() as connection:
        connection.execute(text("update people_audit set by_ref = 'x' where number = 2"))
    with people_engine.connect() as connection:
        assert audit.broken_link(connection) == 2


def test_another_key_leaves_every_address_readable_and_the_old_key_opens_nothing(
    home, people_engine
):
    kept(home)
    old, before = Keyring.load(home), rows(people_engine)
    assert rotate(home, ACT) == len(EVERYBODY)
    assert Roster.load(home) == Roster(EVERYBODY)
    assert store.refs_of(home, Kind.PHONE, NUMBER) == (LEADER.ref,)
    new = Keyring.load(home)
    assert len(new.keys) == 1
    assert not set(new.keys) & set(old.keys)
    assert (home / KEYS).stat().st_mode & 0o077 == 0
    (home / KEYS).write_bytes(old.keys[0])
    assert {ref for ref, _ in store.read(home).unopened} == {"chief", LEADER.ref, HOOKED.ref}
    after = {row.ref: row.phone for row in rows(people_engine)}
    assert all(after[row.ref] != row.phone for row in before if row.phone is not None)


def test_whoever_reads_while_keys_are_changed_knows_everybody(home):
    kept(home)
    with ThreadPoolExecutor(1) as pool:
        turns = pool.submit(lambda: [rotate(home, ACT) for _ in range(4)])
        read = [Roster.load(home)]
        while not turns.done():
            read.append(Roster.load(home))
    assert turns.result() == [len(EVERYBODY)] * 4
    assert all(roster == Roster(EVERYBODY) for roster in read)


def test_a_crash_while_keys_are_changed_leaves_every_address_readable(home, monkeypatch):
    kept(home)
    with monkeypatch.context() as broken:
        broken.setattr(store, "reseal", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rotate(home, ACT)
    assert len(Keyring.load(home).keys) == 2
    assert Roster.load(home) == Roster(EVERYBODY)
    kept(home, LEADER.model_copy(update={"language": "en"}))
    assert store.refs_of(home, Kind.PHONE, NUMBER) == (LEADER.ref,)
    assert store.refs_of(home, Kind.PHONE, CHIEF.phone.get_secret_value()) == ("chief",)
    rotate(home, ACT)
    assert len(Keyring.load(home).keys) == 1
    assert {c.ref for c in Roster.load(home).contacts} == {c.ref for c in EVERYBODY}


def test_whom_no_key_opens_is_left_out_and_told_and_the_others_stay(home, people_engine):
    kept(home)
    with people_engine.begin() as connection:
        stolen = select(person.c.phone).where(person.c.ref == "chief").scalar_subquery()
        moved = update(person).where(person.c.ref == LEADER.ref)
        connection.execute(moved.values(phone=stolen))
    roster = Roster.load(home)
    assert roster.contacts == (CHIEF, WEAK, HOOKED)
    assert [(fault.ref, fault.field) for fault in roster.faults] == [(LEADER.ref, "phone")]
    with pytest.raises(RosterError, match="opened by no key, so none is dropped"):
        rotate(home, ACT)
    assert Roster.load(home).contacts == (CHIEF, WEAK, HOOKED)


@pytest.mark.parametrize("keys", [None, b"", b"not a key\n"])
def test_without_keys_nobody_is_known_and_it_is_said(home, keys):
    kept(home)
    (home / KEYS).unlink()
    if keys is not None:
        (home / KEYS).touch(mode=0o600)
        (home / KEYS).write_bytes(keys)
    for act in (lambda: Roster.load(home), lambda: take_in(home, (WEAK,), (), ACT)):
        with pytest.raises(RosterError, match=KEYS):
            act()
    assert Roster.at_hand(home).contacts == ()
    assert (home / KEYS).exists() is (keys is not None)


def test_keys_or_a_database_that_others_can_open_are_refused(home):
    kept(home)
    for name in (KEYS, PEOPLE):
        path = home / name
        if path.exists():
            path.chmod(0o640)
            with pytest.raises(RosterError, match="chmod 600"):
                Roster.load(home)
            path.chmod(0o600)
    assert Roster.load(home).contacts == EVERYBODY


def test_a_database_of_another_version_is_not_read(home, people_engine):
    kept(home)
    with people_engine.begin() as connection:
        connection.execute(update(schema).values(schema=SCHEMA + 1))
    with pytest.raises(RosterError, match=f"schema {SCHEMA + 1}"):
        Roster.load(home)


def test_what_is_no_database_is_said_and_a_server_that_is_away_may_come_back(tmp_path, monkeypatch):
    monkeypatch.delenv("FLOODWARN_PEOPLE_URL", raising=False)
    (tmp_path / PEOPLE).touch(mode=0o600)
    (tmp_path / PEOPLE).write_bytes(b"no database" * 100)
    with pytest.raises(RosterError, match="no database of people"):
        Roster.load(tmp_path)
    away = "postgresql+psycopg://nobody:s3cr3t@127.0.0.1:1/none"
    monkeypatch.setenv("FLOODWARN_PEOPLE_URL", away)
    with pytest.raises(StoreUnavailable) as caught:
        Roster.at_hand(tmp_path)
    assert caught.value.retryable
    assert "s3cr3t" not in str(caught.value)


WRITTEN = [
    ("+86 139-0000-2222", None),
    ("0086 139 0000 2222", None),
    ("＋８６１３９００００２２２２", None),
    ("+86(139)0000.2222", None),
    ("\u202a+86 139 0000 2222\u202c", None),
    ("13900002222", "86"),
    ("139 0000 2222", "86"),
    ("0139 0000 2222", "86"),
]


@pytest.mark.parametrize(("written", "country"), WRITTEN)
def test_a_number_is_one_however_it_is_written(written, country):
    assert e164(written, country) == NUMBER


@pytest.mark.parametrize(
    ("written", "country"),
    [
        ("13900002222", None),  # of which country?
        ("8613900002222", "86"),  # of that country, or with its code?
        ("+86 139 0000 2222 ext 4", None),
        ("+0 139 0000 2222", None),
        ("+86", None),
        ("", "86"),
        ("none", "86"),
    ],
)
def test_what_may_be_another_number_is_none(written, country):
    assert e164(written, country) is None


def test_italy_keeps_the_zero_that_others_drop():
    assert e164("06 1234 5678", "39") == "+390612345678"
    assert e164("01 2345 6789", "33") == "+33123456789"


def test_whose_a_number_is_is_found_in_any_form_and_for_no_other_number(home):
    kept(home)
    assert store.refs_of(home, Kind.PHONE, "+8613900002223") == ()
    for written, country in WRITTEN:
        if country is None:
            assert store.refs_of(home, Kind.PHONE, written) == (LEADER.ref,)
            assert Roster.load(home).of_number(written) == (LEADER,)
    assert store.refs_of(home, Kind.EMAIL, " Chief@Mailbox.invalid") == ("chief",)
    assert store.refs_of(home, Kind.EMAIL, NUMBER) == ()
    assert store.refs_of(home, Kind.WEBHOOK, "https://hooks.invalid/T0K3N") == (HOOKED.ref,)


separators = st.sampled_from(["", " ", "-", ".", " (", ") ", "\u2011", "\u00a0"])


@given(phones, st.lists(separators, min_size=16, max_size=16), st.booleans())
def test_any_number_is_one_whatever_stands_between_its_digits(number, between, zeros):
    digits = "".join(a + b for a, b in zip(number[1:], between, strict=False))
    assert e164(("00" if zeros else "+") + digits) == number


@given(phones)
def test_a_masked_number_shows_at_most_three_and_four_digits_and_hides_some(number):
    shown = [part for part in masked(number).split("****") if part]
    assert sum(map(len, shown)) <= 7
    assert all(len(part) <= 4 for part in shown)
    assert sum(map(len, shown)) < len(number) - 1


@given(st.from_regex(r"[A-Za-z0-9_.-]{1,20}@[a-z0-9.-]{1,20}", fullmatch=True))
def test_a_masked_address_shows_no_number(address):
    assert sum(char.isdigit() for char in masked_email(address)) <= 3


def test_a_list_masks_every_address_and_shows_them_to_who_may_read_them(home):
    kept(home)
    masked_ones = {one.ref: one.addresses for one in listed(home, NOW)}
    assert masked_ones[LEADER.ref] == ("139****2222",)
    assert masked_ones["chief"] == ("138****1111", "c****@mailbox.invalid")
    assert masked_ones[HOOKED.ref] == ("webhook",)
    assert {one.ref: one.addresses for one in shown(home, ACT)}[LEADER.ref] == (NUMBER,)


def test_two_at_one_place_may_share_a_telephone(home):
    shared = WEAK.model_copy(update={"phone": LEADER.phone})
    kept(home, CHIEF, LEADER, shared)
    assert store.refs_of(home, Kind.PHONE, NUMBER) == (LEADER.ref, WEAK.ref)
    assert Roster.load(home).of_number(NUMBER) == (LEADER, shared)


def test_a_contact_says_why_its_data_are_kept_and_how_the_person_is_helped_never_why():
    fields = set(Contact.model_fields)
    assert {"legal_basis", "needs_help"} <= fields
    assert not fields & {"name", "illness", "diagnosis", "note", "address"}
