"""One host sends: after a restore or a takeover nobody does before a person has read the list."""

import shutil
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import deliver, serving, takeover
from alerts.errors import Refused
from alerts.issue import Minute
from alerts.outbox import epoch as epochs
from alerts.outbox import queue
from alerts.outbox.epoch import Epoch, Turn, refusal
from alerts.outbox.queue import Wanted
from alerts.serving import HOST, LOOK_S, Unseen
from alerts.takeover import Host
from alerts.upkeep import restore
from pipeline import clock, database
from pipeline.backup import back_up
from tests.alerts.deliver.test_loop import until
from tests.alerts.night import (
    FLOOD,
    HOUR,
    SECONDS,
    SLOT,
    WALL,
    Night,
    delivery,
    home_of,
    levels,
    nobody,
    only,
)
from tests.databases import schema_of_its_own
from tests.faults.killed import ended, started
from tests.services import require

PEOPLE = ("county_duty-1", "hekou/responsible", "baishi/responsible")
OFFICER = "county_duty-1"
SOON = WALL + 60 * SECONDS


@dataclass
class OnHost(Night):
    """A night on one of several hosts, which all see one fence."""

    fence: Path | None = None

    @property
    def settings(self):
        return replace(super().settings, fence=self.fence)

    @property
    def host(self):
        return Host(self.engine, self.settings, self.world, self.roster)

    def released(self, *keys, **options):
        chosen = None if keys == ("all",) else keys
        return takeover.release(self.host, OFFICER, chosen, now=SOON, **options)

    def listed(self):
        return takeover.listed(self.host, now=SOON)


@pytest.fixture
def fence(tmp_path):
    path = tmp_path / "shared" / "fence"
    path.parent.mkdir()
    path.touch()
    return path


@pytest.fixture
def first(night, post, fence):
    """Give the first host, with orders that wait."""
    only(night, *PEOPLE)
    first = OnHost(night.engine, night.home, port=night.port, fence=fence)
    first.warned(levels(hekou=4, baishi=2))
    return first


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path):
    """Give the database of another host."""
    if request.param == "sqlite":
        engine = database.connect(f"sqlite:///{tmp_path}/other.db")
        yield engine
        engine.dispose()
        return
    require("postgresql")
    with schema_of_its_own() as url:
        engine = database.connect(url)
        yield engine
        engine.dispose()


def elsewhere(first, engine, file, home, **options):
    """Restore a backup on another host, with a home of its own."""
    there = replace(first, engine=engine, home=home_of(home))
    only(there, *PEOPLE)
    restore(engine, file, there.settings, now=WALL, **options)
    return there


def refused(night, why, **options):
    with pytest.raises(Refused, match=why):
        night.delivered(**options)


def arrived(post):
    return {key.strip("<>").partition("@")[0]: n for key, n in post.accepted().items()}


def test_backup_send_restore_elsewhere_with_the_first_host_alive(first, empty, post, tmp_path):
    file = tmp_path / "backup.zip"
    back_up(first.engine, file, now=WALL)
    first.delivered()
    sent = arrived(post)
    assert set(sent.values()) == {1}
    there = elsewhere(first, empty, file, tmp_path / "there")

    first.warned(levels(SLOT + HOUR, hekou=4, baishi=4))
    there.warned(levels(SLOT + HOUR, hekou=4, baishi=4))
    refused(first, "another host sends since epoch 1", after_s=2)
    refused(there, "nothing is sent since", after_s=2)
    assert arrived(post) == sent

    listed = there.listed()
    assert {each.key for each in listed.deliveries} > sent.keys()
    fresh = [each.key for each in listed.deliveries if each.key not in sent]
    assert there.released(*fresh).left == len(sent)
    there.delivered(after_s=90)
    refused(first, "another host sends", after_s=90)
    assert arrived(post) == dict.fromkeys([*sent, *fresh], 1)
    left = {row.delivery_key for row in there.rows(delivery) if row.state == "uncertain"}
    assert left == sent.keys()


@pytest.mark.parametrize("by", ["fence", "database"])
def test_the_first_host_is_stopped_in_the_middle_of_a_pass(first, post, tmp_path, monkeypatch, by):
    monkeypatch.setattr(deliver, "AT_ONCE", 1)
    second = replace(first, home=home_of(tmp_path / "second"))

    def stop(stage, _name):
        if stage == "accepted" and len(post.mails) == 1 and by == "fence":
            serving.claim(first.settings, Epoch(1, "a" * 32))
        elif stage == "accepted" and len(post.mails) == 1:
            takeover.take_over(second.host, OFFICER, now=WALL)

    first.fence = first.fence if by == "fence" else None
    second.fence = first.fence
    post.on = stop
    first.delivered()
    assert len(post.mails) == 1
    assert first.states()["accepted"] == 1


