"""What is read of a drill is what stands in the database, on both; and which drill was the last."""

from datetime import timedelta

from alerts.chase import chase
from alerts.drill import scored
from alerts.drill_report import answer, summary
from alerts.issue import Minute
from alerts.ledger import answers, messages
from alerts.ledger.answers import Answer, Via
from alerts.ledger.drilled import answers_in, climbed_in, orders_in
from alerts.outbox.drilled import sent_in
from alerts.said import Said
from alerts.tables import climb
from pipeline.bulletin import canonical
from pipeline.database import reading
from pipeline.runs import close_exercise, last_exercise, open_exercise
from pipeline.world import Exercise
from tests.alerts.night import FLOOD, SLOT, WALL, attempt, delivery, levels, message

MINUTE = timedelta(minutes=1)


def exercise(ident, wall):
    return Exercise("valley", ident, wall, SLOT, FLOOD, 60)


def lived(night):
    """Warn of a red, send it, hear one person, and chase the others for five minutes."""
    night.warned(levels(hekou=4))
    night.delivered()
    order = next(row for row in night.rows(message) if row.audience == "villager")
    with night.engine.begin() as connection:
        kept = messages.message(connection, night.world, order.message_id)
        said = Answer(order.message_id, "hekou/responsible", Via.LINK, "hekou/responsible", WALL)
        answers.record(connection, kept, said)
    chase(night.desk, Minute(WALL + 5 * MINUTE, FLOOD + 5 * MINUTE))


def test_the_record_has_every_delivery_answer_climb_and_order_once(night, post):
    lived(night)
    with reading(night.engine) as connection:
        orders, sent = orders_in(connection, night.world), sent_in(connection, night.world)
        said, climbed = answers_in(connection, night.world), climbed_in(connection, night.world)
    rows = night.rows(delivery)
    assert {each.key for each in sent} == {row.delivery_key for row in rows}
    assert sum(each.handed_over for each in sent) == len(post.mails)
    assert len(post.mails) == len(night.rows(attempt))
    villagers = [row for row in night.rows(message) if row.audience == "villager"]
    assert {each.key for each in orders} == {
        (row.episode_id, row.revision, row.place_id) for row in villagers
    }
    assert set().union(*(each.messages for each in orders)) == {r.message_id for r in villagers}
    assert [(each.said, each.via) for each in said] == [(Said.RECEIVED, "link")]
    assert len(climbed) == len(night.rows(climb)) > 0


def test_a_drill_of_people_claims_no_telephones(night, post):
    open_exercise(night.engine, exercise(night.world.world_id, WALL))
    lived(night)
    played, score = scored(night.engine, "valley", None, [night.home / "phones.jsonl"])
    said = answer(played, score)
    assert (said["simulated"], said["log"]) == (False, None)
    assert canonical(said)
    assert not [line for line in summary(played, score) if "simulated" in line]
    assert max(ladder.tries for ladder in score.ladders) > 1


def test_the_last_drill_is_the_one_that_is_open_then_the_one_that_ended_last(night):
    dated_back, earlier = exercise("a", WALL - 60 * MINUTE), exercise("b", WALL - 30 * MINUTE)
    open_exercise(night.engine, earlier)
    close_exercise(night.engine, earlier, now=WALL - 10 * MINUTE)
    open_exercise(night.engine, dated_back)
    assert last_exercise(night.engine, "valley") == dated_back
    close_exercise(night.engine, dated_back, now=WALL)
    assert last_exercise(night.engine, "valley") == dated_back
    assert last_exercise(night.engine, "valley", "b") == earlier
    assert last_exercise(night.engine, "elsewhere") is None
