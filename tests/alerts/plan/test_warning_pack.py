"""A bad plan, key or template is a finding with its file, line and field; the rest goes on."""

import shutil
from dataclasses import replace

import pytest

from alerts.compose import compose
from alerts.order import PlaceOrder
from alerts.plan.hazard import HazardMap
from alerts.toml_lines import line_of
from alerts.warning_pack import WarningPack, load_warning
from pipeline.site.pack import load
from tests.golden.samples import VALLEY, occasion, risk, valley


@pytest.fixture
def site(tmp_path):
    """A copy of the valley that a test may spoil."""
    shutil.copytree(VALLEY, tmp_path / "valley")
    return tmp_path / "valley"


def spoil(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def read(site):
    return load_warning(load(site, site.parent))


def errors(pack):
    return [finding for finding in pack.findings if finding.severity == "error"]


def test_the_valley_s_own_files_have_no_error():
    assert errors(valley()) == []


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('routes = ["back-hill", "lane"]', "routes = []", "zones.0.routes"),
        ('routes = ["back-hill", "lane"]\n', "", "zones.0.routes"),
        ("gather = 10", 'gather = "ten"', "times.gather"),
        ("gather = 10", "gather = 10\nrun = 3", "times.run"),
        ('village_id = "hekou"', 'village_id = "hekoo"', "village_id"),
        ("exercise = true", "exercise = true\nsiren = true", "siren"),
        ('kind = "upper_floor"', 'kind = "attic"', "zones.0.refuge.kind"),
    ],
)
def test_a_bad_plan_is_a_finding_and_its_village_is_ordered_as_a_whole(site, old, new, field):
    spoil(site / "plans/qingxi/hekou.toml", old, new)
    pack = read(site)
    fault = next(f for f in errors(pack) if f.field == field)
    assert fault.file == "plans/qingxi/hekou.toml"
    assert "hekou" not in pack.plans
    assert "nanping" in pack.plans
    told = compose(occasion(risk(4)), pack)
    assert [order.place_id for order in told.orders] == ["village"]
    assert "NO USABLE PLAN" in next(
        m.body for m in told.messages if (m.audience, m.language) == ("officer", "en")
    )


def test_a_finding_names_the_line(site):
    plan = site / "plans/qingxi/hekou.toml"
    spoil(plan, "minutes_night = 11", 'minutes_night = "dark"')
    (fault,) = errors(read(site))
    assert plan.read_text(encoding="utf-8").splitlines()[fault.row - 1] == 'minutes_night = "dark"'
    assert fault.field == "routes.1.minutes_night"


def test_a_plan_that_is_not_toml_is_a_finding(site):
    (site / "plans/qingxi/hekou.toml").write_text("zones = [", encoding="utf-8")
    assert [f.file for f in errors(read(site))] == ["plans/qingxi/hekou.toml"]


def test_a_plan_under_another_village_s_name_is_refused(site):
    shutil.copy(site / "plans/qingxi/hekou.toml", site / "plans/qingxi/songlin.toml")
    pack = read(site)
    assert [f.file for f in errors(pack)] == ["plans/qingxi/songlin.toml"]
    assert "songlin" not in pack.plans


def test_an_unknown_key_of_warning_is_a_finding_and_its_default_serves(site):
    spoil(site / "site.toml", "hold_minutes = 60", "hold_minutes = 5\nholding = 3")
    pack = read(site)
    assert {f.field for f in errors(pack)} == {"warning.hold_minutes", "warning.holding"}
    assert pack.config.hold_minutes == 60


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{{ Place }}: leave now.", "{{ Plaze }}: leave now."),
        ("{{ Place }}: leave now.", "{% if %}"),
        ("{{ Place }}: leave now.", "{{ Place }}: red, leave now."),
        ("{{ Place }}: leave now.", "{{ Place }}: 60 mm fell, leave now."),
        ("{{ Place }}: leave now.", "{{ Place }}: this is not a drill, leave now."),
    ],
)
def test_a_bad_template_is_a_finding_by_day_and_never_silence_by_night(site, old, new):
    spoil(site / "messages/en.toml", old, new)
    pack = read(site)
    assert {f.field for f in errors(pack)} == {"villager.move"}
    told = compose(occasion(risk(4, lead_min=200)), pack)
    assert all(message.body for message in told.messages)


def test_a_language_whose_file_cannot_be_read_gets_plain_words(site):
    (site / "messages/zh.toml").write_text("not toml", encoding="utf-8")
    told = compose(occasion(risk(4, lead_min=200)), read(site))
    spoken = [m for m in told.messages if (m.language, m.audience) == ("zh", "villager")]
    assert spoken
    assert all("LEAVE NOW" in m.body for m in spoken)


def test_a_word_that_is_missing_is_a_finding(site):
    spoil(site / "messages/en.toml", 'blind = "blind"\n', "")
    assert any("words.data_state" in f.message for f in errors(read(site)))


def test_messages_are_the_same_out_of_kept_versions():
    pack, seen = valley(), occasion(risk(4, lead_min=200))
    kept = [(kind, content) for kind, content in pack.versions("hekou")]
    rebuilt = WarningPack.from_versions(
        next(content for kind, content in kept if kind == "warning"),
        plan=next(content for kind, content in kept if kind == "plan"),
        templates=tuple(content for kind, content in kept if kind == "template"),
        villages=pack.villages,
        stations=load(VALLEY, VALLEY).stations,
    )
    again, told = compose(seen, rebuilt), compose(seen, pack)
    assert replace(again, cap=None) == replace(told, cap=None)
    # the ground of an alert is drawn once, and kept in it alone
    assert again.cap == compose(seen, replace(pack, hazards=HazardMap())).cap


def test_every_order_s_recipients_come_from_the_plan():
    plan = valley().plans["hekou"]
    named = {*plan.people.responsible, *plan.people.warning, *plan.people.transfer}
    helpers = {ref for person in plan.needs_help for ref in (person.helper, person.deputy)}
    for order in compose(occasion(risk(4, lead_min=200)), valley()).orders:
        assert isinstance(order, PlaceOrder)
        own = helpers if order.place_id == "riverside:help" else set()
        assert set(order.recipients) == named | own


def test_a_village_without_a_plan_is_named_before_the_season():
    without = {f.field for f in valley().findings if "no usable plan" in f.message}
    assert without == {"songlin", "liushuwan"}


def test_an_unknown_village_is_not_composed_for():
    with pytest.raises(KeyError):
        compose(replace(occasion(risk(4)), village_id="atlantis"), valley())


TOML = """\
a = 1
[t]
b.c = 2
[[z]]
id = "x"
text = \"\"\"
id = "not a key"
\"\"\"
[[z]]
id = "y"
[z.name]
en = "n"
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("a",), 1),
        (("t", "b", "c"), 3),
        (("t", "missing"), 2),
        (("z", 0, "id"), 5),
        (("z", 1, "id"), 10),
        (("z", 1, "name", "en"), 12),
        (("z", 1, "missing"), 9),
        (("nowhere",), None),
    ],
)
def test_a_place_in_a_toml_text_has_a_line(place, line):
    assert line_of(TOML, place) == line
