"""Datasets are what their schema says: names, dims, units, and shares that are shares."""

import numpy as np
import pytest

from pipeline.errors import SchemaError
from pipeline.schema import CATCHMENT_RAIN, checked, dataset


def arrays(**changes):
    made = {
        "time": np.array(["2024-07-14T11:00", "2024-07-14T12:00"], dtype="datetime64[us]"),
        "village": np.array(["a", "b", "c"]),
        "rain_mm": np.full((2, 3), np.nan),
        "coverage": np.zeros((2, 3)),
    }
    return made | changes


def test_a_dataset_carries_its_units_and_keeps_what_was_not_seen():
    found = dataset(CATCHMENT_RAIN, arrays())
    assert found["rain_mm"].attrs == {"units": "mm"}
    assert np.isnan(found["rain_mm"]).all()
    assert checked(CATCHMENT_RAIN, found) is found


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"rain_mm": np.zeros((3, 2))}, "CATCHMENT_RAIN"),
        ({"rain_mm": np.zeros((2, 3), dtype=np.int64)}, "rain_mm"),
        ({"coverage": np.full((2, 3), 1.01)}, "not a share"),
        ({"coverage": np.full((2, 3), np.nan)}, "not a share"),
        ({"depth_m": np.zeros(3)}, "takes"),
    ],
)
def test_what_is_not_of_the_schema_is_refused(changes, why):
    with pytest.raises(SchemaError, match=why):
        dataset(CATCHMENT_RAIN, arrays(**changes))


def test_rain_in_another_unit_is_refused():
    found = dataset(CATCHMENT_RAIN, arrays())
    found["rain_mm"].attrs["units"] = "inch"
    with pytest.raises(SchemaError, match="rain_mm"):
        checked(CATCHMENT_RAIN, found)


def test_a_dataset_with_more_or_less_than_its_schema_is_refused():
    found = dataset(CATCHMENT_RAIN, arrays())
    with pytest.raises(SchemaError):
        checked(CATCHMENT_RAIN, found.drop_vars("coverage"))
