"""The command `siren`: what a siren must be given before it can be called."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.options import Home, Site, say, settings_of

if TYPE_CHECKING:
    from alerts.channels.mqtt import Broker

Ref = Annotated[str, typer.Argument(help="The siren's reference in contacts.toml.")]


def siren(ref: Ref, site: Site = None, home: Home = None) -> None:
    """Print the siren.toml of one siren, with its own secret key: for the siren alone.

    Raises
    ------
    Refused
        The contact is no siren.
    """
    from alerts.channels.mqtt import broker_of, master_key
    from alerts.errors import Refused
    from alerts.roster import Roster
    from alerts.siren.command import device_key
    from pipeline.settings import credential
    from pipeline.site.pack import load

    settings = settings_of(site, home)
    contact = Roster.load(settings.home).contact(ref)
    if contact is None or contact.siren is None:
        raise Refused(f"{ref} is no siren of contacts.toml")
    broker = broker_of(settings.home)
    names = (
        load(settings.site_folder, settings.home).site_id,
        contact.villages[0],
        contact.siren.device,
    )
    key = device_key(master_key(broker, credential), *names).hex()
    say(_file(broker, names, key))


def _file(broker: Broker, names: tuple[str, str, str], key: str) -> str:
    """Return a siren's file; JSON writes texts, numbers and lists as TOML reads them."""
    site, village, device = names
    ca = {} if broker.ca is None else {"ca": broker.ca}
    said = {
        "schema": "floodwarn.siren/1",
        "site": site,
        "village": village,
        "device": device,
        "host": broker.host,
        "port": broker.port,
        **ca,
        "key": key,
        "password": "",
        "command": [],
        "exercises": False,
    }
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in said.items())


COMMANDS = (siren,)
