"""What the slash command and the App Home show: the state of things, in Slack's own markup."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.alerts.blocks import escape, markup_link, words
from monitor.alerts.presses import SPANS
from monitor.errors import MonitorError
from monitor.pipeline.desk import clock
from monitor.pipeline.explaining import why
from monitor.pipeline.rules import topic_titles
from monitor.records import FeedState, Json, Person, Search, SilenceCount, SilenceMatcher
from monitor.settings import Settings
from monitor.store import destinations, feeds, hits, outbox, presses, silences
from monitor.store.database import begin, open_database
from monitor.store.search import search

DAY = timedelta(days=1)
FOUND = 8  # articles of an answer
HELP = (
    "*/monitor status* what waits, when Slack took a message last, which feeds are ill\n"
    "*/monitor search WORDS* stored articles\n"
    "*/monitor topics* the topics, and their hits of a day\n"
    "*/monitor mute* what is muted; *mute topic|publisher|actor|words NAME 4h|1d|1w|ever WHY* mutes, "
    "*mute end NUMBER* ends it\n"
    "*/monitor why STORY* which routes took a story or article, and what became of it"
)


def answer(settings: Settings, text: str, person: Person) -> str:
    """The answer to `/monitor TEXT`, in mrkdwn; an error is one line that says what to write."""
    name, _, rest = text.strip().partition(" ")
    answers: dict[str, Callable[[Settings, str, Person], str]] = {
        "status": lambda known, _rest, _who: "\n".join(status(known)),
        "search": _search,
        "topics": lambda known, _rest, _who: "\n".join(_topics(known)),
        "mute": _mute,
        "why": _why,
    }
    if name not in answers:
        return HELP
    try:
        return answers[name](settings, rest.strip(), person)
    except MonitorError as error:
        return escape(str(error))


def status(settings: Settings) -> list[str]:
    """What waits, what Slack took last, what is ill; a line each."""
    now = clock()
    with begin(open_database(settings.database_url), reading=True) as db:
        counts, oldest = outbox.counts(db), outbox.oldest_open(db)
        ill, last = destinations.broken(db), destinations.last_sent(db)
        known, pressed = feeds.listing(db), presses.counts(db, now - DAY)
    waiting = sum(counts.get(state, 0) for state in ("pending", "sending", "unknown", "no_destination"))
    age = f", the oldest for {_span(now - oldest)}" if oldest else ""
    lines = [f"*Outbox* {waiting} waiting{age}; {counts.get('dead', 0)} that Slack does not take"]
    lines.append(f"*Last success* {_moment(last)}")
    lines += [f":warning: {escape(one.trouble)}" for one in ill]
    polled = [feed for feed in known if feed.state is not FeedState.RETIRED]
    sick = sum(feed.state is not FeedState.ACTIVE for feed in polled)
    lines.append(f"*Feeds* {len(polled)}, {sick} not well")
    told = ", ".join(f"{number} {press.replace('_', ' ')}" for press, number in sorted(pressed.items()))
    lines.append(f"*Said in 24 hours* {told or 'nothing'}")
    return lines


def _search(settings: Settings, rest: str, _: Person) -> str:
    if not rest:
        return "Write what to look for: `/monitor search frigates`"
    with begin(open_database(settings.database_url), reading=True) as db:
        found = search(db, Search(rest), FOUND)
    lines = [
        f"• {markup_link(words(one.title, 150), one.url)} · {escape(words(one.publisher, 40))}"
        for one in found
    ]
    return "\n".join(lines) or f"Nothing found for {escape(words(rest, 80))}."


def _topics(settings: Settings) -> list[str]:
    titles = topic_titles(settings)
    with begin(open_database(settings.database_url), reading=True) as db:
        day = hits.counts(db, clock() - DAY)
    return [
        f"• *{escape(title)}* `{escape(name)}`: {day.get(name, 0)} hits in 24 hours"
        for name, title in titles.items()
    ] or ["There are no topics: see seeds/topics."]


def _mute(settings: Settings, rest: str, person: Person) -> str:
    if not rest:
        return "\n".join(mutes(settings))
    try:
        parts = shlex.split(rest)
    except ValueError:
        parts = rest.split()
    if parts[0] == "end" and len(parts) == 2 and parts[1].isdigit():
        with begin(open_database(settings.database_url)) as db:
            ended = silences.end(db, int(parts[1]), person.signature, clock())
        return f"Silence {parts[1]} has ended." if ended else f"No silence {parts[1]} is in force."
    if len(parts) < 4 or parts[0] not in {"topic", "publisher", "actor", "words"} or parts[2] not in SPANS:
        return HELP
    span = SPANS[parts[2]][1]
    named: dict[str, Any] = {parts[0]: parts[1]}
    matcher = SilenceMatcher(**named)
    now = clock()
    with begin(open_database(settings.database_url)) as db:
        end = now + span if span else None
        made = silences.add(db, matcher, person.signature, " ".join(parts[3:]), now, end)
    return f"Muted as {made.id}: `/monitor mute end {made.id}` ends it."


def mutes(settings: Settings) -> list[str]:
    """The silences in force, a line each."""
    with begin(open_database(settings.database_url), reading=True) as db:
        found = silences.listing(db, clock())
    return [_silence(one) for one in found] or ["Nothing is muted."]


def _silence(one: SilenceCount) -> str:
    matcher = one.silence.matcher
    named = {
        "topic": matcher.topic,
        "story": str(matcher.story_id or ""),
        "publisher": matcher.publisher,
        "actor": matcher.actor,
        "country": matcher.country,
        "words": matcher.words,
    }
    what = ", ".join(f"{name} {escape(words(value, 80))}" for name, value in named.items() if value)
    end = _moment(one.silence.expires_at) if one.silence.expires_at else "for good"
    why = escape(words(one.silence.reason, 120, empty="no reason"))
    return f"• {one.silence.id}: {what}, until {end}; {why}; hid {one.hits} hits"


def _why(settings: Settings, rest: str, _: Person) -> str:
    first, *lines = why(settings, rest)
    return "\n".join([f"*{escape(first)}*", *(escape(line.replace("  ", "• ", 1)) for line in lines)])


def home(settings: Settings) -> Json:
    """The App Home: status, topics, mutes."""
    parts = (
        ("News monitor", status(settings)),
        ("Topics", _topics(settings)),
        ("Muted", mutes(settings)),
    )
    blocks: list[Json] = []
    for title, lines in parts:
        blocks.append({"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}})
        text = "\n".join(lines)[:2_900]
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}})
    return {"type": "home", "blocks": blocks}


def _moment(when: datetime | None) -> str:
    return f"{when.astimezone(UTC):%d %b %H:%M} UTC" if when else "never yet"


def _span(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
