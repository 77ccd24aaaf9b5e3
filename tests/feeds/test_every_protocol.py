"""What holds for every protocol: nothing that a feed sends breaks more than itself.

`FLOODWARN_FUZZ` is the number of mutations of each decoder; ``make fuzz`` takes 10,000.
"""

import os
import random
import shutil
import subprocess
import sys
from collections import defaultdict

import pytest

from pipeline.errors import DecodeError
from pipeline.feeds.registry import PROTOCOLS, decode
from pipeline.observation import Decoded
from tests.feeds.mutations import junk_for, mutated
from tests.feeds.sample import Sample, samples
from tests.feeds.watchdog import Hung, watched
from tests.services import ROOT
from tests.valley import copied

MUTATIONS = int(os.environ.get("FLOODWARN_FUZZ", "500"))
OF = defaultdict(list)
for each in samples():
    OF[each.spec.protocol].append(each)
WITH_ROWS = [sample for sample in samples() if sample.rows]


def findings(decoded: Decoded) -> set[object]:
    """Return all that was decoded, piece by piece."""
    grids = {
        (g.grid_id, g.valid_time, g.interval_s, g.reference_time, g.member, g.cells.tobytes())
        for g in decoded.grids
    }
    areas = {
        (warning.sender, warning.identifier, warning.kind, area)
        for warning in decoded.warnings
        for area in warning.areas
    }
    return {*decoded.readings, *grids, *areas}


def of_rows(sample: Sample, rows) -> Decoded:
    assert sample.with_rows is not None
    return decode(sample.holding(sample.with_rows(rows)), sample.spec)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_has_a_sample(protocol):
    assert OF[protocol], f"tests/feeds/sample_{protocol}.py is missing"


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_a_sample_is_what_its_feed_declares(sample):
    decoded = decode(sample.payload, sample.spec)
    assert findings(decoded)
    assert decoded.faults == ()
    if sample.with_rows is not None:
        assert findings(of_rows(sample, sample.rows)) == findings(decoded)


@pytest.mark.parametrize("sample", WITH_ROWS, ids=lambda sample: sample.name)
def test_whatever_stands_in_one_row_every_other_row_is_decoded_equal(sample):
    for index, row in enumerate(sample.rows):
        before, after = sample.rows[:index], sample.rows[index + 1 :]
        others = findings(of_rows(sample, (*before, *after)))
        for junk in junk_for(row):
            lost = others - findings(of_rows(sample, (*before, junk, *after)))
            assert not lost, f"row {index} as {junk!r:.300}"


@pytest.mark.timeout(0)  # `watched` bounds each call; of ten thousand the whole takes minutes
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_any_payload_is_decoded_or_refused_and_nothing_else(protocol, tmp_path):
    contents = [sample.content for sample in samples()]
    for number in range(MUTATIONS):
        sample = OF[protocol][number % len(OF[protocol])]
        content = mutated(sample.content, contents, random.Random(f"{sample.name} {number}"))
        try:
            with watched():
                assert isinstance(decode(sample.holding(content), sample.spec), Decoded)
        except DecodeError:
            continue
        except (Exception, Hung) as error:  # noqa: BLE001 - whatever it is, it is a failure
            kept = tmp_path / f"{sample.name}-{number}"
            kept.write_bytes(content)
            pytest.fail(f"{type(error).__name__}: {error}: {content!r:.600}, whole in {kept}")


ONE_MORE = '''
"""Protocol ``one_more``: station, time and value on a line."""
from datetime import datetime
from typing import Final

from pipeline.feeds.protocol import Protocol
from pipeline.observation import Decoded, Reading

def decode(payload, spec, window=None):
    rows = [line.split() for line in payload.content.decode().splitlines()]
    return Decoded(tuple(
        Reading(station, spec.variable, 3600, datetime.fromisoformat(at), float(value))
        for station, at, value in rows
    ))

PROTOCOL: Final = Protocol(decode, states_unit=True)
'''
FEED = """
[[feeds]]
feed_id = "more"
protocol = "one_more"
where = "${FLOODWARN_SITE}/more.txt"
variable = "rain_mm"
cadence_min = 60
"""
END_TO_END = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from pipeline import database
from pipeline.observe import observe
from pipeline.site.check import check
from pipeline.site.pack import load
from pipeline.store import batches
from pipeline.world import Mode, World

now = datetime.fromisoformat("2024-07-15T12:03+00:00")
hours = {"start": now - timedelta(hours=6), "end": now}
pack = load(Path(sys.argv[1]), Path(sys.argv[2]))
engine = database.connect(f"sqlite:///{sys.argv[2]}/floodwarn.db")
database.migrate(engine)
observe(engine, pack, World("valley", Mode.REPLAY, "one-more"), "more", now=now, **hours)
with database.reading(engine) as connection:
    revisions = batches.load(connection, site="valley", known_before=None, **hours)
points = revisions.at(None, hours["start"], now).points
print(list(zip(points.station_id, points.value.tolist())))
"""


def test_one_more_protocol_is_one_file_and_one_line_of_the_registry(tmp_path):
    shutil.copytree(ROOT / "pipeline", tmp_path / "pipeline")
    (tmp_path / "pipeline/feeds/one_more.py").write_text(ONE_MORE, encoding="utf-8")
    registry = tmp_path / "pipeline/feeds/registry.py"
    text = registry.read_text(encoding="utf-8")
    entry = '    "csv": csv.PROTOCOL,\n'
    assert entry in text
    line = '    "one_more": __import__("pipeline.feeds.one_more").feeds.one_more.PROTOCOL,\n'
    registry.write_text(text.replace(entry, entry + line), encoding="utf-8")
    site = copied(tmp_path)
    with (site / "feeds.toml").open("a", encoding="utf-8") as feeds:
        feeds.write(FEED)
    (site / "more.txt").write_text("R01 2024-07-15T11:00:00+00:00 3.5\n", encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-c", END_TO_END, site, tmp_path],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert run.stdout.strip() == "[('R01', 3.5)]", run.stderr
