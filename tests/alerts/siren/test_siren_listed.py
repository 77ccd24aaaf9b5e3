"""A siren in the contacts: no person, nobody's recipient; `check` and `siren` say what it lacks."""

import subprocess
import sys
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.mqtt import BROKER
from alerts.cli.app import run
from alerts.first_run import init_home
from alerts.parcel import Siren
from alerts.plan.places import Zone
from alerts.readiness import findings_of
from alerts.roster import CONTACTS, Roster
from alerts.siren.__main__ import File
from alerts.siren.command import device_key
from alerts.sounding import aloud, calls, sounds
from alerts.tier import LEAVING, Action, Tier
from pipeline.world import Mode
from tests.alerts.roster.test_private_home import TODAY, settings
from tests.alerts.siren.beside import CONFIGURED, MASTER
from tests.golden.samples import VALLEY, valley
from tests.services import ROOT

REF = "siren/hekou-1"
CONTACT = f"""
[[contacts]]
ref = "{REF}"
role = "siren"
villages = ["hekou"]
channels = ["siren"]
siren = {{ device = "hekou-1" }}
"""


@pytest.fixture
def listed(tmp_path):
    """Give a home whose contacts know one siren."""
    home = tmp_path / "home"
    init_home(home, valley(), Mode.EXERCISE)
    with (home / CONTACTS).open("a") as file:
        file.write(CONTACT)
    return home


def edited(home, old, new):
    path = home / CONTACTS
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return Roster.load(home)


def test_no_reference_and_no_role_finds_a_siren_among_people(listed):
    roster = Roster.load(listed)
    assert roster.faults == ()
    assert roster.contact(REF).siren == Siren("hekou-1")
    assert not roster.contact(REF).exercise
    assert roster.named([REF], ["siren"], "hekou") == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('role = "siren"', 'role = "county_duty"'),
        ('villages = ["hekou"]\nchannels = ["siren"]', 'villages = "*"\nchannels = ["siren"]'),
        (
            'villages = ["hekou"]\nchannels = ["siren"]',
            'villages = ["hekou", "baishi"]\nchannels = ["siren"]',
        ),
        ('channels = ["siren"]', 'channels = ["siren", "file"]'),
        ('channels = ["siren"]', 'channels = ["siren"]\nrights = ["approve"]'),
        ('channels = ["siren"]', 'channels = ["siren"]\nlogins = ["horn"]'),
        ('siren = { device = "hekou-1" }', ""),
        ('device = "hekou-1"', 'device = "hekou/+"'),
        ('device = "hekou-1"', 'device = "#"'),
        ('device = "hekou-1"', 'device = "hekou-1", loud = true'),
    ],
)
def test_what_is_half_a_siren_and_half_a_person_is_left_out_and_told(listed, old, new):
    roster = edited(listed, old, new)
    assert roster.contact(REF) is None
    assert [fault.ref for fault in roster.faults] == [REF]


def test_a_device_that_stands_twice_is_called_once(listed):
    with (listed / CONTACTS).open("a") as file:
        file.write(CONTACT.replace(REF, "siren/again"))
    roster = Roster.load(listed)
    assert roster.contact("siren/again") is None
    assert [(fault.ref, fault.field) for fault in roster.faults] == [
        ("siren/again", "siren.device")
    ]


def test_the_check_names_why_no_siren_sounds(listed, monkeypatch):
    def found():
        return [f for f in findings_of(settings(listed), TODAY) if "siren" in f.line()]

    (absent,) = found()
    assert (absent.severity, absent.file) == ("error", f"FLOODWARN_HOME/{BROKER}")
    text = CONFIGURED.format(port=8883, answer_s=5).replace('ca = "ca.pem"\n', "")
    (listed / BROKER).write_text(text)
    (listed / BROKER).chmod(0o600)
    assert [f.severity for f in found()] == ["warning"]
    monkeypatch.setenv("SIREN_PASSWORD", "s3cret of the broker")
    monkeypatch.setenv("SIREN_KEY", "short")
    (short,) = found()
    assert short.severity == "error"
    assert "s3cret" not in short.line()
    monkeypatch.setenv("SIREN_KEY", MASTER)
    assert found() == []
    edited(
        listed,
        'villages = ["hekou"]\nchannels = ["siren"]',
        'villages = ["x"]\nchannels = ["siren"]',
    )
    assert [f.field for f in found()] == [f"{REF}.villages"]


def test_the_command_prints_a_file_that_the_siren_takes_once_it_is_filled_in(
    listed, monkeypatch, capsys
):
    (listed / BROKER).write_text(CONFIGURED.format(port=8883, answer_s=5))
    (listed / BROKER).chmod(0o600)
    monkeypatch.setenv("SIREN_KEY", MASTER)
    words = ["--site", str(VALLEY), "--home", str(listed)]
    assert run(["siren", REF, *words]) == 0
    said = tomllib.loads(capsys.readouterr().out)
    assert said["key"] == device_key(MASTER, "valley", "hekou", "hekou-1").hex()
    filled = File.model_validate(said | {"password": "x", "command": ["horn"]})
    assert (filled.device, filled.exercises) == ("hekou-1", False)
    assert run(["siren", "county_duty-1", *words]) == 1
    assert MASTER not in "".join(capsys.readouterr())


def test_a_village_is_spoken_to_by_its_zones_and_no_special_site_or_helped_one():
    plan = valley().plans["hekou"]
    assert all(isinstance(place, Zone) == (place.id in aloud(plan)) for _, place in plan.places())
    assert aloud(None) == {"village"}


@given(st.sampled_from(Tier), st.sampled_from(Action))
def test_the_tone_is_for_a_red_order_to_leave_alone(tier, action):
    assert sounds(tier, action) == (tier is Tier.RED and action in LEAVING)


class Text:
    """As much of a message as a siren's call rests on."""

    def __init__(self, tier, action):
        self.tier, self.action = tier, action


@given(st.sampled_from(Tier), st.sampled_from(Tier), st.sampled_from(Action), st.booleans())
def test_nothing_sounds_that_does_not_call_and_nothing_below_orange_calls(
    tier, peak, action, at_orange
):
    call = calls(Siren("x", speaks_at_orange=at_orange), Text(tier, action), peak=peak)
    assert call or not sounds(tier, action)
    assert not call or max(tier, peak) >= (Tier.ORANGE if at_orange else Tier.RED)
    assert not call or action not in {Action.STAND_BY, Action.STAND_DOWN}


def test_a_sirens_small_computer_needs_little_of_us():
    program = (
        "import sys, alerts.siren.__main__; "
        "print(*(m for m in sys.modules if m.split('.')[0] in ('alerts', 'pipeline')))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    ours = {"alerts", "pipeline", "pipeline.bulletin", "pipeline.clock", "pipeline.instants"}
    assert {name for name in done.stdout.split() if not name.startswith("alerts.siren")} == ours
