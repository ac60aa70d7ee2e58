from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.slack import FakeSlack
from fixtures_outbox import TOKEN

from monitor.settings import Settings


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(TOKEN, ("desk",), rate=None) as fake:
        yield fake


@pytest.fixture
def settings(database_url: str, slack: FakeSlack, tmp_path: Path) -> Settings:
    """Settings of a connected installation with one route and no topic cards but the shipped ones."""
    return Settings(
        home=tmp_path,
        database_url=database_url,
        slack_token=TOKEN,
        slack_url=slack.url,
        slack_channel="#desk",
        slack_pace=0.0,
        slack_settle=0.0,
        slack_probe=0.0,
    )
