"""A real Mosquitto on this machine, with TLS, logins and a list of who may do what."""

from __future__ import annotations

import getpass
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.services import ROOT, mosquitto

SENDER = "floodwarn"
DEVICES = ("hekou-1", "hekou-2", "baishi-1")
PASSWORD = "S3NT1NEL-of-"
LISTED = re.compile(r"```\n(user floodwarn\n.*?)```", re.DOTALL)
CONFIGURED = re.compile(r"```\n(# floodwarn's own, .*?)```", re.DOTALL)
"""Both stand in the runbook: what a county is told to write is what is tested here."""


def password(user: str) -> str:
    return PASSWORD + user


def runbook(part: re.Pattern[str]) -> str:
    found = part.search((ROOT / "docs" / "runbook.md").read_text(encoding="utf-8"))
    assert found
    return found[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@dataclass
class Mosquitto:
    """A broker that can be stopped and started again with what it kept, as the runbook sets it up.

    Attributes
    ----------
    port, devices_port : where floodwarn and where the devices call, each under its own name alone
    """

    folder: Path
    certificate: tuple[Path, Path]
    port: int = field(default_factory=free_port)
    devices_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate[0]))

    def configure(self) -> None:
        cert, key = self.certificate
        here = {
            "listener 8884 10.1.2.3": f"listener {self.port} 127.0.0.1",
            "listener 8883": f"listener {self.devices_port} 127.0.0.1",
            "/etc/mosquitto/cert.pem": str(cert),
            "/etc/mosquitto/key.pem": str(key),
            "/etc/mosquitto": str(self.folder),
            "/var/lib/mosquitto": str(self.folder),
        }
        text = runbook(CONFIGURED) + f"user {getpass.getuser()}\n"
        for there, instead in here.items():
            assert there in text
            text = text.replace(there, instead)
        (self.folder / "mosquitto.conf").write_text(text)
        (self.folder / "acl").write_text(runbook(LISTED))
        passwords = self.folder / "passwords"
        passwords.write_text("".join(f"{u}:{password(u)}\n" for u in (SENDER, *DEVICES)))
        passwords.chmod(0o600)
        subprocess.run(["mosquitto_passwd", "-U", passwords], check=True)

    def start(self) -> None:
        command = [mosquitto(), "-c", self.folder / "mosquitto.conf"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        for _ in range(100):
            assert self.process.poll() is None, (self.folder / "log").read_text()
            try:
                for port in (self.port, self.devices_port):
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("mosquitto does not listen")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    @contextmanager
    def line(
        self, user: str, port: int | None = None, client_id: str | None = None
    ) -> Iterator[Client]:
        """Give another client's line, as somebody who holds a login would have it."""
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id or f"somebody-{time.monotonic_ns()}",
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        client.username_pw_set(user, password(user))
        client.tls_set_context(self.trusted)
        client.connect("localhost", port or self.port)
        client.loop_start()
        try:
            yield client
        finally:
            client.disconnect()
            client.loop_stop()


@contextmanager
def running(folder: Path, certificate: tuple[Path, Path]) -> Iterator[Mosquitto]:
    broker = Mosquitto(folder, certificate)
    broker.configure()
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
