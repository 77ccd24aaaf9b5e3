"""Command `plans card`: one page a village, for the wall, written anew where its plan changed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

import typer

from alerts.cli.findings import FINDING
from alerts.plan.words import LANGUAGE
from pipeline.commands.options import Home, Site, complain, say, settings_of

if TYPE_CHECKING:
    from alerts.plan.card import Issuer
    from alerts.warning_pack import WarningPack
    from pipeline.settings import Settings
    from pipeline.site.model import Village

CARDS: Final = "cards"
HERE_ALONE = frozenset({"127.0.0.1", "localhost", "::1"})


def _language(text: str) -> str:
    if not re.match(LANGUAGE, text):
        raise typer.BadParameter("a code such as zh, en or fr")
    return text


Villages = Annotated[
    list[str] | None, typer.Argument(help="Each a village_id of villages.csv; default: all.")
]
To = Annotated[
    Path | None,
    typer.Option("--to", help="The folder of the cards; default: FLOODWARN_HOME/cards."),
]
Language = Annotated[
    str | None,
    typer.Option("--language", parser=_language, metavar="CODE", help="Default: the site's first."),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        envvar="FLOODWARN_BOARD_URL",
        help="The board's address, for the QR codes; else there are none.",
    ),
]


def card(
    to: To = None,
    villages: Villages = None,
    language: Language = None,
    base_url: BaseUrl = None,
    site: Site = None,
    home: Home = None,
) -> None:
    """Write the card of each village, one page for print; only those that changed are written.

    Raises
    ------
    Exit
        With 1 where a village that was named has no usable plan; the others' cards are written.
    """
    from alerts.warning_pack import load_warning
    from pipeline.site.pack import load

    settings = settings_of(site, home)
    pack = load_warning(load(settings.site_folder, settings.home))
    spoken = language or pack.languages[0]
    issuer, to = _issuer(pack, spoken, base_url), to or settings.home / CARDS
    to.mkdir(parents=True, exist_ok=True)
    without = []
    for village_id in dict.fromkeys(villages or pack.plans):
        village = pack.village(village_id)
        if village is None or village_id not in pack.plans:
            without.append(village_id)
        else:
            _write(pack, village, issuer, language=spoken, to=to)
    for village_id in without:
        complain(f"{village_id} has no usable plan, so no card; see `floodwarn check`")
    if without:
        raise typer.Exit(FINDING)


def rebuild(settings: Settings, changed: Iterable[str], base_url: str | None) -> None:
    """Write the cards of changed plans anew in FLOODWARN_HOME, in each language that they are in.

    The card of a plan that was taken away is taken away as well: on a wall it would be obeyed.
    """
    from alerts.warning_pack import load_warning
    from pipeline.site.pack import load

    pack = load_warning(load(settings.site_folder, settings.home))
    to = settings.home / CARDS
    to.mkdir(parents=True, exist_ok=True)
    issuers: dict[str, Issuer] = {}
    for village_id in changed:
        held = {path.name.split(".")[-2]: path for path in to.glob(f"{village_id}.*.html")}
        village = pack.village(village_id)
        if village is None or village_id not in pack.plans:
            for path in held.values():
                path.unlink()
                complain(f"{path.name} is taken away: take it from the walls too")
            continue
        for language in held or pack.languages[:1]:
            if language not in issuers:
                issuers[language] = _issuer(pack, language, base_url)
            _write(pack, village, issuers[language], language=language, to=to)


def _issuer(pack: WarningPack, language: str, base_url: str | None) -> Issuer:
    """Return who speaks on the cards, in a language or in the site's first."""
    from alerts.plan.card import Issuer

    if base_url is None:
        complain("no --base-url, the board's address: the cards bear no QR code")
    elif urlsplit(base_url).hostname in HERE_ALONE:
        complain(f"{base_url} is known on this machine alone: its QR codes lead nowhere elsewhere")
    words = pack.templates.get(language) or next(iter(pack.templates.values()))
    return Issuer(words.source, words.contact, base_url)


def _write(pack: WarningPack, village: Village, issuer: Issuer, *, language: str, to: Path) -> None:
    """Write one card where it is not there already, byte for byte, and say so.

    Raises
    ------
    Refused
        The base address is none.
    """
    from alerts.cli.plan_files import put
    from alerts.errors import Refused
    from alerts.plan.card import card as written
    from alerts.plan.card import fits

    plan, path = pack.plans[village.village_id], to / f"{village.village_id}.{language}.html"
    try:
        content = written(plan, village, issuer, language=language).encode()
    except ValueError as error:
        raise Refused(str(error)) from error
    if not fits(plan, village, language=language):
        complain(f"{path.name} may need a second page: shorten the plan's texts")
    if path.exists() and path.read_bytes() == content:
        return
    put(path, content)
    say(f"written: {path}")
