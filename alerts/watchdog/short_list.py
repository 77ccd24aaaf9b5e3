"""The watch's own list: whom it tells, by ways of its own, and what else it looks after.

``FLOODWARN_HOME/watch.toml``, readable by its owner alone. It is not the roster: where that is
torn, or the outbox stands still, these are told all the same. Nothing of it is ever quoted.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from alerts.errors import RosterError
from alerts.roster import Contact, read_private
from pipeline.outbound import Target

WATCH = "watch.toml"
OF_THE_WATCH = {"role": "watch", "villages": ()}
"""What a contact of this list need not say: it is told of the watch alone."""


class Heartbeat(BaseModel):
    """Where the second watcher takes its heartbeat; the address is a secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: SecretStr
    allow_private: tuple[str, ...] = ()

    @field_validator("url")
    @classmethod
    def _one_address(cls, url: SecretStr) -> SecretStr:
        Target(url.get_secret_value())
        return url


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    schema_id: Literal["floodwarn.watch/1"] = Field(alias="schema")
    airflow: str | None = Field(None, pattern=r"^https?://[^\s@]+$")
    certificates: tuple[Path, ...] = ()
    heartbeat: Heartbeat | None = None
    contacts: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class ShortList:
    """What watch.toml says.

    Attributes
    ----------
    airflow : address of Airflow's API, whose health is asked; None asks nothing
    certificates : PEM files that run out
    faults : what of it cannot be used, without what stands there
    """

    contacts: tuple[Contact, ...] = ()
    heartbeat: Heartbeat | None = None
    airflow: str | None = None
    certificates: tuple[Path, ...] = ()
    faults: tuple[str, ...] = ()

    @classmethod
    def load(cls, home: Path) -> Self:
        """Read watch.toml; a contact that cannot be used is a fault, and the rest is kept.

        Raises
        ------
        RosterError
            It is absent, open to others, or no such list at all.
        """
        content = read_private(home / WATCH)
        try:
            file = _File.model_validate(tomllib.loads(content.decode()))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            raise RosterError(f"{WATCH} is not valid TOML") from None
        except ValidationError as error:
            raise RosterError(f"{WATCH}: {_where(error)}") from None
        contacts, faults = [], []
        for number, raw in enumerate(file.contacts, 1):
            try:
                contacts.append(Contact.model_validate({**OF_THE_WATCH, **dict(raw)}))
            except (ValidationError, TypeError, ValueError) as error:
                why = _where(error) if isinstance(error, ValidationError) else "no table"
                faults.append(f"contact {number}: {why}")
        return cls(
            tuple({contact.ref: contact for contact in contacts}.values()),
            file.heartbeat,
            file.airflow,
            file.certificates,
            tuple(faults),
        )

    @classmethod
    def at_hand(cls, home: Path) -> Self:
        """Read watch.toml; where it cannot be read, return nobody and the reason."""
        try:
            return cls.load(home)
        except RosterError as error:
            return cls(faults=(str(error),))


def _where(error: ValidationError) -> str:
    faults = error.errors(include_input=False, include_context=False, include_url=False)
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in faults
    )