def test_whoever_was_fenced_remembers_it_though_the_fence_is_gone(first, empty, fence, tmp_path):
    back_up(first.engine, tmp_path / "backup.zip", now=WALL)
    elsewhere(first, empty, tmp_path / "backup.zip", tmp_path / "there")
    refused(first, "another host sends")
    refused(replace(first, fence=None), "has begun")


def test_of_two_that_restore_one_backup_the_later_sends(first, empty, post, tmp_path):
    file = tmp_path / "backup.zip"
    back_up(first.engine, file, now=WALL)
    one = elsewhere(first, empty, file, tmp_path / "one")
    engine = database.connect(f"sqlite:///{tmp_path}/another.db")
    another = elsewhere(first, engine, file, tmp_path / "another")
    with pytest.raises(Refused, match="another host sends"):
        one.released("all")
    another.released("all")
    another.delivered(after_s=90)
    refused(one, "another host sends", after_s=90)
    assert set(arrived(post).values()) == {1}
    engine.dispose()


def test_a_rehearsal_of_a_restore_stops_nobody(first, empty, post, tmp_path):
    back_up(first.engine, tmp_path / "backup.zip", now=WALL)
    there = elsewhere(first, empty, tmp_path / "backup.zip", tmp_path / "there", in_charge=False)
    refused(there, "nothing is sent")
    first.delivered()
    assert first.states() == {"accepted": len(first.rows(delivery))}


def test_what_had_expired_by_the_restore_is_dead_and_on_no_list(first, empty, post, tmp_path):
    back_up(first.engine, tmp_path / "backup.zip", now=WALL)
    there = replace(first, engine=empty, home=home_of(tmp_path / "there"))
    only(there, *PEOPLE)
    late = WALL + 24 * HOUR
    restore(empty, tmp_path / "backup.zip", there.settings, now=late)
    assert there.states() == {"expired": len(first.rows(delivery))}
    assert takeover.listed(there.host, now=late).deliveries == ()


def test_a_takeover_of_one_database_refuses_the_host_that_had_it(first, post, tmp_path):
    second = replace(first, home=home_of(tmp_path / "second"))
    only(second, *PEOPLE)
    with first.engine.begin() as connection:
        wanted = Wanted("email", WALL)
        (leased,) = queue.lease(connection, first.world, wanted, by="first", now=WALL)
    begun, fenced = takeover.take_over(second.host, OFFICER, now=WALL)
    assert (begun.held, fenced) == (len(first.rows(delivery)), True)
    with first.engine.begin() as connection:
        # what the first had leased, and not begun, it cannot begin any more
        stands = queue.begin(connection, leased, by="first", now=WALL)
    assert stands is queue.State.LEASED
    refused(first, "another host")
    refused(replace(first, fence=None), "another host took this database over|has begun")
    refused(second, "nothing is sent")
    with pytest.raises(Refused, match="another host"):
        first.released("all")
    assert second.released("all").left == 0
    second.delivered(after_s=90)
    assert set(arrived(post).values()) == {1}
    assert second.states() == {"accepted": len(first.rows(delivery))}


def test_without_a_fence_one_database_still_knows_whose_turn_it_is(first, tmp_path):
    first.fence = None
    second = replace(first, home=home_of(tmp_path / "second"))
    _, fenced = takeover.take_over(second.host, OFFICER, now=WALL)
    assert not fenced
    second.released()
    refused(first, "another host took this database over in epoch 1")


def test_the_list_is_worked_off_bit_by_bit_and_what_stays_is_never_sent(first, post):
    takeover.take_over(first.host, OFFICER, now=WALL)
    keys = [each.key for each in first.listed().deliveries]
    assert first.released(keys[0][:12]).left == len(keys) - 1
    first.delivered(after_s=90)
    assert arrived(post) == {keys[0]: 1}
    assert first.released(keys[1]).gone == 1
    first.delivered(after_s=120)
    first.delivered(after_s=900)
    assert arrived(post) == dict.fromkeys(keys[:2], 1)
    assert [each.key for each in first.listed().deliveries] == keys[2:]


def test_what_is_new_after_the_release_goes_by_itself(first, post):
    takeover.take_over(first.host, OFFICER, now=WALL)
    held = {each.key for each in first.listed().deliveries}
    first.released()
    first.warned(levels(SLOT + HOUR, hekou=4, baishi=4))
    first.delivered(after_s=90)
    assert arrived(post)
    assert not arrived(post).keys() & held


def test_nobody_lets_go_by_a_wrong_key_or_without_the_right(first):
    takeover.take_over(first.host, OFFICER, now=WALL)
    for wrong in ("", "0" * 64):
        with pytest.raises(Refused, match="of the list"):
            first.released(wrong)
    for other in ("hekou/responsible", "nobody"):
        with pytest.raises(Refused, match="no right"):
            takeover.release(first.host, other, None, now=SOON)
        with pytest.raises(Refused, match="no right"):
            takeover.take_over(first.host, other, now=SOON)
    refused(first, "nothing is sent")


