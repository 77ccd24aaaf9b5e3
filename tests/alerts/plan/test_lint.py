"""A plan that would fail at night is found by day, by its field."""

import pytest

from alerts.plan.fault import Season
from alerts.plan.in_time import LONGEST
from alerts.plan.lint import lint
from alerts.plan.model import Bucket, Offline, Plan
from alerts.plan.people import NeedsHelp
from alerts.plan.places import Refuge
from alerts.plan.ways import Crossing
from alerts.plan.words import CutFrom
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


def test_two_ways_over_one_bridge_are_one_way_when_it_is_out():
    bridge = Crossing(id="bridge", name={"en": "the bridge"}, cut_from="never")
    ways = tuple(
        PLAN.routes[0].model_copy(update={"id": ident, "crossings": crossings})
        for ident, crossings in (("one", (bridge,)), ("two", (bridge,)), ("dry", ()))
    )
    zone = PLAN.zones[0]

    def by(*idents):
        chosen = (zone.model_copy(update={"routes": idents}),)
        plan = PLAN.model_copy(update={"routes": ways, "zones": chosen})
        return ("warning", "zones.0.routes") in faults(plan)

    assert by("one", "two")
    assert not by("one", "dry")


def test_a_deputy_is_another_person():
    twice = PLAN.people.model_copy(update={"transfer": ("baishi/t", "baishi/t")})
    assert ("warning", "people.transfer") in faults(PLAN.model_copy(update={"people": twice}))


@pytest.mark.parametrize("helper", ["baishi/weak", "baishi/other", PLAN.people.transfer[0]])
def test_who_needs_help_or_leads_helps_nobody(helper):
    home = PLAN.zones[0].id
    weak = (
        NeedsHelp(ref="baishi/weak", place=home, how="carry", helper=helper),
        NeedsHelp(ref="baishi/other", place=home, how="wake", helper="baishi/neighbour"),
    )
    found = faults(PLAN.model_copy(update={"needs_help": weak}))
    assert "needs_help.0.helper" in {field for _, field in found}
    assert "needs_help.1.helper" not in {field for _, field in found}


MARKED = Offline(
    works={"en": "gong", "zh": "铜锣"},
    shelter=PLAN.shelters[0].id,
    mark_prepare={"en": "the first line", "zh": "第一道线"},
    mark_move={"en": "the second line", "zh": "第二道线"},
)


def alone(**update):
    """Return the plan of a village that, when nobody is heard, goes by marks alone."""
    return PLAN.model_copy(update={"offline": MARKED.model_copy(update=update)})


UNHEARD = [
    (PLAN.model_copy(update={"signals": None}), "signals"),
    (PLAN.model_copy(update={"offline": None}), "offline"),
    (alone(mark_prepare=None, mark_move=None), "offline"),
    (alone(mark_move=None), "offline"),
]
"""Villages that do not know when to leave, with the field that says so."""


@pytest.mark.parametrize(("plan", "field"), UNHEARD)
@pytest.mark.parametrize(
    ("danger", "severity"),
    [(None, "warning"), ("moderate", "warning"), ("high", "error"), ("extreme", "error")],
)
def test_a_village_without_an_agreed_sign_is_the_graver_the_more_its_people_are_in_danger(
    plan, field, danger, severity
):
    zones = tuple(zone.model_copy(update={"danger": danger}) for zone in plan.zones)
    found = faults(plan.model_copy(update={"zones": zones}))
    assert {each for each in found if each[1] == field} == {(severity, field)}


def test_a_village_whose_care_home_knows_no_sign_is_in_the_gravest_danger():
    plan = valley().plans["hekou"].model_copy(update={"offline": None})
    assert ("error", "offline") in faults(plan)


@pytest.mark.parametrize(
    "update",
    [
        {"mark_prepare": None},
        {
            "mark_prepare": None,
            "mark_move": None,
            "buckets": (Bucket(hours=1, prepare_mm=1, move_mm=2),),
        },
    ],
)
def test_one_sign_to_leave_by_is_enough(update):
    assert {field for _, field in faults(alone(**update))} == {"zones.0.routes"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_get_ready_and_leave_never_have_one_sign(language):
    sign = PLAN.signals.prepare | {language: PLAN.signals.move[language].upper()}
    signals = PLAN.signals.model_copy(update={"prepare": sign})
    mark = MARKED.mark_prepare | {language: MARKED.mark_move[language]}
    found = faults(alone(mark_prepare=mark).model_copy(update={"signals": signals}))
    assert {("error", "signals.move"), ("error", "offline.mark_move")} <= found


def test_where_all_go_when_nobody_is_heard_has_room_for_all():
    people = sum(zone.people for zone in PLAN.zones)
    first, *others = PLAN.shelters

    def too_small(room):
        shelters = (first.model_copy(update={"capacity": room}), *others)
        found = faults(alone().model_copy(update={"shelters": shelters}))
        return ("warning", "offline.shelter") in found

    assert [too_small(people - 1), too_small(people)] == [True, False]


def test_where_all_go_when_nobody_is_heard_must_stay_dry():
    drowned = PLAN.shelters[0].model_copy(update={"flooded_from": CutFrom.RED})
    dry, wet = alone(), alone().model_copy(update={"shelters": (drowned, *PLAN.shelters[1:])})
    fault = ("error", "offline.shelter")
    assert (fault in faults(dry), fault in faults(wet)) == (False, True)


@pytest.mark.parametrize(("prepare_mm", "move_mm", "found"), [(26, 37, 0), (37, 26, 1), (9, 9, 1)])
def test_a_bucket_says_get_ready_before_it_says_leave(prepare_mm, move_mm, found):
    bucket = Bucket(hours=1, prepare_mm=prepare_mm, move_mm=move_mm)
    fault = ("error", "offline.buckets.0.move_mm")
    assert (fault in faults(alone(buckets=(bucket,)))) is bool(found)


def test_the_minutes_of_a_move_are_those_that_its_order_counts():
    """A zone's own gathering and a site's own help count, as they do in `orders`."""
    slow = changed("zones", 0, gather=LONGEST)
    assert ("warning", "zones.0") in faults(slow)
    hekou = valley().plans["hekou"]
    site = hekou.special_sites[0].model_copy(update={"times_help": LONGEST})
    assert ("warning", "special_sites.0") in faults(
        hekou.model_copy(update={"special_sites": (site,)})
    )


def test_a_finding_says_what_to_do():
    assert all(fault.cure for fault in lint(PLAN, Season(("fr",))))


def test_a_plan_reads_back_from_its_bytes():
    again = Plan.from_bytes(PLAN.to_bytes())
    assert (again, again.sha256) == (PLAN, PLAN.sha256)


def test_a_refuge_is_written_with_its_languages_beside_its_kind():
    refuge = Refuge.model_validate({"kind": "high_ground", "en": "the knoll", "zh": "山包"})
    assert refuge.name == {"en": "the knoll", "zh": "山包"}
    assert Refuge.model_validate(refuge.model_dump()) == refuge
