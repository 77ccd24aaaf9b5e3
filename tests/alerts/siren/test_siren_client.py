"""The reference siren against a real broker: heard once, late but in time, and never by another."""

import stat
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from alerts.errors import SendError
from alerts.orders import WHOLE_VILLAGE
from alerts.siren.client import remembered
from alerts.siren.command import Command, Word, device_key, opened, sealed, topic
from alerts.siren.decision import Heard, Sound
from alerts.siren.player import Player
from tests.alerts.channels.mosquitto import SENDER, password
from tests.alerts.siren.beside import EXERCISE, MASTER, NOW, Beside, channel_of, parcel, until
from tests.services import ROOT

CMD, ACK = (topic("valley", "hekou", "hekou-1", end) for end in ("cmd", "ack"))
KEY = device_key(MASTER, "valley", "hekou", "hekou-1")
MINUTE = timedelta(minutes=1)


def command(number=1, **of) -> Command:
    made = Command(
        id=f"{number:064x}",
        issued=NOW,
        expires=NOW + 60 * MINUTE,
        mode="live",
        action="sound",
        title=f"leave now {number}",
        text="Go to the school.",
        language="en",
        sequence=1,
    )
    return replace(made, **of)


def published(line, where, payload, **of):
    line.publish(where, payload, qos=1, **of).wait_for_publish(10)


def test_it_sounds_and_says_so(siren, channel):
    with siren.listening():
        assert channel.send(parcel()) == "device:sounding"
        until(lambda: siren.sounded)
    body = "Go to the school by the upper lane."
    assert siren.sounded == [Sound(tone=True, title="leave now 1", text=body, language="en")]


def test_what_came_while_it_was_away_sounds_when_it_is_back(siren, impatient):
    with siren.listening():
        pass
    assert impatient.send(parcel(1)) is None
    assert impatient.send(parcel(2, queued_at=NOW + MINUTE)) is None
    siren.now = NOW + 59 * MINUTE
    with siren.listening():
        until(lambda: siren.titles == ["leave now 1", "leave now 2"])


def test_what_is_stale_when_it_is_back_stays_silent(siren, channel, impatient):
    with siren.listening():
        pass
    impatient.send(parcel(1))
    siren.now = NOW + 60 * MINUTE
    with siren.listening():
        assert channel_of(channel.home, siren.now).send(parcel(2, queued_at=siren.now))
        until(lambda: siren.sounded)
    assert siren.titles == ["leave now 2"]


def test_the_broker_itself_drops_what_is_stale(siren, broker):
    with siren.listening():
        pass
    short = Properties(PacketTypes.PUBLISH)
    short.MessageExpiryInterval = 1
    with broker.line(SENDER) as line, broker.line(SENDER) as ear:
        words = []
        ear.on_message = lambda _c, _d, m: words.append(opened(Word, m.payload, KEY))
        ear.subscribe(ACK, qos=1)
        published(line, CMD, sealed(command(1), KEY), properties=short)
        published(line, CMD, sealed(command(2, sequence=2), KEY))
        subprocess.run(["sleep", "2"], check=True)
        with siren.listening():
            until(lambda: len(words) == 2)
    assert siren.titles == ["leave now 2"]
    assert {word.id for word in words} == {f"{2:064x}"}


def test_a_broker_that_was_away_changes_nothing(siren, channel, broker):
    with siren.listening():
        broker.stop()
        with pytest.raises(SendError):
            channel.send(parcel(1))
        broker.start()
        until(lambda: channel.send(parcel(1)) is not None)
        until(lambda: siren.sounded)
    assert siren.titles == ["leave now 1"]


def test_what_the_broker_had_taken_survives_it(siren, impatient, broker):
    with siren.listening():
        pass
    impatient.send(parcel(1))
    broker.stop()
    broker.start()
    with siren.listening():
        until(lambda: siren.sounded)
    assert siren.titles == ["leave now 1"]


def test_a_repeat_sounds_once_also_after_a_power_cut(siren, channel):
    with siren.listening():
        assert channel.send(parcel()) == "device:sounding"
        assert channel.send(parcel()) == "device:replayed"
    with siren.listening():
        assert channel.send(parcel()) == "device:replayed"
    assert siren.titles == ["leave now 1"]


