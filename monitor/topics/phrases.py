"""The little language of topic cards, and a matcher that reads a text once for all of its phrases (pure).

    sanctions                a word
    sanction*                any word that starts so
    (impose*|lift*) curbs    one of several words or phrases, then a word
    @weapon                  any phrase of the word list `weapon`
    @supply ... @weapon      in this order in one sentence, up to eight words between
    @weapon & @state         in one sentence, in any order

Words are compared as `tokens` cuts them: lower case, split at hyphens, without possessive endings;
"U.S." and "US" are "usa", so that they differ from the pronoun.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

GAP = 8  # words that `...` may stand for
STOP = "."  # the token that ends a sentence
_MEMO_LIMIT = 200_000  # distinct words remembered; about 20 MB

_AMERICA = re.compile(r"\b[Uu]\. ?[Ss]\.(?: ?[Aa]\.)?|\bUSA?\b")
_DOTTED = re.compile(r"\b(?:[A-Z]\. ?){2,}")
_TOKEN = re.compile(r"[^\W_]+|[.!?;\n](?=\s|$)")
_POSSESSIVE = re.compile(r"(?<=\w)['’]s?\b")
_GRAMMAR = re.compile(r"\s*(?:(\.\.\.)|@([a-z_]+)|\(([^()]+)\)|([^\s()|@]+))")
_STOPS = frozenset(".!?;\n")


def tokens(text: str) -> list[str]:
    """The words of `text` in lower case, with `STOP` where a sentence ends."""
    if "US" in text or "U." in text or "u." in text:
        text = _AMERICA.sub("usa ", text)
    if "." in text:
        text = _DOTTED.sub(lambda found: found.group().replace(".", "").replace(" ", "") + " ", text)
    if "'" in text or "’" in text:
        text = _POSSESSIVE.sub("", text)
    return [STOP if token in _STOPS else token for token in _TOKEN.findall(text.lower())]


class BadPhrase(ValueError):
    """A phrase that the language above does not allow; the message says why."""


Words = tuple[str, ...]
Place = tuple[int, int]  # a run of tokens, the end not included


@dataclass(frozen=True, slots=True)
class Atom:
    """Any of some phrases, those of the word lists in `names` among them."""

    gap: int  # words that may stand before it
    names: tuple[str, ...] = ()
    phrases: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Phrase:
    """A compiled phrase: every part must be found in one sentence, its atoms in order."""

    parts: tuple[tuple[Atom, ...], ...]


def compile_phrase(text: str, lists: Container[str]) -> Phrase:
    """The phrase that `text` spells.

    Raises:
        BadPhrase: it is empty, malformed, or names a list that is not in `lists`.
    """
    parts = []
    for part in text.split("&"):
        atoms = _atoms(part, lists)
        if not atoms or atoms[0].gap:
            raise BadPhrase(f"{text!r} has an empty part: put words or @list around `&` and `...`")
        parts.append(tuple(atoms))
    return Phrase(tuple(parts))


def _atoms(text: str, lists: Container[str]) -> list[Atom]:
    atoms: list[Atom] = []
    run: list[list[Words]] = []  # alternatives, word after word, that are not yet an atom
    gap = at = 0
    text = text.strip()
    while at < len(text):
        found = _GRAMMAR.match(text, at)
        if found is None:
            raise BadPhrase(f"{text!r} cannot be read from {text[at : at + 12]!r}")
        dots, name, group, word = found.groups()
        choices = [choice.strip() for choice in group.split("|")] if group else [f"@{name}" if name else word]
        if run and (dots or any(choice.startswith("@") for choice in choices)):
            atoms.append(Atom(gap, (), _spelled(run)))
            run, gap = [], 0
        if dots:
            gap = GAP
        elif any(choice.startswith("@") for choice in choices):
            atoms.append(_choice(gap, choices, lists))
            gap = 0
        else:
            run.append([_words(choice) for choice in choices])
        at = found.end()
    if run:
        atoms.append(Atom(gap, (), _spelled(run)))
    elif gap:
        raise BadPhrase(f"{text!r} ends in `...`: put words or @list after it")
    return atoms


def _choice(gap: int, choices: Sequence[str], lists: Container[str]) -> Atom:
    names = tuple(choice[1:] for choice in choices if choice.startswith("@"))
    for name in names:
        if name not in lists:
            raise BadPhrase(f"@{name} is no word list: add {name!r} to seeds/lists.toml or correct the name")
    return Atom(gap, names, tuple(_words(choice) for choice in choices if not choice.startswith("@")))


def _words(text: str) -> Words:
    """The words of a phrase, a star kept at the end of each that had one."""
    found: list[str] = []
    for piece in text.replace("-", " ").split():
        cut = [token for token in tokens(piece.rstrip("*") + " ") if token != STOP]
        if not cut:
            raise BadPhrase(f"{text!r} has no words")
        if piece.endswith("*"):
            cut[-1] += "*"
        found += cut
    if not found:
        raise BadPhrase("an alternative is empty")
    return tuple(found)


def _spelled(run: list[list[Words]]) -> tuple[Words, ...]:
    return tuple(tuple(itertools.chain(*choice)) for choice in itertools.product(*run))


@dataclass(frozen=True, slots=True)
class Found:
    """Phrase number `number` of the book, its atoms at these runs of tokens (the end not included)."""

    number: int
    spans: tuple[Place, ...]

    @property
    def start(self) -> int:
        return min(start for start, _ in self.spans)


_Tail = tuple[Words, tuple[int, ...]]  # the words after the first, and the symbols they complete


class Phrasebook:
    """Phrases and word lists, compiled so that a text is read once whatever their number.

    A first pass finds the plain phrases by their first word; a second looks only at the phrases
    all of whose plain phrases were found.
    """

    def __init__(self, phrases: Sequence[Phrase], lists: Mapping[str, Sequence[str]]) -> None:
        self._symbols: dict[object, int] = {}
        heads: dict[Words, set[int]] = {}
        members = {name: [_words(member) for member in lists[name]] for name in lists}
        for name in lists:
            for words in members[name]:
                heads.setdefault(words, set()).add(self._symbol(((name,), ())))
        self._rules: list[tuple[tuple[tuple[int, int], ...], ...]] = []
        for phrase in phrases:
            rule = []
            for part in phrase.parts:
                rule.append(tuple((self._symbol((atom.names, atom.phrases)), atom.gap) for atom in part))
                for (symbol, _), atom in zip(rule[-1], part, strict=True):
                    for words in itertools.chain(atom.phrases, *(members[name] for name in atom.names)):
                        heads.setdefault(words, set()).add(symbol)
            self._rules.append(tuple(rule))
        self._single: dict[int, list[int]] = {}
        self._masked: list[tuple[int, int]] = []
        self._index_rules()
        self._exact, self._prefix = _by_first_word(heads)
        self._lengths = sorted({len(prefix) for prefix in self._prefix})
        self._memo: dict[str, tuple[_Tail, ...]] = {}
        self.list_symbols = {name: self._symbol(((name,), ())) for name in lists}

    def _symbol(self, key: object) -> int:
        return self._symbols.setdefault(key, len(self._symbols))

    def _index_rules(self) -> None:
        for number, parts in enumerate(self._rules):
            symbols = [symbol for part in parts for symbol, _ in part]
            if len(symbols) == 1:
                self._single.setdefault(symbols[0], []).append(number)
            else:
                self._masked.append((sum(1 << symbol for symbol in set(symbols)), number))

    def _tails(self, token: str) -> tuple[_Tail, ...]:
        found = list(self._exact.get(token, ()))
        for length in self._lengths:
            if length > len(token):
                break
            found += self._prefix.get(token[:length], ())
        if len(self._memo) >= _MEMO_LIMIT:
            self._memo.clear()
        self._memo[token] = ends = tuple(found)
        return ends

    def spans(self, words: Sequence[str]) -> dict[int, list[Place]]:
        """Where each symbol (a list, or the plain words of a phrase) is found, in order."""
        memo = self._memo
        found: dict[int, list[Place]] = {}
        for start, token in enumerate(words):
            tails = memo.get(token)
            if tails is None:
                tails = self._tails(token)
            for rest, symbols in tails:
                if rest and not _follows(words, start + 1, rest):
                    continue
                span = (start, start + 1 + len(rest))
                for symbol in symbols:
                    found.setdefault(symbol, []).append(span)
        return found

    def find(self, words: Sequence[str], spans: Mapping[int, list[Place]]) -> list[Found]:
        """The first place of every phrase of the book that the text holds; `spans` is of these words."""
        found: list[Found] = []
        mask = 0
        for symbol, places in spans.items():
            mask |= 1 << symbol
            found += [Found(number, (places[0],)) for number in self._single.get(symbol, ())]
        sentence: list[int] | None = None
        for needed, number in self._masked:
            if needed & mask != needed:
                continue
            sentence = _sentence_numbers(words) if sentence is None else sentence
            place = _place(self._rules[number], spans, sentence)
            if place is not None:
                found.append(Found(number, place))
        return found


def _by_first_word(
    heads: Mapping[Words, set[int]],
) -> tuple[dict[str, list[_Tail]], dict[str, list[_Tail]]]:
    exact: dict[str, list[_Tail]] = {}
    prefix: dict[str, list[_Tail]] = {}
    for phrase in sorted(heads):
        first, tail = phrase[0], (phrase[1:], tuple(sorted(heads[phrase])))
        if first.endswith("*"):
            prefix.setdefault(first[:-1], []).append(tail)
        else:
            exact.setdefault(first, []).append(tail)
    return exact, prefix


def _follows(words: Sequence[str], at: int, rest: Words) -> bool:
    if at + len(rest) > len(words):
        return False
    for offset, wanted in enumerate(rest):
        word = words[at + offset]
        if word != wanted and not (wanted[-1] == "*" and word.startswith(wanted[:-1])):
            return False
    return True


def _sentence_numbers(words: Iterable[str]) -> list[int]:
    number = 0
    numbers = []
    for word in words:
        numbers.append(number)
        number += word == STOP
    return numbers


def _place(
    parts: tuple[tuple[tuple[int, int], ...], ...],
    spans: Mapping[int, list[Place]],
    sentence: Sequence[int],
) -> tuple[Place, ...] | None:
    """The first place in which all parts are found in one sentence, a span for each atom."""
    chosen: list[list[tuple[Place, ...]]] = []
    for part in parts:
        chains: list[tuple[Place, ...]] = [(span,) for span in spans[part[0][0]]]
        for symbol, gap in part[1:]:
            chains = [
                (*chain, later)
                for chain in chains
                for later in spans[symbol]
                if chain[-1][1] <= later[0] <= chain[-1][1] + gap
                and sentence[later[0]] == sentence[chain[-1][1] - 1]
            ]
        if not chains:
            return None
        chosen.append(chains)
    for first in chosen[0]:
        where = sentence[first[0][0]]
        rest = [next((c for c in chains if sentence[c[0][0]] == where), None) for chains in chosen[1:]]
        if all(rest):
            return (*first, *itertools.chain(*(chain for chain in rest if chain)))
    return None
