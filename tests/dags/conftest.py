"""An Airflow of the tests' own: its variables are set before anything imports it."""

import os
import sys
import tempfile
import warnings
from pathlib import Path

import pytest

from alerts import local_airflow
from tests.services import ROOT

HOME = Path(tempfile.mkdtemp(prefix="floodwarn-airflow-"))
AIRFLOW = local_airflow.LocalAirflow(
    HOME, 8080, {"officer": "admin"}, local_airflow.sqlite_url(HOME)
)

if "airflow" not in sys.modules:
    local_airflow.write_files(AIRFLOW)
    os.environ |= local_airflow.environment(AIRFLOW)


@pytest.fixture(scope="session")
def airflow_home():
    """Return AIRFLOW_HOME of a migrated Airflow of our own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airflow.configuration import conf
        from airflow.utils.db import initdb

        assert conf.get("core", "dags_folder") == str(ROOT / "dags"), "imported too early"
        initdb()
    return HOME


@pytest.fixture(scope="session")
def dag_bag(airflow_home):
    """Return the DAGs as Airflow's own processor sees them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airflow.dag_processing.dagbag import DagBag

        previous = os.environ.get("FLOODWARN_SITE")
        os.environ["FLOODWARN_SITE"] = str(ROOT / "config" / "valley")
        try:
            return DagBag(dag_folder=ROOT / "dags")
        finally:
            if previous is None:
                del os.environ["FLOODWARN_SITE"]
            else:
                os.environ["FLOODWARN_SITE"] = previous
