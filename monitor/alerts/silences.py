"""What a silence hides, and the report of what it hid (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from monitor.alerts import blocks as b
from monitor.records import Hidden, HitInStory, Json, Message, Silence, SilenceCount, SilenceMatcher

HIGH = 0.9  # a score at which what was hidden is named one by one
NAMED = 12
HEADLINE = 150


def fits(matcher: SilenceMatcher, hit: HitInStory) -> bool:
    """Whether all that the matcher names is true of the hit."""
    named = {actor.casefold() for actor in hit.actors}
    countries = {country.casefold() for country in hit.countries}
    publisher = hit.article.publisher.casefold()
    return all(
        (
            not matcher.topic or matcher.topic == hit.hit.topic,
            matcher.story_id is None or matcher.story_id == hit.story_id,
            not matcher.publisher or matcher.publisher.casefold() == publisher,
            not matcher.actor or matcher.actor.casefold() in named,
            not matcher.country or matcher.country.casefold() in countries,
            not matcher.words or _occurs(matcher.words, f"{hit.article.title}\n{hit.hit.reason.sentence}"),
        )
    )


def _occurs(words: str, text: str) -> bool:
    """Whether a word or phrase stands in the text as whole words, in any case."""
    phrase = r"\s+".join(map(re.escape, words.casefold().split()))
    return re.search(rf"(?<!\w){phrase}(?!\w)", text.casefold()) is not None


def hiding(silences: Iterable[Silence], hit: HitInStory) -> tuple[Silence, ...]:
    """The silences that hide the hit."""
    return tuple(silence for silence in silences if fits(silence.matcher, hit))


def what(matcher: SilenceMatcher, titles: Mapping[str, str]) -> str:
    """What a silence hides, in words."""
    parts = [
        f"topic {titles.get(matcher.topic, matcher.topic)}" if matcher.topic else "",
        f"story {matcher.story_id}" if matcher.story_id is not None else "",
        f"publisher {matcher.publisher}" if matcher.publisher else "",
        f"actor {matcher.actor}" if matcher.actor else "",
        f"country {matcher.country}" if matcher.country else "",
        f"the words “{matcher.words}”" if matcher.words else "",
    ]
    return ", ".join(part for part in parts if part)


def report_message(
    count: SilenceCount, hidden: Sequence[Hidden], titles: Mapping[str, str], now: datetime
) -> Message:
    """The one message that tells, at its end, what a silence hid.

    Args:
        hidden: its stories, the highest score first. Those with a high score are named.
        titles: the reader's names of the topics.
    """
    silence = count.silence
    matcher = b.words(what(silence.matcher, titles), 200)
    end = silence.ended_at or silence.expires_at or now
    by = f"ended by {b.words(silence.ended_by, 60)}" if silence.ended_at else "ran out"
    title = f"Silence on {matcher} {by}"
    total = _total(count)
    owner = f"Set by {b.words(silence.owner, 60, empty='somebody')}"
    reason = f": {b.words(silence.reason, 300)}" if silence.reason.strip() else ""
    span = f"From {silence.created_at.astimezone(UTC):%d %b %H:%M} to {end.astimezone(UTC):%d %b %H:%M} UTC."
    parts = [b.section(b.run(title, bold=True), b.run(f"\n{total}\n{owner}{reason}. {span}"))]
    high = [one for one in hidden if one.score >= HIGH]
    lines = b.fitting((_line(one, titles) for one in high[:NAMED]), b.SIZE_LIMIT - b.size(parts) - 500)
    if lines:
        parts.append(b.section(b.run("With a high score among them:", bold=True)))
        parts.append(b.bullets(lines))
    left = len(high) - len(lines)
    foot = (b.small(f"and {left} more: `monitor silence list --all`"),) if left > 0 else ()
    return Message(b.escape(f"{title}: {total}")[: b.TEXT_LIMIT], (b.rich(*parts), *foot))


def _total(count: SilenceCount) -> str:
    if not count.hits and not count.replies:
        return "It hid nothing."
    parts = (
        [f"{_many(count.hits, 'hit')} in {_many(count.stories, 'story', 'stories')}"] if count.hits else []
    )
    if count.replies:
        parts.append(_many(count.replies, "development"))
    return f"It hid {' and '.join(parts)}."


def _many(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _line(one: Hidden, titles: Mapping[str, str]) -> Json:
    topic = b.words(titles.get(one.topic, one.topic), 60)
    publisher = b.words(one.publisher, 60, empty="publisher unknown")
    more = f", {one.hits} hits" if one.hits > 1 else ""
    return b.section(
        b.link(b.words(one.headline, HEADLINE), one.url),
        b.run(f" · {publisher} ({b.site(one.url)}) · {topic} {one.score:.2f}{more}"),
    )
