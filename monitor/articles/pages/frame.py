"""Lines of an extracted text that belong to the page's frame: its title, links, prompts (pure).

The extractor weighs blocks; a link between two paragraphs, or a headline above them, is left in. Here
each line is compared with the page: what is a title or nothing but a link there is no text of the article.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

LINKED = 0.8  # share of a block's letters inside of links from which it is a link with a label
_LONGEST = 600  # characters; a longer block is text whatever it links
_LEAST = 12  # letters; a shorter link text may be any word of the article
_PROMPT = re.compile(
    r"(?:read (?:more|also|next)|see (?:more|also)|don.t miss|related\b|advertisement|anzeige|lesen sie auch|"
    r"auch interessant|mehr zum thema|lire aussi|à lire|leggi anche|lea también|lee también|leia também|"
    r"lees ook|czytaj (?:też|także|więcej)|läs också|les også|recommended|most read|sign up|subscribe|"
    r"click here|explore further|follow us|comments?$|share this|copyright|©)",
    re.IGNORECASE,
)
_MARKS = "-–—•*>» \t"
_PROMPT_LIMIT = 200
_WORD = re.compile(r"[^\W_]+")


def key(text: str) -> str:
    """The words of `text`, for comparing."""
    return " ".join(_WORD.findall(text.lower()))


def without_frame(lines: Iterable[str], tree: Any, titles: Iterable[str]) -> list[str]:
    """The lines that are the article's.

    Args:
        tree: the page (lxml).
        titles: the spellings of its title.
    """
    named = {key(title) for title in titles}
    links = _links(tree)
    kept: list[str] = []
    for line in lines:
        words = key(line)
        if not kept and (words in named or any(len(words) > 15 and name.startswith(words) for name in named)):
            continue
        if words in links or (len(line) < _PROMPT_LIMIT and _PROMPT.match(line.lstrip(_MARKS))):
            continue
        kept.append(line)
    return kept


def _links(tree: Any) -> set[str]:
    """The texts of the page that are links: those of `a`, and of blocks that hold little else."""
    found = set()
    for link in tree.iter("a"):
        words = key(link.text_content())
        if len(words) >= _LEAST:
            found.add(words)
    for block in tree.iter("p", "li", "h2", "h3", "h4", "div", "strong", "span"):
        first = next(block.iter("a"), None)
        if first is None:
            continue
        text = block.text_content()
        if len(text) > _LONGEST:
            continue
        words = key(text)
        linked = sum(len(key(link.text_content())) for link in block.iter("a"))
        if words and linked >= LINKED * len(words):
            found.add(words)
    return found


def paragraphs(tree: Any) -> list[str]:
    """The longest run of paragraphs under one `article` or `main`, links and repetitions left out."""
    best: list[str] = []
    for part in tree.iter("article", "main"):
        texts = [(p, " ".join(p.text_content().split())) for p in part.iter("p")]
        kept = dict.fromkeys(text for p, text in texts if len(text) > 60 and not _is_link(p, text))
        if sum(map(len, kept)) > sum(map(len, best)):
            best = list(kept)
    return best


def _is_link(paragraph: Any, text: str) -> bool:
    linked = sum(len(key(link.text_content())) for link in paragraph.iter("a"))
    return linked >= 0.5 * max(1, len(key(text)))
