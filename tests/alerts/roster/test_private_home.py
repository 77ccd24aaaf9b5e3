"""What a deployment keeps of people is its owner's alone; `check` says what is wrong with it."""

import os
import stat
from datetime import UTC, datetime

import pytest

from alerts.channels.gateway import GATEWAYS
from alerts.first_run import init_home
from alerts.private_files import replace_private, write_private
from alerts.readiness import findings_of
from alerts.roster import CONTACTS
from pipeline.database import connect, migrate
from pipeline.settings import Settings
from pipeline.world import Mode
from tests.golden.samples import VALLEY, valley


@pytest.fixture
def home(tmp_path):
    """Give the place of a home under the umask that most machines have."""
    before = os.umask(0o022)
    yield tmp_path / "home"
    os.umask(before)


TODAY = datetime(2026, 11, 28, 12, tzinfo=UTC)


def settings(home):
    return Settings(
        home=home,
        site_folder=VALLEY,
        database_url=f"sqlite:///{home}/floodwarn.db",
        mode=Mode.EXERCISE,
        public_url="http://127.0.0.1:8091",
        smtp_host="127.0.0.1",
        smtp_port=8025,
    )


def test_a_new_database_and_its_home_are_open_to_nobody_else(home):
    engine = connect(f"sqlite:///{home}/floodwarn.db")
    migrate(engine)
    with engine.begin():
        modes = {path.name: path.stat().st_mode & 0o077 for path in (home, *home.iterdir())}
    assert {"home", "floodwarn.db", "floodwarn.db-wal"} <= set(modes)
    assert set(modes.values()) == {0}


def test_a_folder_that_was_there_keeps_its_mode_and_still_hides_the_database(home):
    home.mkdir(mode=0o755)
    migrate(connect(f"sqlite:///{home}/floodwarn.db"))
    assert home.stat().st_mode & 0o777 == 0o755
    assert (home / "floodwarn.db").stat().st_mode & 0o077 == 0


def test_the_check_names_line_and_field_of_a_bad_contact_and_no_value(home):
    init_home(home, valley(), Mode.EXERCISE)
    assert [f for f in findings_of(settings(home), TODAY) if f.severity == "error"] == []
    path = home / CONTACTS
    lines = path.read_text().count("\n")
    path.write_text(
        path.read_text()
        + '\n[[contacts]]\nref = "new"\nrole = "x"\nvillages = "*"\nemail = "13900001111"\n'
    )
    (fault,) = [f for f in findings_of(settings(home), TODAY) if f.severity == "error"]
    assert (fault.file, fault.row, fault.field) == (
        "FLOODWARN_HOME/contacts.toml",
        lines + 6,
        "new.email",
    )
    assert "13900001111" not in fault.line()


def said_of_people(home):
    return {(f.severity, f.file, f.field) for f in findings_of(settings(home), TODAY)}


def without(home, *refs):
    """Take contacts out of the file, each a table of its own."""
    path = home / CONTACTS
    head, *tables = path.read_text().split("\n[[contacts]]\n")
    kept = [t for t in tables if not any(f'ref = "{ref}"' in t for ref in refs)]
    assert len(tables) - len(kept) == len(refs)
    path.write_text("\n[[contacts]]\n".join([head, *kept]))


def test_whom_a_plan_tells_and_the_roster_does_not_know_is_a_finding_of_the_plan(home):
    init_home(home, valley(), Mode.EXERCISE)
    before = said_of_people(home)
    without(home, "hekou/warning", "hekou/transfer")
    assert said_of_people(home) - before == {
        ("warning", "plans/qingxi/hekou.toml", "people.warning")
    }


def test_a_village_of_which_the_roster_knows_nobody_is_an_error(home):
    init_home(home, valley(), Mode.EXERCISE)
    before = said_of_people(home)
    without(home, *dict.fromkeys(ref for _, ref in valley().plans["hekou"].told()))
    without(home, "role:songlin/responsible")
    contacts = f"FLOODWARN_HOME/{CONTACTS}"
    assert said_of_people(home) - before == {
        ("warning", "plans/qingxi/hekou.toml", "people.responsible"),
        ("error", contacts, "hekou"),
        ("error", contacts, "songlin"),
    }


@pytest.mark.parametrize(
    ("secret", "severity"),
    [(None, "warning"), ("s3cr3t", "error"), ("whsec_" + "A" * 32, None)],
)
def test_the_check_names_a_webhooks_secret_that_is_absent_or_none(
    home, monkeypatch, secret, severity
):
    init_home(home, valley(), Mode.EXERCISE)
    path = home / CONTACTS
    hook = 'webhook = { url = "https://hooks.invalid/x", credentials = ["HOOK"] }'
    path.write_text(path.read_text().replace("[[contacts]]\n", f"[[contacts]]\n{hook}\n", 1))
    monkeypatch.delenv("HOOK", raising=False)
    if secret is not None:
        monkeypatch.setenv("HOOK", secret)
    found = [f for f in findings_of(settings(home), TODAY) if "webhook" in (f.field or "")]
    assert [f.severity for f in found] == ([] if severity is None else [severity])
    assert all("HOOK" in f.message and "s3cr3t" not in f.line() for f in found)


def test_the_check_names_whom_no_sms_reaches_and_why(home, monkeypatch):
    init_home(home, valley(), Mode.EXERCISE)
    path = home / CONTACTS
    phone = '[[contacts]]\nphone = "+447700900123"\nchannels = ["sms", "email"]\n'
    path.write_text(path.read_text().replace("[[contacts]]\n", phone, 2))
    body = '{ to = "{to}", text = "{text}", id = "{id}", key = "{credential}" }'
    gateway = (
        'schema = "floodwarn.gateways/1"\n[sms]\nurl = "https://sms.invalid"\n'
        f'credential = "SMS_KEY"\nbody = {body}\naccepted = {{ at = "ok", values = [true] }}\n'
    )

    def found():
        return [f for f in findings_of(settings(home), TODAY) if f.file.endswith(GATEWAYS)]

    (absent,) = found()
    assert (absent.severity, absent.field) == ("error", "sms")
    assert absent.message.endswith("no sms reaches county_duty-1 and 1 more")
    (home / GATEWAYS).touch(mode=0o600)
    (home / GATEWAYS).write_text(gateway.replace("{id}", "1"))
    assert [f.severity for f in found()] == ["error"]
    (home / GATEWAYS).write_text(gateway)
    assert [f.severity for f in found()] == ["warning"]
    monkeypatch.setenv("SMS_KEY", "s3cr3t")
    assert found() == []
    (home / GATEWAYS).chmod(0o644)
    assert ["chmod 600" in f.message for f in found()] == [True]
    path.write_text(path.read_text().replace('phone = "+447700900123"\n', "", 1))
    faults = [f for f in findings_of(settings(home), TODAY) if "needs a phone" in f.message]
    assert [f.field for f in faults] == ["county_duty-1"]


def test_what_is_put_into_a_home_is_on_the_disk_with_its_name(home, monkeypatch):
    home.mkdir(mode=0o700)
    synced, sync = [], os.fsync

    def seen(number):
        synced.append(stat.S_ISDIR(os.fstat(number).st_mode))
        sync(number)

    monkeypatch.setattr(os, "fsync", seen)
    for put in (write_private, replace_private):
        synced.clear()
        put(home / "people.keys", b"key")
        assert synced == [False, True]
