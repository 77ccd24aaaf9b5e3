"""Door: plays a made night through a real Airflow and measures it from sensor to sent.

A temporary home holds all of it: a county made of a site's villages, its gauges as a feed, an
Airflow as `floodwarn run` starts it, and telephones with numbers that are nobody's for a gateway.
The cycle is the deployment's own, `flood_cycle`, at the rhythm of the county; it plays an exercise
in today's weather, so that nothing of it could be taken for an order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar
from urllib.error import URLError

from alerts import local_airflow, local_stack, supervisor
from alerts.channels import allowance
from alerts.channels.gateway import GATEWAYS
from alerts.deployment import Deployment, opened
from alerts.first_run import contacts_toml, init_home
from alerts.forms import Form
from alerts.ledger.fence import last_warned
from alerts.local_airflow import LocalAirflow
from alerts.local_stack import HEALTHY_WITHIN_S, Ports
from alerts.login import USER as LOGIN
from alerts.made_night.airflow_api import AirflowApi
from alerts.made_night.county import FEED, Size, write_county
from alerts.made_night.machine import Machine, machine
from alerts.made_night.machine import load as load_now
from alerts.made_night.parts import Sent
from alerts.made_night.sensors import Gauges, served
from alerts.made_night.storm import Storm
from alerts.made_night.told import Measured
from alerts.outbox.sent import orders_of
from alerts.phones.home import new_secret
from alerts.phones.lines import CREDENTIAL, NOBODYS, gateways_toml
from alerts.phones.server import (
    LOG,
    Exchange,
    certificate_in,
    create_phones_app,
    listening,
    serving,
    speaking,
)
from alerts.roster import CONTACTS, write_private
from alerts.signed_post import signing_key as key_of
from alerts.supervisor import ProcessTree
from alerts.warning_pack import load_warning
from pipeline import clock
from pipeline.commands.bench import own_schema
from pipeline.database import Engine, private_folder, reading
from pipeline.instants import floor_to
from pipeline.observe import observe
from pipeline.runs import open_exercise
from pipeline.settings import OWN_PEOPLE, STORE, Settings, embedded
from pipeline.site.pack import SitePack
from pipeline.world import Exercise, Mode, World

HOME: Final = "home"
LOOK_S: Final = 2.0
"""From one look at the ledger to the next: it is measured, and not to be kept busy."""
ANSWERED_SOONER: Final = 20.0
"""Than the drill's telephones do: who answers a text does so within 30 to 75 seconds."""
PART_OF_PAST: Final = timedelta(hours=6)
A_NIGHT: Final = timedelta(days=1)
LONGEST: Final = timedelta(minutes=10)
"""After its slot a text that was not taken is given up."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be played.

    Attributes
    ----------
    struck : villages that come under the storm in each cycle
    groups : cycles in which others do
    past : of which the store holds readings when the night begins
    per_minute : texts that the gateway is stated to take; it takes two seconds' of them at once
    database_url : of the store; None = SQLite in the temporary home
    """

    size: Size
    struck: int
    groups: int
    past: timedelta
    per_minute: int
    database_url: str | None = None

    def storm(self) -> Storm:
        """Return the storm, which has not yet broken."""
        return Storm(
            gauges=self.size.gauges,
            struck=max(1, self.struck // self.size.by_gauge),
            groups=self.groups,
            step=timedelta(minutes=self.size.cycle_minutes),
            lag=self.size.lag,
        )


@dataclass(frozen=True, slots=True)
class Night:
    """A night that was played.

    Attributes
    ----------
    before : the machine, before anything was started
    load : of it while the orders went, the highest mean of a minute
    limits : the gateway's, as `floodwarn check` tells them
    """

    asked: Asked
    measured: Measured
    before: Machine
    load: float
    database: str
    limits: tuple[str, ...]

    def answer(self) -> dict[str, Any]:
        """Return all that is told of it."""
        asked, size = self.asked, self.asked.size
        return self.measured.answer() | {
            "machine": asdict(self.before),
            "load": self.load,
            "database": self.database,
            "limits": [*self.limits],
            "county": {
                "villages": size.villages,
                "gauges": size.gauges,
                "cycle_minutes": size.cycle_minutes,
                "lag_s": size.lag.total_seconds(),
                "struck": asked.struck,
                "past_h": asked.past / timedelta(hours=1),
            },
        }


Say = Callable[[str], None]
Answer = TypeVar("Answer")


def play(pack: SitePack, asked: Asked, say: Say) -> Night:
    """Play a night, and return what was measured; nothing of it is left.

    Parameters
    ----------
    pack : of which the county is made
    say : is told how far it is
    """
    before, gauges = machine(), Gauges(asked.storm(), clock.now)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="floodwarn-night-")))
        url = stack.enter_context(served(gauges))
        write_county(pack, folder / pack.site_id, asked.size, url)
        ports = local_stack.free_ports()
        settings = _settings(folder, pack, ports, _store(stack, folder, asked))
        environment = stack.enter_context(_telephones(settings, ports, asked))
        deployment = stack.enter_context(opened(settings))
        say("taking in the past")
        _furnish(deployment, asked)
        api, tree = stack.enter_context(_airflow(settings, ports, environment, say))
        world = _begin(deployment)
        _answered(tree, api.switch_on)
        gauges.storm = replace(gauges.storm, first=_next_slot(gauges.storm.step))
        deliveries, load = _lived(deployment, world, gauges.storm, tree, say)
        return Night(
            asked=asked,
            measured=Measured(gauges.storm, deliveries, _answered(tree, api.marks)),
            before=before,
            load=load,
            database=deployment.engine.dialect.name,
            limits=tuple(map(str, allowance(settings, Form.SMS.value).account)),
        )


