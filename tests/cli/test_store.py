"""The commands of the store: exit codes, and machine output with a schema."""

import json

import pytest

from alerts.cli.app import COULD_NOT_RUN, REFUSED, run
from tests.valley import VALLEY

GOOD = 0
USAGE = 2
SPAN = ("--from", "2024-07-13T12:00Z", "--to", "2024-07-14T12:00Z")


@pytest.fixture
def store(tmp_path, capfdbinary, monkeypatch):
    """Run a command of the store on the valley; return (exit code, standard output)."""
    monkeypatch.setenv("FLOODWARN_SITE", str(VALLEY))
    monkeypatch.setenv("FLOODWARN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FLOODWARN_MODE", raising=False)

    def command(*arguments: str) -> tuple[int, bytes]:
        code = run(["store", *arguments])
        return code, capfdbinary.readouterr().out

    return command


@pytest.fixture
def filled(store, capfdbinary):
    """Take in the valley's recorded rain and stage."""
    for feed in ("rain", "stage"):
        assert run(["ingest", "--feed", feed]) == GOOD
    capfdbinary.readouterr()
    return store


def answer(said: tuple[int, bytes]) -> dict:
    code, out = said
    assert code == GOOD
    return json.loads(out)


def test_info_names_each_feed_with_its_hours_and_the_schema(filled) -> None:
    found = answer(filled("info", "--json", "-"))
    assert found["schema"] == "floodwarn.store-info/1"
    assert [feed["feed_id"] for feed in found["feeds"]] == ["rain", "stage"]
    assert sum(feed["rows"] for feed in found["feeds"]) == found["rows"] > 0
    assert found["size_bytes"] > 0
    assert filled("info")[0] == GOOD


def test_a_backup_goes_into_an_empty_home_and_into_no_other(filled, tmp_path) -> None:
    file = str(tmp_path / "backup.zip")
    taken = answer(filled("backup", file, "--json", "-"))
    assert filled("restore", file)[0] == REFUSED
    home = ("--home", str(tmp_path / "new"))
    back = answer(filled("restore", file, *home, "--json", "-"))
    assert back["rows"] == sum(table["rows"] for table in taken["tables"].values())
    here, there = (answer(filled("info", *at, "--json", "-")) for at in ((), home))
    assert here["feeds"] == there["feeds"]


def test_what_is_no_backup_could_not_run(store, tmp_path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no zip at all")
    assert store("restore", str(tmp_path / "a.zip"))[0] == COULD_NOT_RUN


def test_compaction_and_pruning_are_counted_and_nothing_goes_unconfirmed(filled) -> None:
    assert answer(filled("compact", "--json", "-"))["segments"] > 0
    assert answer(filled("compact", "--json", "-"))["segments"] == 0
    would = answer(filled("prune", "--observation-days", "1", "--json", "-"))
    assert (would["done"], would["segments"] > 0) == (False, True)
    assert answer(filled("info", "--json", "-"))["segments"] >= would["segments"]
    done = answer(filled("prune", "--observation-days", "1", "--confirm", "--json", "-"))
    assert done == would | {"done": True}
    assert answer(filled("info", "--json", "-"))["segments"] == 0


def test_a_site_that_states_nothing_has_nothing_to_prune(filled) -> None:
    code, said = filled("prune")
    assert code == GOOD
    assert said.startswith(b"would go: 0 payloads, 0 batches")


@pytest.mark.parametrize("form", ["parquet", "netcdf"])
def test_an_export_counts_what_it_wrote(filled, tmp_path, form) -> None:
    file = tmp_path / "out"
    done = answer(filled("export", str(file), *SPAN, "--format", form, "--json", "-"))
    assert done["readings"] > 0
    assert file.stat().st_size > 0


def test_an_export_of_an_unknown_form_or_a_span_turned_round_is_wrong_usage(store) -> None:
    assert store("export", "x", *SPAN, "--format", "csv")[0] == USAGE
    assert store("export", "x", "--from", SPAN[3], "--to", SPAN[1])[0] == USAGE


def test_where_nothing_was_lived_nothing_could_have_changed(filled) -> None:
    found = answer(filled("late", "--json", "-"))
    assert (found["schema"], found["changed"]) == ("floodwarn.store-late/1", 0)
