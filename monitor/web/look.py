"""How the pages look: the templates, and how they write times, numbers and links."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape


def render(name: str, **values: Any) -> str:
    """The page of that name, complete HTML; every value that is not `Markup` is escaped."""
    return _environment().get_template(f"{name}.html").render(now=datetime.now(UTC), **values)


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("monitor.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "when": when,
        "ago": ago,
        "percent": percent,
        "words": words,
        "link": link,
        "marked": marked,
    }
    return found


def when(moment: datetime | None) -> Markup:
    """A time in UTC as "17 May 08:00", for machines too; a dash where there is none."""
    if moment is None:
        return Markup("&ndash;")
    utc = moment.astimezone(UTC)
    stamp, full, short = utc.isoformat(), f"{utc:%Y-%m-%d %H:%M:%S} UTC", f"{utc.day} {utc:%b %H:%M}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(stamp, full, short)


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, or how far ahead, in the largest whole unit: "3 h ago", "in 4 min", "never"."""
    if moment is None:
        return "never"
    span = abs(now - moment)
    units = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min"))
    size = next((f"{span // unit} {name}" for unit, name in units if span >= unit), "")
    if not size:
        return "now"
    return f"{size} ago" if moment <= now else f"in {size}"


def percent(share: float) -> str:
    """A share (0 to 1) in whole percents."""
    return f"{share:.0%}"


def words(name: str) -> str:
    """A name of the code as words: "not_modified" is "not modified"."""
    return name.replace("_", " ")


def link(url: str, text: str | Markup) -> Markup:
    """A link to another site; plain text where the address is not one of the web."""
    if not url.startswith(("http://", "https://")):
        return escape(text)
    return Markup('<a class="out" href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(
        url, text
    )


def marked(text: str, marks: Iterable[tuple[int, int]]) -> Markup:
    """`text` with `<mark>` around the places that were asked for."""
    shown, last = Markup(""), 0
    for start, end in marks:
        shown += Markup("{}<mark>{}</mark>").format(text[last:start], text[start:end])
        last = end
    return shown + text[last:]