def _store(stack: ExitStack, folder: Path, asked: Asked) -> str:
    """Return the address of the store: a schema of its own that goes with the stack, or a file."""
    if asked.database_url is None:
        return embedded(folder / HOME / STORE)
    scratch = stack.enter_context(own_schema(asked.database_url))
    return scratch.url.render_as_string(hide_password=False)


def _settings(folder: Path, pack: SitePack, ports: Ports, database_url: str) -> Settings:
    home = folder / HOME
    private_folder(home)
    return Settings(
        home=home,
        site_folder=folder / pack.site_id,
        database_url=database_url,
        mode=Mode.EXERCISE,
        public_url=ports.ack_url,
        smtp_host="127.0.0.1",
        smtp_port=ports.smtp,
    )


def _furnish(deployment: Deployment, asked: Asked) -> None:
    """Give the county its people, whose numbers are nobody's, and its past."""
    home, numbers = deployment.settings.home, count(1)
    pack = load_warning(deployment.pack)
    write_private(home / OWN_PEOPLE, b"")
    init_home(home, pack, Mode.REPLAY)  # the key alone: the contacts are these
    people = contacts_toml(
        pack, lambda _ref: {"phone": f"{NOBODYS}{next(numbers):08d}", "channels": ["sms"]}
    )
    write_private(home / CONTACTS, people.encode())
    end = floor_to(clock.now(), timedelta(minutes=asked.size.cycle_minutes))
    world = World(deployment.pack.site_id, Mode.REPLAY, "past")
    for start in _starts(end - asked.past, end):
        observe(
            deployment.engine,
            deployment.pack,
            world,
            FEED,
            start=start,
            end=min(end, start + PART_OF_PAST),
            now=clock.now(),
        )


def _starts(first: datetime, end: datetime) -> Iterator[datetime]:
    while first < end:
        yield first
        first += PART_OF_PAST


