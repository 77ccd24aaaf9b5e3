"""An officer at the standalone board, on an exercise night of the valley."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from typing_extensions import override

from alerts.actions import Asked, confirm_lower, request_lower
from alerts.board.standalone import create_standalone
from alerts.board.state import BoardSource
from alerts.channels.file import FileChannel
from alerts.cli.app import run
from alerts.issue import Minute
from alerts.login import COOKIE, Account, new_account
from alerts.release import CHECKLIST
from alerts.releasing import Releasing, release_places
from alerts.roster import CONTACTS
from alerts.said import Said
from alerts.tier import Tier
from alerts.warning_pack import load_warning
from pipeline import clock, runs, settings
from pipeline.database import connect, migrate
from pipeline.settings import Settings
from pipeline.site.pack import load
from pipeline.world import Exercise
from tests.alerts.night import FLOOD, WALL, Night, home_of
from tests.golden.samples import bulletin, risk
from tests.valley import copied

FIRST, SECOND = "county_duty-1", "county_duty-2"
LOGINS = {FIRST: "officer", SECOND: "deputy", "hekou/responsible": "villager"}
MINUTE = timedelta(minutes=1)
DAY = 9 * 60
"""Minutes from the flood to ten in the morning."""
WHOLE = list(CHECKLIST)
LACKING = [item for item in WHOLE if item != "slope"]
BRIDGE = """
[[routes.crossings]]
id = "arch"
name = { en = "the arch bridge", zh = "拱桥" }
cut_from = "never"
"""


@dataclass
class Form:
    """One form of a page, filled in as the page gives it."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    styles: dict[str, str] = field(default_factory=dict)
    """Of each button its class, by its value."""


class _Forms(HTMLParser):
    """Finds the forms, what they hold, and what can be chosen, ticked or pressed in them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._select = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(of["action"]))
        elif tag in {"select", "datalist"}:
            self._select = of.get("name", "")
        elif tag == "option" and self._select:
            self.found[-1].choices.setdefault(self._select, []).append(of["value"])
        elif tag in {"input", "button"} and "name" in of:
            if "required" in of:
                self.found[-1].required.add(of["name"])
            if tag == "button":
                self.found[-1].styles[of.get("value", "")] = of.get("class", "")
            if of.get("type") == "hidden":
                self.found[-1].fields[of["name"]] = of["value"]
            else:
                self.found[-1].choices.setdefault(of["name"], []).append(of.get("value", ""))


def forms_of(html: str) -> list[Form]:
    """Return the forms of a page."""
    parser = _Forms()
    parser.feed(html)
    return parser.found


@dataclass
class Duty:
    """The board, the night behind it, and the clock on the wall."""

    settings: Settings
    night: Night
    account: Account
    now: datetime = WALL

    def later(self, minutes: float) -> None:
        """Let it be so many minutes after the flood's first bulletin."""
        self.now = WALL + minutes * MINUTE

    def at(self, minutes: float) -> Minute:
        """Return a minute on both clocks, which run alike here."""
        return Minute(WALL + minutes * MINUTE, FLOOD + minutes * MINUTE)

    def red(self, *, lead_min: int = 400) -> None:
        """Let hekou be told to move."""
        self.night.warned(bulletin(risk(4, lead_min=lead_min)))

    def delivered(self, *, minutes: float) -> None:
        """Let what is due by then reach its provider."""
        post = FileChannel(self.settings.home / "outgoing")
        self.night.delivered(after_s=60 * minutes, channels={"email": post, "file": post})

    def moved(self, said: Said | None = Said.COUNTED) -> None:
        """Let hekou be told to move in the night, and be lowered by two persons by the morning."""
        self.red()
        self.delivered(minutes=5)
        if said is not None:
            self.night.answered(said)
        asked = Asked("hekou", Tier.NONE, "over", FIRST, override="seen")
        request = request_lower(self.night.desk, asked, self.at(DAY - 5))
        confirm_lower(self.night.desk, request, SECOND, self.at(DAY - 4))
        self.later(DAY)

    def officer(self, ref: str = FIRST) -> Officer:
        """Log a person in."""
        user = LOGINS.get(ref, ref)
        account = replace(self.account, user=user)
        app = create_standalone(BoardSource(self.settings), account)
        client = TestClient(app, follow_redirects=False)
        client.cookies.set(COOKIE, account.session())
        return Officer(client)

    def deeds(self) -> list[dict[str, object]]:
        """Return the ledger of what persons did, row by row."""
        return rows(self.settings.home, "officer_action", "number")

    def commanded(self, arguments: list[str]) -> Path:
        """Run a command on a copy of the home as it stands, and return the copy."""
        other = self.settings.home.with_name(f"copy-{len(arguments)}-{arguments[0]}")
        self.night.engine.dispose()
        shutil.copytree(self.settings.home, other)
        site = ["--site", str(self.settings.site_folder), "--home", str(other)]
        assert run([*arguments, *site]) == 0
        return other


