"""Whatever befalls a night, people are told once, nothing falls blind, and the log holds."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from alerts import deliver
from tests.alerts.any_night.machine import AnyNight
from tests.alerts.any_night.stage import Stage

NIGHTS = max(1, int(os.environ.get("FLOODWARN_EXAMPLES", "40")) // 2)
STEPS = 25


@pytest.mark.timeout(900)  # of a night that breaks a law, the shortest is looked for
def test_any_night_keeps_every_law(tmp_path, monkeypatch):
    # hands that wait for one another's locks take twice the time, and tests/alerts/deliver has them
    monkeypatch.setattr(deliver, "AT_ONCE", 1)
    stage = Stage.built(tmp_path)
    try:
        run_state_machine_as_test(
            lambda: AnyNight(stage),
            settings=settings(
                max_examples=NIGHTS,
                stateful_step_count=STEPS,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
    finally:
        stage.close()
