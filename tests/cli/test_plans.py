"""Plans go out as a workbook and come back; a file changes only where its plan does."""

import json
import shutil
import tomllib
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from alerts.cli.app import COULD_NOT_RUN, REFUSED, run
from alerts.cli.plan_card import rebuild
from alerts.cli.plan_files import put, read_plans
from alerts.deployment import opened
from alerts.plan.model import Plan
from pipeline import explain
from pipeline.commands.options import settings_of
from tests.valley import copied

GOOD, USAGE = 0, 2


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = copied(tmp_path)
    monkeypatch.setenv("FLOODWARN_SITE", str(folder))
    monkeypatch.setenv("FLOODWARN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FLOODWARN_MODE", raising=False)
    return folder


@pytest.fixture
def book(site, tmp_path):
    path = tmp_path / "plans.xlsx"
    assert run(["plans", "export", str(path), "--language", "en"]) == GOOD
    return path


def files(site):
    return {path.name: path.read_bytes() for path in (site / "plans").glob("*/*")}


def edited(path, sheet, cell, value):
    book = load_workbook(path)
    book[sheet][cell] = value
    book.save(path)


def heading(path, sheet, key):
    return next(c.column_letter for c in load_workbook(path)[sheet][1] if c.value == key)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_was_exported_changes_no_byte_when_it_is_imported(site, tmp_path, language, capsys):
    before, path = files(site), str(tmp_path / "b.xlsx")
    assert run(["plans", "export", path, "--language", language]) == GOOD
    assert run(["plans", "import", path]) == GOOD
    assert files(site) == before
    assert "6 unchanged" in capsys.readouterr().err


def test_one_change_rewrites_one_file_and_is_told_in_words(site, book, capsys):
    before = files(site)
    people = heading(book, "Zones", "zones:people")
    edited(book, "Zones", f"{people}3", 77)
    assert run(["plans", "import", str(book), "--dry-run"]) == GOOD
    assert files(site) == before
    assert run(["plans", "import", str(book)]) == GOOD
    after = files(site)
    (changed,) = {name for name in before if after[name] != before[name]}
    assert after.keys() == before.keys()
    said = capsys.readouterr().out
    assert f"{changed.removesuffix('.toml')} " in said
    assert ": people: " in said
    assert " -> 77" in said
    assert run(["plans", "lint"]) == GOOD


def test_a_fault_is_named_and_the_other_villages_are_imported(site, book, capsys):
    people = heading(book, "Zones", "zones:people")
    rows = load_workbook(book)["Zones"]
    first = rows["B3"].value
    other = next(r for r in range(4, rows.max_row + 1) if rows.cell(r, 2).value != first)
    edited(book, "Zones", f"{people}3", "many")
    edited(book, "Zones", f"{people}{other}", 78)
    before = files(site)
    assert run(["plans", "import", str(book)]) == REFUSED
    after = files(site)
    assert f"error: Zones!{people}3: " in capsys.readouterr().out
    assert after[f"{first}.toml"] == before[f"{first}.toml"]
    assert after[f"{rows.cell(other, 2).value}.toml"] != before[f"{rows.cell(other, 2).value}.toml"]


def test_a_plan_goes_only_when_it_is_said_and_comes_back_beside_its_neighbours(site, book):
    before = set(files(site))
    village = load_workbook(book)["Villages"]["B3"].value
    whole = book.with_name("whole.xlsx")
    whole.write_bytes(book.read_bytes())
    edited(book, "Villages", "A3", "remove")
    assert run(["plans", "import", str(book)]) == GOOD
    assert set(files(site)) == before - {f"{village}.toml"}
    assert run(["plans", "import", str(whole)]) == GOOD
    assert set(files(site)) == before


def test_some_villages_or_none_are_exported_and_an_unknown_one_is_refused(site, tmp_path):
    path = str(tmp_path / "b.xlsx")
    assert run(["plans", "export", path, "--village", "hekou", "--village", "baishi"]) == GOOD
    page = load_workbook(path)["村庄"]
    assert {page["B3"].value, page["B4"].value} == {"hekou", "baishi"}
    assert page.max_row == 4
    assert run(["plans", "export", path, "--empty"]) == GOOD
    assert load_workbook(path)["村庄"]["B3"].value is None
    assert run(["plans", "export", path, "--village", "atlantis"]) == REFUSED
    assert run(["plans", "export", path, "--village", "songlin"]) == REFUSED


