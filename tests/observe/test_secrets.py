"""A feed's secret is shown to its server alone: in no log, error, address or row of the store."""

import base64
import logging

import pytest
from sqlalchemy import MetaData, select

from pipeline import settings
from pipeline.errors import SettingsError
from pipeline.observe import ObserveFailed, observe
from pipeline.site.pack import load
from pipeline.world import Mode, World
from tests.feeds.server import serving
from tests.observe.test_observe import LATER
from tests.valley import ARCHIVE_FIRST, ARCHIVE_LAST, copied

SECRET = "hush:s3cr3t/+&="
SHOWN = {
    "bearer": lambda headers, _: headers["Authorization"] == f"Bearer {SECRET}",
    "basic": lambda headers, _: base64.b64decode(headers["Authorization"][6:]) == SECRET.encode(),
    "header:X-Api-Key": lambda headers, _: headers["X-Api-Key"] == SECRET,
    "query:key": lambda _, path: path.endswith("a=1&key=hush%3As3cr3t%2F%2B%26%3D"),
}
WORLD = World("valley", Mode.REPLAY, "test")


def everything(engine) -> str:
    """Return all that the database holds, as text."""
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        return "\n".join(
            repr(row)
            for table in tables.tables.values()
            for row in connection.execute(select(table))
        )


def site_of(folder, where, lines):
    site = copied(folder)
    path = site / "feeds.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace('"${FLOODWARN_SITE}/recordings/rain.csv"', f'"{where}"')
    text = text.replace('unit = "mm"', 'unit = "mm"\ncredential = "RAIN_KEY"\n' + lines, 1)
    path.write_text(text, encoding="utf-8")
    return load(site, folder)


def take(engine, pack, **more):
    return observe(
        engine, pack, WORLD, "rain", start=ARCHIVE_FIRST, end=ARCHIVE_LAST, now=LATER, **more
    )


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize(
    "fault", ["403", "500", "cut", "refused", "redirect", "nobody", "odd", "tls"]
)
def test_no_failure_tells_the_secret(engine, tmp_path, monkeypatch, caplog, shown, fault):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("RAIN_KEY", SECRET)
    echo = SECRET.encode()
    replies = {
        "403": (403, {"X-Echo": SECRET}, echo),
        "500": (500, {"Retry-After": "999"}, echo),
        "cut": (200, {"Content-Length": "999", "Content-Encoding": "gzip"}, echo),
        "refused": (200, {"Content-Type": "text/csv"}, b"no,table\n"),
        "redirect": (302, {"Location": "/x?key=" + SECRET}, b""),
        "nobody": (200, {}, b""),
        "odd": (403, {"Bad\nheader": "x"}, b""),
        "tls": (200, {}, b""),
    }
    with serving(lambda *_: replies[fault]) as server:
        where = {"nobody": "http://127.0.0.1:9", "tls": server.url.replace("http", "https")}
        where = where.get(fault, server.url) + "/rain.csv?a=1"
        # What is tried again until its budget ends has a short one; a busy machine needs more.
        budget_s = 0.6 if fault in {"cut", "nobody", "tls"} else 5.0
        lines = f'credential_as = "{shown}"\nallow_private = ["127.0.0.0/8"]\n'
        lines += f"budget_s = {budget_s}"
        pack = site_of(tmp_path, where, lines)
        with pytest.raises(ObserveFailed) as failed:
            take(engine, pack)
        if fault not in {"nobody", "tls"}:
            assert SHOWN[shown](server.headers[0], server.asked[0])
    told = "\n".join([
        str(failed.value), repr(failed.value.observed), everything(engine),
        caplog.text,
    ])  # fmt: skip
    for form in (SECRET, "s3cr3t", base64.b64encode(SECRET.encode()).decode()):
        assert form not in told


@pytest.mark.parametrize("value", ["two\nlines", "a\r\nX-Other: b", "nul\0", "bell\a"])
def test_a_secret_with_control_characters_is_refused_untold(engine, tmp_path, value):
    with pytest.raises(SettingsError, match="RAIN_KEY has control characters") as refused:
        settings.sendable("RAIN_KEY", value)
    assert value not in str(refused.value)


def test_a_secret_may_come_from_elsewhere(engine, tmp_path):
    with serving(lambda *_: (403, {}, b"")) as server:
        pack = site_of(tmp_path, server.url + "/rain.csv", 'allow_private = ["127.0.0.0/8"]')
        with pytest.raises(ObserveFailed, match="HTTP 403"):
            take(engine, pack, credential=lambda name: f"of {name}")
        assert server.headers[0]["Authorization"] == "Bearer of RAIN_KEY"
