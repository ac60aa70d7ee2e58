"""The day's digest: what alerted in the last 24 hours, by topic (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from monitor.alerts import blocks as b
from monitor.alerts.render import strength
from monitor.records import DayCounts, DigestItem, Json, Message

HEADLINE = 150
PUBLISHER = 40
NAMED = 2  # publishers of a story that are named
A_TOPIC = 15  # stories of a topic
ITEMS_SIZE = b.SIZE_LIMIT - 1_500  # of all topics as JSON: the rest is header and foot


def digest_message(
    day: date, items: Sequence[DigestItem], counts: DayCounts, titles: Mapping[str, str], web_url: str
) -> Message:
    """The digest of the 24 hours before the morning of `day`.

    A day without alerts has a digest of one line: a silent one cannot be told from a dead one.

    Args:
        items: one a story and topic. Topics come in the order of their stories' number, the stories of
            a topic in the order of their scores.
        titles: the reader's names of the topics.
    """
    foot = b.small(f"{_foot(counts)} · {b.page('All alerts', web_url, 'alerts')}")
    if not items:
        line = f"Digest of {_day(day)}: no alerts in the last 24 hours"
        return Message(line, (b.rich(b.section(b.run(line))), foot))
    parts, left = _topics(items, titles)
    tail = (b.small(f"and {left} more"),) if left else ()
    names = {topic: b.words(titles.get(topic, topic), 80) for topic in {item.topic for item in items}}
    told = ", ".join(f"{names[topic]} {len(mine)}" for topic, mine in _by_topic(items))
    text = b.escape(f"Digest of {_day(day)}: {len(items)} {_noun(len(items), 'alert')} ({told})")
    return Message(text[: b.TEXT_LIMIT], (b.header(f"Digest of {_day(day)}"), b.rich(*parts), *tail, foot))


def _topics(items: Sequence[DigestItem], titles: Mapping[str, str]) -> tuple[list[Json], int]:
    """A heading and a list for each topic, and how many items found no room.

    Room is shared out item by item over the topics, best first, so that a topic with fifty stories
    does not push another out of the digest.
    """
    groups = _by_topic(items)
    heads = {
        topic: b.section(b.run(f"{b.words(titles.get(topic, topic), 80)}: {len(mine)}", bold=True))
        for topic, mine in groups
    }
    chosen: dict[str, list[Json]] = {topic: [] for topic, _ in groups}
    room = ITEMS_SIZE - sum(b.size([head]) + 100 for head in heads.values())
    for place in range(A_TOPIC):
        for topic, mine in groups:
            if place < len(mine):
                line = _line(mine[place])
                room -= b.size([line]) + 2
                if room >= 0:
                    chosen[topic].append(line)
    parts = [part for topic, lines in chosen.items() if lines for part in (heads[topic], b.bullets(lines))]
    return parts, len(items) - sum(map(len, chosen.values()))


def _by_topic(items: Sequence[DigestItem]) -> list[tuple[str, list[DigestItem]]]:
    groups: dict[str, list[DigestItem]] = {}
    for item in sorted(items, key=lambda item: (-item.score, item.story_id)):
        groups.setdefault(item.topic, []).append(item)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


def _line(item: DigestItem) -> Json:
    names = ", ".join(b.words(name, PUBLISHER) for name in item.publishers[:NAMED])
    more = f" and {len(item.publishers) - NAMED} more" if len(item.publishers) > NAMED else ""
    told = f" · {names}{more}" if names else ""
    return b.section(
        b.link(b.words(item.headline, HEADLINE), item.url),
        b.run(f"{told} · {strength(item.score)} ({item.score:.2f})"),
    )


def _foot(counts: DayCounts) -> str:
    articles = f"{counts.articles_kept:,} new {_noun(counts.articles_kept, 'article')}"
    feeds = f"{counts.feeds} {_noun(counts.feeds, 'feed')}"
    return f"{articles} from {feeds}, " + (
        f"{counts.feeds_not_well} of them not well: `monitor feeds health`"
        if counts.feeds_not_well
        else "all well"
    )


def _noun(number: int, thing: str) -> str:
    return thing if number == 1 else thing + "s"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
