"""What people read changes only where somebody meant to change it."""

import pytest

from tests.golden.texts import CASES, FOLDER, LANGUAGES, WORLDS, golden, page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mode", WORLDS)
@pytest.mark.parametrize("case", CASES)
def test_the_valley_reads_what_it_read_before(case, mode, language):
    written = golden(case, mode, language).read_text(encoding="utf-8")
    assert page(case, WORLDS[mode], language) == written


def test_no_golden_text_is_left_over():
    named = {golden(c, m, lang) for c in CASES for m in WORLDS for lang in LANGUAGES}
    assert set(FOLDER.glob("*.txt")) == named
