"""Stories that grow, decided and delivered to a fake Slack as time goes on."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakes.slack import FakeSlack
from fixtures_outbox import run, send
from fixtures_routes import with_routes
from fixtures_store import new_article, scored
from sqlalchemy import func, select, update

from monitor.pipeline import decide
from monitor.records import Development, DevelopmentKind, FeedSpec, Placement, PlacementKind
from monitor.settings import Settings
from monitor.store import articles, developments, feeds, hits, stories, tables
from monitor.store.database import begin, open_database

ROUTE = '[[route]]\nname = "desk"\ntopics = ["*"]\n'


def told(settings: Settings, slack: FakeSlack) -> Counter[tuple[str, int]]:
    """How often each channel was told of each story in a message that is no reply, alone or in a summary."""
    found: Counter[tuple[str, int]] = Counter()
    deliveries, threads = tables.deliveries, tables.threads
    whole = deliveries.alias("whole")
    opened = (
        select(deliveries.c.delivery_id, whole.c.delivery_id.label("folded"), threads.c.story_id)
        .join(threads, threads.c.parent_key == deliveries.c.dedup_key)
        .outerjoin(whole, whole.c.id == deliveries.c.folded_into)
    )
    with begin(open_database(settings.database_url)) as db:
        rows = db.execute(opened).all()
    for message in slack.messages:
        if message["thread_ts"] is None:
            mine = message["metadata"]["event_payload"]["delivery_id"]
            for row in rows:
                if mine in {row.delivery_id, row.folded}:
                    found[message["channel"], row.story_id] += 1
    return found


class Newsroom:
    """Stories that grow, and the decisions and deliveries in between."""

    def __init__(self, settings: Settings, slack: FakeSlack, folder: Path) -> None:
        self.base, self.slack, self.folder = settings, slack, folder
        self.settings = settings
        self.articles = 0
        with begin(open_database(settings.database_url)) as db:
            feeds.add(db, [FeedSpec("https://a.example/", "A")], datetime.now(UTC))

    def routes(self, text: str) -> None:
        self.settings = with_routes(self.base, self.folder / f"seeds{len(text)}", text)

    def report(
        self, *, against: int | None = None, score: float | None = 0.9, age: timedelta = timedelta(0),
        topic: str = "sanctions",
    ) -> int:  # fmt: skip
        """An article, a story of its own unless it is `against` another; its number."""
        self.articles += 1
        number, now = self.articles, datetime.now(UTC)
        with begin(open_database(self.settings.database_url)) as db:
            fresh = new_article(number, publisher=f"P{number}", published_at=now - age, first_seen_at=now)
            articles.admit(db, [fresh], now)
            kind = PlacementKind.NEW_STORY if against is None else PlacementKind.SAME_STORY
            stories.place(db, [Placement(number, kind, against, None if against is None else 0.5)], now)
            if score is not None:
                hits.record_scores(db, [scored(number, score, topic)], "v1", now)
        return number

    def notice(self, story: int, kind: DevelopmentKind, value: str, sentence: str = "") -> None:
        with begin(open_database(self.settings.database_url)) as db:
            one = Development(story, self.articles, kind, value, sentence, datetime.now(UTC))
            developments.record(db, [one])

    def go(self, *, patient: bool = False) -> None:
        """A decision and a delivery."""
        decide(self.settings, run(), patient=patient)
        send(self.settings)

    def rest(self) -> None:
        """As if the time between two replies had passed."""
        long_ago = datetime.now(UTC) - timedelta(hours=2)
        with begin(open_database(self.settings.database_url)) as db:
            db.execute(update(tables.threads).values(replied_at=long_ago))

    @property
    def parents(self) -> list[str]:
        return [m["text"] for m in self.slack.messages if m["thread_ts"] is None]

    @property
    def replies(self) -> list[str]:
        return [m["text"] for m in self.slack.messages if m["thread_ts"] is not None]

    @property
    def threads(self) -> int:
        with begin(open_database(self.settings.database_url)) as db:
            return db.execute(select(func.count()).select_from(tables.threads)).scalar_one()
