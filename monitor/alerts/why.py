"""Why a story was told to whom, or was not: routes, thresholds, silences and messages in words (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from monitor.alerts.matching import Fit, Verdict, severity_of, verdicts
from monitor.alerts.policy import rank
from monitor.alerts.silences import hiding, what
from monitor.records import (
    DeliveryState,
    HitInStory,
    HoldReason,
    Judged,
    Route,
    Severity,
    Silence,
    Subject,
    Told,
)
from monitor.text import clean, shorten

TOPICS = 8  # that are explained; a story about more of them does not exist
NEAREST = 3  # topics that are named where nothing is a hit


def explain(
    subject: Subject,
    routes: Sequence[Route],
    severities: Mapping[str, Severity],
    titles: Mapping[str, str],
    silences: Sequence[Silence],
    now: datetime,
) -> list[str]:
    """The answer as lines of plain text; those of one topic stand two spaces in.

    Args:
        routes: all of them, in the order of the file.
        severities: those of the topics.
        titles: the reader's names of the topics.
        silences: those in force.
    """
    lines = [subject.title]
    if not subject.hits:
        return [*lines, *_no_hit(subject, titles)]
    best = _best(subject.hits)
    answers = {
        one.hit.hit_id: verdicts(one.hit, routes, severity_of(one.hit, severities)) for one in best[:TOPICS]
    }
    for one in best[:TOPICS]:
        same = sum(other.hit.hit.topic == one.hit.hit.topic for other in subject.hits) - 1
        lines.append(_head(one.hit, same, titles, severity_of(one.hit, severities)))
        lines += [f"  {line}" for line in _topic(one, answers[one.hit.hit_id], silences, titles)]
    lines += overlaps(verdict for mine in answers.values() for verdict in mine)
    lines += [_message(one, titles, now) for one in subject.told] or ["No message of this story went out."]
    return lines


def _no_hit(subject: Subject, titles: Mapping[str, str]) -> Iterator[str]:
    if subject.missing:
        yield subject.missing
        return
    yield "No topic reaches its threshold, so no route was asked."
    for one in sorted(subject.scores, key=lambda score: score.score - score.threshold)[::-1][:NEAREST]:
        yield f"  {_title(one.topic, titles)}: score {one.score:.2f}, threshold {one.threshold:.2f}"


def _best(found: Iterable[Judged]) -> list[Judged]:
    """The hit that speaks for each topic: the one that alerted, or else the best."""
    kept: dict[str, Judged] = {}
    order = sorted(found, key=lambda one: (one.outcome != "alert", rank(one.hit)))
    for one in order:
        kept.setdefault(one.hit.hit.topic, one)
    return list(kept.values())


def _head(hit: HitInStory, same: int, titles: Mapping[str, str], severity: Severity) -> str:
    article = hit.article
    who = shorten(clean(article.publisher), 60) or "publisher unknown"
    more = f" (and {same} more {'hit' if same == 1 else 'hits'} of the story)" if same else ""
    score = f"score {hit.hit.score:.2f}, threshold {hit.hit.threshold:.2f}, severity {severity}"
    return f"{_title(hit.hit.topic, titles)}: {score}, article {article.id} of {who}{more}"


def _topic(
    one: Judged,
    answers: Sequence[Verdict],
    silences: Sequence[Silence],
    titles: Mapping[str, str],
) -> Iterator[str]:
    for number in one.hidden_by:
        yield f"silence {number} hid it when it was decided"
    for silence in hiding(silences, one.hit):
        if silence.id not in one.hidden_by:
            hides = shorten(clean(what(silence.matcher, titles)), 120)
            yield f"silence {silence.id} on {hides} hides it now, {_until(silence)}"
    if one.hit.article.stale:
        yield "the article was old when it was first seen, or a new feed's backlog: no route is asked"
    for verdict in answers:
        route = verdict.route
        line = f" (routes.toml, line {route.line})" if route.line else ""
        goal = f", to {route.channel}" if verdict.fit is Fit.TAKES else ""
        yield f"route {route.name}{line}: {verdict.words}{goal}"
    if not answers:
        yield "there is no route"
    yield (
        f"decided {_moment(one.decided_at)} as {one.outcome.replace('_', ' ')}: {one.because}"
        if one.decided_at
        else "not decided yet: the next `monitor decide` does it"
    )


def overlaps(answers: Iterable[Verdict]) -> list[str]:
    """Which routes lead to one channel, and which of them has the say there."""
    leading: dict[str, list[Route]] = {}
    for verdict in answers:
        if verdict.fit is Fit.TAKES and verdict.route not in leading.setdefault(verdict.route.channel, []):
            leading[verdict.route.channel].append(verdict.route)
    lines = []
    for channel, routes in leading.items():
        if len(routes) > 1:
            order = sorted(routes, key=lambda route: (not route.line, route.line))  # searches come last
            names = " and ".join(route.name for route in order)
            says = f"{order[0].name}, the first of them in the file, says when and how it is told"
            lines.append(f"Overlap: {names} lead to {channel}: one message there, and {says}.")
    if len(leading) > 1:
        lines.append(f"Several channels: {', '.join(leading)} get a message each.")
    return lines


_HELD = {
    HoldReason.LATE: "its news was older than half a day",
    HoldReason.QUIET: "it came in quiet hours",
    HoldReason.OVERFLOW: "the route had sent its number of messages of the hour",
}
_STATES = {
    DeliveryState.SENDING: "is on its way",
    DeliveryState.UNKNOWN: "may have arrived; it is looked up in the channel",
    DeliveryState.NO_DESTINATION: "waits for a Slack token",
    DeliveryState.CANCELLED: "was cancelled",
}


def _message(one: Told, titles: Mapping[str, str], now: datetime) -> str:
    thread, parent = one.thread, one.parent
    topics = ", ".join(_title(topic, titles) for topic in thread.topics)
    head = f"Message in {parent.place or thread.channel} ({topics}), by route {thread.route}: "
    if thread.joined_to is not None:
        return f"{head}not written to any more, its story was merged into one that has a message there."
    return f"{head}{_state(one, now)}{_grown(one)}."


def _state(one: Told, now: datetime) -> str:
    parent = one.parent
    held = _HELD[HoldReason(parent.batch.split(":", 1)[0])] if parent.batch else ""
    match parent.state:
        case DeliveryState.SENT:
            return f"sent {_moment(parent.sent_at)}"
        case DeliveryState.FOLDED:
            when = f", sent {_moment(one.whole.sent_at)}" if one.whole and one.whole.sent_at else ""
            return f"one line of a message with others{f', since {held}' if held else ''}{when}"
        case DeliveryState.HELD:
            return f"held until {_moment(parent.not_before)}, since {held}"
        case DeliveryState.PENDING if parent.not_before and parent.not_before > now:
            return f"waits until {_moment(parent.not_before)}{', for more sources' if not held else ''}"
        case DeliveryState.PENDING:
            return "goes out with the next delivery"
        case DeliveryState.DEAD:
            return f"Slack does not take it ({parent.last_error or 'no reason given'})"
        case other:
            return _STATES[other]


def _grown(one: Told) -> str:
    parts = [
        f"{number} {name if number == 1 else many}"
        for number, name, many in ((one.edits, "edit", "edits"), (one.replies, "reply", "replies"))
        if number
    ]
    return f"; since then {' and '.join(parts)}" if parts else ""


def _title(topic: str, titles: Mapping[str, str]) -> str:
    return shorten(clean(titles.get(topic, topic)), 80)


def _until(silence: Silence) -> str:
    return f"until {_moment(silence.expires_at)}" if silence.expires_at else "until somebody ends it"


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%d %b %H:%M} UTC" if moment else "at a time nobody noted"
