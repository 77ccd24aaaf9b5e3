"""Orders in words and plans under lint, each done by us and by a named peer on the same plans.

A work is timed only as far as both sides answer alike.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import cycle, islice, product
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Final

from jinja2 import Template
from jinja2.sandbox import SandboxedEnvironment

from alerts.forms import Form, form_words, render
from alerts.message import Voice, one_line, place_words
from alerts.order import PlaceOrder
from alerts.orders import moment_of, orders, village_name
from alerts.plan.model import Plan
from alerts.tier import Tier
from alerts.warning_pack import MESSAGES, PLANS, WarningPack, load_warning
from pipeline.bulletin import RiskBulletin
from pipeline.clock import now
from pipeline.commands.bench import Differs, Measured, Work, by_turns
from pipeline.site.model import Village
from pipeline.site.pack import SitePack
from pipeline.world import Mode

BATCH: Final = 250
"""Villages of one pair."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much work it is.

    Attributes
    ----------
    told : villages that are told to leave, in all languages and forms
    linted : villages whose plans are read and linted
    """

    told: int = 5_000
    linted: int = 2_195
    turns: int = 3


SMALL: Final = Sizes(told=100, linted=20, turns=2)


@dataclass(frozen=True, slots=True)
class _Told:
    order: PlaceOrder
    village: Village
    voice: Voice
    form: Form


def works(pack: SitePack) -> Mapping[str, Callable[[Sizes], Iterator[Measured]]]:
    """Return the works on a site's plans, said again under other names until there are enough."""
    return MappingProxyType({
        "texts": lambda sizes: texts(pack, sizes),
        "lint": lambda sizes: lint(pack, sizes),
    })  # fmt: skip


def texts(pack: SitePack, sizes: Sizes) -> Iterator[Measured]:
    """Time the texts of a red in many villages: every place, language and form.

    The peer compiles a template for each text, as a loop over villages does that keeps none; it
    puts nothing around them.

    Raises
    ------
    Differs
        Both sides do not say the same.
    """
    warning = load_warning(pack)
    batches = list(_batches(warning, sizes.told))
    if not _alike(batches[0]):
        raise Differs("the texts are not the same")
    pairs = [_pair(batch) for batch in (batches[0], *batches)]
    said = sum(map(len, batches))
    work = f"{said:,} texts, {sizes.told:,} villages"
    yield Measured(work, "jinja2, a template a text", 4.0, by_turns(pairs))


def lint(pack: SitePack, sizes: Sizes) -> Iterator[Measured]:
    """Time a site's plans from their files to findings; the peer parses the same files, no more.

    Raises
    ------
    Differs
        A plan could not be used.
    """
    with TemporaryDirectory() as folder:
        site = _repeated(pack, Path(folder), sizes.linted)
        if len(load_warning(site).plans) != sizes.linted:
            raise Differs("not every plan could be read")

        def ours() -> WarningPack:
            return load_warning(site, today=now().date())

        ratio = by_turns([(ours, lambda: _parsed(site))] * (sizes.turns + 1))
    yield Measured(f"lint of {sizes.linted:,} plans", "tomllib, parsing them", 0.4, ratio)


def _pair(batch: list[_Told]) -> tuple[Work, Work]:
    return lambda: _written(batch), lambda: _anew(batch)


def _batches(warning: WarningPack, villages: int) -> Iterator[list[_Told]]:
    voices = [Voice(Mode.EXERCISE, words, warning.config) for words in warning.templates.values()]
    planned = list(islice(cycle(_planned(warning)), villages))
    for first in range(0, villages, BATCH):
        yield [
            _Told(order, village, voice, form)
            for village, plan in planned[first : first + BATCH]
            for order, voice, form in product(_orders(village, plan, warning), voices, Form)
        ]


def _planned(warning: WarningPack) -> list[tuple[Village, Plan]]:
    known = ((village, warning.plans.get(village.village_id)) for village in warning.villages)
    return [(village, plan) for village, plan in known if plan is not None]


def _orders(village: Village, plan: Plan, warning: WarningPack) -> tuple[PlaceOrder, ...]:
    risk = RiskBulletin.missing(village.village_id)
    return orders(plan, moment_of(village, Tier.RED, risk, at=now(), config=warning.config))


def _written(batch: list[_Told]) -> list[str]:
    at = now()
    return [
        render(one.order, village_name(one.village), one.voice, at=at, form=one.form).body
        for one in batch
    ]


def _anew(batch: list[_Told]) -> list[str]:
    """Write the same texts, bare of mark and signature, compiling a template for each of them."""
    at = now()
    return [_compiled(_source(one)).render(_words(one, at)) for one in batch]


def _source(one: _Told) -> str:
    templates, action = one.voice.templates, one.order.action
    if one.form is Form.MAIL:
        return templates.villager[action].body
    return (templates.sms if one.form is Form.SMS else templates.voice)[action].text


def _words(one: _Told, at: datetime) -> dict[str, object]:
    village = village_name(one.village)
    if one.form is Form.MAIL:
        return place_words(one.order, village, one.voice, at=at)
    return form_words(one.order, village, one.voice, at=at, form=one.form)


def _compiled(source: str) -> Template:
    sandbox = SandboxedEnvironment(autoescape=False, trim_blocks=True, lstrip_blocks=True)
    return sandbox.from_string(source)


def _alike(batch: list[_Told]) -> bool:
    """Tell whether both sides say the same; of a mail, where no letter is exchanged."""
    mails = [one for one in batch if one.form is Form.MAIL]
    both = zip(_written(mails), _anew(mails), strict=True)
    return all(one_line(theirs) in one_line(ours) for ours, theirs in both)


def _repeated(pack: SitePack, folder: Path, villages: int) -> SitePack:
    """Return the site with its plans said again, each under a village of its own."""
    shutil.copytree(pack.folder / MESSAGES, folder / MESSAGES)
    shutil.copy(pack.folder / "site.toml", folder)
    (folder / PLANS / "made").mkdir(parents=True)
    known = {village.village_id: village for village in pack.villages}
    files = sorted((pack.folder / PLANS).glob("*/*.toml"))
    made = []
    for number, path in enumerate(islice(cycle(files), villages)):
        ident = f"made-{number:06d}"
        text = path.read_text("utf-8").replace(f'"{path.stem}"', f'"{ident}"')
        (folder / PLANS / "made" / f"{ident}.toml").write_text(text, "utf-8")
        made.append(known[path.stem].model_copy(update={"village_id": ident}))
    return replace(pack, folder=folder, villages=tuple(made))


def _parsed(site: SitePack) -> list[dict[str, object]]:
    files = sorted((site.folder / PLANS).glob("*/*.toml"))
    return [tomllib.loads(path.read_text("utf-8")) for path in files]
