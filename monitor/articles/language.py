"""What language a text is in (pure)."""

from __future__ import annotations

import re
from collections.abc import Container

LEAST_LETTERS = 40  # fewer letters say too little: what the feed claims is taken instead
_READ = 200  # characters that are looked at: a title and a sentence; twice as many cost twice as much
# English words; to find them is 30 times as fast as to ask the identifier. How many are enough depends on
# what the feed claims. Of 8,385 titles with summaries of some forty languages: three are English whatever
# it claims (5 of 5,205 were found otherwise, 4 wrongly so); two where it claims nothing; one where it
# claims English (15 of 1,141 were found otherwise, 12 of them wrongly).
_ENGLISH = frozenset(
    "the and to that with from his their which have has been will for by said says after over are were who "
    "this would could".split()
)
_ENOUGH = 3
_ENOUGH_UNCLAIMED = 2
_ENOUGH_CLAIMED = 1
# Of 12,000 English headlines the identifier takes 2 % for something else, three in four of those for
# Nigerian Pidgin; two of these words, which hardly meet in another language, overrule it.
_LITTLE = frozenset("of to the with by from says will has out how what why and his after over".split())
_LIKE_ENGLISH = frozenset({"en", "pcm"})
_CODE = re.compile(r"[a-z]{2,3}(?=$|[-_])")


def detect(text: str, hint: str | None = None) -> str | None:
    """The ISO 639-1 code of the language of `text`, such as "en".

    Args:
        hint: what the feed or page claims, such as "en-GB"; it stands where the text is too short.

    Returns:
        None where nothing is known.
    """
    if sum(map(str.isalpha, text[:100])) < LEAST_LETTERS:
        return _code(hint)
    claimed = _code(hint)
    enough = _ENOUGH_CLAIMED if claimed == "en" else _ENOUGH if claimed else _ENOUGH_UNCLAIMED
    if len(_ENGLISH.intersection(text[:_READ].lower().split())) >= enough:
        return "en"
    import py3langid  # loads its tables when first called: 0.5 s

    found: str = py3langid.classify(text[:_READ])[0]
    return found


def load() -> None:
    """Load the tables of the identifier, for those who share them."""
    import py3langid

    py3langid.classify("a")


def reads_as(text: str, language: str | None, supported: Container[str]) -> bool:
    """Whether `text`, found to be in `language`, can be read by what reads the `supported` languages.

    A text of unknown language can; so can one that the identifier takes for another language though
    it holds English words, where English is supported.
    """
    if language is None or language in supported:
        return True
    if "en" not in supported:
        return False
    return language in _LIKE_ENGLISH or len(_LITTLE.intersection(text[:_READ].lower().split())) >= 2


def _code(hint: str | None) -> str | None:
    found = _CODE.match((hint or "").strip().lower())
    return found.group() if found else None
