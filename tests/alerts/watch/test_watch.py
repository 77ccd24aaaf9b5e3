"""Officers are told of a silence in one line, behind every order; nobody else ever is."""

from dataclasses import dataclass, replace

import pytest

from alerts.errors import Refused
from alerts.issue import Minute
from alerts.outage import Notice
from alerts.outbox import queue
from alerts.outbox.queue import Wanted
from alerts.roster import Roster
from alerts.tables import notice
from alerts.templates import Templates
from alerts.watch import Watched, watch
from pipeline.bulletin import DataState, RiskBulletin, StationEvent, StationEventKind
from pipeline.bulletin import StationFreshness as Freshness
from pipeline.world import Mode, World, live
from tests.alerts.night import HOUR, MINUTE, SLOT, Night, assessed, delivery, levels, only
from tests.alerts.outage.county import feed
from tests.golden.samples import quick_valley, valley

ONE, TWO = "county_duty-1", "county_duty-2"
PACK = replace(quick_valley(), feeds=(feed("rain"),))
SINCE = SLOT - 3 * HOUR


def minute(hours):
    return Minute(MINUTE.wall + hours * HOUR, MINUTE.flood + hours * HOUR)


def silenced(bulletin: RiskBulletin, *, station="R04", villages=("hekou",)) -> RiskBulletin:
    """Return a bulletin in which the rain's one station is dead, and its villages are blind."""
    states = (
        DataState.BLIND if v in villages else s
        for v, s in zip(bulletin.villages, bulletin.data_states, strict=True)
    )
    return replace(
        bulletin,
        data_states=tuple(states),
        freshness=(Freshness(station, "rain", SINCE, "silent"),),
        events=(StationEvent(StationEventKind.DEATH, station, SINCE, "silent", villages),),
    )


def heard(bulletin: RiskBulletin) -> RiskBulletin:
    return replace(bulletin, freshness=(Freshness("R04", "rain", bulletin.slot, "fresh"),))


@dataclass
class Watch:
    """A night, and what is told of silence in it."""

    night: Night

    def cycle(self, number: int, make, **of: int) -> tuple[Watched, ...]:
        """Let one hour's bulletin be warned of, and then watched."""
        at = minute(number)
        self.night.warned(make(levels(SLOT + number * HOUR, **of)), at=at)
        return watch(self.night.desk, now=at.wall)

    def to(self) -> dict[str, list]:
        """Return the deliveries of notices, by the word that they bring."""
        word = {r.notice_id: Notice.from_bytes(r.state).word for r in self.night.rows(notice)}
        found: dict[str, list] = {}
        for row in self.night.rows(delivery):
            if row.message_id in word:
                found.setdefault(word[row.message_id], []).append(row)
        return found


@pytest.fixture
def watching(night) -> Watch:
    night.pack = PACK
    return Watch(night)


def test_only_officers_of_its_villages_are_told_each_once_for_the_outage_and_once_for_its_end(
    watching,
):
    for number in range(4):
        watching.cycle(number, silenced)
    for number in range(4, 7):
        watching.cycle(number, heard)
    roles = {"county_duty", "township_duty"}
    officers = {c.ref for c in watching.night.roster.contacts if c.role in roles}
    for told in watching.to().values():
        assert sorted(row.contact_ref for row in told) == sorted(officers)
    assert set(watching.to()) == {"silent", "heard"}
    assert {row.purpose for row in watching.night.rows(delivery)} == {"notice"}


def test_officers_of_other_townships_only_are_not_told(watching):
    night = watching.night
    elsewhere = night.roster.contact(TWO).model_copy(update={"villages": ("songlin",)})
    people = tuple(elsewhere if c.ref == TWO else c for c in night.roster.contacts)
    night.warned(silenced(levels()))
    watch(replace(night.desk, roster=Roster(people)), now=MINUTE.wall)
    told = {row.contact_ref for row in watching.to()["silent"]}
    assert ONE in told
    assert TWO not in told


def test_watching_again_after_a_restart_tells_nothing_new(watching):
    assert watching.cycle(0, silenced)
    before = watching.night.rows(notice), watching.night.rows(delivery)
    for desk in (watching.night.desk, replace(watching.night.desk, roster=Roster(()))):
        assert watch(desk, now=minute(0.1).wall) == ()
    assert (watching.night.rows(notice), watching.night.rows(delivery)) == before


