"""What a deployment's files say of the drill's telephones: their gateway and who has which; pure.

Their numbers begin with +999, which no network of the world has: one that left by mistake would
ring nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final

HOST: Final = "localhost"
CREDENTIAL: Final = "FLOODWARN_PHONES"
"""Name of the secret by which the telephones sign what they say."""
NOBODYS: Final = "+999"


@dataclass(slots=True)
class Directory:
    """Gives every contact a number that is nobody's, one after the other."""

    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def line(self, _ref: str) -> dict[str, str | bool | list[str]]:
        """Return what a contact is given: a number, and SMS and calls as its channels."""
        return {"phone": f"{NOBODYS}{next(self.numbers):08d}", "channels": ["sms", "voice"]}


def gateways_toml(port: int) -> str:
    """Return the gateways of the telephones that listen on a port of this machine."""
    return f'schema = "floodwarn.gateways/1"\n{_gateway("sms", port)}{_gateway("voice", port)}'


def _gateway(form: str, port: int) -> str:
    reply = {
        "sms": '{ number = "from", text = "text" }',
        "voice": '{ id = "id", text = "key", heard_at = "played", heard = [true] }',
    }
    return f"""
[{form}]
url = "https://{HOST}:{port}/{form}"
allow_private = ["127.0.0.0/8", "::1/128"]
body = {{ to = "{{to}}", text = "{{text}}", id = "{{id}}", language = "{{language}}" }}
accepted = {{ at = "code", values = [0] }}
reference = "reference"

[{form}.inbound]
credential = "{CREDENTIAL}"
receipt = {{ id = "id", status = "status", delivered = ["delivered"], failed = ["failed"] }}
reply = {reply[form]}
"""
