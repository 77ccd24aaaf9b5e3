"""Nothing of a drill reaches anybody but whom it may tell, also where something is broken."""

import re
import threading
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from alerts import drill
from alerts.cli.app import run
from alerts.cycle import everybody
from alerts.deliver import deliver_once
from alerts.deployment import opened
from alerts.drill import Asked, allowed, one_pass, ready, turn_in, who
from alerts.errors import NothingToDo, Refused
from alerts.first_run import init_home
from alerts.local_stack import new_exercise
from alerts.outbox.delivery import State
from alerts.roster import CONTACTS, Roster
from alerts.warning_pack import load_warning
from pipeline import clock
from pipeline.holdings import holdings
from pipeline.settings import from_environment
from pipeline.site.pack import load
from pipeline.world import Mode, live
from tests.alerts.night import (
    WALL,
    Night,
    attempt,
    delivery,
    levels,
    message,
)
from tests.alerts.post_office import open_for_business
from tests.golden.samples import valley
from tests.valley import VALLEY, copied

PERSON = "hekou/responsible"
FLOOD = {
    "flood_start": "2024-07-13T18:00:00Z",
    "flood_end": "2024-07-14T06:00:00Z",
    "speed": 3600,
}
SIREN = """
[[contacts]]
ref = "siren:{village}"
role = "siren"
villages = ["{village}"]
channels = ["siren"]
siren = {{ device = "{village}-1" }}
exercise = true
"""


class Taken:
    """A channel that takes everything and remembers to whom it went."""

    def __init__(self):
        self.parcels = []

    def send(self, parcel):
        self.parcels.append(parcel)

    @property
    def people(self):
        return {parcel.contact_ref for parcel in self.parcels}


