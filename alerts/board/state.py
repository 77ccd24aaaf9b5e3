"""Where the board's pages are read from: a snapshot of the ledger, and the site pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.board.act_words import acts_in
from alerts.board.acts import words_of
from alerts.board.acts_view import ActsView, RefusedView, Sitting, acts_view
from alerts.board.answers_view import AnswersView, answers_view
from alerts.board.facts import Facts, Sent
from alerts.board.feeds_view import FeedsView, feeds_view
from alerts.board.map_state import map_state
from alerts.board.metrics import metrics
from alerts.board.possible import Possible, Record, possible
from alerts.board.seat import Seat, person_of, sit
from alerts.board.view import NowView, banner, now_view
from alerts.board.village_view import VillageView, village_view
from alerts.board.wall import WallView, wall_view
from alerts.board.watch_metrics import watch_metrics
from alerts.contact import Contact
from alerts.deployment import Deployment
from alerts.episode import TierEpisode
from alerts.errors import AlertError, NothingToDo
from alerts.handing_out import Copy, HandedOut, of_episode, of_identifier, signed
from alerts.ladder import Climb
from alerts.ledger import actions, answers, climbs, closures, episodes, messages
from alerts.ledger.closures import Reported
from alerts.ledger.messages import Kept
from alerts.ledger.waited_for import Order, waited_for
from alerts.outbox import held_back, standing
from alerts.outbox.delivery import State
from alerts.outbox.held_back import Waiting
from alerts.present_state import present_state
from alerts.roster import Right, Roster
from alerts.said import Said
from alerts.serving import turn_of
from alerts.warning_pack import WarningPack, load_warning
from alerts.watchdog import remembered
from alerts.watchdog.findings import Ledger
from alerts.watchdog.ledger_facts import PLAYED_EVERY, Looking, ledger_facts
from pipeline import clock
from pipeline.assess import bulletins, last_slot
from pipeline.bulletin import RiskBulletin
from pipeline.database import Engine, connect, reading
from pipeline.errors import SiteError
from pipeline.feed_health import FeedHealth, feed_health
from pipeline.late import changed
from pipeline.series import village_series
from pipeline.settings import Settings
from pipeline.site.derive import risk_config
from pipeline.site.model import RiskConfig
from pipeline.site.pack import SitePack, load
from pipeline.source_health import SourceHealth, source_health
from pipeline.world import Exercise, Mode, World, flood_time

STALE_CYCLES = 2
MOMENT = timedelta(microseconds=1)
FAILED = (State.FAILED_FINAL, State.EXPIRED)


@dataclass(frozen=True, slots=True)
class _Pack:
    """A site pack as read; read again when a file of it has changed."""

    stamp: tuple[float, int]
    site: SitePack
    warning: WarningPack
    risk: RiskConfig
    readable: bool = True


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What a world's ledger says, of one snapshot."""

    episodes: Mapping[str, TierEpisode] = field(default_factory=dict)
    sent: tuple[Sent, ...] = ()
    waiting: Mapping[str, Waiting] = field(default_factory=dict)
    reported: Reported = field(default_factory=Reported)
    unsent: str | None = None


