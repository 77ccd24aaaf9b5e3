"""What people read changes only where somebody meant to change it."""

import pytest

from tests.golden.texts import CASES, FOLDER, MODES, NIGHTS, golden, golden_spoken, page, spoken


@pytest.mark.parametrize("language", NIGHTS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", CASES)
def test_a_village_reads_what_it_read_before(case, mode, language):
    written = golden(case, mode, language).read_text(encoding="utf-8")
    assert page(case, mode, language) == written


@pytest.mark.parametrize("language", NIGHTS)
@pytest.mark.parametrize("mode", MODES)
def test_a_telephone_brings_what_it_brought_before(mode, language):
    written = golden_spoken(mode, language).read_text(encoding="utf-8")
    assert spoken(mode, language) == written


def test_no_golden_text_is_left_over():
    named = {golden(c, m, lang) for c in CASES for m in MODES for lang in NIGHTS}
    named |= {golden_spoken(m, lang) for m in MODES for lang in NIGHTS}
    assert set(FOLDER.glob("*.txt")) == named
