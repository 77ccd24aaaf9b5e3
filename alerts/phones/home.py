"""Door: the home of a drill's telephones: contacts that are nobody's, and one gateway to them."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path
from typing import Final

from alerts.channels.gateway import GATEWAYS
from alerts.errors import Refused
from alerts.first_run import contacts_toml, init_home
from alerts.parcel import WHSEC
from alerts.phones.lines import CREDENTIAL, Directory, gateways_toml
from alerts.phones.server import LOG, Exchange, certificate_in, serve
from alerts.roster import CONTACTS, read_private, write_private
from alerts.signed_post import signing_key as key_of
from alerts.warning_pack import WarningPack, load_warning
from pipeline import clock
from pipeline.database import private_folder
from pipeline.settings import OWN_PEOPLE, Settings, credential
from pipeline.site.pack import load
from pipeline.world import Mode

HOME: Final = "drill"
"""In FLOODWARN_HOME: what the telephones of a drill have of their own, and their log."""
OURS: Final = "# Telephones of a drill: nobody's numbers."
SECRET_BYTES: Final = 32


def furnish(home: Path, pack: WarningPack) -> None:
    """Give the telephones' home its key, and contacts with numbers that are nobody's.

    Raises
    ------
    Refused
        The home's contacts are of somebody else: they are not overwritten.
    """
    path = home / CONTACTS
    if path.exists() and not read_private(path).startswith(OURS.encode()):
        raise Refused(f"{CONTACTS} is there and is not the telephones': take an empty home")
    private_folder(home)
    write_private(home / OWN_PEOPLE, b"")
    init_home(home, pack, Mode.REPLAY)  # the key alone: the contacts are these
    _, _, contacts = contacts_toml(pack, Directory().line).partition("\n")
    _keep(path, f"{OURS}\n{contacts}")


def connect(home: Path, port: int) -> None:
    """Make the telephones that listen on a port the home's gateway for SMS and calls."""
    _keep(home / GATEWAYS, gateways_toml(port))


def new_secret() -> str:
    """Return a secret for the telephones to sign with."""
    return WHSEC + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def serve_phones(
    settings: Settings, port: int, answers_to: str, *, seed: int, hasten: float
) -> None:
    """Serve the telephones alone, as the gateway of an exercise that is played elsewhere.

    Raises
    ------
    Refused
        See `furnish`.
    SettingsError
        There is no `CREDENTIAL` to sign with.
    """
    home, key = settings.home, key_of(CREDENTIAL, credential(CREDENTIAL))
    furnish(home, load_warning(load(settings.site_folder, home)))
    connect(home, port)
    exchange = Exchange(seed, home / LOG, answers_to, key, clock.now, hasten)
    serve(exchange, port, certificate_in(home, clock.now()))


def _keep(path: Path, content: str) -> None:
    """Have a private file say that; one that says it already is not touched under its readers."""
    if path.exists() and read_private(path) == content.encode():
        return
    path.unlink(missing_ok=True)
    write_private(path, content.encode())