def test_a_recorded_command_that_somebody_plays_again_stays_silent(siren, channel, broker):
    recorded = []
    with broker.line("hekou-1") as thief:
        thief.on_message = lambda _c, _d, m: recorded.append(m.payload)
        thief.subscribe(CMD, qos=1)
        with siren.listening():
            channel.send(parcel(1))
            channel.send(parcel(2, queued_at=NOW + MINUTE))
            until(lambda: len(recorded) == 2)
            with broker.line(SENDER) as line:
                for payload in recorded * 3:
                    published(line, CMD, payload)
            assert channel.send(parcel(3, queued_at=NOW + 2 * MINUTE)) == "device:sounding"
            until(lambda: len(siren.sounded) == 3)
    assert siren.titles == ["leave now 1", "leave now 2", "leave now 3"]


@pytest.mark.parametrize(
    "payload",
    [
        sealed(command(), device_key("another-" + MASTER, "valley", "hekou", "hekou-1")),
        sealed(command(), device_key(MASTER, "valley", "hekou", "hekou-2")),
        sealed(command(), KEY).replace(b"Go to the school", b"Go to the bridge"),
        b"sound!",
        b"",
    ],
)
def test_a_forged_command_stays_silent(siren, channel, broker, payload):
    with siren.listening(), broker.line(SENDER) as line:
        published(line, CMD, payload)
        assert channel.send(parcel(2)) == "device:sounding"
        until(lambda: siren.sounded)
    assert siren.titles == ["leave now 2"]


def test_what_a_broker_was_made_to_keep_stays_silent(siren, channel, broker):
    with broker.line(SENDER) as line:
        published(line, CMD, sealed(command(1), KEY), retain=True)
    with siren.listening():
        assert channel.send(parcel(2)) == "device:sounding"
        until(lambda: siren.sounded)
    assert siren.titles == ["leave now 2"]


def test_an_exercise_is_heard_only_where_the_siren_itself_is_told_to(siren, channel):
    with siren.listening(), pytest.raises(SendError, match="takes-no-exercises") as caught:
        channel.send(parcel(1, world=EXERCISE))
    assert caught.value.permanent
    assert siren.sounded == []
    siren.exercises = True
    with siren.listening():
        assert channel.send(parcel(1, world=EXERCISE)) == "device:sounding"


def test_each_zone_is_spoken_to_and_the_tone_sounds_once(siren, channel):
    with siren.listening():
        for number in (1, 2, 3):
            channel.send(parcel(number))
        channel.send(parcel(4, queued_at=NOW + MINUTE, sounds=False))
        channel.send(parcel(5, queued_at=NOW + 2 * MINUTE))
        until(lambda: len(siren.sounded) == 5)
    assert [sound.tone for sound in siren.sounded] == [True, False, False, False, True]


def test_what_came_late_by_a_longer_way_is_heard_unless_its_place_or_the_village_heard_a_newer_one(
    siren, channel
):
    with siren.listening():
        channel.send(parcel(1, queued_at=NOW + MINUTE, place="hekou-1"))
        assert channel.send(parcel(2, place="hekou-2")) == "device:sounding"
        for late in (parcel(3, place="hekou-1"), parcel(4, place=WHOLE_VILLAGE)):
            with pytest.raises(SendError, match="device:older"):
                channel.send(late)
        channel.send(parcel(5, queued_at=NOW + 2 * MINUTE, place=WHOLE_VILLAGE))
        with pytest.raises(SendError, match="device:older"):
            channel.send(parcel(6, queued_at=NOW + MINUTE, place="hekou-2"))


def test_a_siren_that_cannot_sound_says_so_and_tries_the_next(siren, channel):
    siren.fails = True
    with siren.listening():
        with pytest.raises(SendError, match="device:failed") as caught:
            channel.send(parcel(1))
        siren.fails = False
        assert channel.send(parcel(2)) == "device:sounding"
    assert caught.value.permanent
    assert not caught.value.uncertain


def test_what_was_heard_is_written_whole_and_a_torn_file_silences_nobody(siren, channel):
    with siren.listening():
        channel.send(parcel(1))
    assert {mode for mode, _ in remembered(siren.memory)} == {"live"}
    siren.memory.write_text('{"live": [3')
    with siren.listening():
        assert channel.send(parcel(2)) == "device:sounding"


def test_what_a_siren_heard_before_places_were_told_apart_counts_for_the_whole_village(tmp_path):
    memory = tmp_path / "heard.json"
    memory.write_text('{"live": [3, ["' + "1".zfill(64) + '"]]}')
    assert remembered(memory) == {("live", ""): Heard(3, frozenset({"1".zfill(64)}), 3)}


def test_a_full_disk_does_not_silence_it(siren, channel, tmp_path):
    siren.memory = tmp_path / "nowhere" / "heard.json"
    with siren.listening():
        assert channel.send(parcel(1)) == "device:sounding"
        assert channel.send(parcel(1)) == "device:replayed"


