"""What was issued is drafted in the national form, in one chain, under names that never change."""

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from alerts.actions import Asked, confirm_lower, order_village, request_lower
from alerts.cn_alert import Publisher
from alerts.cn_alert_rules import entered, problems
from alerts.cn_chain import Entry, filings
from alerts.drafting import draft, publisher_of
from alerts.errors import Refused
from alerts.issue import Minute
from alerts.release import CHECKLIST
from alerts.releasing import Releasing, release_places
from alerts.said import Said
from alerts.tables import cap_alert, message
from alerts.tier import Tier
from alerts.warning_config import PublishingAuthority, WarningConfig
from pipeline import explain
from pipeline.assess import RISK_KIND
from pipeline.errors import NotKept
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from pipeline.world import Mode, World
from tests.alerts.night import FLOOD, WALL, Night, home_of
from tests.golden.samples import HOUR, MINUTE, ROOT, SLOT, bulletin, risk, shipped, valley

PLACE, OTHER = "110118107210", "110118107211"
OFFICE = {"division": "990101", "sector": "416", "name": "某县应急管理局"}
FIRST, SECOND = "county_duty-1", "county_duty-2"


@cache
def rules():
    return risk_config(load(ROOT / "config" / "beijing", ROOT / ".floodwarn"))


def published(pack, **office):
    named = PublishingAuthority(**(OFFICE | office))
    return replace(pack, config=pack.config.model_copy(update={"publisher": named}))


@pytest.fixture
def district(engine, tmp_path):
    """Give a night in the mountains of Beijing, whose villages bear codes of the state."""
    pack = published(shipped("beijing"))
    world = World("beijing", Mode.EXERCISE, "x1")
    with engine.begin() as connection:
        explain.keep(connection, RISK_KIND, "beijing", rules().to_bytes(), stored_at=WALL)
    return Night(engine, home_of(tmp_path / "home", pack), world, pack)


def told(night, slot=SLOT, **levels):
    said = [risk(level, village=v, slot=slot, lead_min=300) for v, level in levels.items()]
    whole = bulletin(*said, slot=slot, site="beijing")
    at = Minute(WALL + (slot - SLOT), FLOOD + (slot - SLOT))
    night.warned(replace(whole, risk_config_sha256=rules().sha256), at=at)


def at(minutes):
    return Minute(WALL + minutes * MINUTE, FLOOD + minutes * MINUTE)


def of_revision(night, revision, village=PLACE, language="zh"):
    rows = [
        row.message_id
        for row in night.rows(message)
        if (row.village_id, row.revision, row.language) == (village, revision, language)
    ]
    return rows[0]


def drafted(night, revision, village=PLACE, language="zh"):
    wanted = of_revision(night, revision, village, language)
    return draft(night.engine, wanted, night.pack.config)


def say(alert, path):
    return etree.fromstring(alert.content).findtext(path)


def test_an_episode_of_the_ledger_is_one_chain_that_names_its_first_and_ends_with_its_lifting(
    district,
):
    told(district, **{PLACE: 3})
    told(district, SLOT + HOUR, **{PLACE: 4})
    asked = Asked(PLACE, Tier.NONE, "over", FIRST, override="seen")
    request = request_lower(district.desk, asked, at(90))
    confirm_lower(district.desk, request, SECOND, at(91))
    revisions = sorted({row.revision for row in district.rows(message)})
    chain = [drafted(district, revision) for revision in revisions]
    assert [each.msg_type for each in chain] == ["Alert", "Update", "Cancel"]
    assert [say(each, "references") for each in chain] == ["", *[chain[0].identifier] * 2]
    assert [say(each, "info/severity") for each in chain] == ["Orange", "Red", "Red"]
    assert [problems(each.content) for each in chain] == [[]] * 3
    assert {say(each, "status") for each in chain} == {"Test"}
    assert "立即转移" in say(chain[1], "info/instruction")
    sent = [each.sent for each in sorted(district.rows(cap_alert), key=lambda row: row.revision)]
    assert [say(each, "sendTime").replace(" ", "T") for each in chain] == sent