def test_a_plan_that_cannot_be_read_is_not_written_over(site, book, capsys):
    path = site / "plans" / "qingxi" / "hekou.toml"
    path.write_text("village_id = \n", encoding="utf-8")
    assert run(["plans", "import", str(book)]) == REFUSED
    assert path.read_text(encoding="utf-8") == "village_id = \n"
    assert "hekou.toml cannot be read" in capsys.readouterr().out
    assert run(["plans", "export", str(book)]) == REFUSED


def test_what_is_no_workbook_is_refused_and_one_that_is_absent_could_not_run(site, tmp_path):
    before = files(site)
    (tmp_path / "b.xlsx").write_bytes(b"no workbook")
    assert run(["plans", "import", str(tmp_path / "b.xlsx")]) == REFUSED
    assert run(["plans", "import", str(tmp_path / "nowhere.xlsx")]) == COULD_NOT_RUN
    assert run(["plans", "export", str(tmp_path / "b.xlsx"), "--language", "fr"]) == USAGE
    assert files(site) == before


def test_the_lint_names_file_row_and_field_and_fails_on_an_error(site, capsys):
    assert run(["plans", "lint", "--json", "-"]) == GOOD
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema"] == "floodwarn.plans-lint/1"
    files = {f["file"].split("/")[0] for f in answer["findings"]}
    assert files == {"plans", "places.csv"}
    unseen = [f for f in answer["findings"] if not f["file"].startswith("plans")]
    assert all(f["message"].startswith("not checked") for f in unseen)
    path = site / "plans" / "qingxi" / "baishi.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('routes = ["hill"]', 'routes = ["tunnel"]'), encoding="utf-8")
    assert run(["plans", "lint"]) == REFUSED
    assert "error: plans/qingxi/baishi.toml:18: zones.0.routes: " in capsys.readouterr().out


