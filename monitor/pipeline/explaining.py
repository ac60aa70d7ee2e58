"""Why a story or an article alerted, or did not: for the terminal and for Slack alike."""

from __future__ import annotations

from sqlalchemy import Connection

from monitor.errors import NotFound, Permanent
from monitor.pipeline.desk import clock
from monitor.pipeline.rules import rules
from monitor.records import Article, RunKey, Subject
from monitor.settings import Settings
from monitor.store import articles, silences, stories, trails
from monitor.store.database import begin, open_database
from monitor.text import clean, shorten

HEADLINE = 150  # characters
ASK = "write the number of a story (7 or story:7), article:12, or an article's address"


def why(settings: Settings, what: str) -> list[str]:
    """Routes, thresholds, silences and messages of what is asked for, as lines of plain text.

    Args:
        what: "7" or "story:7" for a story, "article:12" or an address for an article.

    Raises:
        NotFound: there is no such story or article.
        Permanent: `what` names neither.
        Misconfigured: the routes or a topic card cannot be used.
    """
    from monitor.alerts.why import explain

    known = rules(settings, RunKey("cli", "why", ""))
    now = clock()
    with begin(open_database(settings.database_url), reading=True) as db:
        subject = _subject(db, what.strip())
        muted = silences.active(db, now)
    return explain(subject, known.routes, known.severities, known.look.titles, muted, now)


def _subject(db: Connection, what: str) -> Subject:
    kind, _, number = what.rpartition(":")
    if number.isdigit() and kind in {"", "story"}:
        return _story(db, int(number))
    if number.isdigit() and kind == "article":
        return _article(db, articles.get(db, int(number)), f"article {number}")
    if what.startswith(("http://", "https://")):
        return _article(db, articles.by_url(db, what), "article of that address")
    raise Permanent(f"{shorten(clean(what), 60)!r} is no story and no article: {ASK}")


def _story(db: Connection, number: int) -> Subject:
    goal = stories.leads_to(db, number) or number
    story = stories.get(db, goal)
    if story is None:
        raise NotFound(f"no story {number}: `monitor search` shows the numbers")
    merged = f" (story {number} was merged into it)" if goal != number else ""
    title = f"Story {goal}{merged}: {shorten(clean(story.headline), HEADLINE)}"
    found = trails.of_hits(db, story_id=goal)
    missing = "" if found else "No article of it reaches the threshold of any topic, so no route was asked."
    return Subject(title, tuple(found), tuple(trails.messages(db, goal)), (), missing)


def _article(db: Connection, article: Article | None, asked: str) -> Subject:
    if article is None:
        raise NotFound(f"no {asked}: `monitor search` shows the numbers")
    story = f", story {article.story_id}" if article.story_id is not None else ""
    title = f"Article {article.id}{story}: {shorten(clean(article.title), HEADLINE)}"
    scores = tuple(trails.scores_of(db, article.id))
    missing = ""
    if not scores and trails.scored_at(db, article.id) is None:
        missing = "It has not been scored yet: the next `monitor run` does it."
    elif not scores:
        language = f" ({article.language})" if article.language else ""
        missing = (
            f"It was not scored: it has no words, or a language{language} that the classifier cannot read."
        )
    told = trails.messages(db, article.story_id) if article.story_id is not None else []
    return Subject(title, tuple(trails.of_hits(db, article_id=article.id)), tuple(told), scores, missing)
