"""What a watch looks at in these tests: its list, its clock, a page of Airflow's health."""

from __future__ import annotations

import http.server
import json
import threading
from contextlib import contextmanager
from datetime import timedelta

from alerts.watchdog.short_list import WATCH
from tests.alerts.night import WALL

MINUTE = timedelta(minutes=1)
HEALTH = {"scheduler": {"status": "healthy"}}
LIST = """schema = "floodwarn.watch/1"
{more}
[[contacts]]
ref = "chief"
email = "chief@mailbox.invalid"
exercise = true
language = "zh"

[[contacts]]
ref = "deputy"
email = "deputy@mailbox.invalid"
exercise = true

[[contacts]]
ref = "stranger"
email = "stranger@mailbox.invalid"
"""


class Clock:
    def __init__(self):
        self.at = WALL

    def __call__(self):
        return self.at

    def later(self, minutes):
        self.at += minutes * MINUTE


def listed(night, more="", text=LIST):
    file = night.home / WATCH
    file.write_text(text.format(more=more))
    file.chmod(0o600)


def ids(passed):
    # the tests' clock is not the database server's
    return {alarm.id for alarm in passed.alarms} - {"feed:rain", "feed:stage", "clock"}


@contextmanager
def airflow(status=200, body=None):
    """Answer as Airflow's health page does."""

    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            content = json.dumps(HEALTH if body is None else body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
