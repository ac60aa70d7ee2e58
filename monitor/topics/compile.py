"""From a document to proposed cards: additions to the topics that there are, and new ones (pure).

What the classifier finds in the document belongs to the topics that have a card. The rest is grouped by
the words that set it apart from everyday news, and each group of passages that is held together by
enough key phrases becomes a card of its own. A person reads every proposal before it does anything.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.records import ProposalKind, Severity, TopicScore, TopicText
from monitor.topics.card import CardPassage, CardTerm, TopicCard
from monitor.topics.documents import Document
from monitor.topics.keyphrases import Background, KeyPhrase, is_empty, key_phrases, stem_weights
from monitor.topics.passages import Piece, cut, grouped
from monitor.topics.phrases import tokens
from monitor.topics.rules import Rule

MOST_TOPICS = 5  # new ones, of one document
MOST_PASSAGES = 12
MOST_TERMS = 30
MOST_ADDED = 8
MOST_ACTORS = 10
LEAST_PHRASES = 3  # that hold a new topic together
TELLING = 25.0  # keyness from which a phrase may hold a topic together
LEAST_EXAMPLES = 8
LEAST_TEXTS = 6  # examples and passages: training wants five
_RARITY = ((0.0005, 3.0), (0.002, 2.5), (0.006, 1.5), (1.0, 1.0))  # background share, weight of a word
SPEAKING = 2.5  # times the score of nothing, from which a phrase may be added to a card
_EXCLUDED_TEXTS = 3  # background texts that must hold a pair before it is an exclusion

Scores = Callable[[Sequence[TopicText]], Sequence[Sequence[TopicScore]]]


@dataclass(frozen=True, slots=True)
class Known:
    """What a document is read against.

    `scores` are those of the current classifier; `actors` gives who is named in a text, most named first,
    each with the words by which that is said.
    """

    cards: Sequence[TopicCard]
    lists: Mapping[str, Sequence[str]]
    background: Background
    scores: Scores
    actors: Callable[[str], Mapping[str, frozenset[str]]]


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed card, or for a topic that has one a card of nothing but the additions."""

    kind: ProposalKind
    card: TopicCard
    phrases: tuple[KeyPhrase, ...]
    exclusions: tuple[str, ...]
    actors: tuple[str, ...]
    scores: tuple[float, ...] = ()  # of the passages, by the current classifier


def propose(document: Document, known: Known) -> tuple[Draft, ...]:
    """The cards that a document suggests, additions first."""
    pieces = cut(document)
    if not pieces:
        return ()
    owned = _owned(pieces, known)
    additions = [
        _addition(card, owned[card.name], document, known) for card in known.cards if owned[card.name]
    ]
    taken = {place for found in owned.values() for place, whole, _, _ in found if whole}
    rest = [piece for place, piece in enumerate(pieces) if place not in taken]
    return (*additions, *_new_topics(rest, document, known, sparing=bool(additions)))


_Owned = tuple[int, bool, str, float]  # place of the piece, whether all of it, the passage, its score


def _owned(pieces: Sequence[Piece], known: Known) -> dict[str, list[_Owned]]:
    """For each topic with a card the passages that the classifier finds on it.

    Of a piece only the sentences are taken that are on the topic by themselves, where there are any.
    """
    wholes = known.scores([TopicText(piece.text) for piece in pieces])
    singles = iter(known.scores([TopicText(one) for piece in pieces for one in piece.sentences]))
    found: dict[str, list[_Owned]] = {card.name: [] for card in known.cards}
    for place, piece in enumerate(pieces):
        each = [next(singles) for _ in piece.sentences]
        for column, score in enumerate(wholes[place]):
            if score.topic not in found:
                continue
            own = [row[column] for row in each]
            on = [at for at, one in enumerate(own) if one.is_hit]
            best = max([score.score, *(one.score for one in own)])
            if on:
                text = " ".join(piece.sentences[at] for at in on)
                found[score.topic].append((place, 2 * len(on) >= len(own), text, best))
            elif score.is_hit:
                found[score.topic].append((place, True, piece.text, best))
    return {topic: sorted(group, key=lambda one: (-one[3], one[0])) for topic, group in found.items()}


def _addition(card: TopicCard, owned: Sequence[_Owned], document: Document, known: Known) -> Draft:
    places = {piece.text: piece.place for piece in cut(document)}
    kept = owned[:MOST_PASSAGES]
    texts = [text for _, _, text, _ in kept]
    whole = "\n".join(texts)
    actors = tuple(known.actors(whole))[:MOST_ACTORS]
    rule = Rule(card.terms, known.lists)
    found = key_phrases(texts, known.background, _words(known.actors(whole)))
    fresh = [one for one in found if " " in one.text and rule.match(TopicText(one.text)).weight <= 0]
    added = _speaking(card.name, fresh, known)[:MOST_ADDED]
    terms = tuple(dict.fromkeys(CardTerm(_starred(one.text), 2.0) for one in added))
    phrases = tuple(dict.fromkeys([*added, *found[:MOST_ADDED]]))
    passages = tuple(
        CardPassage(document.name, next((p for t, p in places.items() if text in t or t in text), ""), text)
        for text in texts
    )
    addition = TopicCard(
        card.name, card.title, card.definition, (), (), card.severity, terms, actors=(), passages=passages
    )
    return Draft(ProposalKind.ADDITION, addition, phrases, (), actors, tuple(one[3] for one in kept))


