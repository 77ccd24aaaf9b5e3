"""The list of who has answered shrinks by what people say, and by nothing else."""

from __future__ import annotations

from alerts.chase import chase
from alerts.tables import acknowledgement
from tests.board.duty import FIRST, Duty, Officer, forms_of

PLACES = 5


def page(officer: Officer) -> str:
    answer = officer.client.get("/answers")
    assert answer.status_code == 200
    return answer.text


def answer(officer: Officer, who: str, said: str, nth: int = 0):
    form = [f for f in forms_of(page(officer)) if f.action.endswith("/answer")][nth]
    chosen = next(c for c in form.choices["who"] if c.endswith(f" {who}"))
    fields = {**form.fields, "who": chosen, "said": said}
    return officer.client.post(form.action, data=fields)


def count(text: str, state: str) -> int:
    return text.count(f'class="answer-{state}"')


def test_nobody_is_on_the_list_before_anybody_was_ordered(duty: Duty) -> None:
    assert "Nobody." in page(duty.officer())


def test_each_place_that_was_ordered_is_on_it_until_all_are_counted(duty: Duty) -> None:
    duty.red()
    officer = duty.officer()
    assert count(page(officer), "waiting") == PLACES
    assert answer(officer, "hekou/responsible", "received").status_code == 303
    assert (count(page(officer), "waiting"), count(page(officer), "moving")) == (PLACES - 1, 1)
    text = page(officer)
    assert "hekou/responsible" in text
    assert f"(board, by {FIRST})" in text
    for nth in range(PLACES):
        answer(officer, "hekou/responsible", "counted", nth=0 if nth else PLACES - 1)
    assert (count(page(officer), "moving"), count(page(officer), "counted")) == (0, PLACES)


def test_who_asks_for_help_is_first_and_stays(duty: Duty) -> None:
    duty.red()
    officer = duty.officer()
    answer(officer, "hekou/transfer", "help", nth=3)
    text = page(officer)
    assert text.index("answer-help") < text.index("answer-waiting")
    assert "ASKS FOR HELP" in text


def test_after_the_whole_ladder_a_place_of_which_nobody_speaks_is_unreachable(duty: Duty) -> None:
    duty.red()
    duty.later(3 + 6)  # red waits three minutes for an approver
    assert count(page(duty.officer()), "silent") == 0
    chase(duty.night.desk, duty.at(3 + 6))
    assert count(page(duty.officer()), "silent") == PLACES
    assert "UNREACHABLE: go there" in page(duty.officer())


def test_what_was_said_late_is_shown_against_its_time(duty: Duty) -> None:
    duty.red()
    duty.later(30)
    assert 'class="late">by ' in page(duty.officer())


def test_who_may_not_write_it_down_sees_the_list_and_no_form(duty: Duty) -> None:
    duty.red()
    villager = duty.officer("hekou/responsible")
    assert count(page(villager), "waiting") == PLACES
    assert not forms_of(page(villager))


def test_a_word_that_is_none_or_of_nobody_is_refused(duty: Duty) -> None:
    duty.red()
    officer = duty.officer()
    form = next(f for f in forms_of(page(officer)) if f.action.endswith("/answer"))
    for wrong in ({"said": "unclear"}, {"said": "x"}, {"who": "x y"}, {"who": ""}):
        fields = {**form.fields, "who": form.choices["who"][0], "said": "received", **wrong}
        assert officer.client.post(form.action, data=fields).status_code == 409
    assert not duty.night.rows(acknowledgement)
