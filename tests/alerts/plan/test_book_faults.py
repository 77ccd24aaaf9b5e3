"""Bad input is named by sheet, cell and cure; a village is imported whole or not at all."""

import io
import zipfile
from datetime import date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from alerts.plan import workbook as bounds
from alerts.plan.book_open import BadBook, open_book
from alerts.plan.book_read import read_book
from alerts.plan.book_whose import KnownVillage, bare
from alerts.plan.book_write import Book, write_book
from alerts.plan.ways import Crossing
from tests.golden.samples import valley

PACK = valley()
PLANS = {village: PACK.plans[village] for village in ("hekou", "baishi")}
CODE, OTHER = "110118100201", "110118100202"
KNOWN = (
    *(KnownVillage(v.village_id, v.name, v.township, v.name_en) for v in PACK.villages),
    KnownVillage(CODE, "上河村", "青溪镇"),
    KnownVillage(OTHER, "东沟村民委员会", "青溪镇"),
    KnownVillage("110118101203", "东沟村", "石峡镇"),
)


BOTH = tuple(PLANS.values())


def excel_date(year, month, day, hour=0):
    """Return a date as a workbook has it: with an hour, in no zone."""
    return datetime.combine(date(year, month, day), time(hour))


class Edited:
    """A book of the two plans, to be changed by the keys of its hidden row."""

    def __init__(self, plans=BOTH, language="en"):
        self.book = load_workbook(
            io.BytesIO(write_book(Book(plans, KNOWN, ("zh", "en")), language))
        )

    def sheet(self, field):
        return next(s for s in self.book if str(s["A1"].value).startswith(f"{field}:"))

    def cell(self, field, row, path):
        page = self.sheet(field)
        key = f"{field}:{path}"
        return page.cell(row, next(c.column for c in page[1] if c.value == key))

    def row(self, field, village, number=0):
        page = self.sheet(field)
        codes = [r for r in range(3, page.max_row + 1) if page.cell(r, 2).value == village]
        return codes[number]

    def write(self, field, row, path, value, form=None):
        cell = self.cell(field, row, path)
        cell.value = value
        if form is not None:
            cell.number_format = form
        return f"{self.sheet(field).title}!{cell.coordinate}"

    def bytes(self):
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()

    def read(self, current=PLANS):
        return read_book(self.bytes(), known=KNOWN, current=current)


def told(result):
    return {f"{fault.sheet}!{fault.cell}" for fault in result.faults}


