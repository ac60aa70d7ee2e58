"""The digest of a route's day or week: stories by topic, how others went on, and how well we do (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from monitor.alerts import blocks as b
from monitor.alerts.chart import in_words
from monitor.alerts.render import strength
from monitor.records import DayCounts, Digest, DigestItem, DigestNews, DigestSpan, Json, Message

HEADLINE = 150
PUBLISHER = 40
NAMED = 2  # publishers of a story that are named
A_TOPIC = 15  # stories of a topic
NEWS_SIZE, REST_SIZE = 1_500, 1_000  # of those parts as JSON; the stories get what is left
ALT = 600  # characters of the picture's description
LINE = 200  # characters of a line about a feed or of what is new


def digest_message(digest: Digest, titles: Mapping[str, str], web_url: str, picture: str = "") -> Message:
    """The digest as a message.

    A day without alerts has a digest too: a silent one cannot be told from a dead one. Topics come in
    the order of their stories' number, the stories of a topic in the order of their scores.

    Args:
        titles: the reader's names of the topics.
        picture: names the chart; without it there is none.
    """
    name = _name(digest)
    head = [b.header(name)]
    tail: list[Json] = []
    if news := _news(digest.news):
        tail.append(b.rich(*news))
    if picture and digest.hits is not None:
        tail.append(b.picture(picture, b.words(in_words(digest.hits, titles), ALT)))
    tail.append(b.rich(*_rest(digest, titles)))
    tail.append(b.small(f"{_foot(digest.counts)} · {b.page('All alerts', web_url, 'alerts')}"))
    room = b.SIZE_LIMIT - b.size([*head, *tail]) - 250
    return Message(_text(name, digest, titles), (*head, *_stories(digest, titles, room), *tail))


def _stories(digest: Digest, titles: Mapping[str, str], room: int) -> list[Json]:
    if not digest.items:
        return [b.rich(b.section(b.run(f"No alerts in the last {_last(digest)}.")))]
    parts, left = _topics(digest.items, titles, room)
    shown = [b.rich(*parts)] if parts else []
    return [*shown, b.small(f"and {left} more" if parts else f"{left} stories")] if left else shown


def _name(digest: Digest) -> str:
    route = f" · {b.words(digest.route, 40)}" if digest.route else ""
    what = "Digest of" if digest.span is DigestSpan.DAILY else "Week to"
    return f"{what} {_day(digest.day)}{route}"


def _last(digest: Digest) -> str:
    return "24 hours" if digest.span is DigestSpan.DAILY else "7 days"


def _text(name: str, digest: Digest, titles: Mapping[str, str]) -> str:
    told = ", ".join(
        f"{b.words(titles.get(topic, topic), 80)} {len(mine)}" for topic, mine in _by_topic(digest.items)
    )
    number = len(digest.items)
    none = f"no alerts in the last {_last(digest)}"
    counted = f"{number} {_noun(number, 'alert')} ({told})" if number else none
    return b.escape(f"{name}: {counted}")[: b.TEXT_LIMIT]


def _topics(items: Sequence[DigestItem], titles: Mapping[str, str], room: int) -> tuple[list[Json], int]:
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
    room -= sum(b.size([head]) + 100 for head in heads.values())
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


def _news(news: Sequence[DigestNews]) -> list[Json]:
    """How stories went on, a line each, as many as there is room for."""
    lines = [
        b.section(
            b.link(b.words(one.headline, HEADLINE), one.url),
            b.run(f" · {'; '.join(b.words(line, LINE) for line in one.lines)}"),
        )
        for one in news
    ]
    return _listed(f"Developments: {len(news)}", lines, NEWS_SIZE)


def _rest(digest: Digest, titles: Mapping[str, str]) -> list[Json]:
    judged = [
        f"{b.words(titles.get(one.topic, one.topic), 80)} {one.right} of {one.judged}"
        for one in digest.judgements
    ]
    days = digest.span.chart_days
    right = b.section(
        b.run(f"Right, by your labels of {days} days: ", bold=True),
        b.run(f"{', '.join(judged)}" if judged else "nothing was labelled; the buttons do it"),
    )
    quiet = [b.section(b.run(b.words(line, LINE))) for line in digest.quiet]
    room = REST_SIZE - b.size([right])
    return [right, *_listed(f"Quiet feeds: {len(quiet)}", quiet, room)]


def _listed(title: str, lines: Sequence[Json], room: int) -> list[Json]:
    """A heading over a list of as many lines as there is room for; nothing where there is no line."""
    kept = b.fitting(lines, room)
    if not kept:
        return [b.section(b.run(title, bold=True))] if lines else []
    left = len(lines) - len(kept)
    more = [b.section(b.run(f"and {left} more"))] if left else []
    return [b.section(b.run(title, bold=True)), b.bullets(kept), *more]


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
