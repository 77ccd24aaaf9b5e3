"""What is handed out is what was kept, byte for byte, and signed only where there is a key."""

from dataclasses import replace

import pytest

from alerts.cap_signature import verified
from alerts.errors import Refused, RosterError
from alerts.explain import explain
from alerts.handing_out import Copy, of_identifier, of_message, of_village, signed
from alerts.readiness import findings_of
from alerts.roster import write_private
from alerts.tables import cap_alert
from pipeline.errors import NotKept
from pipeline.world import Mode, World
from tests.alerts.cap.pairs import pair
from tests.alerts.night import HOUR, SLOT, WALL, Minute, levels, message
from tests.golden.samples import VALLEY

KEY = "cap.pem"
MODE = Mode.EXERCISE


def kept(night) -> dict[str, bytes]:
    return {row.identifier: row.content for row in night.rows(cap_alert)}


def hours(night, count: int, level: int = 4) -> None:
    """Let hekou stand at a level for so many bulletins, an hour apart."""
    for hour in range(count):
        slot = SLOT + hour * HOUR
        night.warned(levels(slot, hekou=level), at=Minute(WALL + hour * HOUR, slot))


def signs(night, file: bytes) -> object:
    assert write_private(night.home / KEY, file)
    return replace(night.settings, cap_key=KEY)


def test_every_message_s_alert_is_the_one_that_was_kept_with_it(night):
    night.warned(levels(hekou=4, baishi=3))
    told = night.rows(message)
    assert len({row.village_id for row in told}) == 2
    for row in told:
        copy = of_message(night.engine, row.message_id)
        assert copy == Copy(row.cap_identifier, kept(night)[row.cap_identifier])


def test_of_a_village_it_is_the_one_that_stood_then_also_one_issued_anew(night):
    hours(night, 12)
    issued = sorted(night.rows(cap_alert), key=lambda row: row.revision)
    assert len(issued) > 2
    for row in issued:
        at = SLOT + (row.revision - 1) * HOUR
        copy = of_village(night.engine, MODE, "hekou", at)
        assert copy == Copy(row.identifier, row.content)
    assert of_village(night.engine, MODE, "hekou", SLOT + 99 * HOUR).content == issued[-1].content


def test_of_whom_nothing_was_told_nothing_is_handed_out(night):
    night.warned(levels(hekou=4))
    with pytest.raises(NotKept):
        of_village(night.engine, MODE, "hekou", SLOT - HOUR)
    with pytest.raises(NotKept):
        of_village(night.engine, MODE, "baishi", SLOT)
    with pytest.raises(NotKept):
        of_village(night.engine, Mode.LIVE, "hekou", SLOT)
    with pytest.raises(NotKept):
        of_message(night.engine, "0" * 32)


def test_a_river_point_is_never_told_in_cap(night):
    night.warned(levels(rp_lower=4))
    (row, *_) = night.rows(message)
    with pytest.raises(Refused, match="not issued as a CAP alert"):
        of_message(night.engine, row.message_id)
    with pytest.raises(Refused, match="not issued as a CAP alert"):
        of_village(night.engine, MODE, "rp-lower", SLOT)


def test_no_world_hands_out_another_s_alert(night):
    night.warned(levels(hekou=4))
    (identifier,) = kept(night)
    assert of_identifier(night.engine, night.world, identifier).identifier == identifier
    assert of_identifier(night.engine, World("valley", MODE, "x2"), identifier) is None
    assert of_identifier(night.engine, World("valley", Mode.LIVE, "-"), identifier) is None


def test_no_identifier_names_a_file_elsewhere():
    assert Copy("../../etc/x y", b"").file_name == "..-..-etc-x-y.xml"
    assert Copy("valley.2026-11-24T02:00:00Z-a1.b.1", b"").file_name.endswith("a1.b.1.xml")


def test_signing_touches_nothing_that_is_kept_and_explain_says_the_same(night):
    night.warned(levels(hekou=4))
    before, told = kept(night), night.rows(message)[0]
    was = explain(night.engine, told.message_id)
    ours = pair()
    copy = of_message(night.engine, told.message_id)
    leaves = signed(copy, signs(night, ours.file), now=WALL)
    assert leaves.content != copy.content
    assert leaves.identifier == copy.identifier
    assert verified(leaves.content, ours.certificate, now=WALL)
    assert kept(night) == before
    assert explain(night.engine, told.message_id) == was


def test_without_a_key_it_leaves_as_it_is(night):
    copy = Copy("a.1", b"<alert/>")
    assert signed(copy, night.settings, now=WALL) == copy


def test_a_key_that_is_absent_open_to_others_or_broken_lets_nothing_leave(night):
    copy = Copy("a.1", b"<alert/>")
    named = replace(night.settings, cap_key=KEY)
    with pytest.raises(RosterError, match=f"{KEY} is not in FLOODWARN_HOME"):
        signed(copy, named, now=WALL)
    signs(night, b"no key")
    with pytest.raises(Refused):
        signed(copy, named, now=WALL)
    (night.home / KEY).chmod(0o640)
    with pytest.raises(RosterError, match="chmod 600"):
        signed(copy, named, now=WALL)


def found(settings) -> list[str]:
    here = replace(settings, site_folder=VALLEY)
    return [f.message for f in findings_of(here, WALL) if KEY in f.file]


def test_the_check_tries_the_key_before_it_is_needed(night):
    assert found(night.settings) == []
    assert found(replace(night.settings, cap_key=KEY)) == [f"{KEY} is not in FLOODWARN_HOME"]
    assert found(signs(night, pair().file)) == []
    (night.home / KEY).chmod(0o604)
    assert found(replace(night.settings, cap_key=KEY)) == [f"{KEY} is open to others: chmod 600"]


def test_the_check_finds_a_key_whose_certificate_has_run_out(night):
    (said,) = found(signs(night, pair(until=WALL - HOUR).file))
    assert "not valid after" in said