def test_no_device_can_read_or_speak_for_another(siren, channel, broker, tmp_path):
    """By the broker's list alone, whatever its client does."""
    other, heard = Beside(broker, tmp_path / "other.json", device="hekou-2"), []
    with siren.listening(), other.listening() as listening, broker.line(SENDER) as ear:
        ear.on_message = lambda _c, _d, m: heard.append(m.topic)
        ear.subscribe("floodwarn/+/+/+/ack", qos=1)
        with broker.line("hekou-2") as line:
            stolen = []
            line.on_message = lambda _c, _d, m: stolen.append(m.payload)
            line.subscribe([("floodwarn/valley/hekou/hekou-1/#", 1), ("#", 1)])
            for end in ("cmd", "ack"):
                published(line, topic("valley", "hekou", "hekou-1", end), b"x")
                published(line, topic("valley", "hekou", "hekou-2", "cmd"), b"x")
            assert channel.send(parcel(1)) == "device:sounding"
            assert channel.send(parcel(2, device="hekou-2")) == "device:sounding"
            until(lambda: len(stolen) == 1 and len(heard) >= 4)
        assert listening.post.device == "hekou-2"
    assert b"leave now 2" in stolen[0]
    assert siren.titles == ["leave now 1"]
    assert other.titles == ["leave now 2"]


def test_a_device_that_takes_anothers_name_does_not_silence_it(siren, channel, broker):
    with (
        siren.listening() as listening,
        broker.line("hekou-2", broker.devices_port, client_id="hekou-1"),
    ):
        assert channel.send(parcel()) == "device:sounding"
        assert listening.client.is_connected()


def file_of(broker, folder, **instead):
    said = {
        "schema": "floodwarn.siren/1",
        "site": "valley",
        "village": "hekou",
        "device": "hekou-1",
        "host": "localhost",
        "ca": "ca.pem",
        "password": password("hekou-1"),
        "key": KEY.hex(),
        **instead,
    }
    lines = [f'{key} = "{value}"' for key, value in said.items()]
    horn = folder / "horn"
    horn.write_text(f"#!/bin/sh\n(echo $1 $2; cat) >> {folder}/sounded\n")
    horn.chmod(0o700)
    lines += [f"port = {broker.devices_port}", f'command = ["{horn}"]']
    path = folder / "siren.toml"
    path.write_text("\n".join(lines))
    path.chmod(0o600)
    (folder / "ca.pem").write_bytes(broker.certificate[0].read_bytes())
    return path


def begun(path):
    command = [sys.executable, "-m", "alerts.siren", path]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_the_shipped_command_sounds_by_a_command_of_the_sirens_own(broker, home, tmp_path):
    from pipeline import clock

    process = begun(file_of(broker, tmp_path))
    try:
        while "listening" not in process.stderr.readline():
            assert process.poll() is None
        subprocess.run(["sleep", "0.5"], check=True)
        now = clock.now()
        assert channel_of(home, now).send(parcel(1, queued_at=now)) == "device:sounding"
        until((tmp_path / "sounded").exists)
    finally:
        process.terminate()
        told = process.communicate(timeout=20)[1]
    assert process.returncode == 0, told
    said = (tmp_path / "sounded").read_text()
    assert said == "tone en\nleave now 1\n\nGo to the school by the upper lane.\n"
    assert not any(hidden in told for hidden in (password("hekou-1"), KEY.hex(), "school"))


@pytest.mark.parametrize(
    ("instead", "mode", "why"),
    [
        ({}, 0o644, "open to others"),
        ({"key": "short"}, 0o600, "wrong or missing: key"),
        ({"village": "a/b"}, 0o600, "wrong or missing: village"),
        ({"ca": "nowhere.pem"}, 0o600, "No such file"),
    ],
)
def test_a_file_that_is_none_of_a_siren_is_refused_and_not_quoted(
    broker, tmp_path, instead, mode, why
):
    path = file_of(broker, tmp_path, **instead)
    path.chmod(mode)
    process = begun(path)
    told = process.communicate(timeout=60)[1]
    assert (process.returncode, why in told) == (3, True), told
    assert password("hekou-1") not in told
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_sound_that_does_not_end_is_cut_off_and_one_that_cannot_begin_is_told():
    sound = Sound(tone=True, title="t", text="x" * 200_000, language="en")
    assert Player(("sh", "-c", "exit 0"))(sound)() is True
    assert Player(("sh", "-c", "exit 1"))(sound)() is False
    assert Player(("sleep", "60", "#"), longest_s=0.2)(sound)() is False
    with pytest.raises(OSError, match="horn"):
        Player(("/nowhere/horn",))(sound)
