"""`cap`: the alert of what was told as it was issued, signed where there is a key, or a refusal."""

import shutil
from pathlib import Path

import pytest
from lxml import etree

from alerts.cap_rules import problems
from alerts.cli.app import COULD_NOT_RUN, REFUSED, run
from alerts.deployment import opened
from alerts.first_run import init_home
from alerts.ledger import episodes, messages
from alerts.local_stack import new_exercise
from alerts.roster import write_private
from alerts.warning_pack import load_warning
from pipeline import clock
from pipeline.database import reading
from pipeline.settings import Settings, from_environment
from pipeline.site.pack import load
from pipeline.world import Mode
from tests.alerts.cap.pairs import pair
from tests.alerts.night import WALL
from tests.valley import copied

GOOD, USAGE = 0, 2
PLACE = "hekou"
LATER = ("--village", PLACE, "--at", "2099-01-01T00:00Z")


class Desk:
    """A deployment's commands, its database, and what they wrote."""

    def __init__(self, settings, capfdbinary):
        self.settings, self.capture = settings, capfdbinary

    def __call__(self, *arguments: str):
        code = run(["cap", *arguments])
        said = self.capture.readouterr()
        return code, said.out, said.err.decode()

    def kept(self) -> dict[str, bytes]:
        """Return the alerts of the exercise by the message they were issued with."""
        with opened(self.settings) as deployment, reading(deployment.engine) as connection:
            world = deployment.paging_world()
            states = episodes.newest(connection, world).values()
            told = messages.of_episodes(connection, world, [s.episode_id for s in states])
            return {
                k.message.message_id: messages.cap(
                    connection, world, k.message.cap_identifier
                ).content
                for k in told
            }


def exercising(patch: pytest.MonkeyPatch, folder: Path) -> Settings:
    """Make the valley below a folder, in an exercise, the deployment of the commands."""
    patch.setenv("FLOODWARN_SITE", str(folder / "valley"))
    patch.setenv("FLOODWARN_HOME", str(folder / "home"))
    patch.setenv("FLOODWARN_MODE", "exercise")
    patch.delenv("FLOODWARN_CAP_KEY", raising=False)
    patch.setattr(clock, "now", lambda: WALL)
    return from_environment()


@pytest.fixture(scope="module")
def ordered(tmp_path_factory) -> Path:
    """Return the folder of an exercise of the valley, in which a village was ordered."""
    folder = tmp_path_factory.mktemp("ordered")
    copied(folder)
    with pytest.MonkeyPatch.context() as patch:
        settings = exercising(patch, folder)
        pack = load_warning(load(settings.site_folder, settings.home))
        init_home(settings.home, pack, Mode.EXERCISE)
        with opened(settings) as deployment:
            new_exercise(deployment, clock.now())
        order = ("order", PLACE, "--tier", "red", "--reason", "seen", "--by", "county_duty-1")
        assert run(list(order)) == GOOD
    return folder


@pytest.fixture
def cap(ordered, tmp_path, capfdbinary, monkeypatch):
    """Give the command in a copy of that exercise."""
    shutil.copytree(ordered, tmp_path, dirs_exist_ok=True)
    return Desk(exercising(monkeypatch, tmp_path), capfdbinary)


@pytest.fixture
def key(cap, monkeypatch, tmp_path):
    """Give the deployment a key, and its certificate to whoever verifies."""
    ours = pair()
    write_private(cap.settings.home / "cap.pem", ours.file)
    monkeypatch.setenv("FLOODWARN_CAP_KEY", "cap.pem")
    certificate = tmp_path / "county.pem"
    certificate.write_bytes(ours.certificate)
    return str(certificate)


def test_by_message_or_by_village_and_instant_it_is_the_kept_bytes_and_nothing_else(cap):
    for message_id, content in cap.kept().items():
        assert cap(message_id) == (GOOD, content, "")
        assert cap(*LATER) == (GOOD, content, "")
        assert problems(content) == []


def test_into_a_folder_it_goes_under_its_identifier(cap, tmp_path):
    code, said, _ = cap(*LATER, "--to", str(tmp_path / "out"))
    (path,) = (tmp_path / "out").iterdir()
    assert (code, said.decode()) == (GOOD, f"written: {path}\n")
    content = path.read_bytes()
    assert content in cap.kept().values()
    assert path.stem == etree.fromstring(content).findtext("{*}identifier")


def test_with_a_key_it_is_signed_and_verifies_with_its_certificate_alone(cap, key, tmp_path):
    _, content, _ = cap(*LATER)
    kept = next(iter(cap.kept().values()))
    assert content.startswith(kept[: kept.rfind(b"</alert>")])
    file, other = tmp_path / "alert.xml", tmp_path / "other.pem"
    file.write_bytes(content)
    code, signed, _ = cap("--verify", str(file), "--key", key)
    assert (code, signed) == (GOOD, etree.tostring(etree.fromstring(kept), method="c14n"))
    other.write_bytes(pair().certificate)
    code, signed, said = cap("--verify", str(file), "--key", str(other))
    assert (code, signed) == (REFUSED, b"")
    assert "not verified" in said


def test_of_a_changed_alert_nothing_is_written(cap, key, tmp_path):
    file, out = tmp_path / "alert.xml", tmp_path / "out"
    changed = cap(*LATER)[1].replace(b"<severity>Extreme", b"<severity>Minor")
    assert b"<severity>Minor" in changed
    file.write_bytes(changed)
    assert cap("--verify", str(file), "--key", key, "--to", str(out))[:2] == (REFUSED, b"")
    assert not out.exists()


def test_a_key_that_others_can_read_lets_nothing_out(cap, key):
    (cap.settings.home / "cap.pem").chmod(0o644)
    code, content, said = cap(*LATER)
    assert (code, content) == (COULD_NOT_RUN, b"")
    assert "chmod 600" in said


@pytest.mark.parametrize("name", ["../cap.pem", "/etc/cap.pem", ".."])
def test_a_key_lies_in_the_home_and_nowhere_else(cap, monkeypatch, name):
    monkeypatch.setenv("FLOODWARN_CAP_KEY", name)
    code, content, said = cap(*LATER)
    assert (code, content) == (COULD_NOT_RUN, b"")
    assert "FLOODWARN_CAP_KEY" in said


def test_of_a_village_that_was_told_nothing_there_is_no_alert(cap):
    code, content, said = cap("--village", "baishi", "--at", "2099-01-01T00:00Z")
    assert (code, content) == (COULD_NOT_RUN, b"")
    assert "had been told nothing" in said


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ("--village", PLACE),
        ("0" * 32, *LATER),
        ("--verify", "a.xml"),
        ("--key", "a.pem"),
        ("0" * 32, "--verify", "a.xml", "--key", "a.pem"),
    ],
)
def test_it_asks_for_one_thing(cap, wrong):
    assert cap(*wrong)[:2] == (USAGE, b"")