def unmark(home, ref):
    path = home / CONTACTS
    before, after = path.read_text().split(f'ref = "{ref}"\n')
    path.write_text(before + f'ref = "{ref}"\n' + after.replace("exercise = true\n", "", 1))


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Give a home of the valley with people of an exercise and two sirens."""
    monkeypatch.setenv("FLOODWARN_MODE", "live")
    settings = from_environment(site=VALLEY, home=tmp_path / "home")
    init_home(settings.home, load_warning(load(VALLEY, settings.home)), Mode.EXERCISE)
    with (settings.home / CONTACTS).open("a") as file:
        file.write(SIREN.format(village="hekou") + SIREN.format(village="baishi"))
    return settings


def no_bars(_name):
    return lambda _done, _all: None


def played(settings, narrowed):
    """Play twelve hours of the storm to a channel that remembers; return its turn and channel."""
    taken = Taken()
    with ready(settings, no_bars) as deployment:
        began = clock.now() - timedelta(minutes=1)
        turn = turn_in(deployment, new_exercise(deployment, began, FLOOD), narrowed)
        turn = replace(turn, ways={"email": taken, "siren": taken})
        one_pass(replace(turn, now=began + timedelta(seconds=13)))
        return turn, taken


def test_a_drill_tells_everybody_who_is_marked_and_no_siren(settings):
    unmark(settings.home, PERSON)
    _, taken = played(settings, allowed((), ()))
    marked = {c.ref for c in Roster.load(settings.home).contacts if c.exercise}
    assert taken.people <= marked - {"siren:hekou", "siren:baishi"}
    assert "hekou/responsible-deputy" in taken.people
    assert PERSON not in taken.people


def test_a_narrowed_drill_tells_those_alone_and_the_siren_that_is_named(settings):
    _, taken = played(settings, allowed(("hekou/responsible-deputy",), ("siren:hekou",)))
    assert taken.people == {"hekou/responsible-deputy", "siren:hekou"}


def test_though_the_allow_list_let_everybody_through_nobody_unmarked_is_told(settings):
    """Planted: an allow-list that allows all. The sender asks for the mark itself."""
    unmark(settings.home, PERSON)
    turn, taken = played(settings, everybody)
    assert taken.people
    assert PERSON not in taken.people
    night = Night(turn.deployment.engine, settings.home, turn.world)
    mine = [row for row in night.rows(delivery) if row.contact_ref == PERSON]
    assert mine
    assert {row.state for row in mine} == {State.FAILED_FINAL.value}


def test_a_drill_fetches_nothing_and_adds_nothing_to_what_was_observed(settings, tmp_path):
    with ready(settings, no_bars) as deployment:
        before = holdings(deployment.engine, "valley")
    feeds = replace(settings, site_folder=copied(tmp_path))
    for recording in (feeds.site_folder / "recordings").iterdir():
        recording.unlink()
    turn, taken = played(feeds, allowed((), ()))
    assert taken.people
    after = holdings(turn.deployment.engine, "valley")
    assert replace(after, cycles=0) == before


def test_who_is_named_and_may_not_be_told_ends_the_drill_before_it_begins(settings):
    unmark(settings.home, PERSON)
    for wrong in (
        Asked(only=(PERSON,)),
        Asked(only=("nobody/here",)),
        Asked(only=("siren:hekou",)),
        Asked(sirens=("hekou/responsible-deputy",)),
    ):
        with pytest.raises(Refused):
            drill.play(settings, wrong, bars=no_bars, stop=threading.Event(), begun=lambda *_: None)
    assert PERSON not in {contact.ref for contact in who(settings, Asked()).contacts}


def test_a_drill_by_the_wall_tells_its_people_alone_and_ends_by_itself(settings):
    quick = {**FLOOD, "speed": 12 * 3600}
    asked = Asked(quick, only=("hekou/responsible-deputy",), after=timedelta(seconds=1))
    seen = []

    def begun(exercise, url):
        seen.extend((exercise.world, httpx.get(f"{url}/healthz").status_code, url))

    with open_for_business() as (office, port):
        there = replace(settings, smtp_port=port)
        drill.play(there, asked, bars=no_bars, stop=threading.Event(), begun=begun)
    world, status, url = seen
    assert (world.mode, status) == (Mode.EXERCISE, 200)
    assert {to for to, _ in office.mails} == {"hekou-responsible-deputy"}
    assert all(f"{url}/ack/" in mail.get_content() for _, mail in office.mails)
    with opened(settings) as deployment, pytest.raises(NothingToDo):
        deployment.exercise()


def test_without_a_confirmation_a_drill_says_whom_it_would_tell_and_tells_nobody(
    settings, monkeypatch, capsys
):
    monkeypatch.setenv("FLOODWARN_HOME", str(settings.home))
    monkeypatch.setenv("FLOODWARN_SITE", str(VALLEY))
    assert run(["drill", "--only", "hekou/responsible-deputy"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("EXERCISE")
    assert "hekou/responsible-deputy" in said
    assert PERSON not in said.replace("hekou/responsible-deputy", "")
    assert not (settings.home / "floodwarn.db").exists()
    assert run(["drill", "--only", "nobody/here", "--confirm"]) == 1


def test_where_the_deployment_is_an_exercise_a_drill_is_refused(settings):
    exercise = replace(settings, mode=Mode.EXERCISE)
    with pytest.raises(Refused), ready(exercise, no_bars):
        pass


def test_the_real_words_are_in_no_text_of_a_drill_and_its_mark_is_in_all(settings):
    turn, taken = played(settings, allowed((), ()))
    real = {words.real for words in load_warning(turn.deployment.pack).templates.values()}
    assert real
    assert taken.parcels
    for parcel in taken.parcels:
        said = f"{parcel.subject}\n{parcel.body}"
        assert not [words for words in real if words in said]
        marks = re.findall("EXERCISE|演练", said)
        assert len(marks) >= 4


def planted(night, table, key, **values):
    with night.engine.begin() as connection:
        column = table.c.delivery_key if table is delivery else table.c.message_id
        connection.execute(update(table).where(column == key).values(**values))


@pytest.fixture
def warned(night):
    night.warned(levels(hekou=4))
    return night


def in_mode(night, mode, world):
    """Send what is due as a deployment of another mode does."""
    taken = Taken()
    settings = replace(night.settings, mode=mode)
    names = {row.channel for row in night.rows(delivery)} | {"email"}
    ways = dict.fromkeys(names, taken)
    deliver_once(night.engine, settings, world, night.roster, ways, now=WALL)
    return taken


def test_a_delivery_of_a_drill_that_is_written_as_live_leaves_by_no_sender(warned):
    """Planted: the row's mode, then its world as well. Its text is in no live world."""
    first, second, *_ = warned.rows(delivery)
    planted(warned, delivery, first.delivery_key, mode="live")
    planted(warned, delivery, second.delivery_key, mode="live", world_id="-")
    assert in_mode(warned, Mode.LIVE, live("valley")).parcels == []
    keys = {parcel.key for parcel in in_mode(warned, Mode.EXERCISE, warned.world).parcels}
    assert keys
    assert not keys & {first.delivery_key, second.delivery_key}


def test_no_sender_takes_a_world_of_another_mode(warned):
    for mode, world in ((Mode.LIVE, warned.world), (Mode.EXERCISE, live("valley"))):
        with pytest.raises(Refused):
            in_mode(warned, mode, world)


def test_the_database_knows_no_other_mode_of_a_delivery(warned):
    first, *_ = warned.rows(delivery)
    with pytest.raises(IntegrityError):
        planted(warned, delivery, first.delivery_key, mode="replay")


@pytest.mark.parametrize("words", ["This is NOT a drill.", "这不是演练", "Real, not an exercise"])
def test_a_text_of_a_drill_that_says_it_is_none_stays_here(warned, words):
    """Planted: what the templates would have refused stands in the stored text all the same."""
    texts = {row.message_id for row in warned.rows(message)}
    wrong = next(iter(sorted(texts)))
    planted(warned, message, wrong, body=words)
    bodies = [parcel.body for parcel in in_mode(warned, Mode.EXERCISE, warned.world).parcels]
    assert bodies
    assert not [body for body in bodies if words in body]
    kept = {r.delivery_key: r.state for r in warned.rows(delivery) if r.message_id == wrong}
    assert set(kept.values()) == {State.FAILED_FINAL.value}
    assert {r.detail for r in warned.rows(attempt) if r.delivery_key in kept} == {"ValueError"}


def test_the_valley_is_what_is_tested():
    assert {"hekou", "baishi"} <= {village.village_id for village in valley().villages}
