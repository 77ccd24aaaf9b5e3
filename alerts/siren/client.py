"""The line of one siren to its broker: MQTT 5 by TLS, a session that outlives it, signed words.

What it was let through to sound is written down before the broker hears that it came: a repeat
is then known as one, also after a power cut. Sounds are made one after the other, beside the line.
"""

from __future__ import annotations

import json
import logging
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import Final, Literal

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from alerts.siren.command import Command, Did, Word, opened, sealed, topic
from alerts.siren.decision import Heard, Ignore, Sound, State, Subject, decide

log = logging.getLogger(__name__)

SESSION_S: Final = 7 * 24 * 3600
"""For which the broker keeps what comes while the siren is away; each command ends much sooner."""
LONGEST_PAUSE_S: Final = 15
KEEPALIVE_S: Final = 30
AT_LEAST_ONCE: Final = 1

Begin = Callable[[Sound], Callable[[], bool]]
"""Begins a sound, and returns what waits for its end and tells whether all was well."""


@dataclass(frozen=True, slots=True)
class Post:
    """Where a siren stands and whom it listens to.

    Attributes
    ----------
    device : also its user and client id at the broker
    key : with which its commands and its words are signed
    memory : file of what it has heard
    """

    site: str
    village: str
    device: str
    host: str
    port: int
    trusted: ssl.SSLContext
    password: str = field(repr=False)
    key: bytes = field(repr=False)
    memory: Path

    def topic(self, end: Literal["cmd", "ack"]) -> str:
        """Return the topic on which it is told, or says what it did."""
        return topic(self.site, self.village, self.device, end)


class Listener:
    """Listens for one siren until it is stopped; a lost line is made anew."""

    def __init__(
        self, post: Post, begin: Begin, now: Callable[[], datetime], *, exercises: bool = False
    ) -> None:
        self.post = post
        self.begin = begin
        self.now = now
        self.state = State(exercises, remembered(post.memory))
        self.waiting: SimpleQueue[tuple[Command, Sound] | None] = SimpleQueue()
        self.over = Event()
        self.client = self._client()

    def run(self) -> None:
        """Listen until `stop` is called."""
        player = Thread(target=self._play, daemon=True)
        player.start()
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        session.SessionExpiryInterval = SESSION_S
        self.client.connect_async(
            self.post.host, self.post.port, KEEPALIVE_S, clean_start=False, properties=session
        )
        self.client.loop_start()
        self.over.wait()
        self.client.disconnect()
        self.client.loop_stop()
        self.waiting.put(None)
        player.join()

    def stop(self) -> None:
        """Hang up; the broker keeps what comes meanwhile."""
        self.over.set()

    def _client(self) -> Client:
        made = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.post.device,
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        made.username_pw_set(self.post.device, self.post.password)
        made.tls_set_context(self.post.trusted)
        made.reconnect_delay_set(1, LONGEST_PAUSE_S)
        made.on_connect = self._connected
        made.on_message = self._told
        return made

    def _connected(
        self,
        client: Client,
        _data: object,
        _flags: ConnectFlags,
        answer: ReasonCode,
        _said: Properties | None,
    ) -> None:
        if answer.is_failure:
            log.error("the broker refuses this siren: %s", answer)
            return
        client.subscribe(self.post.topic("cmd"), qos=AT_LEAST_ONCE)
        log.info("listening")

    def _told(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        command = opened(Command, bytes(message.payload), self.post.key)
        if command is None or message.retain:  # no command is ever kept by a broker for later ones
            log.warning("a forged, kept or unreadable command was ignored")
            return
        verdict = decide(command, self.state, self.now())
        if isinstance(verdict, Ignore):
            log.warning("command %s ignored: %s", command.id, verdict.why)
            self._say(command.id, verdict.why)
            return
        self.state = self.state.after(command)
        try:
            remember(self.post.memory, self.state)
        except OSError as error:  # a full disk must not silence a siren
            log.error("not written down, may sound again: %s", type(error).__name__)  # noqa: TRY400
        self.waiting.put((command, verdict))

    def _play(self) -> None:
        while (next_one := self.waiting.get()) is not None:
            self._say(next_one[0].id, self._played(*next_one))

    def _played(self, command: Command, sound: Sound) -> Did:
        if self.now() >= command.expires:  # it waited for the end of those before it
            return Did.EXPIRED
        try:
            ended = self.begin(sound)
            self._say(command.id, Did.SOUNDING)
            return Did.SOUNDED if ended() else Did.FAILED
        except Exception as error:  # noqa: BLE001 - whatever it was, the next order is to be heard
            log.error("command %s not sounded: %s", command.id, type(error).__name__)  # noqa: TRY400
            return Did.FAILED

    def _say(self, ident: str, did: Did) -> None:
        word = sealed(Word(ident, did, self.now()), self.post.key)
        self.client.publish(self.post.topic("ack"), word, qos=AT_LEAST_ONCE)


def remembered(memory: Path) -> dict[Subject, Heard]:
    """Return what a siren has heard; nothing where that cannot be read, for it must sound."""
    try:
        raw = json.loads(memory.read_bytes())
        return {
            _subject(name): Heard(int(said[0]), frozenset(said[1]), int([*said, said[0]][2]))
            for name, said in raw.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        log.warning("what was heard cannot be read: begun anew")
        return {}


def _subject(name: str) -> Subject:
    # a file of before places were told apart has the mode alone
    mode, _, place = name.partition("/")
    return mode, place


def remember(memory: Path, state: State) -> None:
    """Write down what a siren has heard, whole or not at all."""
    raw = {
        f"{mode}/{place}": [heard.sequence, sorted(heard.ids), heard.toned]
        for (mode, place), heard in state.heard.items()
    }
    beside = memory.with_suffix(".new")
    with beside.open("w") as file:
        json.dump(raw, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(memory)
