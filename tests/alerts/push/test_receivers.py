"""Who is pushed CAP alerts: as the site names them, a check finds them, a drill narrows them."""

import tomllib
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.cap_receiver import MOST_RECEIVERS, CapReceiver
from alerts.drill import Asked, allowed, one_pass, ready, turn_in, who
from alerts.errors import Refused
from alerts.first_run import init_home
from alerts.local_stack import new_exercise
from alerts.outbox.delivery import PUSH
from alerts.push_findings import push_findings
from alerts.readiness import findings_of
from alerts.receivers_file import receivers_in, receivers_of
from alerts.warning_config import WarningConfig
from alerts.warning_pack import load_warning
from pipeline import clock
from pipeline.settings import from_environment
from pipeline.site.pack import load
from pipeline.world import Mode
from tests.alerts.drill.test_apart import FLOOD, Taken, no_bars
from tests.alerts.night import WALL, Night, delivery
from tests.golden.samples import quick_valley
from tests.valley import copied

TOKEN = "https://tv.example/cap?token=T0K3N"
ONE = """
[[warning.cap_receivers]]
id = "{id}"
url_credential = "{name}"
{more}
"""


def one(ident: str = "tv", name: str = "CAP_TV", more: str = "") -> str:
    return ONE.format(id=ident, name=name, more=more)


def read(text: str):
    raw = tomllib.loads(text)["warning"]["cap_receivers"]
    return receivers_of(raw, text)


def site(tmp_path, text: str):
    """Return the valley with that at the end of its site.toml."""
    folder = copied(tmp_path)
    path = folder / "site.toml"
    path.write_text(path.read_text() + text)
    return folder


def test_receivers_change_no_warning_so_the_kept_configuration_and_its_hash_stay():
    config = quick_valley().config
    named = config.model_copy(update={"cap_receivers": read(one())[0]})
    assert named.cap_receivers
    assert (named.sha256, named.to_bytes()) == (config.sha256, config.to_bytes())
    assert WarningConfig.from_bytes(named.to_bytes()) == config


@pytest.mark.parametrize(
    "wrong",
    [
        one("TV!", "CAP_TV"),
        one("tv", TOKEN),
        one("tv", "CAP_TV", f'url = "{TOKEN}"'),
        one("tv", "CAP_TV", "per_minute = 0"),
        one("radio", "CAP_TV"),
    ],
)
def test_a_receiver_that_is_wrong_is_found_unquoted_and_the_others_stay(wrong):
    kept, findings = read(one("radio", "CAP_RADIO") + wrong)
    assert [(each.id, each.url_credential) for each in kept] == [("radio", "CAP_RADIO")]
    (found,) = findings
    assert (found.severity, found.file) == ("error", "site.toml")
    assert found.row is not None
    assert found.row >= 6
    assert "T0K3N" not in found.line()


def test_one_more_than_there_are_hands_for_is_left_out():
    entries = "".join(one(f"r{number}") for number in range(MOST_RECEIVERS + 1))
    kept, findings = read(entries)
    assert (len(kept), len(findings)) == (MOST_RECEIVERS, 1)


def test_the_site_names_them_and_a_village_that_is_none_is_found(tmp_path):
    folder = site(tmp_path, one(more='villages = ["hekou", "atlantis"]'))
    pack = load_warning(load(folder, tmp_path))
    assert [each.id for each in pack.config.cap_receivers] == ["tv"]
    assert [each.id for each in receivers_in(folder)] == ["tv"]
    messages = [each.message for each in pack.findings if "cap_receivers" in (each.field or "")]
    assert messages == ["unknown village atlantis"]


def test_a_file_that_cannot_be_read_names_nobody_rather_than_none(tmp_path):
    folder = site(tmp_path, "\n[[[")
    assert receivers_in(folder) is None


@pytest.mark.parametrize(
    ("address", "severity"),
    [
        (None, "warning"),
        (TOKEN, None),
        (TOKEN.replace("https", "http"), "error"),
        ("https://user:pa55@tv.example/", "error"),
        ("T0K3N\n", "error"),
    ],
)
def test_the_check_finds_a_receiver_that_nothing_can_be_sent_to_and_tells_no_address(
    tmp_path, monkeypatch, address, severity
):
    folder = site(tmp_path, one())
    monkeypatch.delenv("CAP_TV", raising=False)
    if address is not None:
        monkeypatch.setenv("CAP_TV", address)
    settings = from_environment(site=folder, home=tmp_path / "home")
    found = list(push_findings(load_warning(load(folder, tmp_path)).config, settings))
    assert [each.severity for each in found] == ([] if severity is None else [severity])
    assert all(each.row is not None and "cap_receivers.tv" in each.field for each in found)
    assert not any(hidden in each.line() for each in found for hidden in ("T0K3N", "pa55"))
    assert set(found) <= set(findings_of(settings, WALL))


def test_a_receiver_gets_exercises_if_it_is_marked_and_replays_never():
    plain = CapReceiver(id="tv", url_credential="CAP_TV")
    marked = CapReceiver(id="tv", url_credential="CAP_TV", exercise=True, villages=("hekou",))
    modes = (Mode.LIVE, Mode.EXERCISE, Mode.REPLAY)
    assert [plain.takes("hekou", mode) for mode in modes] == [True, False, False]
    assert [marked.takes("hekou", mode) for mode in modes] == [True, True, False]
    assert not marked.takes("baishi", Mode.LIVE)


# ------------------------------------------------------------------ drills


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Give a live home of a valley with three receivers, two of them marked."""
    marked = one("tv", "CAP_TV", "exercise = true") + one("radio", "CAP_R", "exercise = true")
    folder = site(tmp_path, marked + one("nation", "CAP_N"))
    monkeypatch.setenv("FLOODWARN_MODE", "live")
    settings = from_environment(site=folder, home=tmp_path / "home")
    init_home(settings.home, load_warning(load(folder, settings.home)), Mode.EXERCISE)
    return settings


@pytest.mark.parametrize("receivers", [(), ("tv",), ("nation",)])
def test_a_drill_pushes_to_the_marked_receivers_that_it_names_and_to_no_other(settings, receivers):
    taken = Taken()
    with ready(settings, no_bars, receivers) as deployment:
        began = clock.now() - timedelta(minutes=1)
        turn = turn_in(deployment, new_exercise(deployment, began, FLOOD), allowed((), ()))
        turn = replace(turn, ways={"email": taken, "cap": taken})
        one_pass(replace(turn, now=began + timedelta(seconds=13)))
        rows = Night(deployment.engine, settings.home, turn.world).rows(delivery)
    to = {row.channel for row in rows if row.purpose == PUSH}
    assert to == ({"cap:tv"} if receivers == ("tv",) else set())
    assert {ref for ref in taken.people if ref.startswith("cap:")} == to


def test_a_receiver_that_is_named_and_not_marked_ends_a_drill_before_it_begins(settings):
    assert who(settings, Asked(receivers=("tv",))).contacts
    for ident in ("nation", "nobody"):
        with pytest.raises(Refused, match="marked for exercises"):
            who(settings, Asked(receivers=(ident,)))
