"""Pairs of articles that are copies, and pairs that look like it: derived from our own texts.

Each pair is (how it was made, one article, another); an article is a headline and a lead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from monitor.text import sentences

DATA = Path(__file__).parents[1] / "data" / "stories"
Text = tuple[str, str]
Pair = tuple[str, Text, Text]

_DATES = {
    "Monday": "4 May",
    "Tuesday": "5 May",
    "Wednesday": "6 May",
    "Thursday": "7 May",
    "Friday": "8 May",
    "Saturday": "9 May",
    "Sunday": "10 May",
}
_EDITS = {
    " said": " told reporters",
    " also ": " ",
    " a number of ": " several ",
    " was ": " has been ",
    " after ": " following ",
    " will ": " is to ",
    " who ": " that ",
    " more than ": " over ",
    " asked ": " called on ",
}
_BEFORE = "PORT VAIL (Northgate Agency) - "
_AFTER = (
    " Write to the newsroom with your view of this story. Subscribe for more from our correspondents, and "
    "follow us for updates through the day. All rights reserved."
)


def articles() -> dict[str, list[Text]]:
    """Our own reports by story; the first of each is the longest."""
    found: dict[str, list[Text]] = {}
    for line in (DATA / "events.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found.setdefault(row["story"], []).append((row["title"], row["summary"]))
    return found


def cut(text: str) -> str:
    """The first sentences, half of the text or a little more."""
    told = sentences(text)
    return " ".join(told[: (len(told) + 1) // 2])


def reordered(text: str) -> str:
    """The same sentences, the last first."""
    told = sentences(text)
    return " ".join([*told[-1:], *told[:-1]])


def wrapped(text: str) -> str:
    """With the lines that a site puts around its articles."""
    return f"{_BEFORE}{text}{_AFTER}"


def redated(text: str) -> str:
    """Weekdays as dates, as a desk in another time zone writes them."""
    return re.sub("|".join(_DATES), lambda found: _DATES[found[0]], text)


def edited(text: str) -> str:
    """With the small changes of a copy editor, and without its last words."""
    for old, new in _EDITS.items():
        text = text.replace(old, new)
    return text


def copies() -> Iterator[Pair]:
    """Six copies of each report."""
    for story, reports in articles().items():
        for number, (title, lead) in enumerate(reports):
            other = reports[(number + 1) % len(reports)][0]
            yield "cut", (title, lead), (title, cut(lead))
            yield "other headline", (title, lead), (other, lead)
            yield "reordered", (title, lead), (title, reordered(lead))
            yield "boilerplate", (title, lead), (title, wrapped(lead))
            yield "other dates", (title, lead), (f"{title} ({story})", redated(edited(lead)))
            yield "all at once", (title, lead), (other, wrapped(redated(edited(cut(lead)))))


def near_misses() -> Iterator[Pair]:
    """Reports of their own that share an event, a quotation, a headline, boilerplate or a form."""
    known = articles()
    for reports in known.values():
        for one, other in combinations(reports, 2):
            yield "one event, two reports", one, other
    stories = list(known.values())
    for reports, others in zip(stories, stories[1:] + stories[:1], strict=True):
        for number, (title, lead) in enumerate(reports):
            foreign = others[number % len(others)]
            other = reports[(number + 1) % len(reports)]
            *_, quoted = told = sentences(other[1])
            if len(told) > 1:
                yield "a sentence quoted", (title, f"{lead} {quoted}"), other
            yield "one headline", (title, lead), (title, foreign[1])
            yield "boilerplate alone", (title, wrapped(lead)), (foreign[0], wrapped(foreign[1]))
    yield from _of_one_form()


def _of_one_form() -> Iterator[Pair]:
    """Two events told in one form: the desk fills in names and figures."""
    for line in (DATA / "forms.jsonl").read_text(encoding="utf-8").splitlines():
        form = json.loads(line)
        told = [(form["title"].format(*fill), form["lead"].format(*fill)) for fill in form["fills"]]
        for one, other in combinations(told, 2):
            yield "one form, two events", one, other


def pairs() -> list[tuple[bool, Pair]]:
    """All pairs, each with whether it is a copy."""
    return [(True, pair) for pair in copies()] + [(False, pair) for pair in near_misses()]
