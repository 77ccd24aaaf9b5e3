"""What an official warning says: of which areas, in which colour, and until when."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import DecodeError
from pipeline.feeds.cap import PROTOCOL
from pipeline.feeds.registry import decode
from pipeline.feeds.warning_level import sub_areas
from pipeline.observation import Decoded, OfficialWarning, WarningKind
from tests.feeds.sample_cap import AREA, ROWS, SQUARE, alert, cap_spec, index, info, national
from tests.feeds.samples import payload
from tests.services import MAY_BE_ABSENT

SHARED = Path(__file__).parents[3] / "shared/data/cap_samples"


def read(text: str | bytes, **declared: object) -> Decoded:
    return decode(payload(text, "w.xml", "office"), cap_spec(**declared))


def only(text: str, **declared: object) -> OfficialWarning:
    (warning,) = read(text, **declared).warnings
    return warning


def faults(text: str) -> list[tuple[str | None, str]]:
    return [(fault.field, fault.message) for fault in read(text).faults]


def shaped(shape: str) -> str:
    return f"<area><areaDesc>A</areaDesc>{shape}</area>"


class TestMessage:
    def test_a_warning_says_who_what_where_and_until_when(self):
        warning = only(alert())
        assert warning.identity == "office@example.org,W1"
        assert warning.event == "Flash flood warning"
        assert warning.sent == datetime(2024, 7, 15, 11, tzinfo=UTC)
        assert warning.expires == datetime(2024, 7, 15, 18, tzinfo=UTC)
        (area,) = warning.areas
        assert (area.description, area.level) == ("Upper valley", 3)
        assert area.geocodes == (("T", "001"),)

    @pytest.mark.parametrize("status", ["Test", "Exercise", "Draft", "System", ""])
    def test_what_is_not_real_is_never_evidence(self, status):
        assert read(alert(status=status)).warnings == ()
        assert faults(alert(status=status))[0][0] == "status"

    @pytest.mark.parametrize(("field", "said"), [("msgType", "Ack"), ("scope", "Private")])
    def test_what_is_no_warning_or_not_for_us_is_told(self, field, said):
        assert read(alert(**{field: said})).warnings == ()
        assert [name for name, _ in faults(alert(**{field: said}))] == [field]

    def test_version_1_1_reads_as_1_2_does(self):
        assert only(alert().replace("cap:1.2", "cap:1.1")) == only(alert())

    def test_an_offset_is_an_offset_and_no_offset_is_the_feeds_zone(self):
        noon = datetime(2024, 7, 15, 12, tzinfo=UTC)
        assert only(alert(sent="2024-07-15T05:00:00-07:00")).sent == noon
        local = alert(sent="2024-07-15T20:00:00")
        assert only(local, zone="Asia/Shanghai").sent == noon

    def test_a_time_that_is_none_is_a_fault_and_the_warning_stays_until_ended(self):
        warning = read(alert(info(expires="soon")))
        assert warning.warnings[0].expires is None
        assert [fault.field for fault in warning.faults] == ["expires"]

    def test_it_lasts_as_long_as_its_longest_part(self):
        late = info(shaped("<polygon>" + SQUARE + "</polygon>"), expires="2024-07-16T00:00:00Z")
        assert only(alert(info(), late)).expires == datetime(2024, 7, 16, tzinfo=UTC)

    def test_what_is_no_message_is_refused(self):
        for text in ("<html/>", '<alert xmlns="urn:other"/>', "not xml"):
            with pytest.raises(DecodeError):
                read(text)


class TestLevel:
    @pytest.mark.parametrize(
        ("severity", "level"), [("Minor", 1), ("Moderate", 2), ("Severe", 3), ("Extreme", 4)]
    )
    def test_severity_is_a_level(self, severity, level):
        assert only(alert(info(severity=severity))).areas[0].level == level

    @pytest.mark.parametrize("colour", ["Blue", "Yellow", "Orange", "Red"])
    def test_the_headlines_colour_is_never_used(self, colour):
        level = ["Blue", "Yellow", "Orange", "Red"].index(colour) + 1
        assert {area.level for area in only(national(colour)).areas} == {level}

    def test_each_area_has_the_colour_of_its_own_part(self):
        other = AREA.replace("001", "002")
        areas = only(alert(info(), info(other, severity="Extreme"))).areas
        assert [(a.geocodes[0][1], a.level) for a in areas] == [("001", 3), ("002", 4)]

    def test_a_sub_area_has_a_colour_of_its_own(self):
        warning = only(national(description="预计今夜有大雨，其中甲镇、乙镇风险等级为橙色。"))
        levels = {area.description: area.level for area in warning.areas}
        assert levels == {"甲县": 1, "乙县": 1, "甲镇": 3, "乙镇": 3}

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("其中延庆 橙色", [("延庆", 3)]),
            ("其中，延庆和怀柔等地达到红色预警级别", [("延庆", 4), ("怀柔", 4)]),
            ("发布暴雨红色预警", []),
            ("其中最大雨强超过50毫米，橙色", []),
        ],
    )
    def test_a_colour_belongs_to_the_names_before_it_and_to_no_others(self, text, found):
        assert sub_areas(text) == found

    def test_a_part_without_a_level_is_a_fault_and_the_others_are_used(self):
        mixed = alert(info(severity="Unknown"), info())
        assert len(only(mixed).areas) == 1
        assert faults(mixed) == [("severity", "says no level")]

    def test_an_all_clear_warns_of_nothing(self):
        assert read(alert(info(responseType="AllClear"))) == Decoded()


class TestArea:
    def test_a_second_language_gives_an_area_one_more_name_and_counts_it_once(self):
        french = AREA.replace("Upper valley", "Haute vallée")
        (area,) = only(alert(info(), info(french, language="fr-FR"), info())).areas
        assert area == replace(only(alert()).areas[0], description="Upper valley; Haute vallée")

    def test_a_polygon_is_latitude_first_and_an_open_one_is_closed(self):
        opened = SQUARE.rpartition(" ")[0]
        for text in (SQUARE, opened):
            (ring,) = only(alert(info(shaped(f"<polygon>{text}</polygon>")))).areas[0].polygons
            assert ring[0] == ring[-1] == (113.0, 27.0)
            assert len(ring) == 5

    def test_no_place_inside_a_circle_is_lost(self):
        circle = shaped("<circle>27.5,113.5 10</circle>")
        (ring,) = only(alert(info(circle))).areas[0].polygons
        north = max(lat for _, lat in ring)
        assert 10.0 <= (north - 27.5) * 111.195 < 10.1

    def test_the_national_form_writes_a_radius_in_metres(self):
        ring = only(national()).areas[0].polygons[0]
        assert 5.0 <= (max(lat for _, lat in ring) - 27.5) * 111.195 < 5.1

    @pytest.mark.parametrize(
        "shape",
        ["<polygon>1,2 3,4...</polygon>", "<polygon>113,27 113,28</polygon>",
         "<polygon>127.0,27.0 1,1 2,2</polygon>", "<circle>27,113 nan</circle>"],
    )  # fmt: skip
    def test_a_shape_that_is_none_is_a_fault_and_the_area_keeps_its_name(self, shape):
        text = alert(info(shaped(shape)))
        assert only(text).areas[0].polygons == ()
        assert len(faults(text)) == 1

    def test_an_area_that_says_nothing_is_a_fault_and_the_others_are_used(self):
        text = alert(info("<area><areaDesc/></area>" + AREA))
        assert len(only(text).areas) == 1
        assert [field for field, _ in faults(text)] == ["area"]

    def test_only_events_that_the_feed_is_asked_for_count(self):
        heat = alert(info(event="Heat warning"))
        assert read(heat, parameter="flood|11B03") == Decoded()
        assert only(alert(), parameter="flood|11B03") == only(alert())
        assert only(national(), parameter="flood|11B03") == only(national())


class TestReferences:
    def test_references_are_read_in_whatever_spacing(self):
        said = "\n office@example.org , W1,2024-07-15T11:00:00Z\t x,W2,2024-07-15 11:00:00+00:00 "
        warning = only(alert(msgType="Update", number=9, references=said))
        assert warning.references == ("office@example.org,W1", "x,W2")

    @pytest.mark.parametrize("fields", [{}, {"references": ""}, {"references": " \n"}])
    def test_a_cancel_that_names_no_message_ends_nothing_and_is_told(self, fields):
        text = alert(msgType="Cancel", **fields)
        assert read(text).warnings == ()
        assert [field for field, _ in faults(text)] == ["references"]

    def test_a_reference_that_is_none_is_told_and_the_others_are_used(self):
        text = alert(msgType="Cancel", number=9, references="W1 office@example.org,W1,x")
        assert only(text).references == ("office@example.org,W1",)
        assert [field for field, _ in faults(text)] == ["references"]

    def test_no_message_ends_itself(self):
        own = alert(msgType="Update", references="office@example.org,W1,x")
        assert only(own).references == ()

    def test_an_update_of_which_a_part_is_lost_ends_nothing(self):
        fields = {"msgType": "Update", "number": 9, "references": "office@example.org,W1,x"}
        assert only(alert(**fields)).references == ("office@example.org,W1",)
        broken = alert(info(), info(severity="?"), **fields)
        assert only(broken).references == ()
        assert read(alert(info(severity="?"), **fields)).warnings == ()

    def test_the_national_form_names_the_first_of_its_chain(self):
        warning = only(national(msgType="Update", references="first"))
        assert warning.kind is WarningKind.UPDATE
        assert warning.chain == "某市气象局,first"


class TestIndex:
    def test_an_index_names_its_messages_once(self):
        feed = (
            '<feed xmlns="http://www.w3.org/2005/Atom"><link href="self"/>'
            '<entry><link href="a.html"/><link type="application/cap+xml" href="a.cap"/></entry>'
            '<entry><link rel="self" href="x"/><link href="b.cap"/></entry><entry/></feed>'
        )
        assert PROTOCOL.links(payload(feed)) == ["a.cap", "b.cap"]
        rss = "<rss><channel><link>x</link><item><link> c.cap </link></item></channel></rss>"
        assert PROTOCOL.links(payload(rss)) == ["c.cap"]
        assert read(feed) == read(rss) == Decoded()

    def test_a_message_that_an_index_holds_is_read_and_not_fetched(self):
        assert len(read(index(ROWS)).warnings) == 3
        assert PROTOCOL.links(payload(index(ROWS))) == []
        assert PROTOCOL.links(payload(alert())) == ()

    def test_one_bad_message_of_an_index_stops_no_other(self):
        rows = (ROWS[0], "<alert", alert(sent="?", number=7), ROWS[1])
        assert read(index(rows)).warnings == read(index([ROWS[0], ROWS[1]])).warnings


# Of each file: kind, levels of its areas, number of references; or the field of its only fault.
KNOWN: dict[str, tuple[str, list[int], int] | str | None] = {
    "alphagov/update.xml": "severity",
    "alphagov/wainfleet.xml": ("alert", [3], 0),
    "alphagov/wainfleet_cancel_with_empty_references.xml": "references",
    "alphagov/wainfleet_cancel_with_missing_references.xml": "references",
    "alphagov/wainfleet_cancel_with_references.xml": ("cancel", [], 1),
    "alphagov/windemere.xml": ("alert", [3], 0),
    "cn_national/henan_wind_blue_update.xml": ("update", [1], 1),
    "defra/getMessage-invalid.xml": "status",
    "defra/getMessage-valid.xml": "status",
    "defra/nws-alert.xml": ("alert", [1], 0),
    "google_cap_library/australia.cap": ("alert", [1, 1], 0),
    "google_cap_library/canada.cap": ("update", [], 2),
    "google_cap_library/canada_signed.cap": ("update", [2, 2], 9),
    "google_cap_library/earthquake_signed.cap": "severity",
    "google_cap_library/invalid.cap": "scope",
    "google_cap_library/no_optional_fields.cap": "info",
    "google_cap_library/noaa_errors.cap": "severity",
    "google_cap_library/thunderstorm.cap": ("alert", [3], 0),
    "google_cap_library/wcatwc-warning.cap": ("update", [4], 1),
    "google_cap_library/weather.cap": ("alert", [3], 0),
    "google_cap_library/xee.cap": None,
    "nws/cap.2020-05-07T14_12_00.xml": "index",
    "oasis_examples/example1.xml": ("alert", [3], 0),
    "oasis_examples/example2.xml": ("alert", [3], 0),
    "oasis_examples/example3.xml": ("update", [1], 1),
    "oasis_examples/example4.xml": ("alert", [3], 0),
}

# Of each file with a shape or a code that is not cut short: corners of each ring, number of codes.
DRAWN: dict[str, tuple[list[int], int]] = {
    "alphagov/wainfleet.xml": ([29], 1),
    "alphagov/windemere.xml": ([6, 6773, 5], 1),
    "cn_national/henan_wind_blue_update.xml": ([], 1),
    "google_cap_library/australia.cap": ([65, 65], 2),
    "google_cap_library/canada_signed.cap": ([38, 37], 36),
    "google_cap_library/thunderstorm.cap": ([5], 3),
    "google_cap_library/wcatwc-warning.cap": ([], 2),
    "google_cap_library/weather.cap": ([], 2),
    "oasis_examples/example2.xml": ([5], 3),
    "oasis_examples/example4.xml": ([], 1),
}


@pytest.mark.skipif(not SHARED.is_dir(), reason=MAY_BE_ABSENT)
class TestSamples:
    def test_every_file_has_its_line_here(self):
        files = {str(p.relative_to(SHARED)) for e in ("cap", "xml") for p in SHARED.rglob(f"*.{e}")}
        assert files == set(KNOWN)

    @pytest.mark.parametrize("name", KNOWN)
    def test_it_decodes_or_is_refused_for_the_right_reason(self, name):
        content, known = (SHARED / name).read_bytes(), KNOWN[name]
        if known is None:
            with pytest.raises(DecodeError, match="document type"):
                read(content)
            return
        decoded = read(content)
        if known == "index":
            assert decoded == Decoded()
            assert len(PROTOCOL.links(payload(content))) == 4
        elif isinstance(known, str):
            assert decoded.warnings == ()
            assert [fault.field for fault in decoded.faults] == [known]
        else:
            (warning,) = decoded.warnings
            levels = [area.level for area in warning.areas]
            assert (warning.kind, levels, len(warning.references)) == known

    @pytest.mark.parametrize("name", DRAWN)
    def test_no_corner_and_no_code_is_lost(self, name):
        (warning,) = read((SHARED / name).read_bytes()).warnings
        rings = [len(ring) for area in warning.areas for ring in area.polygons]
        assert (rings, sum(len(area.geocodes) for area in warning.areas)) == DRAWN[name]

    def test_a_shape_cut_short_is_told(self):
        cut = read((SHARED / "defra/nws-alert.xml").read_bytes())
        assert [fault.field for fault in cut.faults] == ["area.polygon"]
