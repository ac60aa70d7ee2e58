"""Whatever fails, the same news leaves the same archive, each alert once: the short form of `make chaos`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chaos.newsstand import of_snapshots, of_the_demo
from chaos.whole import Outcome, Plan, agreement, differences, run

from monitor.settings import PROJECT

WHOLE = bool(os.environ.get("MONITOR_CHAOS_WHOLE"))
REAL = PROJECT.parent / "shared" / "corpus" / "replay"
STORM = Plan(misdeeds=15, faults=30, kills=8 if WHOLE else 2, cuts=4 if WHOLE else 1)
HOURS = 8 if WHOLE else 2
Pages = dict[str, list[bytes]]


@pytest.fixture(scope="module")
def pages() -> Pages:
    now = datetime.now(UTC).replace(microsecond=0)
    found = of_the_demo(PROJECT / "seeds" / "demo" / "feeds", HOURS, now)
    return found | of_snapshots(REAL, HOURS, now) if WHOLE and REAL.is_dir() else found


@pytest.fixture(scope="module")
def peace(pages: Pages, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("peace")
    return run(f"sqlite:///{folder / 'peace.db'}", folder, pages, Plan())


def test_chaos_leaves_what_peace_leaves(
    database_url: str, pages: Pages, peace: Outcome, tmp_path: Path
) -> None:
    chaos = run(database_url, tmp_path, pages, STORM)
    alike = agreement(peace.state, chaos.state)
    print(f"\npeace: {peace.line()}\nchaos: {chaos.line()}; stories agree to {alike:.3f}")
    assert len(peace.state.hits) > 20
    assert chaos.done["kills"] == STORM.kills * HOURS
    assert chaos.done["faults of Slack"] + chaos.done["misdeeds of feeds"] > 5
    assert (peace.state.faults_within, chaos.state.faults_within) == ([], [])
    assert differences(peace.state, chaos.state) == []
    assert alike >= 0.98
