"""Two runs that place the same articles at once, killed at any point and run again."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

from fixtures_store import NOW, new_article
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, func, select, update

from monitor.articles.stories import place
from monitor.errors import MonitorError
from monitor.records import FeedSpec
from monitor.store import articles, feeds, stories, story_edits
from monitor.store import tables as t
from monitor.store.database import begin, open_database

EVENTS = Path(__file__).parents[1] / "data" / "stories" / "events.jsonl"
ROWS = [json.loads(line) for line in EVENTS.read_text(encoding="utf-8").splitlines()]
SECONDS = 60  # in which even a machine at its limit places three dozen articles
fork = multiprocessing.get_context("fork")


def _place_all(url: str, seed: int, edits: bool) -> None:
    """Place what waits, a few at a time, as the step does, until nothing waits; sometimes edit a story."""
    drawn, engine = random.Random(seed), open_database(url)
    while True:
        try:
            with begin(engine) as db:
                fresh = articles.unplaced(db, 200)
                known = [text for text, _, _ in articles.of_stories(db, _whole(db))]
            if not fresh:
                os._exit(0)
            chosen = drawn.sample(fresh, min(len(fresh), drawn.randint(1, 6)))
            placements = place(known, chosen)
            with begin(engine) as db:
                stories.place(db, placements, NOW)
            if edits:
                _edit(engine, drawn)
        except MonitorError:  # a conflict: the step is run again
            continue


def _whole(db: object) -> list[int]:
    statement = select(t.stories.c.id).where(t.stories.c.merged_into.is_(None)).order_by(t.stories.c.id)
    return list(db.execute(statement).scalars())  # type: ignore[attr-defined]


def _edit(engine: Engine, drawn: random.Random) -> None:
    with begin(engine) as db:
        ids = _whole(db)
        if len(ids) > 1 and drawn.random() < 0.5:
            story_edits.merge(db, *drawn.sample(ids, 2), "anna", "", NOW)
            return
        story = drawn.choice(ids)
        mine = [text.article_id for text, _, _ in articles.of_stories(db, [story])]
        story_edits.split(db, story, set(mine[: len(mine) // 2]), "anna", "", NOW)


def _fill(engine: Engine) -> None:
    with begin(engine) as db:
        if not feeds.listing(db):
            feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
            offered = [
                new_article(n, title=row["title"], summary=row["summary"], publisher=row["publisher"])
                for n, row in enumerate(ROWS, 1)
            ]
            articles.admit(db, offered, NOW)
        db.execute(update(t.articles).values(story_id=None, placed_as=None, placed_against=None))
        db.execute(delete(t.story_edits))
        db.execute(delete(t.stories))


def _run(url: str, seed: int, kill_after: float | None, edits: bool) -> None:
    """Two placers at once; both are killed after a while, or work until nothing waits."""
    workers = [fork.Process(target=_place_all, args=(url, seed + n, edits)) for n in (0, 1)]
    for worker in workers:
        worker.start()
    if kill_after is not None:
        time.sleep(kill_after)
        for worker in workers:
            if worker.pid:
                os.kill(worker.pid, signal.SIGKILL)
    for worker in workers:
        worker.join(SECONDS)
        alive = worker.is_alive()
        worker.kill()
        assert not alive, "a placer does not end"


def _check(engine: Engine) -> None:
    with begin(engine) as db:
        assert stories.recount(db) == 0
        homes = {row.id: row.story_id for row in db.execute(select(t.articles.c.id, t.articles.c.story_id))}
        placed = {id_: home for id_, home in homes.items() if home is not None}
        assert set(placed.values()) == set(_whole(db))  # none is empty, none holds articles after its merge
        counted = select(func.sum(t.stories.c.articles)).where(t.stories.c.merged_into.is_(None))
        assert (db.execute(counted).scalar() or 0) == len(placed)  # none is in two


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 10**6),
    st.lists(st.floats(0, 0.6), min_size=1, max_size=3),
    st.booleans(),
)
def test_two_placers_killed_at_any_point(
    engine: Engine, database_url: str, seed: int, kills: list[float], edits: bool
) -> None:
    _fill(engine)
    engine.dispose()  # no connection is shared with a child
    for number, kill in enumerate(kills):
        _run(database_url, seed + 10 * number, kill, edits)
        _check(engine)
        engine.dispose()
    _run(database_url, seed + 1_000, None, edits)
    _check(engine)
    with begin(engine) as db:
        assert articles.unplaced(db, 1) == []
