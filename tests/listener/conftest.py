from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.slack import FakeSlack
from fixtures_outbox import TOKEN
from fixtures_store import new_article, scored

from monitor.records import DeliveryKind, Draft, Message, Placement, PlacementKind, Posted, PostOutcome
from monitor.settings import Settings
from monitor.store import articles, hits, outbox, sending, stories, tables
from monitor.store.database import begin, open_database

NOW = datetime.now(UTC).replace(microsecond=0)
STORY = "token-1"
OLD = "token-old"


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(TOKEN, ("desk", "duty"), rate=None) as fake:
        yield fake


@pytest.fixture
def settings(database_url: str, slack: FakeSlack, tmp_path: Path) -> Settings:
    """A story with a sent critical alert whose escalation waits, and one whose alert is of last year."""
    with begin(open_database(database_url)) as db:
        fresh = [new_article(n, publisher=f"P{n}", published_at=NOW, first_seen_at=NOW) for n in (1, 2)]
        articles.admit(db, fresh, NOW)
        new = PlacementKind.NEW_STORY
        stories.place(db, [Placement(1, new), Placement(2, new)], NOW)
        hits.record_scores(db, [scored(1, 0.8), scored(2, 0.9)], "v1", NOW)
        for number, token, opened in ((1, STORY, NOW), (2, OLD, NOW - timedelta(days=400))):
            db.execute(
                tables.threads.insert().values(
                    token=token, parent_key=f"alert:{token}", story_id=number, article_id=number,
                    channel="#desk", route="all", severity="critical", topics="sanctions", articles=1,
                    revision=0, held=False, opened_at=opened, told_at=opened,
                )
            )  # fmt: skip
        alert = Draft(f"alert:{STORY}", DeliveryKind.ALERT, "#desk", Message("Alert", ()))
        loud = Draft(
            f"escalation:{STORY}",
            DeliveryKind.ESCALATION,
            "#duty",
            Message("Nobody has seen this", ()),
            parent=f"alert:{STORY}",
            not_before=NOW + timedelta(minutes=15),
        )
        outbox.enqueue(db, [alert, loud], NOW)
        sending.mark_sending(db, 1, "test", NOW, timedelta(minutes=1))
        sending.settle(db, 1, Posted(PostOutcome.SENT, slack.ids["desk"], "1.5"), NOW)
    return Settings(
        home=tmp_path,
        database_url=database_url,
        slack_token=TOKEN,
        slack_url=slack.url,
        slack_channel="#desk",
        slack_pace=0.0,
        slack_settle=0.0,
    )
