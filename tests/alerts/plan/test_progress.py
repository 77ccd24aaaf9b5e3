"""A work that takes long tells of each village how far it is."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.fit import fits
from alerts.progress import followed
from alerts.warning_pack import load_warning
from pipeline.site.pack import load
from tests.golden.samples import ROOT, VALLEY, valley


@given(st.lists(st.integers()))
def test_every_item_is_yielded_and_told_when_it_is_done_with(items):
    told = []
    for number, item in enumerate(followed(items, lambda done, of: told.append((done, of)))):
        assert item == items[number]
        assert len(told) == number
    assert told == [(n, len(items)) for n in range(1, len(items) + 1)]
    assert list(followed(items, None)) == items


def test_plans_and_their_texts_are_told_one_by_one():
    told = []
    load_warning(load(VALLEY, ROOT / ".floodwarn"), progress=lambda *so_far: told.append(so_far))
    plans = len(valley().plans)
    assert told == [(n, plans) for n in range(1, plans + 1)]
    told.clear()
    list(fits(valley(), {}, lambda *so_far: told.append(so_far)))
    assert told[-1] == (len(valley().villages), len(valley().villages))
