"""What the page on feeds shows can be declared as it stands there."""

import re
import tomllib

import pytest

from pipeline.feeds.declaration import problems
from pipeline.site.model import FeedSpec
from tests.services import ROOT

PAGE = (ROOT / "docs" / "feeds.md").read_text(encoding="utf-8")
EXAMPLES = [
    feed
    for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    for feed in tomllib.loads(block).get("feeds", [])
]


def test_the_page_shows_feeds():
    assert {"usgs", "uk_ea", "cwa", "jma_amedas"} <= {feed["protocol"] for feed in EXAMPLES}


@pytest.mark.parametrize("feed", EXAMPLES, ids=lambda feed: feed["feed_id"])
def test_an_example_of_the_page_has_no_problem(feed):
    assert list(problems(FeedSpec.model_validate(feed))) == []