@dataclass(slots=True)
class BoardSource:
    """Reads what the pages show, for one deployment."""

    settings: Settings
    _engine: Engine | None = field(default=None, init=False)
    _pack: _Pack | None = field(default=None, init=False)

    def now_view(self) -> NowView:
        """Return the first page's content."""
        return now_view(self._facts(self._read_pack(), clock.now()))

    def wall_view(self) -> WallView:
        """Return the content of the wall's page."""
        pack = self._read_pack()
        exercise, _ = self._played(pack)
        facts = self._facts(pack, clock.now())
        return wall_view(facts, speed=1 if exercise is None else exercise.speed)

    def village_view(self, village_id: str) -> VillageView | None:
        """Return a village's page, or None where the site has no such village."""
        pack = self._read_pack()
        village = pack.warning.village(village_id)
        if village is None:
            return None
        facts = self._facts(pack, clock.now())
        cutoff = facts.at if facts.bulletin is None else facts.bulletin.cutoff
        series = village_series(self._connected(), pack.risk, village_id, cutoff=cutoff)
        plan = pack.warning.plans.get(village_id)
        alerts = self._alerts(pack, facts.episodes.get(village_id))
        return village_view(facts, village, series, plan, alerts)

    def cap_alert(self, identifier: str) -> Copy | None:
        """Return a CAP alert of the world that is paged, signed where there is a key.

        Raises
        ------
        AlertError
            There is a key, and it cannot sign; or, as `NotGone`, the alert's order has not gone.
        """
        (_, world), now = self._played(self._read_pack()), clock.now()
        if world is None:
            return None
        copy = of_identifier(self._connected(), world, identifier, now=now)
        return None if copy is None else signed(copy, self.settings, now=now)

    def _alerts(self, pack: _Pack, episode: TierEpisode | None) -> tuple[HandedOut, ...]:
        """Return the CAP alerts of an episode that may be handed out, newest first."""
        _, world = self._played(pack)
        if world is None or episode is None:
            return ()
        return of_episode(self._connected(), world, episode.episode_id, now=clock.now())

    def seat(self, login: str) -> Seat:
        """Return the seat of a login at the desk of the world that is paged.

        Raises
        ------
        AlertError
            No one is paged, or the login is nobody's; see `sit`.
        """
        pack = self._read_pack()
        deployment = Deployment(self.settings, pack.site, self._connected())
        return sit(deployment, pack.warning, login, now=clock.now())

    def person(self, login: str) -> Contact:
        """Return the roster's person of a login.

        Raises
        ------
        AlertError
            Nobody has that login, or contacts cannot be read.
        """
        return person_of(Roster.load(self.settings.home), login)

    def acts_view(self, village_id: str, login: str, note: str = "") -> ActsView | None:
        """Return what a login can do in a village, or None where the site has no such village.

        Parameters
        ----------
        note : signed, what the act before this page brought
        """
        pack = self._read_pack()
        village = pack.warning.village(village_id)
        if village is None:
            return None
        facts = self._facts(pack, clock.now())
        held, reports = pack.warning.config.refusal_minutes, pack.site.risk.reports
        try:
            seat = self.seat(login)
        except AlertError as error:
            sitting = Sitting(acts_in("en"), held, reports, why=str(error))
            record, can = self._acts(pack, facts, village_id, None)
        else:
            noted = seat.noted(village_id, note)
            sitting = Sitting(
                words_of(seat), held, reports, seat.person.ref, seat.token, note=noted
            )
            record, can = self._acts(pack, facts, village_id, seat)
        return acts_view(facts, village, record, can, sitting)

    def answers_view(self, login: str) -> AnswersView:
        """Return who has answered which order, and what a login may write down."""
        pack = self._read_pack()
        facts = self._facts(pack, clock.now())
        _, world = self._played(pack)
        orders: list[tuple[Order, frozenset[Climb]]] = []
        if world is not None:
            with reading(self._connected()) as connection:
                found = waited_for(connection, world, now=facts.now)
                taken = climbs.climbed(connection, world, found)
            orders = [(order, climbs.calls_of(taken[order.key])) for order in found]
        try:
            seat = self.seat(login)
            token = seat.token if Right.ACKNOWLEDGE in seat.person.rights else None
        except AlertError:
            token = None
        ladders = pack.warning.config.ladder
        return answers_view(facts, orders, pack.warning.plans, ladders, token=token)

    def refused_view(self, village_id: str, login: str, why: str) -> RefusedView | None:
        """Return the page of a refused act, or None where the site has no such village."""
        pack = self._read_pack()
        if pack.warning.village(village_id) is None:
            return None
        try:
            say = words_of(self.seat(login))
        except AlertError:
            say = acts_in("en")
        return RefusedView(banner(self._facts(pack, clock.now())), village_id, why, say)

    def present_state(self) -> bytes:
        """Return how every village stands, as GeoJSON."""
        pack = self._read_pack()
        return present_state(map_state(self._facts(pack, clock.now()), pack.site.site_id))

    def _acts(
        self, pack: _Pack, facts: Facts, village_id: str, seat: Seat | None
    ) -> tuple[Record, Possible]:
        episode = facts.episodes.get(village_id)
        _, world = self._played(pack)
        with reading(self._connected()) as connection:
            record = Record(
                village_id,
                pack.warning.plans.get(village_id),
                episode,
                None if episode is None else facts.waiting.get(episode.episode_id),
                facts.reported.of(village_id),
                () if world is None else actions.of_village(connection, world, village_id),
            )
            return record, Possible() if seat is None else possible(connection, seat, record)

    def feeds_view(self) -> FeedsView:
        """Return the feed page's content."""
        pack = self._read_pack()
        facts = self._facts(pack, clock.now())
        return feeds_view(facts, *self._health(pack, facts.at), late=self._late(pack, facts.now))

    def _late(self, pack: _Pack, now: datetime) -> int:
        """Return how many past cycles late data would have changed, of the site's horizon."""
        _, world = self._played(pack)
        horizon = timedelta(hours=pack.site.store.late_horizon_h)
        return 0 if world is None else changed(self._connected(), world, after=now - horizon)

    def metrics(self) -> bytes:
        """Return how feeds, stations and outbox live, for a monitoring system."""
        pack, now = self._read_pack(), clock.now()
        at = self._facts(pack, now).at
        memory = remembered.read(self.settings.home).until(now)
        watched = watch_metrics(self._watched(pack), memory, at=now)
        return metrics(*self._health(pack, at), watched, at=at)

    def _watched(self, pack: _Pack) -> Ledger | None:
        """Return what the watch would read of the ledger; its books are its own matter."""
        deployment = Deployment(self.settings, pack.site, self._connected())
        looking = Looking(deployment, pack.warning, Roster(()), clock.now)
        try:
            return ledger_facts(looking, with_books=False)
        except NothingToDo:
            return None

    def _health(
        self, pack: _Pack, at: datetime
    ) -> tuple[Sequence[FeedHealth], Sequence[SourceHealth]]:
        _, world = self._played(pack)
        engine = self._connected()
        feeds = () if world is None else feed_health(engine, world, pack.site, now=at)
        return feeds, source_health(engine, pack.site, pack.risk, now=at)

    def _facts(self, pack: _Pack, now: datetime) -> Facts:
        exercise, world = self._played(pack)
        flood_now = None if exercise is None else flood_time(exercise, now)
        ledger = _Ledger() if world is None else self._ledger(world, now)
        return Facts(
            site_name=pack.site.name,
            config_readable=pack.readable,
            mode=self.settings.mode,
            zone=ZoneInfo(pack.site.zone),
            patience=_patience(pack.site.cycle, exercise),
            now=now,
            flood_now=flood_now,
            ended=exercise is not None and flood_now == exercise.flood_end,
            villages=pack.site.villages,
            bulletin=None if world is None else self._bulletin(world),
            episodes=ledger.episodes,
            sent=ledger.sent,
            waiting=ledger.waiting,
            reported=ledger.reported,
            unsent=ledger.unsent,
        )

    def _played(self, pack: _Pack) -> tuple[Exercise | None, World | None]:
        """Return the exercise that is on, and the world whose messages this deployment sends."""
        deployment = Deployment(self.settings, pack.site, self._connected())
        try:
            if self.settings.mode is not Mode.EXERCISE:
                return None, deployment.paging_world()
            exercise = deployment.exercise()
        except NothingToDo:
            return None, None
        return exercise, exercise.world

    def _bulletin(self, world: World) -> RiskBulletin | None:
        slot = last_slot(self._connected(), world)
        if slot is None:
            return None
        newest = bulletins(self._connected(), world, after=slot - MOMENT, upto=slot)
        return newest[-1] if newest else None

    def _ledger(self, world: World, now: datetime) -> _Ledger:
        """Return every village's newest state and its episode's messages, of one snapshot."""
        with reading(self._connected()) as connection:
            states = episodes.newest(connection, world)
            kept = messages.of_episodes(
                connection, world, (state.episode_id for state in states.values())
            )
            ids = [k.message.message_id for k in kept]
            counts = standing.progress(connection, world, ids)
            answered = answers.of_messages(connection, world, ids)
            waiting = held_back.waiting(connection, world, now=now)
            reported = closures.reported(connection, world)
            _, unsent = turn_of(connection, self.settings)
        sent = tuple(
            _sent(k, counts.get(k.message.message_id, {}), answered.get(k.message.message_id, ()))
            for k in kept
        )
        return _Ledger(states, sent, waiting, reported, unsent)

    def _connected(self) -> Engine:
        if self._engine is None:
            self._engine = connect(self.settings.database_url)
        return self._engine

    def _read_pack(self) -> _Pack:
        """Return the site pack; while somebody's edit cannot be read, the last one that could."""
        try:
            stamp = _stamp(self.settings.site_folder)
            if self._pack is None or self._pack.stamp != stamp:
                site = load(self.settings.site_folder, self.settings.home)
                self._pack = _Pack(stamp, site, load_warning(site), risk_config(site))
        except (SiteError, OSError):
            if self._pack is None:
                raise
            return replace(self._pack, readable=False)
        return self._pack


