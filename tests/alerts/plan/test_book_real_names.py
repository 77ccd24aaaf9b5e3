"""The village list of Beijing's mountain districts, where a name is not yet a village."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from alerts.plan.book_faults import Unreadable
from alerts.plan.book_whose import KnownVillage, VillageIndex, bare
from tests.services import require_shared

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "beijing_villages"
QUARTER = "居委会"


@pytest.fixture(scope="module")
def listed():
    path = require_shared(SHARED) / "villages_mountain_districts.csv"
    with path.open(encoding="utf-8") as lines:
        return tuple(
            KnownVillage(row["code12"], row["name"], row["town_name"])
            for row in csv.DictReader(lines)
        )


@pytest.fixture(scope="module")
def index(listed):
    return VillageIndex(listed)


@pytest.fixture(scope="module")
def repeated(listed):
    """Give the villages whose name, less its committee, is heard in more than one township."""
    named = defaultdict(list)
    for village in listed:
        if not village.name.endswith(QUARTER):
            named[bare(village.name)].append(village)
    return {
        name: villages
        for name, villages in named.items()
        if len({village.township for village in villages}) > 1
    }


def test_the_list_has_names_of_more_than_one_township(repeated):
    # 135 with 村委会 and 村民委员会 taken off; some more, for 河北村 and 河北 are one name here
    assert len(repeated) == 141


def test_a_name_of_several_townships_is_never_guessed_and_each_one_meant_is_named(repeated, index):
    for villages in repeated.values():
        for village in villages:
            with pytest.raises(Unreadable) as fault:
                index.village_of(None, village.name, None)
            for language in ("zh", "en"):
                cure = fault.value.why.cure(language)
                assert all(one.village_id in cure for one in villages)


def test_with_its_township_or_its_code_every_village_of_the_list_is_found(listed, index):
    for village in listed:
        assert index.village_of(None, village.name, village.township) == village.village_id
        assert index.village_of(village.village_id, village.name, None) == village.village_id