def test_a_bulletin_that_waited_while_a_person_ordered_is_drafted_after_that_order(district):
    told(district, **{PLACE: 2})
    order_village(district.desk, Asked(PLACE, Tier.ORANGE, "seen", FIRST), at(61))
    told(district, SLOT + HOUR, **{PLACE: 4})
    revisions = sorted({row.revision for row in district.rows(message)})
    sent = [say(drafted(district, revision), "sendTime") for revision in revisions]
    assert sent == sorted(set(sent))
    assert len(sent) == 3


def test_two_villages_of_one_minute_have_two_names_and_each_keeps_its_own(district):
    told(district, **{PLACE: 3, OTHER: 4})
    first = {v: drafted(district, 1, v) for v in (PLACE, OTHER)}
    assert first[PLACE].identifier != first[OTHER].identifier
    told(district, SLOT + HOUR, **{PLACE: 4, OTHER: 4})
    assert {v: drafted(district, 1, v) for v in (PLACE, OTHER)} == first


def test_a_message_in_another_language_has_the_same_draft(district):
    told(district, **{PLACE: 4})
    assert drafted(district, 1, language="en") == drafted(district, 1)


def test_an_order_by_hand_before_any_bulletin_is_drafted_too(district):
    order_village(district.desk, Asked(PLACE, Tier.RED, "seen", FIRST), at(1))
    said = drafted(district, 1)
    assert (say(said, "info/severity"), say(said, "info/area/geocode")) == ("Red", PLACE)


def test_drafting_writes_nothing_into_the_ledger(district):
    told(district, **{PLACE: 4})
    before = [district.rows(table) for table in (message, cap_alert)]
    drafted(district, 1)
    assert [district.rows(table) for table in (message, cap_alert)] == before


def test_the_way_home_after_a_lifting_has_no_draft(district):
    told(district, **{PLACE: 4})
    district.answered(Said.COUNTED)
    asked = Asked(PLACE, Tier.NONE, "over", FIRST, override="seen")
    confirm_lower(district.desk, request_lower(district.desk, asked, at(5)), SECOND, at(6))
    assert drafted(district, 2).msg_type == "Cancel"
    places = tuple(place.id for _, place in district.pack.plans[PLACE].places())
    seen = Releasing(PLACE, places, frozenset(CHECKLIST), FIRST)
    release_places(district.desk, seen, at(10 * 60))
    with pytest.raises(Refused, match="was lifted before"):
        drafted(district, 3)


def test_without_a_publisher_nothing_is_drafted_and_the_setting_is_named(district):
    told(district, **{PLACE: 4})
    with pytest.raises(Refused, match=r"site\.toml has no \[warning\.publisher\]"):
        draft(district.engine, of_revision(district, 1), shipped("beijing").config)


def test_a_village_without_a_code_of_the_state_is_refused_by_the_rule_that_it_breaks(night):
    order_village(night.desk, Asked("hekou", Tier.RED, "seen", FIRST), at(1))
    wanted = of_revision(night, 1, "hekou")
    with pytest.raises(Refused, match="N7 area: geocode"):
        draft(night.engine, wanted, published(valley()).config)


def test_what_was_not_issued_as_a_cap_alert_is_not_drafted(night):
    order_village(night.desk, Asked("rp-upper", Tier.RED, "seen", FIRST), at(1))
    wanted = of_revision(night, 1, "rp-upper")
    with pytest.raises(Refused, match="not issued as a CAP alert"):
        draft(night.engine, wanted, published(valley()).config)


def test_a_site_that_does_not_speak_chinese_is_refused(night):
    pack = valley()
    spoken = {"en": pack.templates["en"]}
    config = pack.config.model_copy(update={"languages": ("en",)})
    night.pack = published(replace(pack, templates=spoken, config=config))
    order_village(night.desk, Asked("hekou", Tier.RED, "seen", FIRST), at(1))
    wanted = of_revision(night, 1, "hekou", "en")
    with pytest.raises(Refused, match="is Chinese"):
        draft(night.engine, wanted, night.pack.config)


