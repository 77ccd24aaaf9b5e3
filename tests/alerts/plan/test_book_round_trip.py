"""A plan that goes into a workbook comes out the same, in either language; nothing becomes code."""

import io
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from alerts.plan.book_cells import meaning
from alerts.plan.book_escape import escaped, unescaped
from alerts.plan.book_read import read_book
from alerts.plan.book_write import Book, TooLong, write_book
from alerts.plan.model import Plan
from alerts.plan.toml_text import toml_text
from alerts.plan.workbook import SHEETS
from tests.alerts.plan.book_plans import KNOWN, hostile, plans, text

slow = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
languages = st.sampled_from(("zh", "en"))
several = st.lists(plans(), max_size=3, unique_by=lambda plan: plan.village_id)


@slow
@given(several, languages)
def test_any_plans_come_back_the_same_and_then_change_nothing(written, language):
    book = write_book(Book(written, KNOWN, ("zh", "en")), language)
    read = read_book(book, known=KNOWN, current={})
    assert read.faults == ()
    assert read.imported == {plan.village_id: plan for plan in written}
    again = read_book(book, known=KNOWN, current=read.imported)
    assert (again.imported, again.faults) == ({}, ())
    assert set(again.unchanged) == set(read.imported)


@slow
@given(plans())
def test_any_plan_comes_back_the_same_from_its_toml(plan):
    assert Plan.model_validate(tomllib.loads(toml_text(plan))) == plan


@given(text | hostile | st.text("_x0145FAB \t\r\n\x0b", max_size=30))
def test_any_text_comes_back_from_its_cell_whatever_stands_around_it(said):
    assert unescaped(f" {escaped(said)}\n") == said


@slow
@given(plans(), languages)
def test_the_same_plans_give_the_same_bytes(plan, language):
    book = Book([plan], KNOWN, ("zh",))
    assert write_book(book, language) == write_book(book, language)


@slow
@given(several, languages)
def test_no_cell_of_a_book_is_a_formula_whatever_a_plan_says(written, language):
    book = load_workbook(io.BytesIO(write_book(Book(written, KNOWN, ()), language)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    marked = [c for c in cells if isinstance(c.value, str) and c.value[:1] in set("=+-@")]
    assert all(cell.quotePrefix and cell.number_format == "@" for cell in marked)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_empty_book_has_every_sheet_its_lists_and_codes_as_text(language):
    content = write_book(Book((), KNOWN, ("zh", "en")), language)
    assert read_book(content, known=KNOWN, current={}).faults == ()
    book = load_workbook(io.BytesIO(content))
    for sheet in SHEETS:
        page = book[sheet.title(language)]
        assert page.freeze_panes == "E3"
        assert page.row_dimensions[1].hidden
        assert page.column_dimensions["B"].number_format == "@"
        lists = {v.formula1 for v in page.data_validations.dataValidation}
        for column in sheet.columns:
            if column.kind == "choice":
                labels = ",".join(choice.label(language) for choice in column.choices)
                assert f'"{labels}"' in lists


@pytest.mark.parametrize(
    "column", [c for sheet in SHEETS for c in sheet.columns if c.choices], ids=lambda c: c.path
)
def test_every_entry_of_a_list_is_read_in_both_languages_and_as_the_plan_has_it(column):
    for choice in column.choices:
        read = {str(meaning(column, name)) for name in (choice.zh, choice.en, choice.value)}
        assert len(read) == 1
        assert "," not in choice.zh + choice.en
    labels = ",".join(choice.en for choice in column.choices)
    assert len(labels) < 255, "Excel takes no longer list in a cell"


@slow
@given(plans())
def test_a_text_that_no_cell_holds_is_refused_and_not_cut(plan):
    with pytest.raises(TooLong):
        write_book(Book([plan.model_copy(update={"note": "x" * 40_000})], KNOWN, ()), "en")
