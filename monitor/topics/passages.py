"""A document cut into passages, and those that belong together (pure)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.text import sentences
from monitor.topics.documents import Document
from monitor.topics.keyphrases import stem
from monitor.topics.phrases import STOP, tokens

SHORTEST = 40  # characters of a passage: what is shorter is a heading
LENGTH = 120  # words of a passage; longer paragraphs are cut between sentences
TOGETHER = 0.035  # mean cosine likeness from which two groups of passages are one topic
MOST = 600  # passages that are grouped; the likeness of all pairs is held in memory


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage with its place and its sentences."""

    text: str
    place: str
    sentences: tuple[str, ...]


def cut(document: Document) -> tuple[Piece, ...]:
    """The passages of a document, in order, without headings."""
    found = []
    for paragraph in document.paragraphs:
        run: list[str] = []
        length = 0
        for sentence in sentences(paragraph.text):
            words = len(sentence.split())
            if run and length + words > LENGTH:
                found.append(Piece(" ".join(run), paragraph.place, tuple(run)))
                run, length = [], 0
            run.append(sentence)
            length += words
        if run:
            found.append(Piece(" ".join(run), paragraph.place, tuple(run)))
    return tuple(piece for piece in found if len(piece.text) >= SHORTEST)


def grouped(pieces: Sequence[Piece], weights: Mapping[str, float]) -> list[list[int]]:
    """Groups of passages that share telling words, the weightiest first (average linkage, by cosine).

    Args:
        weights: of stems, as `stem_weights` gives them; others say nothing.

    Returns:
        the positions of each group's passages; a passage with no telling word is in none.
    """
    vectors = [_vector(piece.text, weights) for piece in pieces[:MOST]]
    telling = [at for at, vector in enumerate(vectors) if vector]
    if len(telling) < 2:
        return [telling] if telling else []
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    likeness = np.asarray([[_cosine(vectors[a], vectors[b]) for b in telling] for a in telling])
    distance = np.clip(1.0 - (likeness + likeness.T) / 2, 0.0, 1.0)
    np.fill_diagonal(distance, 0.0)
    labels = fcluster(linkage(squareform(distance, checks=False), "average"), 1.0 - TOGETHER, "distance")
    groups: dict[int, list[int]] = {}
    for at, label in zip(telling, labels.tolist(), strict=True):
        groups.setdefault(label, []).append(at)
    mass = {label: sum(sum(vectors[at].values()) for at in members) for label, members in groups.items()}
    return [groups[label] for label in sorted(groups, key=lambda label: (-mass[label], groups[label]))]


def _vector(text: str, weights: Mapping[str, float]) -> dict[str, float]:
    counts = Counter(stem(word) for word in tokens(text) if word != STOP)
    return {one: math.sqrt(count) * weights[one] for one, count in counts.items() if one in weights}


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    shared = sum(weight * other[stem_] for stem_, weight in one.items() if stem_ in other)
    lengths = math.sqrt(sum(w * w for w in one.values()) * sum(w * w for w in other.values()))
    return shared / lengths if lengths else 0.0
