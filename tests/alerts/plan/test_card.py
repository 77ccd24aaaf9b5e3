"""The card of a village says all that its plan says of the night, and nothing that it must not."""

import re
from html.parser import HTMLParser

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from alerts.cli.plan_card import card as command
from alerts.plan.card import Issuer, card, fits, labels
from alerts.plan.model import Plan
from pipeline.site.model import Village, VillageKind
from tests.valley import copied

COLOURS = re.compile(r"\b(blue|yellow|orange|red|bleu|jaune|rouge)\b|[蓝黄橙红]", re.IGNORECASE)
VILLAGE = Village(
    village_id="110118107209",
    kind=VillageKind.VILLAGE,
    name="河口村",
    name_en="Hekou",
    township="Qingxi",
    position_basis="none",
)
ISSUER = Issuer("Qingxi flood desk", "the duty officer", "https://flood.example/board/")


def both(en: str, zh: str = "字") -> dict:
    return {"en": en, "zh": zh}


def plan(**changed) -> Plan:
    """Return a plan of everything that a card can show."""
    written = {
        "village_id": VILLAGE.village_id,
        "exercise": False,
        "note": "for tests",
        "valid_from": "2024-05-01",
        "reviewed_by": "desk",
        "reviewed_on": "2024-04-02",
        "return_period_y": 20,
        "times": {"call": 4, "gather": 10, "help": 10},
        "zones": [
            {
                "id": "bank", "name": both("the bank"), "households": 52, "people": 138,
                "refuge": {"kind": "upper_floor", "en": "the tea house, upstairs"},
                "assembly": "well", "routes": ["hill", "ford"], "shelters": ["school", "hall"],
            },
            {
                "id": "gully", "name": both("the gully"), "households": 3, "people": 9,
                "danger": "extreme", "routes": ["hill"], "shelters": ["school"],
            },
        ],
        "routes": [
            {"id": "hill", "name": both("the hill path", "后山路"), "minutes_day": 15,
             "minutes_night": 22, "avoid": both("the low bridge")},
            {"id": "ford", "name": both("the ford road", "河滩路"), "minutes_day": 6,
             "minutes_night": 9, "crossings": [
                 {"id": "ford", "name": both("the ford"), "cut_from": "orange"}]},
        ],
        "shelters": [
            {"id": "school", "name": both("the school", "村小学"), "capacity": 300,
             "flooded_from": "never"},
            {"id": "hall", "name": both("the hall"), "capacity": 90, "flooded_from": "never"},
        ],
        "assembly_points": [{"id": "well", "name": both("the well")}],
        "special_sites": [
            {"id": "home", "kind": "care_home", "name": both("the care home"), "people_day": 46,
             "people_night": 44, "staff_night": 4, "times_help": 30, "routes": ["hill"],
             "shelters": ["school"]},
        ],
        "people": {"responsible": ["v/head", "v/deputy"], "warning": ["v/gong"]},
        "needs_help": [
            {"ref": "v/p1", "place": "bank", "how": "carry", "helper": "v/h1"},
            {"ref": "v/p2", "place": "bank", "how": "wake", "helper": "v/h2"},
        ],
        "signals": {"prepare": both("slow gong", "慢敲锣"), "move": both("fast gong", "快敲锣"),
                    "means": ["gong", "whistle"]},
        "offline": {
            "works": both("the hand siren"), "shelter": "hall",
            "buckets": [{"hours": 3, "prepare_mm": 55, "move_mm": 75.5},
                        {"hours": 1, "prepare_mm": 35, "move_mm": 50}],
            "mark_prepare": both("the white line"), "mark_move": both("the second step"),
        },
    }  # fmt: skip
    return Plan.model_validate(written | changed)


