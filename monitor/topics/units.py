"""A text is read in units of some sixty words: its head, and windows of its paragraphs (pure)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.records import TopicText
from monitor.text import sentences
from monitor.topics.phrases import STOP, tokens

HEAD_WORDS = 80  # a feed's summary has about 30; what a reader sees before a click
WINDOW_WORDS = 60
LEAST_WORDS = 25  # of a window: shorter paragraphs go with the next
MAX_WINDOWS = 120  # some 7,000 words: longer texts are books, and repeat themselves


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of a text; the first `title_words` of `words` are its title's."""

    source: str
    words: tuple[str, ...]
    title_words: int = 0


def head(text: TopicText) -> Unit:
    """The unit that every text has: its title with its summary or the first words of its text."""
    lead = text.summary or _lead(text.text)
    title = tokens(text.title)
    body = tokens(_lead(lead)) if lead else []
    words = (*title, STOP, *body) if body else tuple(title)
    return Unit(f"{text.title}\n{lead}" if lead else text.title, words, len(title))


def windows(text: TopicText) -> list[Unit]:
    """Runs of sentences of the text, cut where a paragraph ends; none where the head has it all.

    What a paragraph says would drown in its neighbours, so no window reaches from one into the next unless
    it is shorter than `LEAST_WORDS`. Those longer than `WINDOW_WORDS` are cut into windows that overlap by a
    sentence.
    """
    if len(text.text) <= max(len(text.summary), 300):
        return []
    found: list[Unit] = []
    for cut in _paragraphs(text.text):
        found += _runs(cut)
        if len(found) >= MAX_WINDOWS:
            break
    return found[:MAX_WINDOWS]


_Cut = list[tuple[str, list[str]]]  # sentences, each with its words


def _paragraphs(text: str) -> Iterator[_Cut]:
    """The sentences of each paragraph; short paragraphs go together with the next."""
    held: _Cut = []
    length = 0
    for line in text.splitlines():
        for sentence in sentences(line):
            held.append((sentence, tokens(sentence)))
            length += len(held[-1][1])
        if length >= LEAST_WORDS:
            yield held
            held, length = [], 0
    if held:
        yield held


def _runs(cut: _Cut) -> Iterator[Unit]:
    start = 0
    while start < len(cut):
        end, length = start, 0
        while end < len(cut) and (length < WINDOW_WORDS or end == start):
            length += len(cut[end][1])
            end += 1
        words = itertools.chain(*((*words, STOP) for _, words in cut[start:end]))
        yield Unit("\n".join(sentence for sentence, _ in cut[start:end]), tuple(words))
        if end == len(cut):
            break
        start = max(end - 1, start + 1)


def _lead(text: str) -> str:
    return text if len(text) < HEAD_WORDS * 4 else " ".join(text.split(maxsplit=HEAD_WORDS)[:HEAD_WORDS])