@dataclass
class Officer:
    """A logged-in person's browser; `prefix` is where the board is mounted."""

    client: TestClient
    prefix: str = ""

    def page(self, village: str = "hekou") -> str:
        """Return a village's page of acts."""
        answer = self.client.get(f"{self.prefix}/villages/{village}/acts")
        assert answer.status_code == 200
        return answer.text

    def acts(self, village: str = "hekou") -> list[str]:
        """Return what the page's buttons do."""
        return [form.action.rpartition("/")[2] for form in forms_of(self.page(village))]

    def form(self, act: str, village: str = "hekou") -> Form:
        """Return the page's only form of an act."""
        (found,) = [f for f in forms_of(self.page(village)) if f.action.endswith(f"/{act}")]
        return found

    def press(self, act: str, village: str = "hekou", **fields: str | list[str]) -> Response:
        """Fill in a form of the page and send it as a browser does; its choices must hold it."""
        holds = [
            form
            for form in forms_of(self.page(village))
            if form.action == f"{self.prefix}/villages/{village}/{act}" and _offers(form, fields)
        ]
        assert holds, f"the page has no such form: {act} {fields}"
        return self.client.post(holds[0].action, data={**holds[0].fields, **fields})

    def does(self, act: str, village: str = "hekou", **fields: str | list[str]) -> str:
        """Do it, and return the page that a browser shows then."""
        answer = self.press(act, village, **fields)
        assert answer.status_code == 303, answer.text
        return self.client.get(answer.headers["location"]).text


def _offers(form: Form, fields: dict[str, str | list[str]]) -> bool:
    """Tell whether a form lets these fields be given; an empty choice is free text."""
    for name, value in fields.items():
        offered = [form.fields[name]] if name in form.fields else form.choices.get(name, [])
        wanted = [value] if isinstance(value, str) else value
        if not offered or (offered != [""] and not set(wanted) <= set(offered)):
            return False
    return True


def rows(home: Path, table: str, by: str) -> list[dict[str, object]]:
    """Return all rows of a table of a home."""
    with sqlite3.connect(home / "floodwarn.db") as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"select * from {table} order by {by}")]


def played(folder: Path, monkeypatch: pytest.MonkeyPatch, *, port: int = 1) -> Iterator[Duty]:
    """Give a night where red and orange ask an approver, and two villages share a bridge."""
    site, home = copied(folder / "site"), home_of(folder / "home")
    _edit(site / "site.toml", '"at_once"', '"approve"')
    for village in ("hekou", "baishi"):
        _edit(
            site / "plans" / "qingxi" / f"{village}.toml",
            "\n[[shelters]]",
            f"{BRIDGE}\n[[shelters]]",
            1,
        )
    for ref, login in LOGINS.items():
        _known_as(home / CONTACTS, ref, login)
    monkeypatch.setenv("FLOODWARN_MODE", "exercise")
    monkeypatch.setenv("FLOODWARN_SMTP_PORT", str(port))
    monkeypatch.delenv("FLOODWARN_DATABASE_URL", raising=False)
    here = settings.from_environment(site=site, home=home)
    engine = connect(here.database_url)
    migrate(engine)
    exercise = Exercise("valley", "x1", WALL, FLOOD, FLOOD + timedelta(days=3), 1)
    runs.open_exercise(engine, exercise)
    pack = load_warning(load(site, home))
    account, _ = new_account(home)
    duty = Duty(here, Night(engine, home, exercise.world, pack, port), account)
    monkeypatch.setattr(clock, "now", lambda: duty.now)
    yield duty
    engine.dispose()


def _edit(path: Path, old: str, new: str, count: int = -1) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def _known_as(contacts: Path, ref: str, login: str) -> None:
    lines = [line for line in contacts.read_text().splitlines() if line != f'logins = ["{login}"]']
    found = lines.index(f'ref = "{ref}"')
    lines.insert(found + 1, f'logins = ["{login}"]')
    contacts.write_text("\n".join(lines) + "\n")


def closed(duty: Duty) -> None:
    """Let a way of hekou be closed while an order waits."""
    duty.red()
    duty.later(1)
    duty.officer().does("close", what="route:back-hill", reason="slide")
    duty.later(2)


def asked(duty: Duty) -> None:
    """Let the second officer ask to let a place home although something is missing."""
    duty.moved()
    wish = Releasing("hekou", ("riverside",), frozenset(LACKING), SECOND, "the geologist is stuck")
    release_places(duty.night.desk, wish, duty.at(DAY - 1))