@pytest.mark.parametrize(
    ("field", "path", "value"),
    [
        ("zones", "people", "twelve"),
        ("zones", "people", -3),
        ("zones", "people", 12.5),
        ("zones", "people", None),
        ("zones", "people", "=SUM(1,2)"),
        ("zones", "id", "Upper Lane"),
        ("zones", "id", excel_date(2024, 3, 1)),
        ("zones", "routes", "tunnel"),
        ("zones", "shelters", None),
        ("zones", "danger", "awful"),
        ("zones", "refuge.kind", None),
        ("routes", "minutes_night", "2 h"),
        ("routes", "mode", "on wings"),
        ("shelters", "flooded_from", "blue"),
        ("shelters", "position", "115.6"),
        ("shelters", "position", "115.6, 400"),
        ("villages", "valid_from", "spring"),
        ("villages", "valid_from", "2024-02-30"),
        ("villages", "valid_from", excel_date(2024, 5, 1, 8)),
        ("villages", "times.call", "many"),
        ("villages", "times.call", None),
        ("villages", "exercise", None),
        ("people", "role", "mayor"),
        ("people", "ref", 5550100),
        ("people", "ref", "a b"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_and_only_its_village_is_held_back(field, path, value):
    book = Edited()
    where = book.write(field, book.row(field, "hekou"), path, value)
    changed = book.write("zones", book.row("zones", "baishi"), "people", 113)
    result = book.read()
    assert where in told(result), (told(result), changed)
    assert all(fault.line(language) for language in ("en", "zh") for fault in result.faults)
    assert result.refused == ("hekou",)
    assert result.imported["baishi"].zones[0].people == 113


def test_a_text_may_have_lost_a_language_or_both_and_both_are_a_fault():
    book = Edited()
    row = book.row("zones", "hekou")
    book.write("zones", row, "name@zh", None)
    assert book.read().faults == ()
    book.write("zones", row, "name@en", None)
    result = book.read()
    assert (result.refused, [f.cell[0] for f in result.faults]) == (("hekou",), ["F"])


def test_full_width_digits_letters_and_marks_are_read_as_plain_ones():
    book = Edited()
    row = book.row("zones", "hekou")
    for path, value in (
        ("village_id", "ｈｅｋｏｕ"),
        ("people", "１２"),
        ("routes", "ｌａｎｅ；ｂａｃｋ－ｈｉｌｌ"),
    ):
        book.write("zones", row, path, value)
    book.write("villages", book.row("villages", "hekou"), "valid_from", "２０２４年５月１日")
    plan = book.read().imported["hekou"]
    zone = plan.zones[0]
    assert (zone.people, zone.routes, plan.valid_from) == (
        12,
        ("lane", "back-hill"),
        date(2024, 5, 1),
    )


@pytest.mark.parametrize("day", ["2023-06-01", "2023/6/1", "2023.6.1", "2023年6月1日"])
def test_a_day_is_read_as_excel_has_it_and_as_people_write_it(day):
    for value in (day, excel_date(2023, 6, 1), date(2023, 6, 1)):
        book = Edited()
        book.write("villages", book.row("villages", "hekou"), "reviewed_on", value)
        assert book.read().imported["hekou"].reviewed_on == date(2023, 6, 1)


@pytest.mark.parametrize("field", ["villages", "zones", "people"])
def test_a_code_that_became_a_number_is_taken_where_no_digit_can_be_lost(field):
    book = Edited([PLANS["hekou"].model_copy(update={"village_id": CODE})])
    book.write(field, 3, "village_id", float(CODE), "General")
    assert list(book.read({}).imported) == [CODE]


@pytest.mark.parametrize("value", [1.10118100201e14 / 7, 110118100.0, "1.10118E+11", 11011810020.0])
def test_a_code_that_lost_digits_is_named_with_its_cure(value):
    book = Edited([PLANS["hekou"].model_copy(update={"village_id": CODE}), PLANS["baishi"]])
    where = book.write("zones", 3, "village_id", value, "General")
    book.write("zones", 3, "village", None)
    result = book.read({})
    (fault,) = (f for f in result.faults if f"{f.sheet}!{f.cell}" == where)
    assert "format the column as text" in fault.wrong.cure("en")
    assert result.imported == {}, "the row may be of any village of the book"
    assert set(result.refused) == {CODE, "baishi"}


def test_a_row_whose_code_is_spoilt_holds_back_the_village_of_its_name_alone():
    book = Edited()
    row = book.row("zones", "hekou")
    book.write("zones", row, "village_id", "hekuo")
    result = book.read({})
    assert (result.refused, list(result.imported)) == (("hekou",), ["baishi"])


def test_rows_of_a_code_that_is_unknown_everywhere_hold_back_nobody_else():
    stranger = PLANS["hekou"].model_copy(update={"village_id": "nowhere"})
    result = Edited([stranger, PLANS["baishi"]]).read({})
    assert list(result.imported) == ["baishi"]
    assert any("nowhere" in fault.line("zh") for fault in result.faults)


def test_a_row_without_any_village_may_be_of_each_and_holds_all_back():
    book = Edited()
    for path in ("village_id", "village", "township"):
        book.write("zones", 3, path, None)
    book.sheet("villages").append([None, None, "东沟"])
    result = book.read({})
    assert "Zones!B3" in told(result)
    assert (result.imported, set(result.refused)) == ({}, set(PLANS))


def test_a_village_that_stands_twice_is_named_by_both_rows():
    book = Edited()
    page = book.sheet("villages")
    page.append([cell.value for cell in page[book.row("villages", "hekou")]])
    result = book.read()
    (fault,) = result.faults
    assert (fault.cell, fault.wrong.message("en")) == ("B5", "hekou stands in row 3 too")
    assert (result.refused, result.unchanged) == (("hekou",), ("baishi",))


def test_an_id_that_stands_twice_is_named_by_both_rows():
    book = Edited()
    first, second = book.row("zones", "hekou"), book.row("zones", "hekou", 1)
    book.write("zones", second, "id", book.cell("zones", first, "id").value)
    result = book.read({})
    assert any(f"row {first}" in f.line("en") and f.cell == f"E{second}" for f in result.faults)
    assert result.refused == ("hekou",)


@pytest.mark.parametrize("cells", ["E{0}:E{1}", "A{0}:B{1}", "F{0}:G{0}"])
def test_merged_cells_are_named_by_their_range_and_hold_back_whose_rows_they_touch(cells):
    book = Edited()
    first = book.row("zones", "hekou")
    name = cells.format(first, first + 1)
    book.sheet("zones").merge_cells(name)
    result = book.read()
    assert f"Zones!{name}" in told(result)
    assert "hekou" in result.refused
    assert "hekou" not in result.imported


def test_a_name_is_enough_where_one_village_of_the_township_bears_it():
    book = Edited([PLANS["hekou"].model_copy(update={"village_id": OTHER})])
    for field in ("villages", "zones", "routes"):
        page = book.sheet(field)
        for row in range(3, page.max_row + 1):
            page.cell(row, 2).value, page.cell(row, 3).value = None, "东沟村委会"
    assert list(book.read({}).imported) == [OTHER]


def test_a_name_that_villages_of_several_townships_bear_is_told_with_their_codes():
    book = Edited([PLANS["hekou"].model_copy(update={"village_id": OTHER}), PLANS["baishi"]])
    for path, value in (("village_id", None), ("village", "东沟村委会"), ("township", None)):
        where = book.write("zones", 3, path, value)
    result = book.read({})
    (fault,) = (f for f in result.faults if f.cell == "C3")
    assert where
    assert OTHER in fault.wrong.cure("zh")
    assert "110118101203" in fault.wrong.cure("en")
    assert (result.refused, list(result.imported)) == ((OTHER,), ["baishi"])


def test_a_code_and_a_name_of_two_villages_hold_back_both():
    book = Edited()
    book.write("zones", book.row("zones", "hekou"), "village", "Baishi")
    result = book.read({})
    assert set(result.refused) == {"hekou", "baishi"}
    assert result.imported == {}


@pytest.mark.parametrize(
    "name", ["东沟", "东沟村", "东沟村委会", "东沟村民委员会", "东沟村村民委员会"]
)
def test_a_village_is_the_same_with_and_without_its_committee(name):
    assert bare(name) == "东沟"


@pytest.mark.parametrize("field", [sheet.field for sheet in bounds.SHEETS])
def test_a_sheet_that_is_missing_empties_no_plan(field):
    book = Edited()
    book.book.remove(book.sheet(field))
    result = book.read()
    assert (result.imported, result.removed) == ({}, ())
    assert any(bounds.BY_FIELD[field].en in fault.sheet for fault in result.faults)


def test_a_column_that_is_missing_doubled_or_strange_empties_no_plan():
    for change in (
        lambda page: page.delete_cols(8),
        lambda page: setattr(page["H1"], "value", "zones:people@zh"),
        lambda page: setattr(page["H1"], "value", page["E1"].value),
        lambda page: setattr(page["AA7"], "value", "a note"),
    ):
        book = Edited()
        change(book.sheet("zones"))
        result = book.read()
        assert (result.imported, result.removed) == ({}, ())
        assert {fault.sheet for fault in result.faults} == {"Zones"}


def test_a_second_copy_of_a_sheet_and_a_strange_sheet_are_named():
    book = Edited()
    book.book.copy_worksheet(book.sheet("zones"))
    book.book.create_sheet("mine")["A1"] = "x"
    assert told(book.read()) == {"Zones Copy!", "mine!"}


def test_a_village_that_is_not_in_the_book_is_not_touched():
    result = Edited([PLANS["hekou"]]).read()
    assert (result.unchanged, result.removed, result.refused) == (("hekou",), (), ())


@pytest.mark.parametrize("word", ["remove", "删除", " Remove "])
def test_a_plan_is_removed_by_its_action_and_a_second_time_nothing_happens(word):
    book = Edited()
    book.write("villages", book.row("villages", "hekou"), "action", word)
    assert book.read().removed == ("hekou",)
    assert book.read({"baishi": PLANS["baishi"]}).unchanged == ("hekou", "baishi")


@pytest.mark.parametrize(
    ("field", "number"), [("zones", 1), ("special_sites", 0), ("people", 0), ("villages", 0)]
)
def test_what_the_plan_has_does_not_go_with_a_row_that_is_missing(field, number):
    book = Edited()
    book.sheet(field).delete_rows(book.row(field, "hekou", number))
    result = book.read()
    assert (result.refused, result.unchanged) == (("hekou",), ("baishi",))
    assert len(result.faults) >= 1


def test_a_row_goes_by_its_action_and_crossings_go_with_their_route():
    hekou = PLANS["hekou"]
    ford = Crossing(id="ford", name={"zh": "浅滩"}, cut_from="red")
    spare = hekou.routes[0].model_copy(update={"id": "spare", "crossings": (ford,)})
    before = PLANS | {"hekou": hekou.model_copy(update={"routes": (*hekou.routes, spare)})}
    book = Edited(before.values())
    book.write("routes", book.row("routes", "hekou", len(hekou.routes)), "action", "remove")
    book.sheet("crossings").delete_rows(3)
    result = book.read(before)
    assert (result.faults, result.imported) == ((), {"hekou": hekou})
    assert book.read(PLANS).unchanged == ("hekou", "baishi")


def test_a_crossing_of_no_route_and_a_bucket_without_its_rule_are_named():
    book = Edited(tuple(plan.model_copy(update={"offline": None}) for plan in BOTH))
    page = book.sheet("crossings")
    page.append([None, "hekou", None, None, "tunnel", "ford", "浅滩", "ford", "red"])
    book.sheet("buckets").append([None, "hekou", None, None, 1, 10, 20])
    assert {"Crossings!E3", "Buckets!B3"} <= told(book.read())


def zipped(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def rebuilt(change):
    with zipfile.ZipFile(io.BytesIO(Edited().bytes())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped(change(parts))


ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"village_id,name\n",
        b"x" * (bounds.MAX_BYTES + 1),
        zipped({f"{number}.xml": b"" for number in range(bounds.MAX_MEMBERS + 1)}),
        zipped({"a.bin": b"\0" * (bounds.MAX_UNZIPPED + 1)}),
        zipped({"a.xml": b"<c/>" * (bounds.MAX_CELLS + 1)}),
        zipped({"a.xml": "<x/>".encode("utf-16")}),
        rebuilt(lambda parts: parts | {"xl/styles.xml": ENTITY + parts["xl/styles.xml"]}),
        rebuilt(lambda parts: parts | {"xl/workbook.xml": b"<workbook"}),
        rebuilt(lambda parts: {k: v for k, v in parts.items() if k != "xl/workbook.xml"}),
    ],
    ids=["empty", "csv", "large", "parts", "bomb", "cells", "utf-16", "entity", "cut", "headless"],
)
def test_what_is_no_workbook_or_a_bomb_is_refused_before_it_is_parsed(content):
    result = read_book(content, known=KNOWN, current=PLANS)
    assert (result.imported, result.removed, len(result.faults)) == ({}, (), 1)


@pytest.mark.parametrize("cell", ["A1048576", "XFD4"])
def test_a_cell_far_away_is_refused_and_not_walked_to(cell):
    book = Workbook()
    book.active[cell] = 1
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(BadBook, match="at most"):
        open_book(out.getvalue())


WHOLE = Edited().bytes()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=40))
def test_a_damaged_book_is_refused_or_read_and_never_raises(at, noise):
    damaged = WHOLE[:at] + noise + WHOLE[at + len(noise) :]
    result = read_book(damaged, known=KNOWN, current=PLANS)
    assert result.removed == ()
