"""Who sits at the duty desk in a browser: the login's person, and what proves a form to be theirs.

A cookie goes with every request to us, also with one that another site made a browser send. A form
of ours carries a token besides, which only a page of ours for the same login can have given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from itsdangerous import BadSignature, URLSafeTimedSerializer

from alerts.channels import channels
from alerts.deliver import deliver_once
from alerts.deployment import Deployment
from alerts.errors import Refused
from alerts.issue import Desk, Minute
from alerts.login import SESSION_S
from alerts.roster import Contact, Roster, signing_key
from alerts.warning_pack import WarningPack

NOTE_S = 120
"""How long a page can be asked for with the note on what was done: after that it is old news."""


class NotOurForm(Refused):
    """A form came without the token that its page gave it."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A person at the desk of the world that the deployment pages, at one minute.

    Attributes
    ----------
    key : signs the tokens of this deployment's forms
    """

    deployment: Deployment
    desk: Desk
    minute: Minute
    login: str
    person: Contact
    key: bytes

    @property
    def token(self) -> str:
        """What a form of this login bears."""
        return self._signer("form").dumps(self.login)

    def check(self, token: str) -> None:
        """Let only a form through that a page of ours gave this login.

        Raises
        ------
        NotOurForm
            The token is absent, old, somebody else's or not ours.
        """
        if self._read("form", token, within_s=SESSION_S) != self.login:
            raise NotOurForm("the form is too old or not from this page; open the page again")

    def note(self, village_id: str, lines: Sequence[str]) -> str:
        """Return what an act brought, signed, for the page that is shown after it."""
        return self._signer("note").dumps([self.login, village_id, *lines])

    def noted(self, village_id: str, note: str) -> tuple[str, ...]:
        """Return what `note` wrote for that village; nothing where it is old or not ours."""
        said = self._read("note", note, within_s=NOTE_S)
        if not isinstance(said, list) or said[:2] != [self.login, village_id]:
            return ()
        return tuple(str(line) for line in said[2:])

    def send(self) -> None:
        """Send at once what is due, for no DAG may be running."""
        settings = self.deployment.settings
        deliver_once(
            self.desk.engine,
            settings,
            self.desk.world,
            self.desk.roster,
            channels(settings),
            now=self.minute.wall,
        )

    def _signer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.key, salt=f"floodwarn.board.{purpose}")

    def _read(self, purpose: str, token: str, *, within_s: int) -> object:
        try:
            return self._signer(purpose).loads(token, max_age=within_s)
        except BadSignature:
            return None


def sit(deployment: Deployment, pack: WarningPack, login: str, *, now: datetime) -> Seat:
    """Return the seat of a login.

    Raises
    ------
    NothingToDo
        The deployment pages no one: it replays, or no exercise is open.
    RosterError
        Contacts or signing key cannot be read.
    Refused
        The roster knows nobody by that login.
    """
    world = deployment.paging_world()
    roster = Roster.load(deployment.settings.home)
    return Seat(
        deployment=deployment,
        desk=Desk(deployment.engine, pack, world, roster),
        minute=Minute(now, deployment.flood_time(now)),
        login=login,
        person=person_of(roster, login),
        key=signing_key(deployment.settings.home),
    )


def person_of(roster: Roster, login: str) -> Contact:
    """Return the person who has a login.

    Raises
    ------
    Refused
        The roster knows nobody by it.
    """
    person = roster.of_login(login)
    if person is None:
        raise Refused(f"the login {login} is nobody's in contacts.toml")
    return person