def _speaking(topic: str, phrases: Sequence[KeyPhrase], known: Known) -> list[KeyPhrase]:
    """The phrases that the classifier takes for the topic's by themselves, the strongest first."""
    nothing, *rows = known.scores([TopicText(""), *(TopicText(one.text) for one in phrases)])
    base = next(score.score for score in nothing if score.topic == topic)
    scored = [
        (score.score, one)
        for one, row in zip(phrases, rows, strict=True)
        for score in row
        if score.topic == topic and score.score >= SPEAKING * base
    ]
    return [one for _, one in sorted(scored, key=lambda pair: (-pair[0], pair[1].text))]


def _new_topics(pieces: Sequence[Piece], document: Document, known: Known, *, sparing: bool) -> list[Draft]:
    barred = _words(known.actors("\n".join(piece.text for piece in pieces)))
    weights = stem_weights([piece.text for piece in pieces], known.background, barred)
    names = {card.name for card in known.cards}
    drafts: list[Draft] = []
    for group in grouped(pieces, weights):
        mine = [pieces[at] for at in group]
        if len(drafts) == MOST_TOPICS or (sparing and 3 * len(mine) < len(pieces)):
            break
        draft = _new_topic(mine, document, known, barred, names)
        if draft is not None:
            drafts.append(draft)
            names.add(draft.card.name)
    return drafts


def _new_topic(
    pieces: Sequence[Piece], document: Document, known: Known, barred: Iterable[str], names: set[str]
) -> Draft | None:
    texts = [piece.text for piece in pieces]
    phrases = tuple(
        one for one in key_phrases(texts, known.background, barred) if one.count > 1 or " " in one.text
    )
    if sum(one.keyness >= TELLING for one in phrases) < LEAST_PHRASES:
        return None
    kept = phrases[:MOST_TERMS]
    named = known.actors("\n".join(texts))
    leading = sorted(kept[:8], key=lambda one: " " not in one.text)[:3]
    exclusions = _exclusions(kept, texts, known.background)
    strongest = sorted(pieces, key=lambda piece: -_mass(piece.text, kept))[:MOST_PASSAGES]
    said = [one for piece in pieces for one in piece.sentences if 40 <= len(one) <= 400]
    examples = sorted(said, key=lambda one: -_mass(one, kept))[: max(LEAST_EXAMPLES, len(said) // 2)]
    if len({*examples, *(piece.text for piece in strongest)}) < LEAST_TEXTS:
        return None  # too little to learn from
    card = TopicCard(
        name=_free(_slug(leading[0].text), names),
        title=", ".join(one.text for one in leading[:2]).capitalize(),
        definition=f"Reports on {', '.join(one.text for one in leading)}; drawn from {document.name}. "
        "Put it into your own words.",
        inside=tuple(f"{one.text}: {_sentence_with(one.text, said)}" for one in leading if said),
        outside=tuple(f"{one}, where nothing else of the topic stands" for one in exclusions),
        severity=Severity.MEDIUM,
        terms=(*_terms(kept), *(CardTerm(one, -3.0) for one in exclusions)),
        actors=tuple(" ".join(tokens(name)) for name in list(named)[:5]),
        examples=tuple(dict.fromkeys(examples)),
        passages=tuple(CardPassage(document.name, piece.place, piece.text) for piece in strongest),
    )
    return Draft(ProposalKind.NEW_TOPIC, card, kept, exclusions, tuple(named)[:MOST_ACTORS])


def _terms(phrases: Sequence[KeyPhrase]) -> list[CardTerm]:
    """Phrases as terms: several words speak for themselves, one word the more the rarer it is."""
    weighed: dict[str, float] = {}
    for one in phrases:
        weight = 4.0 if " " in one.text else next(w for share, w in _RARITY if one.share <= share)
        text = _starred(one.text)
        weighed[text] = max(weight, weighed.get(text, 0.0))
    return [CardTerm(text, weight) for text, weight in sorted(weighed.items(), key=lambda pair: -pair[1])]


def _starred(phrase: str) -> str:
    """A phrase that matches the forms of its last word."""
    last = phrase.rsplit(" ", 1)[-1]
    if len(last) < 5 or last.endswith("ss"):
        return phrase
    return (phrase[:-1] if last.endswith("s") else phrase) + "*"


def _exclusions(
    phrases: Sequence[KeyPhrase], texts: Iterable[str], background: Background
) -> tuple[str, ...]:
    """Pairs of the background in which a single key word means something else: "shark attack"."""
    own = {word for text in texts for word in tokens(text)}
    single = {one.text for one in phrases if " " not in one.text}
    found = []
    for pair, count in background.counts.items():
        first, _, second = pair.partition(" ")
        if not second or count < _EXCLUDED_TEXTS or (first in single) == (second in single):
            continue
        other = second if first in single else first
        if other not in own and not is_empty(other):
            found.append((count, pair))
    return tuple(pair for _, pair in sorted(found, key=lambda one: (-one[0], one[1]))[:MOST_ADDED])


def _mass(text: str, phrases: Sequence[KeyPhrase]) -> float:
    inside = f" {' '.join(tokens(text))} "
    return sum(math.sqrt(one.keyness) for one in phrases if f" {one.text} " in inside)


def _sentence_with(phrase: str, said: Sequence[str]) -> str:
    return next((one for one in said if f" {phrase} " in f" {' '.join(tokens(one))} "), said[0])


def _words(named: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Every word by which actors are named."""
    return frozenset(word for said in named.values() for one in said for word in tokens(one))


def _slug(phrase: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", phrase.lower()).strip("_")
    return name if re.match(r"[a-z]", name) else f"topic_{name}".rstrip("_")


def _free(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