def test_every_order_goes_before_what_is_told_of_a_silence(watching):
    watching.cycle(0, silenced)
    watching.cycle(1, silenced, songlin=2, hekou=4)
    wanted = Wanted("email", minute(2).wall, at_most=1000)
    with watching.night.engine.begin() as connection:
        leased = queue.lease(connection, watching.night.world, wanted, by="me", now=minute(2).wall)
    kinds = [one.purpose == "notice" for one in leased]
    assert True in kinds
    assert kinds == sorted(kinds)


def test_the_mark_of_an_exercise_is_first_and_last_in_every_text(watching):
    watching.cycle(0, silenced)
    watching.cycle(1, heard)
    rows = watching.night.rows(notice)
    assert {row.language for row in rows} == {*valley().languages}
    for row in rows:
        mark = valley().templates[row.language].marks[Mode.EXERCISE]
        for text in (row.subject, row.body):
            assert text.startswith(mark)
            assert text.endswith(mark)
        spoken = (row.sms.rpartition("】")[2], row.voice)
        assert all(text.startswith(mark.strip("【】")) for text in spoken)
        assert all(text.endswith(mark.strip("【】")) for text in spoken)
        assert "\n" not in row.subject


def test_a_live_text_bears_no_mark_and_asks_for_no_answer(watching, post):
    watching.night.world = live("valley")
    watching.cycle(0, silenced)
    assert watching.night.delivered(after_s=1).states == {"accepted": 3}
    for _, mail in post.mails:
        text = f"{mail['Subject']}\n{mail.get_content()}"
        assert "rain" in text
        assert "/ack/" not in text
        assert valley().templates["zh"].marks[Mode.EXERCISE] not in text
        assert valley().templates["en"].marks[Mode.EXERCISE] not in text


def test_whoever_was_not_told_yet_hears_the_end_alone(watching, post):
    watching.cycle(0, silenced)
    watching.cycle(1, heard)
    watching.night.delivered(after_s=3700)
    assert {row.state for row in watching.to()["silent"]} == {"superseded"}
    assert {row.state for row in watching.to()["heard"]} == {"accepted"}


def test_with_nobody_in_the_roster_it_is_told_as_soon_as_there_is_somebody(watching):
    watching.night.warned(silenced(levels()))
    assert watch(replace(watching.night.desk, roster=Roster(())), now=MINUTE.wall) == ()
    assert watching.night.rows(notice) == []
    only(watching.night, ONE)
    (told,) = watch(watching.night.desk, now=MINUTE.wall)
    assert (told.deliveries, told.notice.recipients) == (1, (ONE,))


def test_orders_of_the_same_slot_that_name_the_silence_are_not_said_again(watching):
    (told,) = watching.cycle(0, silenced, hekou=4)
    assert told.deliveries == 0
    assert watching.cycle(1, silenced, hekou=4) == ()
    (back,) = watching.cycle(2, heard, hekou=4)
    assert back.deliveries == 0


def test_orders_for_some_of_its_villages_only_do_not_stand_for_the_line(watching):
    (told,) = watching.cycle(0, lambda b: silenced(b, villages=("hekou", "songlin")), hekou=4)
    assert told.deliveries == 3


def test_a_replay_is_watched_by_nobody(watching):
    watching.night.world = World("valley", Mode.REPLAY, "r1")
    with pytest.raises(Refused):
        watch(watching.night.desk, now=MINUTE.wall)


def test_nothing_is_told_of_a_bulletin_that_nobody_was_warned_of(watching):
    watching.cycle(0, heard)
    assessed(watching.night.engine, watching.night.world, silenced(levels(SLOT + HOUR)))
    assert watch(watching.night.desk, now=minute(1).wall) == ()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_templates_without_the_texts_keep_their_bytes_and_speak_plain_words(watching, language):
    words = valley().templates[language]
    older = words.model_copy(update={"notice": None})
    assert b"notice" not in older.to_bytes()
    assert Templates.from_bytes(older.to_bytes()) == older
    assert Templates.from_bytes(words.to_bytes()) == words
    pack = replace(PACK, templates=dict(PACK.templates) | {language: older})
    watching.night.pack = pack
    watching.cycle(0, silenced)
    (row,) = (r for r in watching.night.rows(notice) if r.language == language)
    assert "Feed rain: silent since" in row.subject
