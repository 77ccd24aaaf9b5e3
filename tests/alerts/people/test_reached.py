"""People are asked to answer, by the link or by telephone; who does not is told of."""

import re
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from alerts.board.ack_app import AckDesk, create_ack_app
from alerts.checking import ANSWER_WITHIN, ask, heard, silent
from alerts.contacts.register import Act
from alerts.contacts.rota import leave
from alerts.errors import Refused
from alerts.ledger import notices
from alerts.outage import CHECK
from alerts.people.absence import Absence
from alerts.readiness import _silent
from alerts.roster import signing_key
from alerts.tables import acknowledgement
from pipeline.database import reading
from tests.alerts.night import MINUTE, WALL, delivery, levels, only
from tests.golden.samples import VALLEY, valley

DAY = timedelta(days=1)
PERSON, DEPUTY, OFFICER = "hekou/responsible", "hekou/responsible-deputy", "county_duty-1"
LINK = re.compile(r"http://127\.0\.0\.1:8091(/ack/\S+)")


@pytest.fixture
def asked(night, post):
    """Give a night whose three people were sent a check; one of them has no such mailbox."""
    only(night, OFFICER, PERSON, DEPUTY)
    post.behaviour["hekou-responsible-deputy"] = "550 recipient"
    assert set(ask(night.desk, OFFICER, MINUTE)) == {OFFICER, PERSON, DEPUTY}
    night.delivered()
    return night


def unheard(night, after=timedelta(0)):
    with reading(night.engine) as connection:
        return silent(connection, night.world, WALL + after)


def client(night, after=timedelta(0)):
    desk = AckDesk(
        engine=night.engine,
        site=night.world.site,
        mode=night.world.mode,
        zone=ZoneInfo(valley().zone),
        key=signing_key(night.home),
        now=lambda: WALL + after,
    )
    return TestClient(create_ack_app(desk))


def link_of(post, name):
    (mail,) = [mail for to, mail in post.mails if to.partition("@")[0] == name]
    return LINK.search(mail.get_content()).group(1)


def test_a_check_says_that_it_is_one_with_its_mark_and_a_link_that_answers_it(asked, post):
    (mail,) = [mail for to, mail in post.mails if to.partition("@")[0] == "hekou-responsible"]
    lines = mail.get_content().strip().splitlines()
    assert lines[0] == lines[-1] == "【演练】"
    assert "不是预警" in mail["subject"]
    link = link_of(post, "hekou-responsible")
    assert "不是预警" in client(asked).get(link).text
    assert PERSON in unheard(asked, ANSWER_WITHIN)  # looking is no answer
    assert client(asked).post(link).status_code == 200
    assert PERSON not in unheard(asked, ANSWER_WITHIN)
    (answer,) = asked.rows(acknowledgement)
    assert (answer.contact_ref, answer.via, answer.episode_id) == (PERSON, "link", "")


def test_who_does_not_answer_in_days_is_told_and_a_dead_mailbox_at_once(asked):
    assert list(unheard(asked)) == [DEPUTY]
    assert "no channel brought" in unheard(asked)[DEPUTY]
    assert set(unheard(asked, ANSWER_WITHIN - DAY)) == {DEPUTY}
    assert set(unheard(asked, ANSWER_WITHIN)) == {OFFICER, PERSON, DEPUTY}
    assert heard(asked.desk, PERSON, OFFICER, MINUTE)
    assert not heard(asked.desk, PERSON, OFFICER, MINUTE)
    assert set(unheard(asked, ANSWER_WITHIN)) == {OFFICER, DEPUTY}


def test_a_newer_check_asks_again_and_only_it_counts(asked, post):
    heard(asked.desk, PERSON, OFFICER, MINUTE)
    del post.behaviour["hekou-responsible-deputy"]
    later = replace(MINUTE, wall=WALL + 30 * DAY)
    assert ask(asked.desk, OFFICER, later, (PERSON, DEPUTY)) == (PERSON, DEPUTY)
    assert set(unheard(asked, 30 * DAY)) == {OFFICER}
    assert set(unheard(asked, 30 * DAY + ANSWER_WITHIN)) == {OFFICER, PERSON, DEPUTY}


def test_a_check_goes_behind_every_order_and_is_no_silence_that_anybody_is_told_of(asked):
    assert {row.tier for row in asked.rows(delivery)} == {0}
    assert {row.purpose for row in asked.rows(delivery)} == {CHECK}
    with reading(asked.engine) as connection:
        assert notices.newest(connection, asked.world) == {}
    asked.warned(levels(hekou=4))
    asked.delivered(after_s=30)
    assert {row.purpose for row in asked.rows(delivery) if row.state == "accepted"} > {CHECK}


def test_a_plan_whose_leaders_are_all_unheard_is_in_error_and_one_of_them_a_warning(asked):
    def found(after):
        with reading(asked.engine) as connection:
            told = _silent(connection, asked.world, VALLEY, valley(), WALL + after)
            return {(f.severity, f.file, f.field) for f in told}

    file = "plans/qingxi/hekou.toml"
    assert {("warning", file)} == {(severity, where) for severity, where, _ in found(0 * DAY)}
    graver = {severity for severity, _, at in found(ANSWER_WITHIN) if at == "people.responsible"}
    assert graver == {"error"}


def test_not_everybody_asks_and_nobody_who_is_away_or_no_such_person_is_asked(night):
    only(night, OFFICER, PERSON)
    with pytest.raises(Refused, match="no right"):
        ask(night.desk, PERSON, MINUTE)
    with pytest.raises(Refused, match="nobody to ask"):
        ask(night.desk, OFFICER, MINUTE, ("nobody",))
    with pytest.raises(Refused, match="was not asked"):
        heard(night.desk, PERSON, OFFICER, MINUTE)
    leave(night.home, Absence(PERSON, WALL - DAY, WALL + DAY), Act(OFFICER, WALL))
    assert ask(night.desk, OFFICER, MINUTE) == (OFFICER,)
