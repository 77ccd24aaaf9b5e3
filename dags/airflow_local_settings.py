"""Loads the heavy libraries and the site once, in the scheduler: its tasks are forks of it.

Measured (docs/adr/0009): seven tasks take 1.3 s instead of 6. A county of 2,000 villages takes
4 s of each task to read, and then a tenth of one (docs/performance.md).
"""

import sys

if "scheduler" in sys.argv:
    import airflow.sdk
    import numpy as np
    import pandas as pd

    import alerts.cycle
    from alerts.read_ahead import read_ahead
    from pipeline.settings import from_environment

    read_ahead(from_environment)
    LOADED = (airflow.sdk, np, pd, alerts.cycle)
