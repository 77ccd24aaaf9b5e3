"""People for tests: a handful by name, and any that a roster can hold."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from alerts.contacts.register import Act, take_in
from alerts.roster import Contact, Right

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
CHIEF = Contact(
    ref="chief",
    role="county_duty",
    villages="*",
    phone="+8613800001111",
    email="chief@mailbox.invalid",
    logins=("officer",),
    rights=frozenset({Right.PERSONAL, Right.ORDER}),
    exercise=True,
)
LEADER = Contact(
    ref="hekou/responsible",
    role="responsible",
    villages=("hekou",),
    phone="+8613900002222",
    channels=("sms", "voice"),
    language="zh",
    exercise=True,
    legal_basis="public_task",
)
WEAK = Contact(
    ref="person:7",
    role="villager",
    villages=("hekou",),
    channels=(),
    needs_help="carry",
    legal_basis="vital_interest",
)
HOOKED = Contact(
    ref="county/system",
    role="system",
    villages=(),
    channels=("webhook", "file"),
    webhook={
        "url": "https://hooks.invalid/T0K3N",
        "credentials": ["HOOK", "HOOK_OLD"],
        "allow_private": ["10.0.0.0/8"],
    },
)
EVERYBODY = (CHIEF, LEADER, WEAK, HOOKED)
ACT = Act("chief", NOW)


def kept(home, *people):
    """Take people in."""
    settled = take_in(home, people or EVERYBODY, (), ACT)
    assert settled.refused == {}
    return home


names = st.from_regex(r"[A-Za-z0-9_.-]{1,12}", fullmatch=True).filter(lambda name: name != "-")
refs = st.from_regex(r"[A-Za-z0-9_.:/-]{1,20}", fullmatch=True)
phones = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
local = st.from_regex(r"[=+@A-Za-z0-9_.-]{1,12}".replace("@", ""), fullmatch=True)
emails = local.map(lambda name: f"{name}@mailbox.invalid")
villages = st.just("*") | st.lists(
    st.from_regex(r"[A-Za-z0-9_]{1,12}", fullmatch=True), max_size=3, unique=True
)
hooks = st.builds(
    lambda path, secrets: {"url": f"https://hooks.invalid/{path}", "credentials": secrets},
    st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True),
    st.lists(st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True), min_size=1, max_size=2),
)
NEEDS = {"email": "email", "sms": "phone", "voice": "phone", "webhook": "webhook"}


@st.composite
def contacts(draw):
    given = {
        "email": draw(st.none() | emails),
        "phone": draw(st.none() | phones),
        "webhook": draw(st.none() | hooks),
    }
    can = [channel for channel, need in NEEDS.items() if given[need] is not None] + ["file"]
    return Contact(
        ref=draw(refs),
        role=draw(names),
        villages=draw(villages),
        **given,
        channels=draw(st.lists(st.sampled_from(can), unique=True)),
        language=draw(st.sampled_from(["zh", "en", "fr", "zh-CN"])),
        logins=draw(st.lists(names, max_size=2, unique=True)),
        rights=draw(st.frozensets(st.sampled_from(Right))),
        exercise=draw(st.booleans()),
        legal_basis=draw(st.sampled_from([None, "consent", "public_task", "vital_interest"])),
        needs_help=draw(st.sampled_from([None, "wake", "accompany", "carry", "vehicle"])),
    )


def no_login_or_address_twice(people):
    """Tell whether a roster keeps all of them as they are."""
    alone = all(
        not one.is_same_person(other) for n, one in enumerate(people) for other in people[:n]
    )
    return alone and len({one.ref for one in people}) == len(people)


rosters = (
    st.lists(contacts(), max_size=4, unique_by=lambda one: one.ref)
    .filter(no_login_or_address_twice)
    .map(tuple)
)