def _patience(cycle: timedelta, exercise: Exercise | None) -> timedelta:
    """Return two intervals; on a recorded flood also what it plays between two runs of its DAG."""
    played = timedelta() if exercise is None else PLAYED_EVERY * exercise.speed
    return STALE_CYCLES * cycle + played


def _stamp(folder: Path) -> tuple[float, int]:
    times = [path.stat().st_mtime for path in folder.rglob("*") if path.is_file()]
    return max(times, default=0.0), len(times)


def _sent(kept: Kept, counts: dict[State, int], answered: tuple[answers.Answer, ...]) -> Sent:
    message = kept.message
    return Sent(
        message_id=message.message_id,
        episode_id=message.episode_id,
        revision=message.revision,
        village_id=message.village_id,
        place_id=message.place_id,
        audience=message.audience.value,
        language=message.language,
        slot=message.slot,
        tier=message.tier,
        action=message.action,
        decide_by=message.decide_by,
        body=message.body,
        sms=message.sms,
        voice=message.voice,
        total=sum(counts.values()) - counts.get(State.SUPERSEDED, 0),
        accepted=counts.get(State.ACCEPTED, 0) + counts.get(State.DELIVERED, 0),
        delivered=counts.get(State.DELIVERED, 0),
        failed=sum(counts.get(state, 0) for state in FAILED),
        uncertain=counts.get(State.UNCERTAIN, 0),
        acked=tuple((a.by_ref, a.at) for a in answered if a.said is not Said.UNCLEAR),
    )
