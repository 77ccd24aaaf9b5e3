"""A thousand deliveries, two senders on one queue, each killed at one step after the other."""

import re
import threading
from collections import Counter

import pytest
from sqlalchemy import event

from alerts.channels.webhook import WebhookChannel
from alerts.outbox.queue import LEASE
from alerts.roster import CONTACTS
from pipeline import clock
from pipeline.database import connect
from tests.alerts.channels.conftest import certificate
from tests.alerts.channels.receiver import receiving, said
from tests.alerts.channels.test_webhook import OLD
from tests.alerts.night import attempt, delivery, levels
from tests.faults.killed import die, ended, started

__all__ = ["certificate"]

VILLAGES = {"hekou": 4, "baishi": 2}
"""Red, of which an uncertain order is sent once more, and yellow, of which none is."""
OF_EACH = 167
"""People; each gets the orders of three places."""
EVERY_NTH_BY_WEBHOOK = 5
NTH = 25
"""How far a sender gets before it is killed."""
APART_S = LEASE.total_seconds() + 1

STATEMENTS = {
    "lease": re.compile(r"UPDATE delivery SET state=.* RETURNING", re.DOTALL),
    "begin": re.compile(r"INSERT INTO attempt"),
    "finish": re.compile(r"UPDATE attempt SET"),
}
MOMENTS = ("before", "after", "commit", "committed")
AT_DATABASE = [
    (name, moment)
    for name in STATEMENTS
    for moment in MOMENTS
    # a lease is committed with the attempt that it begins
    if (name, moment) not in {("lease", "commit"), ("lease", "committed")}
]
AT_PROVIDER = [("mail", "recipient"), ("mail", "text"), ("mail", "accepted"), ("post", "heard")]
STEPS = [*AT_DATABASE, *AT_PROVIDER]


class Doomed:
    """Kills this process at the nth time that it comes to a step of a delivery."""

    def __init__(self, step):
        self.step = step
        self.count = 0
        self.guard = threading.Lock()

    def watch(self, engine):
        event.listen(engine, "before_cursor_execute", self.before)
        event.listen(engine, "after_cursor_execute", self.after)
        event.listen(engine, "commit", lambda c: self.come(c.info.get("does"), "commit"))
        event.listen(engine, "checkin", self.committed)

    def before(self, connection, _cursor, statement, *_):
        does = next((n for n, p in STATEMENTS.items() if p.match(statement)), None)
        if does is not None:
            connection.info["does"] = does
            self.come(does, "before")

    def after(self, connection, _cursor, statement, *_):
        does = next((n for n, p in STATEMENTS.items() if p.match(statement)), None)
        self.come(does, "after")

    def committed(self, _connection, record):
        self.come(record.info.pop("does", None), "committed")

    def come(self, does, moment):
        if (does, moment) != self.step:
            return
        with self.guard:
            self.count += 1
            if self.count == NTH:
                die()


class Provider:
    """A mail server and a web server; kills a sender that is in the midst of a conversation."""

    def __init__(self, post, receiver):
        self.post, self.receiver = post, receiver
        self.guard = threading.Lock()
        self.calls = Counter()
        self.victims = {}
        post.on = lambda stage, _name: self.come(("mail", stage))
        receiver.default = self.heard

    def heard(self, say, _over):
        self.come(("post", "heard"))
        say(said(204))

    def come(self, step):
        with self.guard:
            self.calls[step] += 1
            if step in self.victims and self.calls[step] >= NTH:
                self.victims.pop(step)()

    def accepted(self):
        """Return how often each delivery was accepted by either server."""
        mails = Counter(
            key.strip("<>").partition("@")[0] for key in self.post.accepted().elements()
        )
        return mails + Counter(posted.headers["webhook-id"] for posted in self.receiver.posted)


@pytest.fixture
def provider(post, certificate, monkeypatch):
    monkeypatch.setenv("HOOK", OLD)
    with receiving(certificate) as receiver:
        yield Provider(post, receiver)


@pytest.fixture
def crowd(night, provider, certificate):
    """Give a night with a thousand deliveries in the outbox."""
    people = [
        person(provider.receiver.url, village, number)
        for village in VILLAGES
        for number in range(OF_EACH)
    ]
    (night.home / CONTACTS).write_text('schema = "floodwarn.contacts/1"\n' + "".join(people))
    assert night.roster.faults == ()
    night.warned(levels(**VILLAGES))
    return night


def person(url, village, number):
    name = f"{village}/r{number}"
    lines = [f'ref = "{name}"', 'role = "responsible"', f'villages = ["{village}"]']
    if number % EVERY_NTH_BY_WEBHOOK == 0:
        lines += [
            f'webhook = {{ url = "{url}/of/{name}", credentials = ["HOOK"], '
            'allow_private = ["127.0.0.0/8", "::1/128"] }',
            'channels = ["webhook"]',
        ]
    else:
        lines += [f'email = "{village}-{number}@mailbox.invalid"']
    return "\n".join(["", "[[contacts]]", *lines, 'language = "en"', "exercise = true", ""])


def a_pass(night, url, ca, *, after_s, doomed=None):
    """Run one pass in a process of its own; return its id."""

    def send():
        night.engine = connect(url)
        if doomed is not None:
            doomed.watch(night.engine)
        hook = WebhookChannel(lambda _name: OLD, clock.now, str(ca))
        night.delivered(after_s=after_s, channels={**night.channels, "webhook": hook})

    return started(send)


def test_a_thousand_deliveries_survive_two_senders_killed_at_every_step(
    crowd,
    provider,
    certificate,
    engine_url,
):
    assert len(crowd.rows(delivery)) >= 1000
    crowd.engine.dispose()
    ca, after_s = certificate[0], 0.0
    pairs = zip(STEPS[::2], STEPS[1::2], strict=True)
    for pair in pairs:
        provider.calls.clear()
        processes = []
        for step in pair:
            doomed = Doomed(step) if step in AT_DATABASE else None
            process = a_pass(crowd, engine_url, ca, after_s=after_s, doomed=doomed)
            if doomed is None:
                provider.victims[step] = process.kill
            processes.append(process)
        assert [ended(process) for process in processes] == ["killed", "killed"], pair
        after_s += APART_S
    while any(row.ended_at is None for row in crowd.rows(delivery)):
        crowd.engine.dispose()
        both = [a_pass(crowd, engine_url, ca, after_s=after_s) for _ in range(2)]
        assert [ended(process) for process in both] == ["done", "done"]
        after_s += APART_S
        assert after_s < 3600
    judge(crowd, provider.accepted())


def judge(night, accepted):
    doubtful = Counter(r.delivery_key for r in night.rows(attempt) if r.outcome == "uncertain")
    rows = night.rows(delivery)
    assert accepted.keys() <= {row.delivery_key for row in rows}
    for row in rows:
        n = accepted[row.delivery_key]
        if row.state == "accepted":
            assert n == 1 or (n == 2 and row.tier >= 3 and doubtful[row.delivery_key])
        else:
            assert row.state == "uncertain"
            assert doubtful[row.delivery_key] == (2 if row.tier >= 3 else 1)
            assert n <= doubtful[row.delivery_key]
    assert doubtful