def test_the_lint_finds_the_care_home_that_no_plan_moves(site, capsys):
    ring = [[115, 40], [116, 40], [116, 41], [115, 41], [115, 40]]
    drawn = {
        "type": "Feature",
        "properties": {"zone": "bank", "level": 4, "return_period_y": 100, "basis": "surveyed"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    zones = json.dumps({"type": "FeatureCollection", "features": [drawn]})
    (site / "hazard_zones.geojson").write_text(zones, encoding="utf-8")
    (site / "places.csv").write_text(
        "place_id,kind,name,lon,lat,people_day,people_night\nc1,care_home,West,115.5,40.5,60,50\n",
        encoding="utf-8",
    )
    assert run(["plans", "lint"]) == REFUSED
    said = capsys.readouterr().out
    assert "places.csv:2: place_id: care_home West" in said
    assert "is on no list" in said


def test_a_write_that_fails_leaves_the_old_plan_and_nothing_else(site, monkeypatch):
    before = files(site)
    path = site / "plans" / "qingxi" / "hekou.toml"

    def full(_handle):
        raise OSError("no space left")

    monkeypatch.setattr("alerts.whole_file.os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        put(path, b"half")
    assert files(site) == before


def test_two_files_of_one_village_are_both_left_alone(site):
    path = site / "plans" / "qingxi" / "hekou.toml"
    (site / "plans" / "other").mkdir()
    (site / "plans" / "other" / "hekou.toml").write_bytes(path.read_bytes())
    read = read_plans(site)
    assert "hekou" in read.unread
    assert "hekou" not in read.plans


def test_an_import_makes_the_changed_villages_cards_anew_in_each_language_and_no_other(
    site, book, tmp_path
):
    cards = tmp_path / "home" / "cards"
    assert run(["plans", "card", "--language", "en"]) == GOOD
    before = {path.name: path.read_text() for path in cards.iterdir()}
    people = heading(book, "Zones", "zones:people")
    edited(book, "Zones", f"{people}3", 77)
    assert run(["plans", "import", str(book), "--dry-run"]) == GOOD
    assert {path.name: path.read_text() for path in cards.iterdir()} == before
    old = read_plans(site).plans
    assert run(["plans", "import", str(book)]) == GOOD
    new = read_plans(site).plans
    after = {path.name: path.read_text() for path in cards.iterdir()}
    (changed,) = {name for name in after if after[name] != before.get(name)}
    village = changed.removesuffix(".en.html")
    assert new[village].sha256 != old[village].sha256
    assert new[village].sha256[:12] in after[changed]


def test_the_card_of_a_plan_that_is_taken_away_is_taken_away(site, tmp_path):
    cards = tmp_path / "home" / "cards"
    assert run(["plans", "card", "--language", "en"]) == GOOD
    next((site / "plans").glob("*/hekou.toml")).unlink()
    rebuild(settings_of(None, None), ["hekou"], None)
    assert not (cards / "hekou.en.html").exists()
    assert (cards / "baishi.en.html").exists()


def test_a_clerk_reads_what_differs_between_two_versions_of_a_plan(site, tmp_path, capsys):
    old = tmp_path / "old"
    shutil.copytree(site, old)
    hekou = site / "plans" / "qingxi" / "hekou.toml"
    before = hekou.read_text(encoding="utf-8")
    put(hekou, before.replace("people = 138", "people = 140").encode())
    (site / "plans" / "qingxi" / "baishi.toml").unlink()
    earlier = old / "plans" / "qingxi" / "hekou.toml"
    kept = _keep(earlier)
    said = "hekou 河口村:\n  zone riverside: people: 138 -> 140\n"
    for pair in ((earlier, hekou), (kept, hekou), (kept[:12], hekou), (old / "plans", hekou)):
        assert run(["plans", "diff", *map(str, pair)]) == GOOD
        assert capsys.readouterr().out == said
    assert run(["plans", "diff", str(old), str(site)]) == GOOD
    told = capsys.readouterr()
    assert told.out.startswith("baishi 白石村:\n  the plan: ")
    assert told.out.endswith(f"-> nothing\n{said}")
    assert "2 plans differ" in told.err


def test_a_plan_that_cannot_be_read_is_not_one_that_was_removed(site, tmp_path, capsys):
    shutil.copytree(site, tmp_path / "old")
    (site / "plans" / "qingxi" / "hekou.toml").write_text("times = ", encoding="utf-8")
    assert run(["plans", "diff", str(tmp_path / "old"), str(site)]) == GOOD
    told = capsys.readouterr()
    assert not told.out
    assert "not compared: plans/qingxi/hekou.toml" in told.err


def test_what_is_no_version_of_a_plan_is_refused(site, tmp_path):
    plan = str(site / "plans" / "qingxi" / "hekou.toml")
    for other in (*map(str, (tmp_path / "absent.toml", site / "site.toml", tmp_path)), "0" * 12):
        assert run(["plans", "diff", plan, other]) in {REFUSED, COULD_NOT_RUN}


def _keep(path):
    """Keep a plan as a message does, and return its hash."""
    plan = Plan.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    with opened(settings_of(None, None)) as deployment, deployment.engine.begin() as connection:
        explain.keep(connection, "plan", "valley", plan.to_bytes(), stored_at=datetime.now(UTC))
    return plan.sha256


def test_once_somebody_edits_plans_nobody_else_takes_one_in(site, book, tmp_path, capsys):
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    person = 'role = "clerk"\nchannels = ["file"]\nrights = ["plan"]\n'
    people = {"all": '"*"', "other": '["zhangjiatai"]'}
    text = 'schema = "floodwarn.contacts/1"\n' + "".join(
        f'[[contacts]]\nref = "clerk/{name}"\nvillages = {where}\n{person}'
        for name, where in people.items()
    )
    contacts = home / "contacts.toml"
    contacts.touch(mode=0o600)
    contacts.write_text(text)
    before = files(site)
    edited(book, "Zones", f"{heading(book, 'Zones', 'zones:people')}3", 77)
    for by in ([], ["--by", "clerk/nobody"], ["--by", "clerk/other"]):
        assert run(["plans", "import", str(book), *by]) == REFUSED
        assert "has no right to plan there" in capsys.readouterr().out
        assert files(site) == before
    assert run(["plans", "import", str(book), "--by", "clerk/all"]) == GOOD
    assert files(site) != before
