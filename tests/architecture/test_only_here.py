"""What only a few named files may touch: the clock, the environment, SQL, HTTP, processes."""

import json
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.architecture.house import BIN, PACKAGES, ROOT, pyproject

CLOCK = ("pipeline/clock.py",)
ENVIRONMENT = ("pipeline/settings.py", "alerts/supervisor.py")
ONLY_HERE = {
    "datetime.date.today": CLOCK,
    "datetime.datetime.now": CLOCK,
    "datetime.datetime.today": CLOCK,
    "datetime.datetime.utcnow": CLOCK,
    "os.environ": ENVIRONMENT,
    "os.getenv": ENVIRONMENT,
    "requests": ("pipeline/feeds/http.py", "pipeline/feeds/guard.py"),
    "sqlalchemy": (
        "pipeline/database.py", "pipeline/store/*", "pipeline/migrations/*",
        "pipeline/feeds/sql.py", "alerts/tables.py", "alerts/ledger/*", "alerts/outbox/*",
        "alerts/people/*",
    ),
    "subprocess": ("alerts/supervisor.py", "alerts/siren/player.py"),
    "time.sleep": ("alerts/supervisor.py", "pipeline/feeds/client.py"),
    "time.time": CLOCK,
    "time.time_ns": CLOCK,
}  # fmt: skip

PROBE = {
    "datetime.date.today": "import datetime\ndatetime.date.today()\n",
    "datetime.datetime.now": "import datetime\ndatetime.datetime.now(datetime.UTC)\n",
    "datetime.datetime.today": "from datetime import datetime\ndatetime.today()\n",
    "datetime.datetime.utcnow": "from datetime import datetime as d\nd.utcnow()\n",
    "os.environ": "import os\nos.environ['HOME']\n",
    "os.getenv": "from os import getenv\ngetenv('HOME')\n",
    "requests": "from requests.adapters import HTTPAdapter\n",
    "sqlalchemy": "from sqlalchemy.orm import Session\n",
    "subprocess": "import subprocess\n",
    "time.sleep": "import time as t\nt.sleep(1)\n",
    "time.time": "from time import time\ntime()\n",
    "time.time_ns": "import time\ntime.time_ns()\n",
    "PTH100": "import os\nos.path.abspath('x')\n",
    "PTH103": "import os\nos.makedirs('x')\n",
    "PTH110": "import os\nos.path.exists('x')\n",
    "PTH118": "import os\nos.path.join('x', 'y')\n",
    "PTH123": "open('x')\n",
    "PTH207": "import glob\nglob.glob('x')\n",
    "PTH208": "import os\nos.listdir('x')\n",
    "T201": "print('x')\n",
    "DTZ001": "import datetime\ndatetime.datetime(2014, 11, 4)\n",
    "S110": "try:\n    pass\nexcept Exception:\n    pass\n",
    "BLE001": "try:\n    pass\nexcept Exception:\n    x = 1\n",
}


def banned() -> dict[str, dict[str, str]]:
    return pyproject()["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]


def ruff(*arguments: str | Path, stdin: str | None = None) -> list[dict]:
    """Return ruff's findings."""
    command = [BIN / "ruff", "check", "--no-cache", "--output-format", "json", *arguments]
    run = subprocess.run(
        command, cwd=ROOT, input=stdin, capture_output=True, text=True, check=False
    )
    assert run.returncode in {0, 1}, run.stderr
    return json.loads(run.stdout)


def test_every_ban_has_its_places():
    assert set(ONLY_HERE) == set(banned())


@pytest.fixture(scope="module")
def touched(tmp_path_factory) -> list[tuple[str, str]]:
    """Return every (api, file) in the tree, whatever a file or a line is excused from."""
    config = tmp_path_factory.mktemp("ruff") / "ruff.toml"
    lines = [f'"{api}".msg = "{api}"' for api in banned()]
    head = "[lint.flake8-tidy-imports.banned-api]"
    config.write_text("\n".join([head, *lines]))
    chosen = ("--config", config, "--select", "TID251", "--ignore-noqa")
    return [
        (found["message"].split("`")[1], str(Path(found["filename"]).relative_to(ROOT)))
        for found in ruff(*chosen, *PACKAGES)
    ]


@pytest.mark.parametrize("api", sorted(ONLY_HERE))
def test_only_here(touched, api):
    elsewhere = {
        file
        for name, file in touched
        if name == api and not any(fnmatch(file, place) for place in ONLY_HERE[api])
    }
    assert elsewhere == set()


@pytest.mark.parametrize("rule", sorted(PROBE))
def test_a_planted_use_is_caught(rule):
    found = ruff("--stdin-filename", "pipeline/risk/planted.py", "-", stdin=PROBE[rule])
    if rule in ONLY_HERE:
        assert any(f["code"] == "TID251" and f"`{rule}`" in f["message"] for f in found)
    else:
        assert rule in {f["code"] for f in found}
