"""Who may suspend a station, for how long, and what that never lowers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.errors import Refused
from alerts.roster import Contact, Right, Roster
from alerts.stations import resume_station, suspend_station
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from pipeline.suspensions import Suspension, standing_at
from tests.alerts.night import HOUR, MINUTE
from tests.valley import VALLEY

HYDROLOGIST = Contact(
    ref="role:hydrologist", role="hydrologist", villages="*", channels=("file",),
    rights={Right.SUSPEND},
)  # fmt: skip
ONE_VILLAGE = HYDROLOGIST.model_copy(update={"ref": "role:guest", "villages": ("hekou",)})


@pytest.fixture
def config(tmp_path):
    return risk_config(load(VALLEY, tmp_path))


@pytest.fixture
def desk(night):
    return replace(night.desk, roster=Roster((HYDROLOGIST, ONE_VILLAGE)))


def word(**changes):
    said = Suspension("H01", MINUTE.flood, MINUTE.flood + HOUR, "it lies", "role:hydrologist")
    return replace(said, **changes)


def test_who_has_the_right_suspends_a_station_and_is_told_of_its_villages(desk, config):
    villages = suspend_station(desk, config, word(), MINUTE)
    assert villages == ("hekou", "rp-upper", "zhangjiatai")
    assert standing_at(desk.engine, desk.world, MINUTE.flood) == (word(),)
    assert standing_at(desk.engine, desk.world, MINUTE.flood + HOUR) == ()


def test_who_resumes_it_ends_the_suspension(desk, config):
    suspend_station(desk, config, word(), MINUTE)
    later = replace(MINUTE, flood=MINUTE.flood + timedelta(minutes=9))
    resume_station(desk, config, word(known_at=later.flood, until=None), later)
    assert standing_at(desk.engine, desk.world, later.flood) == ()
    with pytest.raises(Refused, match="not suspended"):
        resume_station(desk, config, word(known_at=later.flood, until=None), later)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"until": MINUTE.flood + 12 * HOUR + timedelta(seconds=1)}, "within 12 hours"),
        ({"until": MINUTE.flood}, "within 12 hours"),
        ({"until": None}, "within 12 hours"),
        ({"reason": " "}, "state a reason"),
        ({"station_id": "H99"}, "no station H99"),
        ({"by_ref": "role:nobody"}, "no right to suspend"),
        ({"by_ref": "role:guest"}, "no right to suspend"),
    ],
)
def test_a_suspension_is_refused(desk, config, changes, why):
    with pytest.raises(Refused, match=why):
        suspend_station(desk, config, word(**changes), MINUTE)
    assert standing_at(desk.engine, desk.world, MINUTE.flood) == ()