@contextmanager
def _telephones(settings: Settings, ports: Ports, asked: Asked) -> Iterator[dict[str, str]]:
    """Let telephones take the county's texts and answer; give what must be set to reach them."""
    home, secret = settings.home, new_secret()
    certificate = certificate_in(home, clock.now())
    with listening() as line:
        limits = (
            f"[sms]\nper_minute = {asked.per_minute}\nburst = {max(1, asked.per_minute // 30)}\n"
        )
        gateways = gateways_toml(line.getsockname()[1]).replace("[sms]\n", limits, 1)
        write_private(home / GATEWAYS, gateways.encode())
        exchange = Exchange(
            seed=1,
            log=home / LOG,
            answers_to=ports.ack_url,
            key=key_of(CREDENTIAL, secret),
            now=clock.now,
            hasten=ANSWERED_SOONER,
        )
        with serving(create_phones_app(exchange), line, certificate), speaking(exchange):
            yield {CREDENTIAL: secret, "FLOODWARN_CA_BUNDLE": str(certificate[0])}


@contextmanager
def _airflow(
    settings: Settings, ports: Ports, environment: dict[str, str], say: Say
) -> Iterator[tuple[AirflowApi, ProcessTree]]:
    """Run Airflow as `floodwarn run` does."""
    folder = settings.home / "airflow"
    airflow = LocalAirflow(
        folder, ports.airflow, {LOGIN: "admin"}, local_airflow.sqlite_url(folder)
    )
    password = local_airflow.write_files(airflow)[LOGIN]
    told = supervisor.environment(
        local_airflow.environment(airflow)
        | local_stack.floodwarn_environment(settings)
        | environment
    )
    with supervisor.owning(settings.home, told) as tree:
        say("starting Airflow")
        for component in local_airflow.set_up():
            tree.finish(component)
        for component in (*local_airflow.components(airflow), local_stack.answer_pages(ports)):
            tree.start(component)
        tree.watch(lambda: local_stack.is_healthy(airflow.url), within_s=HEALTHY_WITHIN_S)
        yield AirflowApi(airflow.url, LOGIN, password), tree


def _answered(tree: ProcessTree, ask: Callable[[], Answer]) -> Answer:
    """Ask Airflow until it answers: it may not know the DAG yet, and on SQLite locks itself out."""
    answers: list[Answer] = []

    def is_answered() -> bool:
        try:
            answers.append(ask())
        except URLError:
            return False
        return True

    tree.watch(is_answered, within_s=HEALTHY_WITHIN_S)
    return answers[0]


def _begin(deployment: Deployment) -> World:
    """Open an exercise in today's weather."""
    now = clock.now()
    exercise = Exercise(
        site=deployment.pack.site_id,
        world_id="night",
        wall_start=now,
        flood_start=now,
        flood_end=now + A_NIGHT,
        speed=1,
    )
    open_exercise(deployment.engine, exercise)
    return exercise.world


def _next_slot(step: timedelta) -> datetime:
    return floor_to(clock.now(), step) + step


def _lived(
    deployment: Deployment, world: World, storm: Storm, tree: ProcessTree, say: Say
) -> tuple[tuple[Sent, ...], float]:
    """Wait until all that the storm's slots ordered was taken, or is given up.

    Returns
    -------
    The orders, and the machine's highest load meanwhile.
    """
    slots = storm.measured
    deadline = slots[-1] + storm.lag + LONGEST
    looked, found, load = time.monotonic() - LOOK_S, list[Sent](), 0.0
    say(f"the storm breaks at {storm.first:%H:%M:%S} UTC; orders until {slots[-1]:%H:%M:%S}")

    def is_over() -> bool:
        nonlocal looked, found, load
        if time.monotonic() < looked + LOOK_S:
            return False
        looked = time.monotonic()
        if clock.now() > slots[0]:
            load = max(load, load_now())
        found = _orders(deployment.engine, world, slots)
        return clock.now() > deadline or (
            bool(found) and all(one.taken_at is not None for one in found)
        )

    tree.watch(is_over, within_s=(deadline - clock.now()).total_seconds() + LOOK_S)
    return tuple(found), load


def _orders(engine: Engine, world: World, slots: Sequence[datetime]) -> list[Sent]:
    """Return the orders of some slots; none before the last of them was warned of."""
    with reading(engine) as connection:
        warned = last_warned(connection, world)
        if warned is None or warned < slots[-1]:
            return []
        return [Sent(*each) for each in orders_of(connection, world, Form.SMS.value, slots)]
