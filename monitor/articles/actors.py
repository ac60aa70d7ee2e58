"""Who is named in an article: states, leaders, alliances, bodies, armed groups, arms makers (pure).

Salience says how much an article is about an actor: 0.5 for standing in the title, 0.2 for standing in
the lead, and up to 0.3 for its share of the mentions of the most named actor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from monitor.articles.gazetteer import Gazetteer, Sense, Senses
from monitor.articles.roster import Listed
from monitor.records import ArticleActors, Mention, NamedActor, NewsText

LEAD = 350  # characters of the text that count as its lead
_TITLE, _LEAD, _SHARE = 0.5, 0.2, 0.3

Match = tuple[int, int, Senses]


def find(
    gazetteer: Gazetteer, title: str, text: str, *, language: str | None = "en", day: date | None = None
) -> tuple[Mention, ...]:
    """The mentions of actors in an article, in order.

    Args:
        language: its ISO 639-1 code; English where that is None.
        day: the day of the news, which decides who is in office; without one nobody's office is judged.
    """
    whole = f"{title}\n{text}"
    matches = _longest(_matches(gazetteer.automaton(language), whole))
    named = {s.listed.actor.key for _, _, senses in matches for s in senses if not s.backed}
    lead_end = len(title) + 1 + LEAD
    found = []
    for start, end, senses in matches:
        sense = next((s for s in senses if not s.backed or s.listed.actor.key in named), None)
        if sense is not None:
            found.append(_mention(sense, start, end, len(title), lead_end, day))
    return tuple(found)


def _matches(automaton: object, text: str) -> list[Match]:
    """Every name that stands between word boundaries."""
    found: list[Match] = []
    size = len(text)
    for last, (length, senses, spaced) in automaton.iter(text):  # type: ignore[attr-defined]
        start, end = last - length + 1, last + 1
        inside = (start and text[start - 1].isalnum()) or (end < size and text[end].isalnum())
        if spaced and inside:
            continue
        found.append((start, end, senses))
    return found


def _longest(matches: Iterable[Match]) -> list[Match]:
    """Of names that overlap the one that starts first, and of these the longest."""
    kept: list[Match] = []
    free = 0
    for match in sorted(matches, key=lambda m: (m[0], -m[1])):
        if match[0] >= free:
            kept.append(match)
            free = match[1]
    return kept


def _mention(sense: Sense, start: int, end: int, title: int, lead: int, day: date | None) -> Mention:
    in_title = start < title
    return Mention(
        actor=sense.listed.actor,
        start=start,
        end=end,
        how=sense.how,
        in_title=in_title,
        in_lead=not in_title and start < lead,
        in_office=_in_office(sense.listed, day),
    )


def _in_office(listed: Listed, day: date | None) -> bool | None:
    if day is None or not listed.terms:
        return None
    return any(term.covers(day) for term in listed.terms)


def summarise(mentions: Sequence[Mention]) -> tuple[NamedActor, ...]:
    """The actors of one article, each once, most salient first."""
    by_key: dict[str, list[Mention]] = {}
    for mention in mentions:
        by_key.setdefault(mention.actor.key, []).append(mention)
    most = max(map(len, by_key.values()), default=1)
    found = [_named(mine, most) for mine in by_key.values()]
    return tuple(sorted(found, key=lambda named: (-named.salience, named.first)))


def _named(mine: Sequence[Mention], most: int) -> NamedActor:
    in_title, in_lead = any(m.in_title for m in mine), any(m.in_lead for m in mine)
    salience = _TITLE * in_title + _LEAD * in_lead + _SHARE * len(mine) / most
    first = mine[0]
    return NamedActor(
        first.actor, len(mine), in_title, in_lead, first.start, round(salience, 4), first.in_office
    )


def name_actors(gazetteer: Gazetteer, texts: Iterable[NewsText]) -> list[ArticleActors]:
    """Who is named in each article."""
    return [
        ArticleActors(
            text.article_id,
            summarise(
                find(
                    gazetteer,
                    text.title,
                    text.text,
                    language=text.language,
                    day=text.effective_at.date(),
                )
            ),
        )
        for text in texts
    ]
