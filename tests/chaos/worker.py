"""A worker of the whole system: cycles, and steps out of their order, until it is killed.

    python worker.py SEED [--orderly]

The settings come from the environment. `--orderly` runs one whole cycle and ends.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import replace

from monitor.errors import MonitorError
from monitor.pipeline import make_due
from monitor.pipeline.run import CYCLE, cycle
from monitor.records import RunKey, Step
from monitor.settings import Settings, load

# As little patience as the proportions of the real times allow: see sender.py.
SHORT = {
    "slack_pace": 0.0,
    "slack_hourly": 10**9,
    "slack_timeout": 0.5,
    "slack_settle": 3.0,
    "slack_lease": 2.5,
    "slack_rest": 0.2,
    "slack_probe": 0.2,
    "slack_edit_pace": 0.0,
    "host_spacing": 0.0,
    "read_pages": False,
}


def settings() -> Settings:
    return replace(load(), **SHORT)  # type: ignore[arg-type]


def main() -> None:
    seed = sys.argv[1]
    mine = settings()
    if "--orderly" in sys.argv:
        make_due(mine)
        cycle(mine, RunKey("cli", "chaos", seed))
        return
    chance = random.Random(int(seed))
    steps = [step for step in CYCLE if step not in {Step.READ, Step.HEALTH}]
    print("ready", flush=True)  # whoever kills us early would only kill an import
    for number in range(10**6):
        run = RunKey("cli", "chaos", f"{seed} {number}")
        try:
            make_due(mine)
            if chance.random() < 0.5:
                cycle(mine, run)
            else:  # events of assets that come twice, or in another order
                for place, step in enumerate(chance.choices(steps, k=4)):
                    CYCLE[step](mine, replace(run, key=f"{run.key} {place}"))
        except MonitorError:
            time.sleep(0.1)  # the database or Slack is away; what was begun is found again


if __name__ == "__main__":
    main()
