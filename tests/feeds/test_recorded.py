"""A recording is a dated archive in files; every other feed may tell of now."""

import pytest

from pipeline.feeds.recorded import live_because
from pipeline.observation import KnownBasis
from pipeline.site.pack import load
from tests.feeds.samples import csv_spec
from tests.services import ROOT

ARCHIVE = {
    "where": "${FLOODWARN_SITE}/recordings/rain.csv",
    "basis": KnownBasis.DECLARED,
    "archive_from": "2024-07-01T01:00:00Z",
    "archive_to": "2024-07-18T00:00:00Z",
}


@pytest.mark.parametrize("site", ["valley", "cance"])
def test_every_feed_of_a_site_that_plays_a_recorded_flood_is_a_recording(site, tmp_path):
    feeds = load(ROOT / "config" / site, tmp_path).feeds
    assert {feed.feed_id: live_because(feed) for feed in feeds} == {
        feed.feed_id: None for feed in feeds
    }


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"where": "HTTPS://e.org/rain.csv"}, "HTTP"),
        ({"protocol": "sl323", "where": "public", "credential": "COUNTY"}, "database"),
        ({"basis": KnownBasis.RECEIVED}, '"received"'),
        ({"basis": KnownBasis.SOURCE}, '"source"'),
        ({"archive_from": None}, "archive_from"),
        ({"archive_to": None}, "archive_to"),
    ],
)
def test_whatever_an_archive_in_files_is_not_may_tell_of_now(changes, why):
    assert why in (live_because(csv_spec(**ARCHIVE | changes)) or "")
