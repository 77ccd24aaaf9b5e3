"""Whom a roster finds by reference, village and role: the same as whoever reads it from the top."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.contact import EVERYWHERE, Contact
from alerts.roster import Roster

VILLAGES = ("hekou", "shangcun", "dongwan")
ROLES = ("responsible", "warning", "county_duty")
PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(ROLES),
        st.lists(st.sampled_from((*VILLAGES, EVERYWHERE)), min_size=1, max_size=3),
    ),
    max_size=12,
).map(
    lambda rows: tuple(
        Contact(
            ref=f"role:made/{number}",
            role=role,
            villages=tuple(villages),
            email=f"a{number}@mailbox.invalid",
        )
        for number, (role, villages) in enumerate(rows)
    )
)


@given(PEOPLE, st.sampled_from(VILLAGES), st.lists(st.sampled_from(ROLES)), st.data())
def test_it_finds_whom_a_reading_from_the_top_finds(people, village, roles, data):
    refs = data.draw(st.lists(st.sampled_from([*(c.ref for c in people), "role:made/nobody"])))
    roster = Roster(people)
    by_name = [c for ref in refs for c in people if c.ref == ref]
    by_role = [c for c in people if c.role in roles and c.covers(village)]
    assert roster.named(refs, roles, village) == tuple(dict.fromkeys([*by_name, *by_role]))
    assert tuple(roster.of_village(village)) == tuple(c for c in people if c.covers(village))


@given(PEOPLE)
def test_everybody_is_found_by_reference_and_nobody_else(people):
    roster = Roster(people)
    assert [roster.contact(c.ref) for c in people] == list(people)
    assert roster.contact("role:made/nobody") is None
