"""pip's settings as uv gets them, and the locks."""

import importlib.util
import re

import pytest

from tests.architecture.house import ROOT

LISTING = """\
:env:.cert='/etc/ca.pem'
:env:.disable-pip-version-check='1'
:env:.index-url='https://mirror.example/simple'
global.index-url='https://elsewhere.example/simple'
global.extra-index-url='\\nhttps://a.example/simple\\nhttps://b.example/simple'
install.trusted-host='mirror.example'
freeze.timeout='10'
"""


@pytest.fixture(scope="module")
def install():
    spec = importlib.util.spec_from_file_location("install", ROOT / "requirements" / "install.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_narrower_source_wins(install):
    assert install.pip_settings(LISTING) == {
        "cert": "/etc/ca.pem",
        "index-url": "https://mirror.example/simple",
        "extra-index-url": "\nhttps://a.example/simple\nhttps://b.example/simple",
        "trusted-host": "mirror.example",
    }


def test_uv_is_told_all_that_pip_knows(install):
    environ = install.uv_environment(install.pip_settings(LISTING), {})
    assert environ["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert environ["UV_INDEX"] == "https://a.example/simple https://b.example/simple"
    assert environ["UV_INSECURE_HOST"] == "mirror.example"
    assert environ["SSL_CERT_FILE"] == "/etc/ca.pem"


def test_what_the_user_told_uv_stands(install):
    environ = install.uv_environment({"index-url": "https://a.example"}, {"UV_DEFAULT_INDEX": "b"})
    assert environ["UV_DEFAULT_INDEX"] == "b"


def test_a_missing_folder_is_left_out_as_pip_does(install, tmp_path):
    there, gone = tmp_path / "wheels", tmp_path / "gone"
    there.mkdir()
    settings = {"find-links": f"{there} {gone} {gone.as_uri()} https://a.example/links"}
    environ = install.uv_environment(settings, {})
    assert environ["UV_FIND_LINKS"] == f"{there} https://a.example/links"


@pytest.mark.parametrize("name", ["runtime", "test", "uv", "sample"])
def test_a_lock_pins_by_hash_and_names_no_address(name):
    lock = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    pins = re.findall(
        r"^[a-z0-9][\w.-]*(?:\[[\w,]+\])?==\S+ \\\n    --hash=sha256:", lock, re.MULTILINE
    )
    assert pins
    assert len(pins) == len(re.findall(r"^[a-z0-9]", lock, re.MULTILINE))
    assert "://" not in lock
    assert "--index" not in lock


def test_the_test_lock_holds_the_runtime_lock():
    def pinned(name):
        lock = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
        return set(re.findall(r"^[a-z0-9][^ ]*==[^ ]+", lock, re.MULTILINE))

    assert pinned("runtime") < pinned("test")
