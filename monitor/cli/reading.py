"""`monitor search`: what an analyst finds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import show
from monitor.settings import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from monitor.records import SearchRow


def register(app: typer.Typer) -> None:
    """Add the reader's commands to the command line."""
    app.command(help="Find stored articles by words, topic, dates and publisher.")(search)


def _engine() -> Engine:
    from monitor.store.database import open_database

    return open_database(load().database_url)


def day_of(text: str | None, *, end: bool = False) -> datetime | None:
    """A date as the first (or last) moment of that day in UTC; "3d" counts back from now."""
    if text is None:
        return None
    if text.endswith("d") and text[:-1].isdigit():
        return datetime.now(UTC) - timedelta(days=int(text[:-1]))
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date: write 2026-05-17, or 3d for three days ago") from None
    return datetime.combine(day, time.max if end else time.min, UTC)


def search(
    words: Annotated[
        list[str] | None,
        typer.Argument(help='Words; "a phrase", this OR that, begin*, -without (after -- if first).'),
    ] = None,
    topic: Annotated[str | None, typer.Option(help="Only hits of this topic.")] = None,
    since: Annotated[str | None, typer.Option(help="From this date (2026-05-17, or 3d).")] = None,
    until: Annotated[str | None, typer.Option(help="Up to and with this date.")] = None,
    publisher: Annotated[str | None, typer.Option(help="Only this publisher.")] = None,
    country: Annotated[str | None, typer.Option(help="Publishers of this state, like FRA.")] = None,
    actor: Annotated[
        list[str] | None, typer.Option(help="Only articles that name RUS, NATO, ...; several: all of them.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Only this language, like en.")] = None,
    min_score: Annotated[float | None, typer.Option(help="Only hits with at least this score.")] = None,
    best: Annotated[bool, typer.Option("--best", help="The most relevant first, not the newest.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    form: Annotated[
        show.Format, typer.Option("--format", "-f", help="table, json or csv")
    ] = show.Format.TABLE,
) -> None:
    from monitor.records import Search, SearchOrder
    from monitor.store.database import begin
    from monitor.store.search import search as find

    asked = Search(
        words=" ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words or []),
        topic=topic,
        min_score=min_score,
        since=day_of(since),
        until=day_of(until, end=True),
        publisher=publisher,
        country=country,
        actors=tuple(actor or ()),
        language=language,
        order=SearchOrder.RELEVANCE if best else SearchOrder.DATE,
    )
    with begin(_engine(), reading=True) as db:
        found = find(db, asked, limit)
    show_found(found, form)


def show_found(found: Sequence[SearchRow], form: show.Format) -> None:
    """Print what was found."""
    columns = ["Article", "Published", "Publisher", "Title", "Topics", "Story", "URL"]
    lines = [
        [r.article_id, r.published_at, r.publisher, r.title, _topics(r.topics, form), r.story_id, r.url]
        for r in found
    ]
    if form is show.Format.TABLE:
        columns, lines = columns[:-1], [line[:-1] for line in lines]
    show.rows(columns, lines, form, empty="nothing found; try fewer words or a longer time")


def _topics(topics: object, form: show.Format) -> object:
    pairs = dict(topics)  # type: ignore[call-overload]  # pairs of topic and score
    if form is show.Format.JSON:
        return pairs
    return ", ".join(f"{name} {score:.2f}" for name, score in pairs.items())
