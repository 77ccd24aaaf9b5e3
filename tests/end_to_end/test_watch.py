"""Both watchers beside a real Airflow: a scheduler that is stopped is told from outside of it."""

import os
import signal
from dataclasses import replace
from pathlib import Path

from alerts import local_airflow
from alerts.channels import channels
from alerts.deployment import opened
from alerts.first_run import init_home
from alerts.supervisor import descendants
from alerts.warning_pack import load_warning
from alerts.watchdog import remembered
from alerts.watchdog.findings import AIRFLOW
from alerts.watchdog.short_list import WATCH
from alerts.watchdog.watching import Watcher
from pipeline import clock
from pipeline.settings import from_environment
from pipeline.world import Mode
from tests.alerts.post_office import open_for_business
from tests.end_to_end.airflow_stack import eventually, running
from tests.valley import VALLEY

LIST = """schema = "floodwarn.watch/1"
airflow = "{airflow}"
[[contacts]]
ref = "chief"
email = "chief@mailbox.invalid"
exercise = true
"""


def schedulers() -> set[int]:
    """Return the processes of Airflow's scheduler."""
    return {
        pid
        for pid in descendants(os.getpid())
        if b"scheduler" in Path(f"/proc/{pid}/cmdline").read_bytes()
    }


def test_a_stopped_scheduler_is_told_from_outside_and_its_watch_is_missed(tmp_path):
    home = tmp_path / "home"
    with open_for_business() as (post, port):
        settings = replace(
            from_environment(site=VALLEY, home=home),
            mode=Mode.EXERCISE,
            smtp_host="127.0.0.1",
            smtp_port=port,
        )
        with opened(settings) as deployment:
            init_home(home, load_warning(deployment.pack), Mode.EXERCISE)
        with running(settings, local_airflow.sqlite_url) as stack:
            list_ = home / WATCH
            list_.write_text(LIST.format(airflow=stack.airflow.url))
            list_.chmod(0o600)
            watcher = Watcher(settings, channels(settings), clock.now)

            def found() -> set[str]:
                return {alarm.id for alarm in watcher.once().alarms}

            def passed() -> bool:
                return AIRFLOW in remembered.read(home).passes

            eventually(passed, 240, "keep_watch has made a pass")
            assert "scheduler" not in found()
            assert not [mail for mail in post.of("chief") if "[scheduler]" in str(mail)]
            stopped = schedulers()
            assert stopped
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)
            eventually(lambda: "scheduler" in found(), 120, "the scheduler is missed")
            assert "[scheduler]" in post.of("chief")[-1].get_content()
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
            eventually(lambda: "scheduler" not in found(), 120, "it is back")
