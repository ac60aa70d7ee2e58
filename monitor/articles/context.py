"""Whether the words beside a name say that it stands for something else (pure).

"Michael Jordan" and "Jordan Spieth" are no states, "Paris, Texas" is not in France, and who speaks French
names a language. Rules that need a list of words take it from `seeds/actors.toml`, section [context].
"""

from __future__ import annotations

import re

from monitor.articles.gazetteer import Gazetteer, Sense
from monitor.articles.roster import Context
from monitor.records import ActorKind, NameKind

_WORD_BEFORE = re.compile(r"([\w.'’-]+) $")
_TOWN_BEFORE = re.compile(r"\b([A-Z][a-z]+), $")
_WORD_AFTER = re.compile(r" ([\w'’-]+)")
_LANGUAGE_AFTER = re.compile(
    r"-(?:speak|language)| (?:language|lessons?|classes|translation|subtitles|accents?)\b"
)
_LANGUAGE_BEFORE = re.compile(
    r"\b(?:sp(?:eak|eaks|oke|oken|eaking)|learn(?:s|ed|t|ing)?|stud(?:y|ies|ied|ying) of|taught|fluent|"
    r"fluently|translated|translation)(?: \w+)?(?: in| into| from| of)? $"
)
_LOOK = 40  # characters before a name that are read
_SENTENCE = re.compile(r"[.!?\n:;\"“”][\"'”’)]?\s*$")
_LOWER_SHARE = 0.4  # of words in small letters from which a headline is written like a sentence


def stands_for_else(
    gazetteer: Gazetteer, text: str, start: int, end: int, sense: Sense, *, title: int
) -> bool:
    """Whether the name from `start` to `end` is part of a person's or a place's name, or a language.

    Args:
        title: length of the headline with which `text` starts.
    """
    kind, how = sense.listed.actor.kind, sense.how
    if how is NameKind.DEMONYM:
        return _is_language(text, start, end)
    after = _WORD_AFTER.match(text, end) if how is NameKind.METONYM else None
    if after and after[1] in gazetteer.roster.context.things:
        return True
    name = text[start:end]
    if " " in name or kind not in {ActorKind.STATE, ActorKind.PERSON, ActorKind.MAKER}:
        return False
    context = gazetteer.roster.context
    if _is_surname(context, text, start, sense, sentence_like=start > title or sentence_like(text[:title])):
        return True
    borne = kind is ActorKind.MAKER or (kind is ActorKind.STATE and name in context.given_names)
    return borne and _is_given(
        gazetteer, text, end, sentence_like=start > title or sentence_like(text[:title])
    )


def _is_surname(context: Context, text: str, start: int, sense: Sense, *, sentence_like: bool) -> bool:
    """Whether another one's first name stands before it."""
    found = _WORD_BEFORE.search(text, max(0, start - _LOOK), start)
    if not found:
        return False
    before = found[1]
    if not before[:1].isupper() or before in sense.listed.actor.name.split():
        return False
    if before in context.given_names:
        return True
    if (
        sense.listed.actor.kind is not ActorKind.PERSON
        or not sentence_like
        or before.rstrip(".") in context.offices
    ):
        return False
    initial = len(before) == 2 and before[1] == "."
    opens = not text[: found.start(1)].strip() or bool(_SENTENCE.search(text, 0, found.start(1)))
    return (
        not initial and not opens and before.isalpha() and before.istitle() and not _ends_like_demonym(before)
    )


def _ends_like_demonym(word: str) -> bool:
    return word.endswith(("an", "ese", "ish", "i", "ch", "se"))


def _is_given(gazetteer: Gazetteer, text: str, end: int, *, sentence_like: bool) -> bool:
    """Whether a surname follows: a capital that begins no office and no name of an actor."""
    found = _WORD_AFTER.match(text, end)
    if not found or not sentence_like or not found[1][:1].isupper() or found[1].isupper():
        return False
    return found[1] not in gazetteer.roster.context.offices


def sentence_like(title: str) -> bool:
    """Whether a headline is written like a sentence, not with a capital for each word."""
    words = [word for word in title.split()[1:] if word[:1].isalpha()]
    return not words or sum(word[0].islower() for word in words) >= _LOWER_SHARE * len(words)


def _is_language(text: str, start: int, end: int) -> bool:
    if _LANGUAGE_AFTER.match(text, end):
        return True
    return bool(_LANGUAGE_BEFORE.search(text, max(0, start - _LOOK), start))


def is_elsewhere(gazetteer: Gazetteer, text: str, end: int, sense: Sense) -> bool:
    """Whether a region follows that makes the name one of a town: "Paris, Texas".

    Where the region has the name of a state ("Armenia, Georgia and Iran"), only cities are taken for towns.
    """
    found = gazetteer.region_after.match(text, end)
    if not found or sense.how is NameKind.DEMONYM or sense.listed.actor.kind is not ActorKind.STATE:
        return False
    if found[1] not in gazetteer.state_regions:
        return True
    return sense.how is NameKind.METONYM and sense.listed.actor.key != gazetteer.state_regions[found[1]]


def follows_town(context: Context, text: str, start: int) -> bool:
    """Whether a capital and a comma stand before the name of a region: "Fairburn, Georgia"."""
    found = _TOWN_BEFORE.search(text, max(0, start - _LOOK), start)
    if not found or found[1] in context.offices:
        return False
    return bool(text[: found.start(1)].strip()) and not _SENTENCE.search(text, 0, found.start(1))


def has_title(context: Context, text: str, start: int) -> bool:
    """Whether a title stands before a name: "President X"."""
    found = _WORD_BEFORE.search(text, max(0, start - _LOOK), start)
    return bool(found) and found[1].rstrip(".") in context.titles  # type: ignore[index]
