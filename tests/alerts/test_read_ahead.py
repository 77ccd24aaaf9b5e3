"""Reading ahead is for speed alone: whatever a site's files say, the process goes on."""

import gc

import pytest

from alerts.read_ahead import read_ahead
from alerts.warning_pack import load_warning
from pipeline.settings import from_environment
from pipeline.site.pack import load
from tests.valley import copied


@pytest.fixture(autouse=True)
def thawed():
    yield
    gc.unfreeze()


def test_a_child_finds_the_plans_that_were_read_ahead(tmp_path):
    site = copied(tmp_path)
    read_ahead(lambda: from_environment(site=site, home=tmp_path))
    one, two = (load_warning(load(site, tmp_path)).plans for _ in range(2))
    assert one
    assert all(one[village] is two[village] for village in one)


def test_a_site_that_cannot_be_read_stops_nobody(tmp_path):
    read_ahead(lambda: from_environment(site=tmp_path / "nowhere", home=tmp_path))


def test_a_deployment_that_is_not_set_up_stops_nobody(monkeypatch):
    monkeypatch.setenv("FLOODWARN_MODE", "no such mode")
    read_ahead(from_environment)
