"""Runs of every type, made as Airflow's scheduler makes them and run in this process."""

import uuid
from datetime import datetime, timedelta

from pipeline.instants import HOUR


def play(dag_bag, dag_id, run_type, slot, *, conf=None):
    """Make one run and play it to its end; return (run id, state by task, errors)."""
    from airflow.utils.session import create_session

    dag = dag_bag.dags[dag_id]
    scheduled = _synced(dag)
    run_id = f"{run_type}__{uuid.uuid4()}"
    with create_session() as session:
        _create(scheduled, run_type, slot, run_id, conf, session)
    return run_id, finish(dag_bag, dag_id, run_id)


def finish(dag_bag, dag_id, run_id):
    """Play what is left of a run, as the smallest scheduler would; return the states."""
    from airflow.models.dagrun import DagRun
    from airflow.sdk.definitions.dag import _run_task
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState

    dag = dag_bag.dags[dag_id]
    scheduled = _synced(dag)
    with create_session() as session:
        run = session.query(DagRun).filter_by(dag_id=dag_id, run_id=run_id).one()
        run.dag = scheduled
        while run.state in {"running", "queued"}:
            run.state = "running"
            ready, _ = run.update_state(session=session)
            for ti in ready:
                ti.try_number += 1
                ti.state = TaskInstanceState.SCHEDULED
            session.commit()
            for ti in ready:
                _run_task(ti=ti, task=dag.get_task(ti.task_id))
                session.expire_all()
            if not ready and run.state == "running":
                _skip_waiting(run, session)
        states = {}
        for ti in run.get_task_instances(session=session):
            states.setdefault(ti.task_id, set()).add(str(ti.state))
        return states


def clear(dag_id, run_id, *, only=None):
    """Clear a run's tasks, as the button in Airflow's page does."""
    from airflow.models.taskinstance import TaskInstance, clear_task_instances
    from airflow.utils.session import create_session

    with create_session() as session:
        query = session.query(TaskInstance).filter_by(dag_id=dag_id, run_id=run_id)
        if only is not None:
            query = query.filter(TaskInstance.task_id.in_(only))
        clear_task_instances(query.all(), session)


def _skip_waiting(run, session):
    """A retry waits for its delay: the tests do not."""
    for ti in run.get_task_instances(session=session):
        if ti.state == "up_for_retry":
            ti.end_date -= timedelta(hours=1)
    session.commit()


def _synced(dag):
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
    from airflow.models.dag_version import DagVersion
    from airflow.serialization.serialized_objects import DagSerialization

    if DagVersion.get_version(dag.dag_id) is None:
        manager = DagBundlesManager()
        manager.sync_bundles_to_db()
        for bundle in manager.get_all_dag_bundles():
            bundle.initialize()
            bag = BundleDagBag(
                dag_folder=bundle.path, bundle_path=bundle.path, bundle_name=bundle.name
            )
            sync_bag_to_db(bag, bundle.name, bundle.version)
    return DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))


def _create(scheduled, run_type, slot, run_id, conf, session):
    from airflow.models.dagrun import DagRun
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    interval = None if slot is None else (slot - HOUR, slot)
    for old in session.query(DagRun).filter_by(dag_id=scheduled.dag_id):
        session.delete(old)  # Airflow takes one run a logical date; each test makes its own
    session.commit()
    scheduled.create_dagrun(
        run_id=run_id,
        logical_date=None if slot is None else slot - HOUR,
        data_interval=interval,
        run_after=slot or datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
        run_type=DagRunType(run_type),
        triggered_by=DagRunTriggeredByType.TEST,
        state=DagRunState.RUNNING,
        conf=conf,
        session=session,
    )
