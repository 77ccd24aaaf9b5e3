"""In the hour that comes twice every time in a text is one instant, and the right one."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.alerts.hard_nights.gorge import ZONE
from tests.alerts.hard_nights.night import MINUTE, Night, begun, subjects

GOES_BACK = datetime(2026, 10, 25, 1, tzinfo=UTC)
"""Three o'clock in the gorge becomes two o'clock."""
STORM = ({"R1": 10.0, "R2": 10.0}, {}, {"R1": 13.0, "R2": 13.0})
"""Orange an hour before the clocks go back, red as they do."""
SPOKEN = re.compile(r"(?:the (first|second) )?(\d\d):(\d\d)")
WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d)( [+-]\d{4})?")
EARLIEST = re.compile(rf"Water expected: ({WRITTEN.pattern}) at the earliest")


def comes_twice(local: datetime) -> bool:
    return local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()


def spoken(text: str, at: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the instants that a villager's text names, as a villager reads them."""
    found = []
    for which, hour, minute in SPOKEN.findall(text):
        here = at.astimezone(zone)
        local = here.replace(hour=int(hour), minute=int(minute), second=0, fold=which == "second")
        assert comes_twice(local) == bool(which), f"which {hour}:{minute}? {text}"
        found.append(local.astimezone(UTC))
    return found


def written(text: str, zone: ZoneInfo) -> list[datetime]:
    """Return the instants that an officers' text names; without an offset they are local."""
    found = []
    for minute, offset in WRITTEN.findall(text):
        local = datetime.fromisoformat(f"{minute}{offset.strip()}")
        if local.tzinfo is None:
            local = local.replace(tzinfo=zone)
            assert not comes_twice(local), f"which {minute}? {text}"
        found.append(local.astimezone(UTC))
    return found


def instants(night: Night, zone: str) -> list[tuple[str, str, list[datetime]]]:
    """Return who was told what, with the instants that each text names in its order."""
    own = ZoneInfo(zone)
    return sorted(
        (s.to, s.subject, spoken(s.text, s.at, own) if s.village else written(s.text, own))
        for s in night.sent
    )


def lived(folder, url, zone) -> Night:
    begins = GOES_BACK - timedelta(minutes=90)
    night = begun(folder, url, slot=begins, zone=zone, cycle_min=30)
    for readings in STORM:
        night.lived(**readings)
    return night


@pytest.fixture
def changed(database_url, tmp_path) -> Night:
    """Give the night on which the clocks of the gorge went back in the middle of the storm."""
    return lived(tmp_path, database_url, ZONE)


def test_every_time_in_the_hour_that_comes_twice_is_the_instant_that_utc_names(changed, tmp_path):
    folder = tmp_path / "utc"
    twin = lived(folder, f"sqlite:///{folder}/floodwarn.db", "Etc/UTC")
    assert instants(changed, ZONE) == instants(twin, "Etc/UTC")
    texts = [s.text for s in changed.sent]
    for which in ("the first 02:", "the second 02:", "+0200", "+0100"):
        assert any(which in text for text in texts), which
    assert not [text for text in texts if ",." in text or ".." in text]


def test_the_time_to_be_there_is_right_across_the_change_of_the_clocks(changed):
    zone, checked = ZoneInfo(ZONE), 0
    assert {"The care home: leave now", "The quay: leave now"} <= subjects(changed.sent, "ferry")
    for s in changed.sent:
        if s.village != "ferry" or "Be at the school" not in s.text:
            continue
        (arrive,) = spoken(s.text, s.at, zone)
        officers = [o for o in changed.sent if o.at == s.at and o.subject.startswith("Ferry")]
        (earliest,) = {written(EARLIEST.search(o.text).group(1), zone)[0] for o in officers}
        # five minutes are the readings' age, and the time is rounded down to five
        assert timedelta(0) <= earliest - 5 * MINUTE - arrive < 5 * MINUTE
        assert arrive > s.at
        checked += 1
    assert checked == 3 * 3
