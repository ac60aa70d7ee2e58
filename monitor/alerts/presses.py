"""What a press on a button of an alert means, and the form behind "Mute" (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from monitor.alerts import blocks as b
from monitor.records import Effect, Json, Press, PressedStory, SilenceMatcher, Verdict
from monitor.text import shorten

LIFE = timedelta(days=90)  # after that long a press says nothing about the news of today
DUPLICATE_MUTE = timedelta(days=7)
MUTE_FORM = "mute_form"  # callback id of the form
OPTION = 75  # characters of an option's text, and of its value in Block Kit
ACTORS = 10
SPANS: dict[str, tuple[str, timedelta | None]] = {
    "4h": ("4 hours", timedelta(hours=4)),
    "1d": ("1 day", timedelta(days=1)),
    "1w": ("1 week", timedelta(weeks=1)),
    "ever": ("for good", None),
}
GONE = "This alert is too old, or its story has been joined to another: nothing was changed."
AGAIN = "You have said so already; it is stored once."


def meaning(press: Press, story: PressedStory, titles: Mapping[str, str]) -> Effect:
    """The effect of a button that needs no form.

    "Wrong topic" is about the first topic, the one that the message leads with; "Not relevant" about
    all. A duplicate says nothing about topics: what goes on about its story is muted for a week.

    Raises:
        ValueError: the button is `Press.MUTE`, which opens a form.
    """
    first = story.topics[:1]
    shown = titles.get(first[0], first[0]) if first else "the topic"
    match press:
        case Press.RELEVANT:
            labels = tuple((topic, Verdict.YES) for topic in story.topics)
            return Effect("Noted as relevant. The next training learns from it.", labels)
        case Press.NOT_RELEVANT:
            labels = tuple((topic, Verdict.NO) for topic in story.topics)
            return Effect("Noted as not relevant. The next training learns from it.", labels)
        case Press.WRONG_TOPIC:
            return Effect(f"Noted: not about {shown}.", tuple((topic, Verdict.NO) for topic in first))
        case Press.DUPLICATE:
            matcher = SilenceMatcher(story_id=story.story_id)
            mute = (matcher, DUPLICATE_MUTE, "its event was told of in another alert")
            return Effect("Noted as a duplicate. Its story is muted for a week.", silence=mute)
        case Press.ACKNOWLEDGE:
            return Effect("Acknowledged: it will not be escalated.", acknowledges=True)
        case Press.MUTE:
            raise ValueError("what is muted says the form")


def is_gone(story: PressedStory | None, now: datetime) -> bool:
    """Whether a press on this message comes too late."""
    return story is None or now - story.opened_at > LIFE


def mute_form(story: PressedStory, titles: Mapping[str, str]) -> Json:
    """The form behind "Mute": what, for how long, and why."""
    wanted = [("story", f"This story: {story.headline}")]
    wanted += [(f"topic:{topic}", f"Topic: {titles.get(topic, topic)}") for topic in story.topics]
    if story.publisher:
        wanted.append((f"publisher:{story.publisher}", f"Publisher: {story.publisher}"))
    wanted += [(f"actor:{key}", f"Actor: {name}") for key, name in story.actors[:ACTORS]]
    what = [_option(text, value) for value, text in wanted if len(value) <= OPTION]
    spans = [_option(text, value) for value, (text, _) in SPANS.items()]
    reason = {"type": "plain_text_input", "action_id": "reason", "min_length": 1, "max_length": 300}
    return {
        "type": "modal",
        "callback_id": MUTE_FORM,
        "private_metadata": story.token,
        "title": _plain("Mute"),
        "submit": _plain("Mute"),
        "close": _plain("Cancel"),
        "blocks": [
            _input("what", "What", _select("what", what)),
            _input("span", "For how long", _select("span", spans)),
            _input("reason", "Why", reason),
        ],
    }


def muted(values: Mapping[str, str]) -> tuple[SilenceMatcher, timedelta | None, str] | None:
    """The silence that a filled form asks for, but for the story's number; None where it is not ours.

    Args:
        values: `what`, `span` and `reason`.
    """
    kind, _, name = values.get("what", "").partition(":")
    span, reason = values.get("span", ""), values.get("reason", "").strip()
    if span not in SPANS or not reason or kind not in {"story", "topic", "publisher", "actor"}:
        return None
    matcher = SilenceMatcher(
        topic=name if kind == "topic" else "",
        publisher=name if kind == "publisher" else "",
        actor=name if kind == "actor" else "",
    )
    return matcher, SPANS[span][1], shorten(reason, 300)


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def _option(text: str, value: str) -> Json:
    return {"text": _plain(b.words(text, OPTION)), "value": value}


def _select(action: str, options: Sequence[Json]) -> Json:
    return {
        "type": "static_select",
        "action_id": action,
        "options": list(options),
        "initial_option": options[0],
    }


def _input(block: str, label: str, element: Json) -> Json:
    return {"type": "input", "block_id": block, "label": _plain(label), "element": element}
