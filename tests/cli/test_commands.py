"""The command line is a contract: exit codes, bytes on standard output, and what it refuses."""

import json
import stat
from datetime import timedelta

import pytest

from alerts.cli.app import COULD_NOT_RUN, REFUSED, run
from alerts.deployment import opened
from alerts.first_run import init_home
from alerts.local_stack import new_exercise
from alerts.past import recorded
from alerts.warning_pack import load_warning
from pipeline import clock
from pipeline.assess import assess
from pipeline.bulletin import RiskLevel, Sighting
from pipeline.settings import from_environment
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from pipeline.world import Mode
from tests.valley import VALLEY

GOOD = 0
USAGE = 2
SPAN = ("--from", "2024-07-13T12:00Z", "--to", "2024-07-14T12:00Z")


@pytest.fixture
def floodwarn(tmp_path, capfdbinary, monkeypatch):
    """Run a command on the valley in a home of its own; return (exit code, standard output)."""
    monkeypatch.setenv("FLOODWARN_SITE", str(VALLEY))
    monkeypatch.setenv("FLOODWARN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FLOODWARN_MODE", raising=False)

    def command(*arguments: str) -> tuple[int, bytes]:
        code = run(list(arguments))
        return code, capfdbinary.readouterr().out

    return command


@pytest.fixture
def exercise(floodwarn, tmp_path, monkeypatch):
    """Give the valley people, its past and an open exercise."""
    monkeypatch.setenv("FLOODWARN_MODE", "exercise")
    settings = from_environment()
    init_home(settings.home, load_warning(load(VALLEY, settings.home)), Mode.EXERCISE)
    with recorded(settings, lambda _feed: lambda _done, _all: None) as deployment:
        new_exercise(deployment, clock.now())
    return floodwarn


