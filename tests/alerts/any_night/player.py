"""Does one thing of a night through the product's own doors, then asks the oracle.

What the database gained by the step is held against every law before the next one is made.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from alerts import said
from alerts.actions import Asked, order_village, request_lower
from alerts.agree import agree
from alerts.approvals import Judged, approve, refuse
from alerts.closing import Closing, report
from alerts.errors import Refused
from alerts.issue import Minute
from alerts.ledger import actions
from alerts.outbox import queue
from alerts.outbox.queue import Wanted
from alerts.release import CHECKLIST
from alerts.releasing import Releasing, release_places, request_retraction
from alerts.reporting import Seen, report_seen
from alerts.tier import Tier
from alerts.watchdog.audit import Rule
from alerts.watchdog.ledger_facts import audited
from pipeline.bulletin import Sighting
from pipeline.database import reading
from pipeline.instants import to_us
from pipeline.site.risk_settings import ReportSettings
from tests.alerts.any_night import asking_laws, post_laws, tier_laws, told_laws
from tests.alerts.any_night.post_laws import Pass
from tests.alerts.any_night.said import CALM, Book, Bulletins, Deed, Quiet, Said, written
from tests.alerts.any_night.stage import (
    PLANNED,
    VILLAGES,
    Post,
    Rules,
    Stage,
    ruled,
)
from tests.alerts.any_night.tier_laws import ORANGE
from tests.alerts.any_night.told_laws import People
from tests.alerts.night import FLOOD, SECONDS, WALL, assessed

HOUR_S = 3600
REFUSAL_S = 15 * 60
BRINGS = {"calm": 0, "rising": 2, "at_bridge": 3, "over": 4, "in_houses": 4, "debris": 4}
"""The tier that each sighting asks for."""


class Player:
    """Plays one night, thing by thing, and holds every step against the oracle."""

    def __init__(self, stage: Stage, *, begins: int, rules: Rules) -> None:
        self.stage = stage
        self.night = stage.night()
        self.people = People.of(self.night.home)
        self.post, self.rows = Post(), stage.rows()
        self.requests: list[tuple[str, Deed]] = []
        self.home: set[str] = set()
        self.kept: dict[int, dict] = {}
        self.words: set = set()
        self.ordered: dict[str, int] = {}
        self.holds = True
        self.now = begins * HOUR_S
        self.book = Book(rules)
        self.night.pack = ruled(stage.pack, rules)

    # ------------------------------------------------------------------------ what is common

    @property
    def minute(self) -> Minute:
        return Minute(WALL + self.now * SECONDS, FLOOD + self.now * SECONDS)

    def judge(self, event) -> None:
        """Hold the step that has just been made against every law."""
        self.holds, self.book.now = False, self.now
        before, self.rows = self.rows, self.stage.rows()
        after, book = self.rows, self.book
        tier_laws.moves_are_lawful(event, before, after, book)
        self.remember(event, before)
        told_laws.people_are_told(event, before, after, book, self.people)
        told_laws.nobody_is_sent_on_a_closed_way(before, after, book)
        tier_laws.the_log_holds(before, after, book)
        tier_laws.whoever_was_moved_is_not_forgotten(after, self.home)
        post_laws.nobody_gets_a_message_twice(after, self.post)
        post_laws.silence_holds_nothing_back(after, book, to_us(WALL))
        asking_laws.approvers_are_asked_in_turn(before, after, book, self.people)
        asking_laws.an_answer_ends_the_asking(event, before, after, to_us(self.minute.wall))
        with reading(self.night.engine) as connection:
            assert actions.broken_link(connection, self.night.world) is None
            found = audited(connection, self.night.desk, since=WALL, now=self.minute.wall)
        # for hours nobody may send here, and then some of it is overdue indeed
        assert {breach.rule for breach in found} <= {Rule.OVERDUE}
        if not isinstance(event, Quiet):
            self.warn_again()
        self.holds = True

    def warn_again(self) -> None:
        """Warn of nothing new: no row is added, none changes."""
        if not self.pending():
            assert self.night.warned(at=self.minute) == []
            assert self.stage.rows() == self.rows, "a second pass of warn changed something"

    def pending(self) -> tuple[int, ...]:
        """Return the kept hours after the newest of which people were warned."""
        newest = max(self.book.told, default=-1)
        return tuple(sorted(number for number in self.kept if number > newest))

    def remember(self, event, before) -> None:
        if not isinstance(event, Deed):
            return
        village, floor = event.village, self.book.floor
        if event.kind == "order":
            floor[village] = max(event.tier, floor.get(village, 0))
            self.ordered[village] = len(self.requests)
        if event.kind in {"approve", "refuse"}:
            waits = REFUSAL_S if event.kind == "refuse" else 0
            self.book.goes_at[village] = self.now + waits
            episode = before.states(village)[-1].episode_id
            self.book.judged(episode, no_until=self.now + waits if waits else None)
        if event.kind in {"lower", "retract"}:
            floor[village] = 0
        if event.kind in {"retract", "release"}:
            episode = before.states(village)[-1].episode_id
            self.home |= {
                m.message_id
                for m in before.message
                if m.episode_id == episode and (not event.places or m.place_id in event.places)
            }

    def deed(self, deed: Deed, verb: str, act) -> object:
        """Let a person try something; what the product refuses changes nothing."""
        try:
            done = act()
        except Refused:
            self.judge(Quiet())
            return None
        self.log(verb, deed)
        self.judge(deed)
        return done

    def log(self, verb: str, deed: Deed) -> None:
        """Remember a word; said twice by one person within a second, it is one word."""
        word = (verb, self.now, deed)
        if word not in self.words:
            self.words.add(word)
            self.book.deeds.append((verb, deed.village, deed.by[-1]))

    # ------------------------------------------------------------------------ bulletins and clocks

    def keep(self, number, said) -> None:
        self.kept[number] = {village: said.get(village, CALM) for village in VILLAGES}
        assessed(self.night.engine, self.night.world, written(number, said))

    def warn(self) -> None:
        numbers = self.pending()
        self.night.warned(at=self.minute)
        self.book.told.update({number: self.kept[number] for number in numbers})
        self.judge(Bulletins(numbers) if numbers else Quiet())

    def next_hour(self) -> int:
        number = max(self.now // HOUR_S, max(self.kept, default=-1) + 1)
        self.now = max(self.now, number * HOUR_S)
        return number

    def hear(self, said, told):
        """Assess the next hour and warn of it, or let the warning wait."""
        self.keep(self.next_hour(), said)
        if told:
            self.warn()
        else:
            self.judge(Quiet())

    def calm(self, after, hours, last, told):
        """Let hours be calm, after a level of its own; warn of each, or of all with the last."""
        levels = [Said(after)] if after else []
        hourly = [*levels, *(CALM for _ in range(hours)), last]
        for number, each in enumerate(hourly, start=1):
            self.keep(self.next_hour(), dict.fromkeys(VILLAGES, each))
            if told or each in levels or number == len(hourly):
                self.warn()

    def hear_late(self, back, said):
        """Assess an hour that was passed over, or the same hour once more, and warn."""
        number = max(0, max(self.kept, default=0) - back)
        self.keep(number, self.kept.get(number, said))
        self.warn()

    def hours_pass(self, hours):
        self.now += hours * HOUR_S
        self.judge(Quiet())

    # ------------------------------------------------------------------------ persons

    def order(self, village, tier, by, pause):
        self.now += pause
        asked = Asked(village, Tier(tier), "water at the bridge", by)
        deed = Deed("order", village, (by,), tier)
        done = self.deed(deed, "order", lambda: order_village(self.night.desk, asked, self.minute))
        assert done is not None, "a person can always raise"

    def sees(self, village, saw, by, pause):
        """Let a person report what is seen at the water."""
        self.now += pause
        seen, rules = Seen(village, Sighting(saw), by), ReportSettings()
        deed = Deed("report", village, (by,), BRINGS[saw])
        self.deed(deed, "report", lambda: report_seen(self.night.desk, seen, rules, self.minute))

    def two_speak(self, which, kind, tier, first, second, pause, why):
        """Let one ask to lower or to retract and another agree; or the same, or nobody yet."""
        if not (standing := self.standing()):
            return
        village = standing[which % len(standing)]
        deed = Deed(kind, village, (first,), tier if kind == "lower" else 0)
        if kind == "lower":
            self.lower(deed, why)
        else:
            self.ask(
                deed,
                lambda: request_retraction(self.night.desk, village, "over", first, self.minute),
            )
        if second is not None and self.requests:
            self.agree(0, second, pause)

    def standing(self) -> list[str]:
        states = {village: self.rows.states(village) for village in VILLAGES}
        return [village for village, of in states.items() if of and not of[-1].closed]

    def lower(self, deed: Deed, why: str | None) -> None:
        """Ask to lower a village."""
        asked = Asked(deed.village, Tier(deed.tier), "over", deed.by[0], override=why)
        self.ask(deed, lambda: request_lower(self.night.desk, asked, self.minute))

    def ask(self, wanted: Deed, act) -> None:
        request = self.deed(replace(wanted, kind="ask"), f"{wanted.kind}_request", act)
        if request is not None:
            self.requests.append((request, wanted))

    def agree(self, which, by, pause):
        """Agree to one of the newest requests; the same person may try it too."""
        self.now += pause
        if not self.requests:
            return
        number = len(self.requests) - 1 - which % len(self.requests)
        request, wanted = self.requests[number]
        deed = Deed(wanted.kind, wanted.village, (*wanted.by, by), wanted.tier, wanted.places)
        verb = f"{wanted.kind}_confirm"
        done = self.deed(deed, verb, lambda: agree(self.night.desk, request, by, self.minute))
        if done is not None and wanted.kind == "lower":
            ordered = self.ordered.get(wanted.village, 0)
            assert ordered <= number, f"lowered although it was ordered since: {deed}"

    def release(self, which, count, by, second, whole, why):
        """Let some of those who are away go home, with the list met or not."""
        if not (waiting := [v for v in VILLAGES if self.away(v)]):
            return
        village = waiting[which % len(waiting)]
        if self.rows.standing(village) >= ORANGE and second is not None:
            self.lower(Deed("lower", village, (by,)), "over")
            self.agree(0, second, 1)
        places = tuple(self.away(village)[:count])
        checked = frozenset(CHECKLIST) if whole else frozenset({"road"})
        if whole:
            self.night.answered(said.Said.COUNTED)
        asked = Releasing(village, places, checked, by, why)
        is_asked = self.release_or_ask(asked, Deed("release", village, (by,), places=places))
        if is_asked and second is not None:
            self.agree(0, second, 1)

    def release_or_ask(self, asked: Releasing, deed: Deed) -> bool:
        """Try to let them go; tell whether it became a request to a second person."""
        try:
            done = release_places(self.night.desk, asked, self.minute)
        except Refused:
            self.judge(Quiet())
            return False
        is_request = isinstance(done, str)
        if is_request:
            self.requests.append((done, deed))
        self.log("release_request" if is_request else "release", deed)
        self.judge(replace(deed, kind="ask") if is_request else deed)
        return is_request

    def away(self, village) -> list[str]:
        return sorted({
            m.place_id
            for m in self.rows.message
            if m.village_id == village
            and m.action in {"move", "refuge"}
            and m.place_id
            and m.message_id not in self.home
        })  # fmt: skip

    def approve_or_refuse(self, which, yes, by, pause):
        self.now += pause
        if not (standing := self.standing()):
            return
        village = standing[which % len(standing)]
        judged = Judged(village, by, "the gauge lies")
        door, verb = (approve, "approve") if yes else (refuse, "refuse")
        self.deed(
            Deed(verb, village, (by,)), verb, lambda: door(self.night.desk, judged, self.minute)
        )

    def answered(self, level, lead_min, yes, by, pause):
        """Let an hour be told that raises the first village, and an approver judge it."""
        self.hear({PLANNED: Said(level, lead_min=lead_min)}, told=True)
        self.approve_or_refuse(0, yes, by, pause)

    def way_changes(self, subject, closed, by, pause):
        self.now += pause
        kind, _, ident = subject.partition(":")
        closing = Closing(PLANNED, kind, ident, closed=closed, reason="a slide", by=by)
        self.book.was_shut = self.book.shut
        self.book.shut = self.book.shut | {subject} if closed else self.book.shut - {subject}
        verb = "close" if closed else "reopen"
        self.deed(
            Deed(verb, PLANNED, (by,), places=(subject,)),
            verb,
            lambda: report(self.night.desk, closing, self.minute),
        )

    # ------------------------------------------------------------------------ the post

    def deliver(self, trouble, pause, dies):
        """Run one pass, perhaps after another sender took a delivery up and died."""
        self.now += pause
        if dies:
            self.sender_dies(opened=dies == "opened")
        self.passed({ref: kind for ref, kind in trouble.items() if kind})

    def passed(self, trouble) -> None:
        self.post.trouble, self.post.handed = trouble, []
        before = self.rows
        self.night.delivered(after_s=self.now, channels={"email": self.post})
        self.judge(Quiet())
        done = Pass(to_us(self.minute.wall), trouble, Counter(self.post.handed))
        post_laws.a_pass_sends_what_is_due_once(done, before, self.rows)

    def sender_dies(self, *, opened: bool) -> None:
        """Lease one delivery, and perhaps begin to send it, and never come back."""
        now, world = self.minute.wall, self.night.world
        with self.night.engine.begin() as connection:
            leased = queue.lease(connection, world, Wanted("email", now), by="dead", now=now)
            if leased and opened:
                queue.begin(connection, leased[0], by="dead", now=now)
        self.judge(Quiet())

    def end(self) -> None:
        """Let the post go on until nothing waits, unless a law was broken before."""
        try:
            if self.holds:
                self.now += 20 * 60
                self.passed({})
                post_laws.all_has_ended(self.rows)
        finally:
            self.night.engine.dispose()
