"""A plan that would fail at night is found by day, by its field."""

import pytest

from alerts.plan.fault import Season
from alerts.plan.lint import lint
from alerts.plan.model import Plan
from alerts.plan.places import Refuge
from tests.golden.samples import valley

PLAN = valley().plans["baishi"]


def faults(plan, languages=("zh", "en")):
    return {(fault.severity, fault.field) for fault in lint(plan, Season(languages))}


def changed(field, number, **update):
    """Return the plan with one item of a list changed."""
    items = list(getattr(PLAN, field))
    items[number] = items[number].model_copy(update=update)
    return PLAN.model_copy(update={field: tuple(items)})


def test_of_a_sound_plan_nothing_is_found_but_what_it_has_not():
    assert faults(PLAN) == {("warning", "zones.0.routes")}


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        (PLAN.model_copy(update={"zones": ()}), ("error", "zones")),
        (changed("zones", 0, routes=()), ("error", "zones.0.routes")),
        (changed("zones", 1, shelters=()), ("error", "zones.1.shelters")),
        (changed("zones", 0, routes=("tunnel",)), ("error", "zones.0.routes")),
        (changed("zones", 0, shelters=("barn",)), ("error", "zones.0.shelters")),
        (changed("zones", 0, refuge=None), ("warning", "zones.0.refuge")),
        (changed("zones", 1, id="riverside"), ("error", "zones")),
        (changed("shelters", 0, capacity=20), ("warning", "shelters.0.capacity")),
        (changed("routes", 0, name={"en": "the path"}), ("warning", "routes.0.name.zh")),
        (
            PLAN.model_copy(update={"people": PLAN.people.model_copy(update={"responsible": ()})}),
            ("error", "people.responsible"),
        ),
        (
            PLAN.model_copy(
                update={"people": PLAN.people.model_copy(update={"transfer": ("baishi/t",)})}
            ),
            ("warning", "people.transfer"),
        ),
    ],
)
def test_each_fault_is_named_by_its_field(plan, fault):
    assert fault in faults(plan)


def test_a_finding_says_what_to_do():
    assert all(fault.cure for fault in lint(PLAN, Season(("fr",))))


def test_a_plan_reads_back_from_its_bytes():
    again = Plan.from_bytes(PLAN.to_bytes())
    assert (again, again.sha256) == (PLAN, PLAN.sha256)


def test_a_refuge_is_written_with_its_languages_beside_its_kind():
    refuge = Refuge.model_validate({"kind": "high_ground", "en": "the knoll", "zh": "山包"})
    assert refuge.name == {"en": "the knoll", "zh": "山包"}
    assert Refuge.model_validate(refuge.model_dump()) == refuge