def test_a_replay_gives_the_same_bytes_twice_and_nothing_else_on_standard_output(floodwarn):
    code, first = floodwarn("replay", *SPAN, "--json", "-")
    assert code == GOOD
    assert floodwarn("replay", *SPAN, "--json", "-") == (GOOD, first)
    answer = json.loads(first)
    assert answer["schema"] == "floodwarn.replay/1"
    assert (answer["mode"], answer["deliveries"], answer["cycles"]) == ("replay", 0, 25)
    assert answer["changes"]
    assert (
        first
        == json.dumps(answer, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        + b"\n"
    )


def test_other_thresholds_change_a_replay_and_bad_ones_are_refused(floodwarn, tmp_path):
    rows = (VALLEY / "thresholds.csv").read_text(encoding="utf-8").splitlines()
    none = tmp_path / "none.csv"
    none.write_text(rows[0] + "\n", encoding="utf-8")
    usual = floodwarn("replay", *SPAN, "--json", "-")[1]
    assert floodwarn("replay", *SPAN, "--thresholds", str(none), "--json", "-")[1] != usual
    none.write_text(rows[0] + "\nnonsense\n", encoding="utf-8")
    assert floodwarn("replay", *SPAN, "--thresholds", str(none), "--json", "-")[0] == COULD_NOT_RUN


@pytest.mark.parametrize(
    "wrong",
    [
        ("replay",),
        ("replay", "--from", "2024-07-13T12:00"),
        ("replay", *SPAN, "--fold"),
        ("explain",),
        ("order", "shangyuan", "--tier", "mauve", "--reason", "x", "--by", "y"),
        ("no-such-command",),
    ],
)
def test_wrong_usage_is_2(floodwarn, wrong):
    assert floodwarn(*wrong)[0] == USAGE


def test_what_cannot_run_is_3(floodwarn, tmp_path):
    assert floodwarn("check", "--site", str(tmp_path / "nowhere"))[0] == COULD_NOT_RUN
    assert floodwarn("replay", "--id", "never", "--fold", "--json", "-")[0] == COULD_NOT_RUN


def test_a_live_deployment_for_which_nobody_signed_does_not_pass_the_check(floodwarn, monkeypatch):
    assert floodwarn("check")[0] == GOOD
    monkeypatch.setenv("FLOODWARN_MODE", "live")
    code, said = floodwarn("check", "--json", "-")
    assert code == REFUSED
    assert "nobody has signed" in said.decode()


@pytest.mark.parametrize("name", ["contacts.toml", "ack.key"])
def test_the_check_refuses_keys_and_contacts_that_others_can_read(exercise, tmp_path, name):
    assert exercise("check")[0] == GOOD
    path = tmp_path / "home" / name
    path.chmod(path.stat().st_mode | stat.S_IRGRP)
    code, said = exercise("check")
    assert code == REFUSED
    assert name in said.decode()
    assert "@" not in said.decode()


def test_the_check_names_file_row_and_field_of_a_fault(floodwarn, tmp_path):
    from tests.valley import copied

    site = copied(tmp_path)
    table = site / "thresholds.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].replace(",mm,", ",inch,")
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    code, said = floodwarn("check", "--site", str(site))
    assert code == REFUSED
    assert "thresholds.csv:3: unit:" in said.decode()


def test_a_person_orders_by_hand_and_may_not_lower_alone(exercise):
    order = ("order", "shangyuan", "--tier", "red", "--reason", "water at the bridge", "--by")
    assert exercise(*order, "nobody")[0] == REFUSED
    code, said = exercise(*order, "county_duty-1")
    assert code == GOOD, said
    assert b"messages" in said
    code, said = exercise(
        "lower", "shangyuan", "--tier", "none", "--reason", "calm", "--by", "county_duty-1"
    )
    assert code == GOOD
    request = said.decode().split("agree ")[1].split()[0]
    assert exercise("agree", request, "--by", "county_duty-1")[0] == REFUSED


def test_a_person_reports_water_and_the_next_cycle_counts_it(exercise):
    seen = ("report", "shangyuan", "--saw", "over", "--by")
    assert exercise(*seen, "nobody")[0] == REFUSED
    code, said = exercise(*seen, "county_duty-1", "--ago", "5", "--words", "a caller at the ford")
    assert code == GOOD, said
    assert not said.startswith(b"0 messages")
    assert exercise(*seen, "county_duty-1")[0] == GOOD
    assert exercise(*seen, "county_duty-1", "--ago", "500")[0] == REFUSED
    with opened(from_environment()) as deployment:
        world, now = deployment.paging_world(), clock.now()
        slot, cutoff = (deployment.flood_time(now) + n * timedelta(minutes=1) for n in (0, 5))
        config = risk_config(deployment.pack)
        newest = assess(deployment.engine, config, world, slot, cutoff=cutoff, now=now)
    risk = newest.of("shangyuan")
    assert risk.level is RiskLevel.RED
    assert [e.saw for e in risk.evidence if e.saw] == [Sighting.OVER]


def test_a_person_suspends_a_station_and_resumes_it_and_is_told_whom_it_speaks_for(exercise):
    word = ("--reason", "a branch hangs over it", "--by", "county_duty-1")
    suspend = ("station", "suspend", "H01", *word, "--until", "2024-07-14T02:00Z")
    code, said = exercise(*suspend)
    assert (code, said) == (
        GOOD, b"H01 is suspended; it speaks for: hekou, rp-upper, zhangjiatai\n"
    )  # fmt: skip
    code, said = exercise("station", "resume", "H01", *word)
    assert (code, said) == (
        GOOD, b"H01 is used again; it speaks for: hekou, rp-upper, zhangjiatai\n"
    )  # fmt: skip
    assert exercise("station", "resume", "H01", *word)[0] == REFUSED


def test_one_cycle_in_an_exercise_takes_the_flood_slots_that_are_due(exercise):
    code, said = exercise("cycle")
    assert code == GOOD
    assert b"nothing was due" in said or b"no change" in said


def test_who_pages_no_one_can_order_nothing(floodwarn):
    floodwarn("replay", *SPAN, "--json", "-")
    assert floodwarn("deliver")[0] == REFUSED
