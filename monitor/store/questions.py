"""The query language of the archive: read once, then said in the words of each database (pure).

    sanctions tanker          both words, anywhere in headline, teaser or text
    "mutual defence"          a phrase: these words side by side
    -cricket, -"test match"   without them
    Moscow OR Kremlin         either; OR binds closer than the blank between words
    sanction*                 words that start so; a phrase may end so: "arms deal*"

Case and accents do not count. Punctuation parts words: "U.S." is the phrase of u and s. Whatever is
typed means something: a quote that is not closed ends with the line, an OR that joins nothing is a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_PARTS = re.compile(r'(?P<no>-?)"(?P<phrase>[^"]*)(?:"(?P<starts>\*?)|$)|(?P<word>[^\s"]+)')
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand side by side; with `prefix` the last of them may go on."""

    words: tuple[str, ...]
    prefix: bool = False

    def __str__(self) -> str:
        return " ".join(self.words) + ("*" if self.prefix else "")


@dataclass(frozen=True, slots=True)
class Question:
    """Of each group of `wanted` one term must occur, and none of `unwanted`."""

    wanted: tuple[tuple[Term, ...], ...] = ()
    unwanted: tuple[Term, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """The terms that a reader wants to see marked."""
        return tuple(term for group in self.wanted for term in group)

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted)


def read(typed: str) -> Question:
    """What somebody typed, as a question; parts that hold neither letter nor digit are left out."""
    wanted: list[tuple[Term, ...]] = []
    unwanted: list[Term] = []
    joins = False
    parts = list(_parts(typed))
    for place, (no, term, said) in enumerate(parts):
        follows = place + 1 < len(parts) and not parts[place + 1][0]
        if said == "OR" and wanted and follows and not joins:
            joins = True
        elif no:
            unwanted.append(term)
        elif joins:
            wanted[-1] = (*wanted[-1], term)
            joins = False
        else:
            wanted.append((term,))
    return Question(tuple(wanted), tuple(dict.fromkeys(unwanted)))


def _parts(typed: str) -> Iterator[tuple[bool, Term, str]]:
    """Each part that holds a word: whether it is unwanted, its term, and a word as it was typed."""
    for found in _PARTS.finditer(typed):
        word = found["word"] or ""
        no = bool(found["no"]) or (word.startswith("-") and len(word) > 1)
        prefix = bool(found["starts"]) or (word.endswith("*") and len(word) > 1)
        if words := tuple(_WORD.findall(found["phrase"] or word)):
            yield no, Term(words, prefix), word


def fts5(question: Question) -> str | None:
    """The MATCH expression of SQLite; None where nothing is wanted, which FTS5 cannot say.

    Every word is quoted, so that none is taken for an operator or a column.
    Source: https://www.sqlite.org/fts5.html#full_text_query_syntax
    """
    if not question.wanted:
        return None
    groups = [f"({' OR '.join(_quoted(term) for term in group)})" for group in question.wanted]
    positive = " AND ".join(groups)
    if not question.unwanted:
        return positive
    return f"({positive}) NOT ({fts5_unwanted(question)})"


def fts5_unwanted(question: Question) -> str:
    """What must not occur, as the MATCH expression of what may not."""
    return " OR ".join(_quoted(term) for term in question.unwanted)


def _quoted(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + (" *" if term.prefix else "")


def tsquery(question: Question) -> tuple[str, dict[str, str]]:
    """The SQL of a PostgreSQL tsquery, and its parameters.

    The words go through `archive_words`, the function through which the index was made, so that both
    part and fold them alike.
    """
    values: dict[str, str] = {}

    def said(term: Term) -> str:
        name = f"term_{len(values)}"
        values[name] = " ".join(term.words)
        phrase = f"phraseto_tsquery('simple', archive_words(:{name}))"
        return f"(({phrase})::text || ':*')::tsquery" if term.prefix else phrase

    groups = [f"({' || '.join(said(term) for term in group)})" for group in question.wanted]
    groups += [f"(!! {said(term)})" for term in question.unwanted]
    return " && ".join(groups), values


def marks(text: str, terms: Iterable[Term]) -> list[tuple[int, int]]:
    """Where the terms occur in `text`: pairs of offsets, in order, none overlapping another."""
    patterns = [_pattern(term) for term in terms]
    if not patterns or not text:
        return []
    found = re.finditer("|".join(patterns), plain(text))
    return [match.span() for match in found if match.group()]


def _pattern(term: Term) -> str:
    inner = r"[\W_]+".join(re.escape(plain(word)) for word in term.words)
    return rf"(?<![^\W_]){inner}" + (r"[^\W_]*" if term.prefix else r"(?![^\W_])")


def plain(text: str) -> str:
    """`text` in lower case and without accents, as long as before: offsets hold in both."""
    if text.isascii():
        return text.lower()
    return "".join(_plain(c) for c in text)


def _plain(c: str) -> str:
    first = unicodedata.normalize("NFKD", c)[0].lower()
    return first if len(first) == 1 else c
