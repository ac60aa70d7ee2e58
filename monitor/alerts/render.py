"""Alerts, summaries and notices as Slack messages (pure)."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from monitor.alerts import blocks as b
from monitor.alerts.blocks import check
from monitor.alerts.spans import first_link
from monitor.records import Delivery, HitInStory, Json, Message, Route, WeightedTerm
from monitor.text import clean, shorten

__all__ = ["alert_message", "check", "notice_message", "strength", "summary_message"]

HEADLINE = 200  # characters: two lines and a half on a phone
SENTENCE = 400
PUBLISHER = 60
NAMED = 4  # publishers and terms that are named
LISTED = 60  # lines of a summary
LIST_SIZE = b.SIZE_LIMIT - 1_000  # of its lines as JSON: the rest is header and foot
NOTICE_LINES = 20


def alert_message(hit: HitInStory, route: Route, titles: Mapping[str, str], web_url: str) -> Message:
    """The message of one alert: what happened, why it is here, who reports it, where to read on.

    Args:
        titles: the reader's names of the topics; a topic without one goes by its own name.
        web_url: where our pages are, for the link to the story.
    """
    found, article = hit.hit, hit.article
    topic = b.words(titles.get(found.topic, found.topic), 80)
    headline = b.words(article.title or hit.story_headline, HEADLINE)
    head = (b.link(headline, article.url, bold=True), b.run("\n"), b.run(topic, bold=True))
    parts = [b.section(*head, b.run(f" · {strength(found.score)} ({found.score:.2f})"))]
    if sentence := shorten(clean(found.reason.sentence), SENTENCE):
        parts.append(b.quoted(sentence))
    why = [f"Because of: {terms}"] if (terms := _terms(found.reason.terms)) else []
    parts.append(b.section(b.run("\n".join([*why, _sources(hit)]))))
    story = b.page(f"Story {hit.story_id}", web_url, f"stories/{hit.story_id}")
    foot = [f"First seen {b.moment(hit.first_seen_at)}", story]
    foot += [f"classifier {b.escape(b.words(found.classifier_version, 60))}", f"route {b.escape(route.name)}"]
    publisher = _publisher(article.publisher or b.site(article.url))
    text = b.escape(f"{topic}: {headline} ({publisher}, {strength(found.score)})")
    return Message(text, (b.rich(*parts), b.small(" · ".join(foot))))


def strength(score: float) -> str:
    """A calibrated score in words: of ten such articles, how many are about the topic."""
    if score >= 0.9:
        return "almost certain"
    if score >= 0.7:
        return "very likely"
    return "likely" if score >= 0.5 else "possible"


def _terms(terms: Sequence[WeightedTerm]) -> str:
    """The terms that spoke for the topic, the heaviest first."""
    speak = sorted((term for term in terms if term.weight > 0), key=lambda term: -term.weight)
    return ", ".join(b.words(term.term, 40) for term in speak[:NAMED])


def _sources(hit: HitInStory) -> str:
    """Who reports the story; the site of the link stands beside it, since names can be borrowed."""
    names = [_publisher(name) for name in hit.publishers or (hit.article.publisher,)]
    site = b.site(hit.article.url)
    where = f" ({site})" if site else ""
    if len(names) == 1 and hit.articles <= 1:
        return names[0] + where
    copies = f", {hit.copies} of them {'a copy' if hit.copies == 1 else 'copies'}" if hit.copies else ""
    count = f"{_count(len(names), 'publisher')}, {_count(hit.articles, 'article')}{copies}"
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return (
        f"{count}: {', '.join(names[:NAMED])}{more}; this one at {site}" if site else f"{count}: {names[0]}"
    )


def _publisher(name: str) -> str:
    return b.words(name, PUBLISHER, empty="publisher unknown")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def summary_message(deliveries: Sequence[Delivery], why: str) -> Message:
    """Several waiting messages as one: a linked line each, as many as one message holds.

    Args:
        deliveries: not empty; their order is kept.
        why: why they come together, without a full stop.
    """
    title = f"{why}: {_count(len(deliveries), 'message')}"
    lines: list[Json] = []
    room = LIST_SIZE
    for delivery in deliveries[:LISTED]:
        label = b.words(html.unescape(delivery.message.text), HEADLINE)
        line = b.section(b.link(label, first_link(delivery.message)))
        room -= b.size([line]) + 2
        if room < 0:
            break
        lines.append(line)
    parts = [b.section(b.run(title, bold=True)), *([b.bullets(lines)] if lines else [])]
    left = len(deliveries) - len(lines)
    foot = (b.small(f"and {left} more: `monitor alerts` and the Alerts page show them all"),) if left else ()
    first = b.words(html.unescape(deliveries[0].message.text), HEADLINE)
    rest = f" and {len(deliveries) - 1} more" if len(deliveries) > 1 else ""
    return Message(b.escape(f"{why}: {first}{rest}"), (b.rich(*parts), *foot))


def notice_message(title: str, lines: Sequence[str]) -> Message:
    """A notice for the channel of operations: a title and plain lines."""
    shown = [b.words(line, HEADLINE) for line in lines[:NOTICE_LINES]]
    if len(lines) > NOTICE_LINES:
        shown.append(f"and {len(lines) - NOTICE_LINES} more")
    name = b.words(title, HEADLINE)
    parts = [b.section(b.run(name, bold=True)), *([b.section(b.run("\n".join(shown)))] if shown else [])]
    text = f"{name}: {shown[0]}" if shown else name
    return Message(b.escape(text), (b.rich(*parts),))
