"""People as a workbook: nothing is lost, no fault quotes a cell, no cell is a formula."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from alerts.contacts.book import CHANNELS, NOTHING, RIGHTS, SHEET, write_contacts
from alerts.contacts.book_read import read_contacts
from alerts.contacts.listed import Listed, read_file
from alerts.contacts.register import hand_out, take_in
from alerts.errors import Refused, RosterError
from alerts.people.audit import entries
from alerts.plan.workbook import FIRST_ROW
from alerts.roster import SIREN, Right, Roster
from tests.alerts.people.persons import ACT, CHIEF, EVERYBODY, HOOKED, LEADER, kept, rosters

SECRET = "13900007777"
slow = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
languages = st.sampled_from(("zh", "en"))


def column(path):
    return 1 + [c.path for c in SHEET.spread(())].index(path)


def edited(content, *changes):
    """Return a book with cells written over: (row, path, value)."""
    book = load_workbook(io.BytesIO(content))
    for row, path, value in changes:
        book.worksheets[1].cell(row, column(path)).value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def changed(*changes, people=EVERYBODY, language="en", country=None):
    content = edited(write_contacts(people, language), *changes)
    return read_contacts(content, country=country)


@slow
@given(rosters, languages)
def test_any_roster_comes_back_from_its_book_the_same(people, language):
    read = read_contacts(write_contacts(people, language))
    assert read == Listed(people)


@slow
@given(rosters, languages)
def test_no_cell_is_a_formula_whatever_people_are_called(people, language):
    book = load_workbook(io.BytesIO(write_contacts(people, language)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    marked = [c for c in cells if isinstance(c.value, str) and c.value[:1] in set("=+-@\t\r")]
    assert all(cell.quotePrefix and cell.number_format == "@" for cell in marked)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_exported_roster_changes_nothing_and_fills_an_empty_home(
    home, tmp_path, monkeypatch, language
):
    content, roster = hand_out(kept(home), ACT, language)
    assert roster.contacts == EVERYBODY
    read = read_contacts(content)
    settled = take_in(home, read.contacts, read.removed, ACT)
    assert settled.unchanged == tuple(c.ref for c in EVERYBODY)
    assert (settled.added, settled.changed, settled.removed, settled.refused) == ((), (), (), {})
    monkeypatch.delenv("FLOODWARN_PEOPLE_URL", raising=False)
    take_in(tmp_path / "other", read.contacts, (), ACT)
    assert Roster.load(tmp_path / "other") == Roster(EVERYBODY)


def test_only_who_may_read_people_gets_the_book_and_that_is_written_down(home, people_engine):
    kept(home)
    with pytest.raises(Refused):
        hand_out(home, type(ACT)(LEADER.ref, ACT.at), "en")
    hand_out(home, ACT, "en")
    with people_engine.connect() as connection:
        assert [(e.verb, e.about) for e in entries(connection)][1:] == [("export", "4 persons")]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_book_has_lists_to_choose_from_and_headings_in_its_language(language):
    page = load_workbook(io.BytesIO(write_contacts((), language))).worksheets[1]
    assert page.title == SHEET.title(language)
    lists = {v.formula1 for v in page.data_validations.dataValidation}
    for one in (c for c in SHEET.columns if c.kind == "choice"):
        assert f'"{",".join(choice.label(language) for choice in one.choices)}"' in lists
    assert page.row_dimensions[1].hidden
    assert page.cell(2, column("role")).value.endswith("*")


def test_every_right_and_channel_has_its_word():
    assert {choice.value for choice in RIGHTS} == {right.value for right in Right}
    offered = {choice.value for choice in CHANNELS} - {NOTHING}
    channels = type(CHIEF).model_fields["channels"].annotation.__args__[0]
    assert offered == set(channels.__args__) - {SIREN}  # which is no person's


def test_nobody_goes_by_absence_and_one_goes_by_the_action_alone(home):
    kept(home)
    read = changed((FIRST_ROW, "action", "remove"), people=(HOOKED,))
    assert (read.contacts, read.removed, read.faults) == ((), (HOOKED.ref,), ())
    assert take_in(home, read.contacts, read.removed, ACT).removed == (HOOKED.ref,)
    assert [c.ref for c in Roster.load(home).contacts] == [c.ref for c in EVERYBODY[:3]]


def test_a_fault_in_the_row_of_one_who_goes_does_not_keep_them():
    changes = [(FIRST_ROW, path, True) for path in ("phone", "email", "role")]
    read = changed((FIRST_ROW, "action", "remove"), *changes, people=(CHIEF,))
    assert (read.removed, read.faults) == ((CHIEF.ref,), ())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_who_has_no_language_reads_the_books(language):
    read = changed((FIRST_ROW, "language", None), people=(CHIEF,), language=language)
    assert read.contacts[0].language == language


FAULTS = [
    ("phone", SECRET, "phone", "+ and the country's code"),
    ("phone", 13900007777, "phone", "+ and the country's code"),
    ("phone", True, "phone", "format the column as text"),
    ("email", f"{SECRET}@x@y", "email", "write one plain address"),
    ("email", 13900007777, "email", "write the reference"),
    ("role", f"role {SECRET}", "role", "letters"),
    ("role", None, "role", "fill it in"),
    ("villages", None, "villages", "fill it in"),
    ("channels", "voice; fax", "channels", "choose one of"),
    ("channels", "webhook", "channels", "fill in what the channel needs"),
    ("rights", SECRET, "rights", "choose one of"),
    ("exercise", SECRET, "exercise", "choose one of"),
    ("needs_help", "ill", "needs_help", "choose one of"),
    ("ref", f"Mr {SECRET}", "ref", "letters"),
    ("ref", 13900007777, "ref", "reference"),
    ("language", SECRET, "language", "letters"),
    ("webhook.url", SECRET, "webhook.credentials", "fill it in"),
    ("logins", f"a b; {SECRET}!", "logins", "letters"),
]


@pytest.mark.parametrize(("path", "value", "at", "cure"), FAULTS)
def test_a_fault_names_sheet_cell_and_cure_and_quotes_nothing(path, value, at, cure):
    read = changed((FIRST_ROW + 1, path, value))
    cell = f"Contacts!{chr(64 + column(at))}{FIRST_ROW + 1}: "
    assert [cure in fault for fault in read.faults if fault.startswith(cell)] == [True], read.faults
    assert SECRET not in repr(read.faults)
    assert [c.ref for c in read.contacts] == [c.ref for c in EVERYBODY if c != LEADER]


def test_a_chinese_book_is_told_its_faults_in_chinese():
    (fault,) = changed((FIRST_ROW, "phone", SECRET), language="zh").faults
    assert fault.startswith("联系人!F3: ")
    assert "国家代码" in fault


def test_a_number_of_the_country_is_taken_where_the_import_names_it_also_as_a_number():
    for written in (SECRET, int(SECRET), "139 0000 7777", f" {SECRET}\n"):
        read = changed((FIRST_ROW, "phone", written), country="86")
        assert read.faults == ()
        assert read.contacts[0].phone.get_secret_value() == f"+86{SECRET}"


def test_two_rows_of_one_person_are_both_refused_and_the_others_taken():
    read = changed((FIRST_ROW + 1, "ref", "chief"))
    assert read.refused == ("chief",)
    assert len(read.faults) == 2
    assert [c.ref for c in read.contacts] == [c.ref for c in EVERYBODY[2:]]


def test_what_only_the_roster_can_find_is_told_at_its_cell(home):
    kept(home)
    read = changed((FIRST_ROW + 1, "logins", "officer"))
    settled = take_in(home, read.contacts, read.removed, ACT)
    ((ref, wrong),) = settled.refused.items()
    assert ref == LEADER.ref
    assert read.telling(ref, *wrong[0]).startswith(f"Contacts!{chr(64 + column('logins'))}4: ")
    assert Roster.load(home) == Roster(EVERYBODY)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", SECRET.encode()],
)
def test_what_is_no_book_changes_nobody_and_is_told(content):
    read = read_contacts(content)
    assert (read.contacts, read.removed) == ((), ())
    assert len(read.faults) == 1
    assert SECRET not in read.faults[0]


def test_a_sheet_or_column_that_is_not_there_holds_back_the_whole_book():
    book = load_workbook(io.BytesIO(write_contacts(EVERYBODY, "en")))
    book.worksheets[1].delete_cols(column("rights"))
    out = io.BytesIO()
    book.save(out)
    read = read_contacts(out.getvalue())
    assert (read.contacts, read.removed) == ((), ())
    assert "rights" in "".join(read.faults)


def test_a_file_is_taken_in_too_each_person_whole(tmp_path):
    path = tmp_path / "people.toml"
    path.touch(mode=0o600)
    path.write_text(
        'schema = "floodwarn.contacts/1"\n'
        '[[contacts]]\nref = "a"\nrole = "x"\nvillages = "*"\nchannels = ["file"]\nlogins = ["l"]\n'
        '[[contacts]]\nref = "b"\nrole = "x"\nvillages = "*"\nchannels = ["file"]\nlogins = ["l"]\n'
        f'[[contacts]]\nref = "c"\nrole = "x"\nvillages = "*"\nphone = "{SECRET}"\n'
    )
    read = read_file(path)
    assert [c.ref for c in read.contacts] == ["a"]
    assert read.refused == ("b", "c")
    assert [fault.partition(":")[0] for fault in read.faults] == ["line 13", "line 18"]
    assert SECRET not in repr(read.faults)
    path.chmod(0o644)
    with pytest.raises(RosterError, match="chmod 600"):
        read_file(path)
