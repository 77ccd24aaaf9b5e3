"""Loads the heavy libraries once, in the scheduler: its workers and their tasks are forks of it.

Measured (docs/adr/0009): seven tasks take 1.3 s instead of 6.
"""

import sys

if "scheduler" in sys.argv:
    import airflow.sdk
    import numpy as np
    import pandas as pd

    import alerts.cycle

    LOADED = (airflow.sdk, np, pd, alerts.cycle)
