"""What people read changes only where somebody meant to change it."""

import pytest

from tests.golden.texts import CASES, FOLDER, MODES, NIGHTS, PAGES, golden, page


@pytest.mark.parametrize("language", NIGHTS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", CASES)
def test_a_village_reads_what_it_read_before(case, mode, language):
    written = golden(case, mode, language).read_text(encoding="utf-8")
    assert page(case, mode, language) == written


@pytest.mark.parametrize("language", NIGHTS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PAGES)
def test_a_telephone_an_officer_and_cap_bring_what_they_brought_before(name, mode, language):
    written = golden(name, mode, language).read_text(encoding="utf-8")
    assert PAGES[name](mode, language) == written


def test_no_golden_text_is_left_over():
    named = {golden(c, m, lang) for c in (*CASES, *PAGES) for m in MODES for lang in NIGHTS}
    assert set(FOLDER.glob("*.txt")) == named
