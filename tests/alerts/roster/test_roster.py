"""People's addresses are private, whatever is wrong with their file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import Refused, RosterError
from alerts.first_run import init_home
from alerts.roster import CONTACTS, SIGNING_KEY, Right, Roster, signing_key, write_private
from pipeline.world import Mode
from tests.golden.samples import valley

SECRET = "li-si-13900001111@mailbox.invalid"
GOOD = f"""schema = "floodwarn.contacts/1"
[[contacts]]
ref = "a"
role = "responsible"
villages = ["hekou"]
email = "{SECRET}"
[[contacts]]
ref = "b"
role = "county_duty"
villages = "*"
channels = ["file"]
logins = ["officer"]
rights = ["order"]
"""


def written(home, text, mode=0o600):
    path = home / CONTACTS
    path.write_text(text)
    path.chmod(mode)
    return home


def test_references_and_roles_find_people_once_each_in_order(tmp_path):
    roster = Roster.load(written(tmp_path, GOOD))
    found = roster.named(["a", "gone"], ["county_duty", "responsible"], "hekou")
    assert [c.ref for c in found] == ["a", "b"]
    assert [c.ref for c in roster.named([], ["county_duty", "responsible"], "baishi")] == ["b"]
    assert roster.of_login("officer").ref == "b"
    assert roster.of_login("a") is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602])
def test_a_file_that_others_can_open_is_refused(tmp_path, mode):
    written(tmp_path, GOOD, mode)
    with pytest.raises(RosterError, match="chmod 600"):
        Roster.load(tmp_path)


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(RosterError, match=r"contacts\.toml is not in FLOODWARN_HOME"):
        Roster.load(tmp_path)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: t.replace("ref =", "rref =", 1),
        lambda t: t.replace("email", "e_mail"),
        lambda t: t.replace("@mailbox", "@mail@box"),
        lambda t: t.replace("@mailbox", " @mailbox"),
        lambda t: t.replace(SECRET, SECRET + "\\nBcc: x"),
        lambda t: t.replace('ref = "b"', 'ref = "a"'),
        lambda t: t.replace('villages = ["hekou"]', "villages = 3"),
        lambda t: t.replace('rights = ["order"]', 'rights = ["all"]'),
        lambda t: t.replace(f'email = "{SECRET}"', f'note = "{SECRET}"'),
    ],
)
def test_a_bad_contact_is_left_out_and_told_without_its_content(tmp_path, spoil):
    roster = Roster.load(written(tmp_path, spoil(GOOD)))
    assert len(roster.contacts) == 1
    assert all(fault.row is not None and fault.field for fault in roster.faults)
    assert roster.faults
    assert "13900001111" not in f"{[str(fault) for fault in roster.faults]} {roster!r}"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: t + "\n[[contacts]\n",
        lambda t: t.replace("contacts/1", "contacts/9"),
        lambda t: t.replace("[[contacts]]", "[[people]]"),
        lambda t: f'schema = "floodwarn.contacts/1"\ncontacts = "{SECRET}"\n',
    ],
)
def test_a_file_that_is_no_list_of_contacts_is_refused_without_its_content(tmp_path, spoil):
    with pytest.raises(RosterError) as caught:
        Roster.load(written(tmp_path, spoil(GOOD)))
    assert "13900001111" not in str(caught.value) + repr(caught.getrepr(style="short"))
    assert caught.value.__cause__ is None
    nobody = Roster.at_hand(tmp_path)
    assert nobody.contacts == ()
    assert [str(fault) for fault in nobody.faults] == [str(caught.value)]


OFFICERS = """schema = "floodwarn.contacts/1"
[[contacts]]
ref = "a"
role = "county_duty"
villages = "*"
email = "Duty@mailbox.invalid"
logins = ["officer"]
rights = ["order", "lower"]
[[contacts]]
ref = "b"
role = "county_duty"
villages = "*"
email = "deputy@mailbox.invalid"
logins = ["deputy"]
rights = ["order", "lower"]
"""


@pytest.mark.parametrize(
    ("one", "other", "field"),
    [
        ('"deputy"', '"officer"', "logins"),
        ("deputy@mailbox", "duty@MAILBOX", "rights"),
    ],
)
def test_two_contacts_with_one_login_or_address_are_one_person(tmp_path, one, other, field):
    roster = Roster.load(written(tmp_path, OFFICERS.replace(one, other)))
    assert [c.ref for c in roster.contacts if Right.LOWER in c.rights] == ["a"]
    assert roster.contact("b") is not None
    assert roster.of_login("officer").ref == "a"
    assert (roster.faults[0].ref, roster.faults[0].field) == ("b", field)
    assert Roster.load(written(tmp_path, OFFICERS)).faults == ()


def test_an_address_is_never_printed(tmp_path):
    roster = Roster.load(written(tmp_path, GOOD))
    assert "13900001111" not in f"{roster} {roster!r} {roster.contacts[0].model_dump_json()}"


def test_a_right_is_a_persons_in_their_own_villages(tmp_path):
    roster = Roster.load(written(tmp_path, GOOD))
    assert roster.entitled("b", Right.ORDER, "anywhere").ref == "b"
    for ref, right in (("a", Right.ORDER), ("b", Right.LOWER), ("nobody", Right.ORDER)):
        with pytest.raises(Refused):
            roster.entitled(ref, right, "hekou")


def test_the_first_run_makes_a_private_key_and_everyone_whom_a_plan_names(tmp_path):
    home = tmp_path / "new home"
    assert init_home(home, valley(), Mode.EXERCISE) == (SIGNING_KEY, CONTACTS)
    assert len(signing_key(home)) == 32
    assert all((home / name).stat().st_mode & 0o077 == 0 for name in (SIGNING_KEY, CONTACTS))
    roster = Roster.load(home)
    for plan in valley().plans.values():
        for ref in (*plan.people.responsible, *plan.people.warning, *plan.people.transfer):
            assert roster.contact(ref).covers(plan.village_id)
    assert all(contact.exercise for contact in roster.contacts)
    lowerers = [c for c in roster.contacts if Right.LOWER in c.rights and c.logins]
    assert len(lowerers) == 2


def test_a_second_run_changes_nothing(tmp_path):
    init_home(tmp_path, valley(), Mode.EXERCISE)
    before = [(tmp_path / name).read_bytes() for name in (SIGNING_KEY, CONTACTS)]
    assert init_home(tmp_path, valley(), Mode.EXERCISE) == ()
    assert [(tmp_path / name).read_bytes() for name in (SIGNING_KEY, CONTACTS)] == before


def test_contacts_that_a_person_edited_are_never_touched(tmp_path):
    init_home(tmp_path, valley(), Mode.EXERCISE)
    path = tmp_path / CONTACTS
    edited = path.read_text().replace('language = "zh"', 'language = "en"', 1)
    path.write_text(edited)
    init_home(tmp_path, valley(), Mode.EXERCISE)
    assert path.read_text() == edited


def test_contacts_as_made_follow_another_sites_plans(tmp_path):
    from dataclasses import replace

    init_home(tmp_path, replace(valley(), plans={}), Mode.EXERCISE)
    assert init_home(tmp_path, valley(), Mode.EXERCISE) == (CONTACTS,)
    assert Roster.load(tmp_path).contact("hekou/responsible") is not None


def test_a_live_deployment_is_given_no_people(tmp_path):
    assert init_home(tmp_path, valley(), Mode.LIVE) == (SIGNING_KEY,)


@given(content=st.binary(max_size=200))
def test_a_private_file_is_written_once_and_whole(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("private") / "file"
    assert write_private(path, content)
    assert not write_private(path, b"other")
    assert path.read_bytes() == content
    assert [child.name for child in path.parent.iterdir()] == ["file"]


HOOKED = """schema = "floodwarn.contacts/1"
[[contacts]]
ref = "a"
role = "county_duty"
villages = "*"
channels = ["webhook"]
[contacts.webhook]
url = "https://hooks.invalid/T0K3N"
credentials = ["HOOK_NEW", "HOOK_OLD"]
allow_private = ["10.1.0.0/16"]
"""


def test_a_webhook_is_an_address_that_is_never_printed(tmp_path):
    roster = Roster.load(written(tmp_path, HOOKED))
    (contact,) = roster.contacts
    assert contact.address("webhook").url.get_secret_value() == "https://hooks.invalid/T0K3N"
    assert contact.address("email") is None
    assert "T0K3N" not in f"{roster!r} {contact.model_dump_json()}"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: t.replace("https:", "http:"),
        lambda t: t.replace("https:", "file:"),
        lambda t: t.replace("hooks.", "us:T0K3N@hooks."),
        lambda t: t.replace("https://hooks.invalid", ""),
        lambda t: t.replace('"HOOK_NEW", "HOOK_OLD"', ""),
        lambda t: t.replace("HOOK_NEW", "whsec_T0K3N"),
        lambda t: t.replace("HOOK_NEW", "T0K3N/+="),
        lambda t: t.replace("HOOK_NEW", "sk-T0K3N"),
        lambda t: t.replace("HOOK_NEW", "T0K3N.x"),
        lambda t: t.replace("10.1.0.0/16", "0.0.0.0/0"),
        lambda t: t.replace("10.1.0.0/16", "T0K3N"),
        lambda t: t.replace("allow_private", "networks"),
        lambda t: t.replace("[contacts.webhook]", "[contacts.web]"),
        lambda t: t.partition("[contacts.webhook]")[0],
    ],
)
def test_a_webhook_that_cannot_be_used_leaves_its_contact_out_and_is_not_quoted(tmp_path, spoil):
    roster = Roster.load(written(tmp_path, spoil(HOOKED)))
    assert roster.contacts == ()
    assert roster.faults
    told = f"{[str(fault) for fault in roster.faults]}"
    assert "T0K3N" not in told
    assert "hooks" not in told


PHONED = HOOKED.partition("channels")[0] + 'channels = ["sms", "voice"]\nphone = "+447700900123"\n'


def test_a_phone_is_an_address_of_sms_and_voice_that_is_never_printed(tmp_path):
    roster = Roster.load(written(tmp_path, PHONED))
    (contact,) = roster.contacts
    numbers = {contact.address(way).get_secret_value() for way in ("sms", "voice")}
    assert numbers == {"+447700900123"}
    assert "7700900123" not in f"{roster!r} {contact.model_dump_json()}"


@pytest.mark.parametrize(
    "number",
    [
        "7700900123",
        "+07700900123",
        "+44 7700 900123",
        "+447700900123x",
        "+137",
        "+1" * 9,
        "+４４７７００９００１２３",
        "+447700900123\\n",
    ],
)
def test_a_phone_that_is_no_number_leaves_its_contact_out_and_is_not_quoted(tmp_path, number):
    roster = Roster.load(written(tmp_path, PHONED.replace("+447700900123", number)))
    assert roster.contacts == ()
    (fault,) = roster.faults
    assert fault.field == "phone"
    assert number not in str(fault)


def test_one_phone_is_one_person_who_does_not_lower_with_himself(tmp_path):
    lowers = PHONED + 'rights = ["lower"]\n'
    twice = lowers + lowers.partition("\n")[2].replace('ref = "a"', 'ref = "b"')
    first, second = Roster.load(written(tmp_path, twice)).contacts
    assert first.is_same_person(second)
    assert second.rights == frozenset()