def test_a_message_that_is_not_there_cannot_be_drafted(night):
    with pytest.raises(NotKept, match="no message"):
        draft(night.engine, "none", published(valley()).config)


class TestSetting:
    def test_a_configuration_that_names_no_publisher_keeps_its_hash(self):
        config = valley().config
        assert b"publisher" not in config.to_bytes()
        assert WarningConfig.from_bytes(config.to_bytes()) == config

    def test_one_that_names_it_has_another_hash_and_comes_back_whole(self):
        config = published(valley()).config
        assert config.sha256 != valley().config.sha256
        assert WarningConfig.from_bytes(config.to_bytes()) == config

    @given(name=st.text(min_size=1, max_size=80))
    def test_whatever_name_the_site_may_state_is_one_that_a_draft_can_bear(self, name):
        try:
            config = published(valley(), name=name).config
        except ValueError:
            return
        assert publisher_of(config).name == name

    @pytest.mark.parametrize(
        ("field", "wrong"),
        [("division", "090101"), ("sector", "41"), ("unit", "x"), ("extension", "0\n"),
         ("name", "某\n局"), ("name", ""), ("colour", "red")],
    )  # fmt: skip
    def test_a_malformed_publisher_is_no_setting(self, field, wrong):
        with pytest.raises(ValueError, match=field):
            PublishingAuthority(**(OFFICE | {field: wrong}))


OF_CODE = Publisher("990101", "416", "000", "00", "某县应急管理局")
ENTRIES = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(Tier), st.integers(0, 90)),
    max_size=40,
)  # fmt: skip


def entries(drawn):
    """Return the entries that came at those seconds, each episode's in the order of its time."""
    last: dict[str, int] = {}
    for revision, (episode, tier, second) in enumerate(drawn, start=1):
        last[episode] = max(second, last.get(episode, -1) + 1)
        yield Entry(episode, revision, tier, SLOT + last[episode] * MINUTE / 60)


@given(drawn=ENTRIES, later=ENTRIES)
def test_no_two_share_a_name_and_what_comes_later_changes_none(drawn, later):
    both = tuple(entries([*drawn, *later]))
    known, found = filings(OF_CODE, both[: len(drawn)]), filings(OF_CODE, both)
    names = [found[e.key].identifier(e.at) for e in both if e.key in found]
    assert len(set(names)) == len(names)
    assert {key: found[key] for key in known} == known


@given(drawn=ENTRIES)
def test_each_chain_begins_without_a_first_names_it_after_and_ends_with_its_lifting(drawn):
    all_of, standing = tuple(entries(drawn)), {}
    found = filings(OF_CODE, all_of)
    for entry in all_of:
        first = standing.get(entry.episode_id)
        if entry.tier is Tier.NONE and first is None:
            assert entry.key not in found
            continue
        filing = found[entry.key]
        assert filing.first == first
        standing[entry.episode_id] = first or filing.identifier(entry.at)
        assert first is None or first < filing.identifier(entry.at)
        if entry.tier is Tier.NONE:
            del standing[entry.episode_id]


def test_a_first_that_a_crowd_pushed_to_a_later_second_is_still_named_before_what_follows():
    crowd = [Entry(str(number), 1, Tier.RED, SLOT) for number in range(25)]
    mine = [Entry("mine", n, Tier.RED, SLOT + n * MINUTE / 60) for n in (0, 1)]
    found = filings(OF_CODE, [*crowd, *mine])
    first, later = (found[e.key].identifier(e.at) for e in mine)
    assert first < later
    assert entered(first) > mine[1].at


def test_the_form_has_600_names_for_one_second_and_no_more():
    crowd = [Entry(str(number), 1, Tier.RED, SLOT) for number in range(602)]
    found = filings(OF_CODE, crowd)
    assert len({found[e.key].identifier(e.at) for e in crowd[:600]}) == len(found) == 600
