"""Whether two texts can be two forms of one news item, told by their words (pure)."""

from __future__ import annotations

import re

# A word of letters that mean something, or one character of a script without spaces.
_WORD = re.compile(r"[぀-ヿ㐀-鿿가-힯฀-໿က-႟]|[^\W_]{4,}|\d+")
_LEAD = 600  # characters of a text that are compared
LEAST = 0.2  # share of the words of the shorter of two texts


def same_news(title: str, lead: str, other_title: str, other_lead: str) -> bool:
    """Whether one is a later form of the other: they share words in their titles, or in all that they say.

    Editors rewrite headlines, so a fifth of the shorter text is enough: of 79 that changed in real feeds 78
    share as much, of 24,000 pairs of different entries of one feed 6%. Without a word on either side, they
    are the same.
    """
    return _share(title, other_title) >= LEAST or (
        _share(f"{title} {lead[:_LEAD]}", f"{other_title} {other_lead[:_LEAD]}") >= LEAST
    )


def _share(one: str, other: str) -> float:
    mine, theirs = (set(_WORD.findall(text.casefold())) for text in (one, other))
    least = min(len(mine), len(theirs))
    return len(mine & theirs) / least if least else float(not mine and not theirs)
