"""A siren of the valley in a thread of this process, that writes down what it would sound."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

from pydantic import SecretStr

from alerts.channels.mqtt import BROKER, MqttChannel
from alerts.parcel import About, Hook, Parcel, Siren
from alerts.siren.client import Listener, Post
from alerts.siren.command import device_key
from alerts.siren.decision import Sound
from pipeline.settings import NotSet
from pipeline.world import Mode, World, live
from tests.alerts.channels.mosquitto import SENDER, Mosquitto, password

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
MASTER = "M4STER-" + "k" * 40
SECRETS = {"SIREN_PASSWORD": password(SENDER), "SIREN_KEY": MASTER}
LIVE = live("valley")
EXERCISE = World("valley", Mode.EXERCISE, "x1")
CONFIGURED = """
schema = "floodwarn.mqtt/1"
host = "localhost"
port = {port}
ca = "ca.pem"
password = "SIREN_PASSWORD"
key = "SIREN_KEY"
answer_s = {answer_s}
budget_s = 8
"""


def credential(name: str) -> str:
    if name not in SECRETS:
        raise NotSet(f"credential {name} is not set in the environment")
    return SECRETS[name]


def home_with(
    folder: Path, port: int, certificate: tuple[Path, Path], answer_s: float = 10.0
) -> Path:
    """Make a home that knows the broker."""
    folder.mkdir(exist_ok=True)
    (folder / "ca.pem").write_bytes(certificate[0].read_bytes())
    (folder / BROKER).write_text(CONFIGURED.format(port=port, answer_s=answer_s))
    (folder / BROKER).chmod(0o600)
    return folder


def channel_of(home: Path, now: datetime = NOW) -> MqttChannel:
    return MqttChannel(home, credential, lambda: now)


def parcel(
    number: int = 1,
    *,
    world: World = LIVE,
    device: str = "hekou-1",
    village: str | None = "hekou",
    sounds: bool = True,
    queued_at: datetime = NOW,
    address: SecretStr | Hook | Siren | None = None,
    place: str | None = None,
) -> Parcel:
    return Parcel(
        key=f"{number:064x}",
        contact_ref=f"siren/{device}",
        address=address or Siren(device),
        subject=f"leave now {number}",
        body="Go to the school by the upper lane.",
        language="en",
        queued_at=queued_at,
        urgent=True,
        about=About(
            world,
            "m1",
            expires_at=queued_at + timedelta(hours=6),
            village_id=village,
            place_id=place,
            sounds=sounds,
        ),
    )


@dataclass
class Beside:
    """What stands beside the water: a siren that can be switched on and off."""

    broker: Mosquitto
    memory: Path
    device: str = "hekou-1"
    village: str = "hekou"
    exercises: bool = False
    now: datetime = NOW
    fails: bool = False
    sounded: list[Sound] = field(default_factory=list)

    def begin(self, sound: Sound) -> Callable[[], bool]:
        if self.fails:
            raise OSError("no such horn")
        self.sounded.append(sound)
        return lambda: True

    @property
    def titles(self) -> list[str]:
        return [sound.title for sound in self.sounded]

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """Switch it on, and wait until its broker knows that it listens."""
        post = Post(
            site="valley",
            village=self.village,
            device=self.device,
            host="localhost",
            port=self.broker.devices_port,
            trusted=self.broker.trusted,
            password=password(self.device),
            key=device_key(MASTER, "valley", self.village, self.device),
            memory=self.memory,
        )
        listener = Listener(post, self.begin, lambda: self.now, exercises=self.exercises)
        listens: list[bool] = []
        listener.client.on_subscribe = lambda *_: listens.append(True)
        thread = Thread(target=listener.run)
        thread.start()
        try:
            until(lambda: bool(listens))
            yield listener
        finally:
            listener.stop()
            thread.join(20)
            assert not thread.is_alive()


def until(done: Callable[[], bool], within_s: float = 30) -> None:
    ends = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.02)
