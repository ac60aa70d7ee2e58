"""Page HTML to text, title, author, date and language; the only import of the extractor (pure).

trafilatura weighs the blocks of a page. Around it, each measured to pay on real pages: its quick look
where the thorough one swept up a page's data; the paragraphs of `article` where advertisements cut the
text into parts, of which it takes one; the text in JSON-LD where it finds none; and titles, links and
prompts out of what is left.
"""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import datetime
from typing import Any

from monitor.articles.pages.frame import paragraphs, without_frame
from monitor.articles.pages.head import Head
from monitor.articles.pages.walls import judge
from monitor.records import Page
from monitor.text import clean

TEXT_LIMIT = 100_000
SHORT = 300  # characters: what is shorter may be a caption, and other places are looked into
_SWEPT = re.compile(r"(?:https?://\S+|\d{4}-\d\d-\d\dT\S+|[\w-]+:|true|false|null)\s*\Z")
_MOST_SWEPT = 3  # lines of data from which a text is not only the article's
_WHOLE = 1_200  # characters that the quick look must find to be preferred
_APART = 1.8  # how much more the paragraphs of `article` must hold
_LEAST_APART = 1_500
_NOTHING = Page("", "", None, None, None)


def extract(html: bytes, url: str, *, about: str = "", now: datetime | None = None) -> Page:
    """What a page says, without its frame of menus, links and comments.

    Args:
        url: where the page came from, after redirects.
        about: title and summary of the article, to tell another text from it; where it is empty the
            page's own title and description stand for it.
        now: the time of the fetch; a page's date ahead of it is not believed.

    Returns:
        a page whose `outcome` says what its text is; with empty text where none is found.
    """
    import trafilatura

    tree = trafilatura.load_html(html)
    if tree is None:
        return _NOTHING
    head = Head(tree, url)
    text = _text(tree, head, url)
    return Page(
        title=head.headline,
        text=text,
        author=head.author,
        language=head.language,
        published_at=head.published_at(now),
        canonical_url=head.canonical_url,
        outcome=judge(text, url, about or f"{head.headline} {head.description}", closed=head.closed),
    )


def _text(tree: Any, head: Head, url: str) -> str:
    lines = _candidates(tree, url, fast=False)
    if sum(bool(_SWEPT.match(line)) for line in lines) >= _MOST_SWEPT or len(set(lines)) + 2 < len(lines):
        quick = _candidates(tree, url, fast=True)
        if _size(quick) > _WHOLE and _size(lines) > 2 * _size(quick):
            lines = quick
    lines = without_frame(lines, tree, head.titles)
    apart = [clean(line) for line in paragraphs(tree)]
    if _size(apart) > max(_LEAST_APART, _APART * _size(lines)):
        lines = apart
    if _size(lines) < SHORT:
        body = [clean(line) for line in head.body.split("\n")]
        lines = max(lines, body, key=_size)
    return "\n".join(line for line in lines if line)[:TEXT_LIMIT]


def _candidates(tree: Any, url: str, *, fast: bool) -> list[str]:
    import trafilatura

    # The extractor prunes the tree that it is given.
    found = trafilatura.extract(
        deepcopy(tree), url=url, fast=fast, include_comments=False, include_tables=True
    )
    lines = (clean(line) for line in (found or "").split("\n"))
    return [line for line in lines if line]


def _size(lines: list[str]) -> int:
    return sum(map(len, lines))
