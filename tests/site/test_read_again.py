"""What was read is kept by its text: the same is not read twice, and a change is never missed."""

from alerts.warning_pack import load_warning
from pipeline.site.pack import load
from tests.valley import copied


def test_the_same_tables_are_not_read_twice(tmp_path):
    site = copied(tmp_path)
    one, two = (load(site, tmp_path) for _ in range(2))
    assert all(a is b for a, b in zip(one.thresholds, two.thresholds, strict=True))
    assert one == two


def test_a_changed_row_is_read_whatever_was_read_before(tmp_path):
    site = copied(tmp_path)
    before = load(site, tmp_path)
    path = site / "thresholds.csv"
    head, first, *rest = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([head, *rest, ""]), "utf-8")
    after = load(site, tmp_path)
    assert len(after.thresholds) == len(before.thresholds) - 1
    path.write_text("\n".join([head, first, *rest, ""]), "utf-8")
    assert load(site, tmp_path).thresholds == before.thresholds


def test_what_one_table_says_of_another_follows_both(tmp_path):
    site = copied(tmp_path)
    assert load(site, tmp_path).findings == ()
    path = site / "villages.csv"
    head, *rows = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([head, *rows[:-1], ""]), "utf-8")
    gone = rows[-1].split(",")[0]
    found = load(site, tmp_path)
    assert any(gone in finding.message for finding in found.findings)
    assert not any(row.village_id == gone for row in found.thresholds)


def test_an_edited_plan_is_another_plan(tmp_path):
    pack = load(copied(tmp_path), tmp_path)
    before = load_warning(pack).plans
    path = next(iter(sorted(pack.folder.glob("plans/*/*.toml"))))
    text = path.read_text("utf-8")
    path.write_text("not TOML", "utf-8")
    assert path.stem not in load_warning(pack).plans
    path.write_text(text, "utf-8")
    assert load_warning(pack).plans == before