class Read(HTMLParser):
    """What a browser makes of a page: its elements in order, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        body = " ".join(self.words).split("}", maxsplit=1)[-1]
        return " ".join(body.split("@media screen")[-1].split())


def page(of: Plan, language: str = "en", issuer: Issuer = ISSUER) -> str:
    return card(of, VILLAGE, issuer, language=language)


def said(of: Plan, language: str = "en") -> str:
    return Read(page(of, language)).text


@pytest.mark.parametrize(
    "words",
    [
        "slow gong", "fast gong", "gong; whistle", "the bank", "52 households, 138 people",
        "Gather at: the well", "→ the school", "the hill path (15 min by day, 22 by night)",
        "If that place is full: the hall", "the low bridge", "the tea house, upstairs",
        "None: leave early", "46 people by day, 48 by night", "within 1 h from 35 mm from 50 mm",
        "within 3 h from 55 mm from 75.5 mm", "the white line the second step",
        "Then everybody goes to: the hall", "the hand siren", "v/head; v/deputy", "2024-05-01",
        "2024-04-02", "once in 20 years", "Qingxi flood desk", "Silence is not safety",
    ],
)  # fmt: skip
def test_what_the_plan_says_of_the_night_stands_on_the_card(words):
    assert words in said(plan())


def test_who_cannot_wait_is_told_to_leave_at_the_first_signal():
    text = said(plan())
    first, second = text.index("GET READY, these leave"), text.index("LEAVE NOW, these leave")
    assert first < text.index("1. the care home") < text.index("2. the gully") < second
    assert second < text.index("3. the bank")


def test_no_one_is_sent_by_a_way_that_their_flood_cuts_and_its_crossing_is_to_be_stayed_off():
    text = said(plan())
    assert "the ford road" not in text
    assert "the low bridge; the ford" in text


def test_without_a_way_that_stays_open_the_card_sends_to_the_refuge():
    shelters = [
        {"id": ident, "name": both(f"the {ident}"), "capacity": 300, "flooded_from": "yellow"}
        for ident in ("school", "hall")
    ]
    drowned = plan(shelters=shelters)
    text = said(drowned)
    assert "→ the school" not in text
    assert text.count(labels("en")["no_way"]) == 3


def test_people_who_need_help_are_a_count_and_nobody():
    text = page(plan())
    assert "need help to leave: 2" in text
    assert not [ref for ref in ("v/p1", "v/p2", "v/h1", "v/h2", "carry") if ref in text]


def test_a_place_where_nothing_is_agreed_for_silence_says_so_and_still_says_to_leave():
    text = said(plan(offline=None, signals=None))
    assert labels("en")["no_levels"] in text
    assert labels("en")["as_above"] in text
    assert text.count(labels("en")["not_agreed"]) == 2
    assert labels("en")["silence"] in text


@pytest.mark.parametrize("shelter", ["nowhere", "cellar"])
def test_nobody_meets_where_the_flood_comes_or_in_a_shelter_that_no_one_wrote(shelter):
    offline = plan().offline.model_dump() | {"shelter": shelter}
    cellar = {"id": "cellar", "name": both("the cellar"), "capacity": 9, "flooded_from": "red"}
    shelters = [each.model_dump(mode="json") for each in plan().shelters]
    text = said(plan(offline=offline, shelters=[*shelters, cellar]))
    assert labels("en")["as_above"] in text
    assert labels("en")["all_go"] not in text


DIALLED = st.tuples(
    st.sampled_from(["", "tel:", "v/", "head-", "00"]),
    st.text("0123456789", min_size=7, max_size=14),
    st.sampled_from(["", "-", ".", ":", "_"]),
).map(lambda part: part[0] + part[2].join((part[1][:3], part[1][3:])))


@given(DIALLED)
def test_no_reference_that_could_be_dialled_is_printed(ref):
    people = {"responsible": [ref, "v/deputy"], "patrol": [ref]}
    if not VILLAGE.village_id.startswith(re.sub(r"\D", "", ref)):
        text = page(plan(people=people))
        assert ref not in text
        assert "v/deputy" in text
        assert text.count('class="hand"') == 2


def test_the_code_of_the_village_is_no_number_to_dial():
    assert "110118107209/head" in page(plan(people={"responsible": ["110118107209/head"]}))
    assert "110118107/head" in page(plan(people={"responsible": ["110118107/head"]}))


HOSTILE = st.text("<>&\"'/ ={}%!-ab字\u202e", min_size=1, max_size=40).map(
    lambda text: f"<img src=x onerror='{text}'>{{{{ 7*7 }}}}\"{text}"
)


@given(HOSTILE)
def test_a_name_is_words_whatever_it_holds(name):
    def named(words: str) -> str:
        texts = both(words, words)
        zone = {
            "id": "bank", "name": texts, "households": 1, "people": 1, "assembly": "well",
            "refuge": {"kind": "high_ground"} | texts, "routes": ["hill"], "shelters": ["school"],
        }  # fmt: skip
        route = {"id": "hill", "name": texts, "minutes_day": 1, "minutes_night": 2, "avoid": texts}
        return card(
            plan(
                zones=[zone],
                routes=[route],
                special_sites=[],
                needs_help=[],
                shelters=[{"id": s, "name": texts, "capacity": 9} for s in ("school", "hall")],
                assembly_points=[{"id": "well", "name": texts}],
                signals={"prepare": texts, "move": texts, "all_clear": texts},
                offline={"works": texts, "shelter": "hall", "mark_move": texts},
            ),
            VILLAGE.model_copy(update={"name_en": words, "township": words}),
            Issuer(words, words, "https://flood.example"),
            language="en",
        )

    plain, hostile = Read(named("word")), Read(named(name))
    assert hostile.tags == plain.tags
    assert "{{ 7*7 }}" in hostile.text


@pytest.mark.parametrize(
    "base", ["", "javascript:alert(1)", "https://a b", 'https://x/"><b', "ftp://x"]
)
def test_an_address_that_is_none_of_the_web_is_refused(base):
    with pytest.raises(ValueError, match="no http address"):
        page(plan(), issuer=Issuer("desk", "officer", base))


def test_the_code_and_the_line_below_it_lead_to_the_village_s_own_page():
    here, there = page(plan()), page(plan(), issuer=Issuer("a", "b", "https://other.example"))
    assert "https://flood.example/board/villages/110118107209" in here
    drawn = [re.search(r"<svg.*</svg>", each).group() for each in (here, there)]
    assert drawn[0] != drawn[1]


@pytest.mark.parametrize("language", ["en", "zh", "fr"])
def test_a_card_speaks_of_no_colour_and_every_label_is_said_in_its_language(language):
    assert not COLOURS.search(said(plan(), language))
    assert labels(language).keys() == labels("en").keys()
    assert language == "en" or labels(language)["silence"] != labels("en")["silence"]


def test_another_language_has_english_labels_and_its_own_base_where_there_is_one():
    assert labels("ta") == labels("en")
    assert labels("zh-Hant") == labels("zh")
    assert "河口村" in said(plan(), "zh-Hant")


def test_the_plan_s_own_words_are_in_the_language_asked_for():
    text = said(plan(), "zh")
    assert all(
        words in text for words in ("慢敲锣", "后山路（白天15分钟，夜里22分钟）", "→ 村小学")
    )


@pytest.mark.parametrize("language", ["en", "zh", "fr"])
def test_an_exercise_plan_says_so_across_the_page_and_no_other_does(language):
    mark = labels(language)["exercise"]
    assert said(plan(exercise=True), language).count(mark) == 1
    assert mark not in said(plan(), language)


def test_the_same_plan_gives_the_same_bytes_and_another_bears_another_version():
    first, other = plan(), plan(return_period_y=50)
    assert page(first) == page(plan())
    assert first.sha256[:12] in page(first)
    assert other.sha256[:12] in page(other)


def test_a_plan_with_more_words_gets_no_greater_letters_and_one_beyond_the_page_is_known():
    def points(count: int) -> float:
        zone = plan().zones[0].model_dump()
        crowded = plan(zones=[zone | {"id": f"z{n}"} for n in range(count)], needs_help=[])
        found = float(re.search(r"html \{ font-size: ([\d.]+)pt", page(crowded)).group(1))
        assert fits(crowded, VILLAGE, language="en") or count > 2
        return found

    sizes = [points(count) for count in (1, 2, 4, 8, 16, 32)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[3]
    many = [plan().zones[0].model_dump() | {"id": f"z{n}"} for n in range(32)]
    assert not fits(plan(zones=many, needs_help=[]), VILLAGE, language="en")


def test_without_the_boards_address_a_card_bears_no_code_that_leads_nowhere():
    bare = page(plan(), issuer=Issuer("Qingxi flood desk", "the duty officer"))
    assert "<svg" not in bare
    assert "://" not in bare
    assert "<svg" in page(plan())


def test_the_command_writes_only_the_cards_whose_plan_changed(tmp_path):
    site, to = copied(tmp_path), tmp_path / "cards"
    app = typer.Typer()
    app.command()(command)

    def written(*villages: str) -> list[str]:
        options = ["--site", str(site), "--home", str(tmp_path), "--to", str(to)]
        address = ["--base-url", "https://flood.example"]
        done = CliRunner().invoke(app, [*villages, *options, *address])
        assert done.exit_code == ("nowhere" in villages)
        return re.findall(r"(\w+)\.zh\.html", done.stdout.replace("\n", ""))

    everything = written()
    assert {"hekou", "baishi"} <= set(everything)
    assert written() == []
    path = site / "plans" / "qingxi" / "hekou.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        re.sub(r"^valid_from = .*$", "valid_from = 2024-06-01", text, flags=re.MULTILINE)
    )
    assert written("nowhere", "hekou", "baishi") == ["hekou"]
    assert not [each for each in to.iterdir() if each.suffix != ".html"]
