"""The line that the UI shows as the note of a run: "41 feeds, 312 new articles".

Each task leaves the line on what its run has done so far; the last one's is the whole. Airflow lets no task
write a note (its API for tasks has none, and its public API would need a password in every worker), so the
scheduler, which calls this when a run ends, moves the line from the task to the note. It reads Airflow's
own database alone: ours may be away, and the scheduler must not wait for it.
"""

from __future__ import annotations

from typing import Any

from airflow.listeners import hookimpl

KEY = "run_note"  # under which tasks leave the line
LIMIT = 1_000  # characters that Airflow keeps of a note
OURS = "monitor_"  # how the ids of our DAGs begin


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:  # noqa: ARG001  # Airflow's signature
    """Called by the scheduler for every run that ends well."""
    _write(dag_run, failed=False)


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:  # noqa: ARG001
    """Called by the scheduler for every run that fails."""
    _write(dag_run, failed=True)


def _write(dag_run: Any, *, failed: bool) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy.orm import object_session

    if not dag_run.dag_id.startswith(OURS):
        return
    session = object_session(dag_run)
    if session is not None:  # the scheduler's: a second one would wait for the row that it has locked
        _note(dag_run, session, failed=failed)
        return
    with create_session() as own:  # `dag.test`
        found = own.get(DagRun, dag_run.id)
        if found is not None:
            _note(found, own, failed=failed)


def _note(dag_run: Any, session: Any, *, failed: bool) -> None:
    line = _line(dag_run, session)
    if failed:
        broken = dag_run.get_task_instances(session=session, state=["failed"])
        culprits = sorted({one.task_id for one in broken})
        line = "; ".join(part for part in (line, f"failed: {', '.join(culprits) or 'the run'}") if part)
    if line:
        _put(dag_run, line)


def _line(dag_run: Any, session: Any) -> str:
    from airflow.models.xcom import XComModel

    wanted = XComModel.get_many(run_id=dag_run.run_id, key=KEY, dag_ids=dag_run.dag_id)
    rows = session.scalars(wanted).all()
    newest = max(rows, key=lambda row: row.timestamp, default=None)
    return str(XComModel.deserialize_value(newest)) if newest is not None else ""


def _put(dag_run: Any, line: str) -> None:
    """Write the note; what a person has written there stays, above ours."""
    known = dag_run.dag_run_note
    if known is None:
        dag_run.note = line[:LIMIT]
    elif known.user_id is None:
        known.content = line[:LIMIT]
    elif line not in (known.content or ""):
        known.content = f"{known.content}\n\n{line}"[:LIMIT]
