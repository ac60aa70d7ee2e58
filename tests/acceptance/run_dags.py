"""Run DAGs in this process and print the results of their tasks as one line of JSON.

A script of its own, since Airflow reads its configuration when it is first imported.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from airflow.dag_processing.dagbag import DagBag


def results(run: Any) -> dict[str, Any]:
    """The result of each task; of a mapped one a list in the order of its shards."""
    found: dict[str, Any] = {}
    for instance in sorted(run.get_task_instances(), key=lambda one: (one.task_id, one.map_index)):
        if instance.map_index < 0:
            found[instance.task_id] = instance.xcom_pull(task_ids=instance.task_id)
        else:
            value = instance.xcom_pull(task_ids=instance.task_id, map_indexes=instance.map_index)
            found.setdefault(instance.task_id, []).append(value)
    return found


def main() -> None:
    bag = DagBag()
    if bag.import_errors:
        sys.exit(f"DAGs that cannot be imported: {bag.import_errors}")
    printed = {}
    for name in sys.argv[1:]:
        run = bag.dags[name].test()
        if str(run.state) != "success":
            sys.exit(f"{name} ended as {run.state}")
        printed[name] = results(run)
    print(json.dumps(printed))


if __name__ == "__main__":
    main()
