"""Who is named in an article: states, leaders, alliances, bodies, armed groups, arms makers (pure).

Names are found by an automaton; of overlapping ones the longest counts, and a longer name that is no
actor's ("Jordan Valley") takes its part with it. What words beside a name say is in `context.py`; here the
article as a whole speaks: a word that rules an actor out, a full name that vouches for a surname.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from monitor.articles.context import follows_town, has_title, is_elsewhere, stands_for_else
from monitor.articles.gazetteer import Gazetteer, Sense, Word
from monitor.articles.names import language_of
from monitor.articles.roster import Listed
from monitor.records import ActorKind, ArticleActors, Mention, NamedActor, NewsText, salience

LEAD = 350  # characters of the text that count as its lead
Match = tuple[int, int, Word]


def find(
    gazetteer: Gazetteer,
    title: str,
    text: str,
    *,
    language: str | None = None,
    day: date | None = None,
) -> tuple[Mention, ...]:
    """The mentions of actors in an article, in order.

    Args:
        language: its ISO 639-1 code; where that is None the script of the title tells, or else English.
        day: the day of the news, which decides who is in office; without one nobody's office is judged.
    """
    whole = f"{title}\n{text}"
    automaton = gazetteer.automaton(language or language_of(title))
    names, cues = _matches(automaton, whole)
    if not names:
        return ()
    against = {key for word in cues for key in word.unless}
    speaks_for = {key for word in cues for key in word.only}
    judged = _Judge(gazetteer, whole, len(title), day, against, speaks_for).judge(_longest(names))
    lead_end = len(title) + 1 + LEAD
    return tuple(_mention(sense, start, end, len(title), lead_end, day) for start, end, sense in judged)


def _matches(automaton: object, text: str) -> tuple[list[Match], list[Word]]:
    """The names that stand between word boundaries, and the words that speak for or against some."""
    names: list[Match] = []
    cues: list[Word] = []
    size = len(text)
    for last, word in automaton.iter(text):  # type: ignore[attr-defined]
        end = last + 1
        if word.right and end < size and text[end].isalnum():
            continue
        start = end - len(word.text)
        if word.left and start and text[start - 1].isalnum():
            continue
        if word.is_name:
            names.append((start, end, word))
        if word.unless or word.only:
            cues.append(word)
    return names, cues


def _longest(matches: Iterable[Match]) -> list[Match]:
    """Of names that overlap the one that starts first, and of these the longest; without decoys."""
    kept: list[Match] = []
    free = 0
    for match in sorted(matches, key=lambda m: (m[0], -m[1])):
        if match[0] >= free:
            free = match[1]
            if match[2].senses:
                kept.append(match)
    return kept


Judged = tuple[int, int, Sense]


@dataclass(slots=True)
class _Judge:
    """Decides which names of one article are mentions, and of whom."""

    gazetteer: Gazetteer
    text: str
    title: int  # its length
    day: date | None
    against: set[str]  # keys of actors that a word of the article rules out
    speaks_for: set[str]  # keys of those that one speaks for
    surfaces: dict[str, set[str]] = field(default_factory=dict)  # sure names in the article, by key and party
    elsewhere: set[int] = field(default_factory=set)  # where regions stand that make a name one of a town
    _ends: set[int] = field(default_factory=set)

    def judge(self, matches: Sequence[Match]) -> list[Judged]:
        sure = {match[0]: sense for match in matches if (sense := self._sure(match))}
        for start, end, word in matches:
            if start in sure:
                self._hear(start, end, word, sure)
        named = [match for match in matches if match[0] in sure]
        kept = {m[0]: (m[0], m[1], sure[m[0]]) for m in named if not self._ruled_out(sure[m[0]], m[2].text)}
        self.speaks_for.update(sense.listed.actor.key for _, _, sense in kept.values())
        parties = {sense.listed.actor.party for _, _, sense in kept.values()}
        for start, end, word in matches:
            if start not in sure and (maybe := self._maybe(start, end, word, parties)):
                kept[start] = (start, end, maybe)
        return [kept[start] for start in sorted(kept)]

    def _sure(self, match: Match) -> Sense | None:
        start, end, word = match
        sense = self._in_office_first([s for s in word.senses if s.sure])
        if sense is None or start in self.elsewhere:
            return None
        if is_elsewhere(self.gazetteer, self.text, end, sense):
            self.elsewhere.add(end + 2)
            return None
        return None if self._is_else(start, end, sense) else sense

    def _is_else(self, start: int, end: int, sense: Sense) -> bool:
        return stands_for_else(self.gazetteer, self.text, start, end, sense, title=self.title)

    def _hear(self, start: int, end: int, word: Word, sure: Mapping[int, Sense]) -> None:
        """Note under which names an actor is in the article, and a town before a region's name."""
        actor = sure[start].listed.actor
        for key in {actor.key, actor.party}:
            self.surfaces.setdefault(key, set()).add(word.text)
        a_region = word.text in self.gazetteer.state_regions and start - 2 not in self._ends
        if a_region and follows_town(self.gazetteer.roster.context, self.text, start):
            self.against.add(actor.key)
        self._ends.add(end)

    def _ruled_out(self, sense: Sense, surface: str) -> bool:
        actor = sense.listed.actor
        return actor.key in self.against and not (self.surfaces[actor.party] - {surface})

    def _maybe(self, start: int, end: int, word: Word, parties: Collection[str]) -> Sense | None:
        doubtful = [s for s in word.senses if not s.sure]
        backed = [s for s in doubtful if s.listed.actor.key in self.speaks_for]
        backed = backed or [
            s for s in doubtful if s.listed.actor.party in parties and _leads(s.listed, self.day)
        ]
        if not backed and has_title(self.gazetteer.roster.context, self.text, start):
            backed = [s for s in doubtful if s.listed.actor.kind is ActorKind.PERSON]
        sense = self._in_office_first(backed)
        return None if sense is None or self._is_else(start, end, sense) else sense

    def _in_office_first(self, senses: Sequence[Sense]) -> Sense | None:
        """Of persons of one name the one in office on the day, or else the last who was."""
        if len(senses) <= 1:
            return senses[0] if senses else None
        if self.day is not None:
            for sense in senses:
                if _in_office(sense.listed, self.day):
                    return sense
        return max(senses, key=lambda s: max((term.first for term in s.listed.terms), default=date.min))


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


_LEADERS = (
    "president",
    "prime minister",
    "chancellor",
    "premier",
    "supreme leader",
    "king",
    "chairman of the",
)


def _leads(listed: Listed, day: date | None) -> bool:
    """Whether a person leads a state on the day: then a surname needs no more than the state beside it."""
    if day is None:
        return False
    return any(term.covers(day) and term.office.startswith(_LEADERS) for term in listed.terms)


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
    weight = salience(len(mine) / most, in_title=in_title, in_lead=in_lead)
    first = mine[0]
    return NamedActor(first.actor, len(mine), in_title, in_lead, first.start, weight, first.in_office)


def name_actors(gazetteer: Gazetteer, texts: Iterable[NewsText]) -> list[ArticleActors]:
    """Who is named in each article."""
    return [
        ArticleActors(
            text.article_id,
            summarise(
                find(gazetteer, text.title, text.text, language=text.language, day=text.effective_at.date())
            ),
        )
        for text in texts
    ]
