"""The article pages of the demo: a title, a byline and paragraphs, in the layout of a news site (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from html import escape


@dataclass(frozen=True, slots=True)
class Story:
    """A page as it is kept: the first line is the title, the second the byline, then paragraphs."""

    title: str
    byline: str
    paragraphs: tuple[str, ...]


def read(text: str) -> Story:
    """The page of one text file; a file of one line is a title alone."""
    title, _, rest = text.strip().partition("\n")
    byline, _, body = rest.strip().partition("\n")
    blocks = (" ".join(block.split()) for block in re.split(r"\n\s*\n", body))
    return Story(title.strip(), byline.strip(), tuple(block for block in blocks if block))


def html(story: Story, publisher: str, published_at: datetime | None, home: str) -> bytes:
    """The page as a browser or an extractor gets it, in UTF-8.

    `home` is the address of the site; without `published_at` no date is shown.
    """
    title, byline, site = escape(story.title), escape(story.byline), escape(publisher)
    head, line = "", byline
    if published_at:
        stamp = published_at.isoformat(timespec="seconds")
        head = f'<meta property="article:published_time" content="{stamp}">\n'
        line += f' · <time datetime="{stamp}">{published_at:%d %B %Y, %H:%M} UTC</time>'
    body = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in story.paragraphs)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title} | {site}</title>
<meta property="og:title" content="{title}">
<meta property="og:site_name" content="{site}">
<meta name="author" content="{escape(story.byline.removeprefix("By ").split(",")[0])}">
{head}</head>
<body>
<header><a href="{escape(home)}">{site}</a></header>
<nav><ul><li><a href="#world">World</a></li><li><a href="#business">Business</a></li>\
<li><a href="#sport">Sport</a></li><li><a href="#weather">Weather</a></li></ul></nav>
<main>
<article>
<h1>{title}</h1>
<p class="byline">{line}</p>
{body}
</article>
</main>
<aside><h2>Most read</h2><ul><li><a href="{escape(home)}">All of today's headlines</a></li></ul></aside>
<footer><p>{site} is an invented publisher and its news is fiction, made for a demonstration.</p></footer>
</body>
</html>
""".encode()