@pytest.mark.parametrize("how", ["absent", "garbage", "folder gone"])
def test_a_fence_that_cannot_be_seen_silences_nobody_and_says_so(first, fence, post, caplog, how):
    if how == "garbage":
        fence.write_text("not an epoch")
    else:
        fence.unlink()
    if how == "folder gone":
        fence.parent.rmdir()
    first.delivered()
    assert first.states() == {"accepted": len(first.rows(delivery))}
    assert "cannot be seen" in caplog.text


def test_a_release_wants_the_fence_or_a_persons_word_that_the_other_host_is_off(first, fence, post):
    fence.unlink()
    with pytest.raises(Unseen):
        takeover.take_over(first.host, OFFICER, now=WALL)
    with pytest.raises(Unseen):
        first.released("all")
    refused(first, "nothing is sent")
    assert first.released("all", unfenced=True).left == 0
    first.delivered(after_s=90)
    assert set(arrived(post).values()) == {1}


def test_an_older_database_that_is_put_back_sends_nothing(first, post, tmp_path):
    if first.engine.dialect.name != "sqlite":
        with first.engine.begin() as connection:
            serving.note(connection, first.settings, Epoch(1, "a" * 32))
    else:
        path = Path(first.engine.url.database)
        shutil.copy(path, tmp_path / "copy.db")
        takeover.take_over(first.host, OFFICER, now=WALL)
        first.engine.dispose()
        for part in (path, *path.parent.glob(f"{path.name}-*")):
            part.unlink()
        shutil.copy(tmp_path / "copy.db", path)
    refused(replace(first, fence=None), "an older database was put back")
    assert not post.mails


def test_what_a_host_knows_of_epochs_is_its_owners_alone_and_torn_it_sends_nothing(first):
    takeover.take_over(first.host, OFFICER, now=WALL)
    path = first.home / HOST
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("{torn")
    with pytest.raises(Exception, match="cannot be read"):
        first.delivered()


names = st.builds(Epoch, st.integers(1, 4), st.sampled_from(["a" * 32, "b" * 32]))


@given(st.lists(names | st.just(Epoch()), min_size=1, unique=True))
def test_of_all_hosts_that_see_the_fence_at_most_one_may_send(hosts):
    """Each with a database of its own, released; the fence holds what was claimed last."""
    claimed = max(hosts, key=lambda each: each.number)
    sending = [own for own in hosts if refusal(own, Turn(own), claimed) is None]
    assert sending == [claimed]


@given(names, names | st.just(Epoch()), st.none() | names)
def test_a_host_sends_in_no_epoch_of_another_and_in_none_that_is_held(own, of_database, there):
    assert own == of_database or refusal(own, Turn(of_database), there) is not None
    assert refusal(own, Turn(of_database, held_since=WALL), there) is not None


@given(names | st.just(Epoch()))
def test_an_epoch_is_read_as_it_was_written(epoch):
    assert Epoch.read(f"{epoch}\n") == epoch


@pytest.mark.parametrize("text", ["1", "1 xyz", "-1 " + "a" * 32, "1 " + "a" * 33, "\x00"])
def test_nothing_else_is_read_as_an_epoch(text):
    with pytest.raises(ValueError, match="no epoch"):
        Epoch.read(text)


def test_every_epoch_stays_in_the_database_with_who_released_it(first):
    takeover.take_over(first.host, OFFICER, now=WALL)
    first.released()
    takeover.take_over(first.host, OFFICER, now=WALL)
    with first.engine.connect() as connection:
        rows = connection.execute(epochs.epochs.select().order_by("number")).all()
    assert [(r.number, r.cause, r.begun_by, r.released_by) for r in rows] == [
        (1, "takeover", OFFICER, OFFICER),
        (2, "takeover", OFFICER, None),
    ]


def test_a_sender_that_runs_on_the_first_host_sends_nothing_after_a_restore_elsewhere(
    first, post, engine_url, tmp_path
):
    first.engine.dispose()

    def send_on():
        there = database.connect(engine_url)
        channels, stop = first.channels, threading.Event()
        deliver.loop(there, first.settings, lambda: first.world, channels, stop=stop, chase=nobody)

    now = Minute(clock.now(), FLOOD)
    sender = started(send_on)
    try:
        first.warned(levels(SLOT + HOUR, hekou=4, baishi=4), at=now)
        until(lambda: post.mails and all(r.ended_at for r in first.rows(delivery)), seconds=30)
        back_up(first.engine, tmp_path / "backup.zip", now=now.wall)
        engine = database.connect(f"sqlite:///{tmp_path}/there.db")
        elsewhere(first, engine, tmp_path / "backup.zip", tmp_path / "there")
        sent = len(post.mails)
        first.warned(levels(SLOT + 2 * HOUR, hekou=4, baishi=4, nanping=4), at=now)
        assert first.states()["pending"]
        time.sleep(LOOK_S + 2 * deliver.POLL_S)
        assert len(post.mails) == sent
        assert first.states()["pending"]
    finally:
        sender.kill()
        assert ended(sender) == "killed"
    engine.dispose()
