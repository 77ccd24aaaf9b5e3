"""What a declaration lacks is told by field before anything is fetched."""

import pytest

from pipeline.feeds.declaration import problems
from pipeline.feeds.unit import FACTORS
from pipeline.units import Variable
from tests.feeds.samples import csv_spec, grid_spec


def test_a_good_declaration_has_no_problem():
    assert [*problems(csv_spec()), *problems(grid_spec())] == []


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"protocol": "telex"}, ["protocol"]),
        ({"unit": "feet"}, ["unit"]),
        ({"zone": "Mars/Olympus"}, ["zone"]),
        ({"layout": None}, ["layout"]),
        ({"layout": "series"}, ["station_id"]),
        ({"pattern": "rain_%Y%U.csv"}, ["pattern"]),
        ({"archive_from": "2024-07-01"}, ["archive_from"]),
        ({"protocol": "grid"}, ["pattern"]),
        ({"unit": "feet", "zone": ""}, ["unit", "zone"]),
        ({"where": "https://e.org/{start}/{end:%Y%m%d}"}, []),
        ({"where": "${FLOODWARN_HOME}/rain.csv"}, []),
        ({"where": "https://e.org/{stop}"}, ["where"]),
        ({"where": "https://e.org/{end:%U}"}, ["where"]),
        ({"where": "https://user:hush@e.org/"}, ["where"]),
        ({"where": "https:///rain.csv"}, ["where"]),
        ({"allow_private": ("10.0.0.0/8", "fd00::/8")}, []),
        ({"allow_private": ("10.0.0.1/8",)}, ["allow_private"]),
        ({"allow_private": ("0.0.0.0/0",)}, ["allow_private"]),
    ],
)
def test_each_fault_names_its_field(changes, fields):
    assert [field for field, _ in problems(csv_spec(**changes))] == fields


def test_every_variable_can_be_stated_in_its_own_unit():
    assert all(FACTORS[variable][variable.unit] == 1.0 for variable in Variable)
