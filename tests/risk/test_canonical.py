"""One value, one text: what bulletins, configurations and versions are hashed from."""

from datetime import UTC, datetime

import pytest

from pipeline.bulletin import RiskLevel, Signal, canonical


def test_keys_are_sorted_numbers_have_three_decimals_and_instants_are_utc():
    value = {
        "b": 0.1 + 0.2,
        "a": [True, None, RiskLevel.RED, Signal.MOVE],
        "t": datetime(2014, 11, 4, 3, tzinfo=UTC),
    }
    assert canonical(value) == b'{"a":[true,null,4,"move"],"b":0.3,"t":"2014-11-04T03:00:00Z"}'


def test_text_stays_readable():
    assert canonical("转移") == '"转移"'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_has_no_canonical_form(value):
    with pytest.raises(ValueError, match="JSON"):
        canonical([value])


def test_what_is_no_json_has_no_canonical_form():
    with pytest.raises(TypeError, match="set"):
        canonical({1, 2})
