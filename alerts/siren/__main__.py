"""``python -m alerts.siren siren.toml``: listen for one siren, until TERM.

The file is what ``floodwarn siren REF`` prints, with its password and its command filled in.
"""

from __future__ import annotations

import logging
import signal
import ssl
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationError

from alerts.siren.client import Listener, Post
from alerts.siren.player import Player
from pipeline import clock

OTHERS: Final = 0o077
COULD_NOT_RUN: Final = 3
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,80}$")]


class File(BaseModel):
    """A siren's own file.

    Attributes
    ----------
    ca : file of the authority that the broker's certificate is checked against, beside this one
    key : of this siren alone, hexadecimal
    exercises : it sounds in exercises too
    command : that makes the sound; see `Player`
    memory : file of what it has heard, beside this one
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    schema_id: Literal["floodwarn.siren/1"] = Field(alias="schema")
    site: Name
    village: Name
    device: Name
    host: str
    port: int = Field(8883, gt=0, lt=65536)
    ca: str | None = None
    password: Annotated[SecretStr, Field(min_length=1)]
    key: Annotated[SecretStr, Field(min_length=64, max_length=64)]
    exercises: bool = False
    command: Annotated[tuple[str, ...], Field(min_length=1)]
    memory: str = "heard.json"


def listener_of(path: Path) -> Listener:
    """Return what listens for the siren that a file describes.

    Raises
    ------
    ValueError
        Others may read the file, or it is no siren's; what stands in it is not quoted.
    """
    if path.stat().st_mode & OTHERS:
        raise ValueError(f"{path.name} is open to others: chmod 600")
    file = File.model_validate(tomllib.loads(path.read_text()))
    post = Post(
        site=file.site,
        village=file.village,
        device=file.device,
        host=file.host,
        port=file.port,
        trusted=ssl.create_default_context(cafile=file.ca and str(path.parent / file.ca)),
        password=file.password.get_secret_value(),
        key=bytes.fromhex(file.key.get_secret_value()),
        memory=path.parent / file.memory,
    )
    return Listener(post, Player(file.command), clock.now, exercises=file.exercises)


def main(words: list[str]) -> int:
    """Listen; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if len(words) != 1:
        sys.stderr.write("usage: python -m alerts.siren siren.toml\n")
        return 2
    try:
        listener = listener_of(Path(words[0]))
    except ValidationError as error:
        wrong = {".".join(map(str, each["loc"])) for each in error.errors(include_input=False)}
        sys.stderr.write(f"{words[0]}: wrong or missing: {', '.join(sorted(wrong))}\n")
        return COULD_NOT_RUN
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{words[0]}: {error}\n")
        return COULD_NOT_RUN
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: listener.stop())
    listener.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
