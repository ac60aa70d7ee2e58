"""`monitor feeds parse` and `monitor extract`: files as our readers see them, a line each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from monitor.pool import Lost
from monitor.settings import load

if TYPE_CHECKING:
    from monitor.articles.reader import PageOrder
    from monitor.records import Entry, Page, ParsedFeed

SECONDS = 60.0  # for one file; the largest real ones take two, on a machine that does nothing else
_NO_END = datetime(9999, 1, 1, tzinfo=UTC)  # a file may be from any time: no date in it lies ahead
_LIMIT = 50_000_000  # bytes of a file; feeds and pages are cut off far below when they are fetched

Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Files, plain or gzip.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a file, a line each.")]
T = TypeVar("T")
O = TypeVar("O")  # noqa: E741  # an order


def parse_feeds(
    files: Files,
    as_json: AsJson = False,
    base: Annotated[str, typer.Option("--base", help="Address to resolve relative links against.")] = "",
) -> None:
    """Read feed files and show what each holds; a bad file has its error and stops nothing."""
    from monitor.feeds.parser import PARSING, Order
    from monitor.pool import Pool

    def order(body: bytes) -> Order:
        return Order(body, base, None, _NO_END, SECONDS)

    with Pool(load().parse_workers, PARSING) as pool:
        for name, fault, reading in _answers(files, order, pool.map):
            parsed = reading.parsed if reading else None
            if reading and parsed is None:
                fault = f"{reading.outcome}: {reading.detail}"  # noqa: PLW2901
            shown = _feed(name, parsed, fault)
            _print(shown if as_json else None, f"{name}: {_feed_line(shown)}")


def extract_pages(
    files: Files,
    as_json: AsJson = False,
    base: Annotated[str, typer.Option("--base", help="Address that the pages came from.")] = "",
) -> None:
    """Read page files and show the article of each; a bad file has its error and stops nothing."""
    from monitor.articles.reader import PageOrder, pool
    from monitor.feeds.formats.encoding import inflate
    from monitor.records import ReadOutcome

    def order(body: bytes) -> PageOrder:
        return PageOrder(inflate(body), base, now=datetime.now(UTC), seconds=SECONDS)

    with pool(load().parse_workers) as workers:
        for name, fault, page in _answers(files, order, workers.map):
            if page and page.outcome is ReadOutcome.TOO_SLOW:
                fault = "unreadable: the extractor failed on it"  # noqa: PLW2901
            shown = _page(name, page, fault)
            ending = fault or f"{shown['outcome']}, {len(shown['text'])} characters, {shown['title']!r}"
            _print(shown if as_json else None, f"{name}: {ending}")


def _answers(
    files: Iterable[str],
    order: Callable[[bytes], O],
    ask: Callable[[Iterable[O]], Iterator[T | Lost]],
) -> Iterator[tuple[str, str | None, T | None]]:
    """For each file, in their order: its name, and either why it cannot be read or its answer."""
    faults: list[tuple[str, str | None]] = []

    def orders() -> Iterator[O]:
        for name in files:
            body, fault = _read(name)
            faults.append((name, fault))
            yield order(body)

    for number, answer in enumerate(ask(orders())):
        name, fault = faults[number]
        if isinstance(answer, Lost):
            yield name, fault or f"unreadable: {answer.detail}", None
        else:
            yield name, fault, None if fault else answer


def _read(name: str) -> tuple[bytes, str | None]:
    try:
        with Path(name).open("rb") as file:
            body = file.read(_LIMIT + 1)
    except (OSError, ValueError) as error:
        return b"", f"cannot be opened: {getattr(error, 'strerror', None) or error}"
    if not body.strip():
        return b"", "empty: there is nothing in the file"
    return (body, None) if len(body) <= _LIMIT else (b"", f"too large: over {_LIMIT // 10**6} MB")


def _feed(name: str, parsed: ParsedFeed | None, fault: str | None) -> dict[str, Any]:
    return {
        "file": name,
        "format": parsed.format if parsed else None,
        "entries": [_entry(entry) for entry in parsed.entries] if parsed else [],
        "repairs": [str(repair) for repair in parsed.repairs] if parsed else [],
        "error": fault,
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.guid,
        "title": entry.title,
        "link": entry.url,
        "published_at": _time(entry.published_at),
        "summary_chars": len(entry.summary or entry.content),
    }


def _feed_line(shown: dict[str, Any]) -> str:
    repaired = f", repaired: {', '.join(shown['repairs'])}" if shown["repairs"] else ""
    return shown["error"] or f"{shown['format']}, {len(shown['entries'])} entries{repaired}"


def _page(name: str, page: Page | None, fault: str | None) -> dict[str, Any]:
    return {
        "file": name,
        "title": page.title if page else None,
        "text": page.text if page else "",
        "published_at": _time(page.published_at) if page else None,
        "language": page.language if page else None,
        "author": page.author if page else None,
        "canonical_url": page.canonical_url if page else None,
        "outcome": str(page.outcome) if page else None,
        "error": fault,
    }


def _time(time: datetime | None) -> str | None:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


def _print(shown: dict[str, Any] | None, line: str) -> None:
    """One line at once: who reads along sees each file as it is done."""
    text = line if shown is None else json.dumps(shown, ensure_ascii=False)
    # A file's name, or a text, may hold halves of characters that no terminal takes.
    typer.echo(text.encode("utf-8", "replace").decode())
