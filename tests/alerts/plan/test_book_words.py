"""What is wrong with a workbook is said in its language, and every word is in one table."""

import io
import re
import tomllib
from string import Formatter

import pytest
from openpyxl import load_workbook

from alerts.contacts.book_read import KINDS as OF_CONTACTS
from alerts.contacts.book_read import OF_FIELD
from alerts.plan.book_read import read_book
from alerts.plan.book_village import KINDS
from alerts.plan.book_whose import KnownVillage
from alerts.plan.book_write import Book, write_book
from tests.golden.samples import ROOT, valley

PLAN_ROOM = ROOT / "alerts" / "plan"
TABLE = tomllib.loads((PLAN_ROOM / "book_faults.toml").read_text(encoding="utf-8"))
HEKOU = valley().plans["hekou"]
KNOWN = (KnownVillage("hekou", "河口村", "青溪镇", "Hekou"),)


@pytest.mark.parametrize(("language", "cure"), [("zh", "填整数"), ("en", "whole number")])
def test_a_clerk_is_told_in_the_language_of_the_book(language, cure):
    book = load_workbook(io.BytesIO(write_book(Book([HEKOU], KNOWN, ("zh", "en")), language)))
    zones = next(sheet for sheet in book if sheet["A1"].value == "zones:action")
    people = next(cell.column for cell in zones[1] if cell.value == "zones:people")
    zones.cell(3, people).value = "many"
    out = io.BytesIO()
    book.save(out)
    result = read_book(out.getvalue(), known=KNOWN, current={"hekou": HEKOU})
    assert result.language == language
    assert [cure in fault.line(language) for fault in result.faults] == [True]


def test_every_fault_that_the_code_names_stands_in_the_table_and_no_other():
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in PLAN_ROOM.glob("book_*.py")
        if path.stem != "book_faults"
    )
    named = set(re.findall(r'(?:wrong|_of_book)\(\s*"([a-z_]+)"', code)) | set(KINDS.values())
    named |= {*OF_CONTACTS.values(), *OF_FIELD.values()}
    named |= {f"no_{path}" for path in ("role", "ref", "route")} | {"unknown_route", "refused"}
    named |= {f"too_many_{what}" for what in ("rows", "columns")}
    named |= {
        f"{kind}{where}" for kind in ("unknown_name", "several_of_name") for where in ("", "_there")
    }
    assert named == set(TABLE["faults"])
    assert {fault["cure"] for fault in TABLE["faults"].values()} == set(TABLE["cures"])


def test_chinese_says_nothing_of_a_fault_that_english_does_not():

    def about(text):
        return {name.replace("_zh", "_en") for _, name, _, _ in Formatter().parse(text) if name}

    for said in (*TABLE["faults"].values(), *TABLE["cures"].values()):
        assert about(said["zh"]) <= about(said["en"])
