"""Each alert once, whatever breaks: the short form of `make chaos-slack`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from chaos.chaos import Chaos, run

from monitor.store.database import upgrade

WHOLE = bool(os.environ.get("MONITOR_CHAOS_WHOLE"))
HOUR = 3_600.0  # seconds until the whole run counts as hung: five minutes alone on two cores
SHORT = Chaos(10, 5, faults=4, lines=14_000)
CHAOS = Chaos(1_000, 300, faults=200, lines=40_000, limit=HOUR) if WHOLE else SHORT
CONTROL = Chaos(6, 0, faults=4, lines=10**9, pool=("drop_after", "http_500_after"), blind=True)


def test_each_message_arrives_once_in_its_place(database_url: str) -> None:
    outcome = run(database_url, CHAOS)
    print(outcome.line())
    assert (outcome.lost, outcome.doubles) == (set(), set())
    assert (outcome.astray, outcome.disordered) == (set(), set())
    assert outcome.faults == CHAOS.faults
    assert not WHOLE or (outcome.kills > 10 and outcome.cuts > 10)


def test_without_reconciliation_messages_arrive_twice(tmp_path: Path) -> None:
    """The negative control: what the test above says is not true of every sender."""
    database = f"sqlite:///{tmp_path / 'monitor.db'}"
    upgrade(database)
    outcome = run(database, replace(CHAOS, blind=True) if WHOLE else CONTROL)
    print(outcome.line())
    assert outcome.doubles
