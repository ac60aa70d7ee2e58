"""How results look: tables, JSON and CSV on standard output, progress on standard error."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import typer

from monitor.records import Ledger, Step

if TYPE_CHECKING:
    from rich.console import Console


# What moves a terminal's cursor, sets its title or turns the writing round: texts are other people's.
_MOVES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def console() -> Console:
    """Standard output, as wide as the terminal, or 120 columns in a log."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 120, highlight=False, soft_wrap=False)


def say(line: str) -> None:
    """One plain line on standard output."""
    typer.echo(_MOVES.sub("", line))


def rows(columns: Sequence[str], lines: Iterable[Sequence[Any]], form: Format, *, empty: str) -> None:
    """Print rows: a table for people, JSON or CSV for programs.

    Args:
        columns: names; with JSON and CSV in lower case with underscores.
        lines: one value a column; times are printed in ISO 8601 UTC.
        empty: what a person reads when there are no rows.
    """
    kept = [list(line) for line in lines]
    keys = [name.lower().replace(" ", "_") for name in columns]
    if form is Format.JSON:
        objects = [dict(zip(keys, map(_value, line), strict=True)) for line in kept]
        typer.echo(json.dumps(objects, ensure_ascii=False, indent=1))
    elif form is Format.CSV:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(keys)
        writer.writerows([_cell(_value(value)) for value in line] for line in kept)
        typer.echo(out.getvalue(), nl=False)
    elif not kept:
        typer.echo(empty)
    else:
        _table(columns, kept)


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def _cell(value: Any) -> str:
    text = (
        "" if value is None else ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    )
    # A spreadsheet runs a cell that starts like this as a formula; headlines are other people's text.
    text = _MOVES.sub("", text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _table(columns: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(columns):
        numeric = all(isinstance(line[number], int | float) or line[number] is None for line in lines)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for line in lines:
        table.add_row(*(Text(_short(value)) for value in line))
    console().print(table)


def _short(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%d %b %H:%M")
    if isinstance(value, float):
        return f"{value:.2f}"
    return "" if value is None else _MOVES.sub("", str(value))


def ledgers(done: Iterable[Ledger]) -> None:
    """One line a ledger: step, what went in, how it ended."""
    for ledger in done:
        ends = ", ".join(f"{count} {name}" for name, count in ledger.outcomes.items()) or "nothing to do"
        note = f"  ({ledger.note})" if ledger.note else ""
        unit = f"{ledger.items_in} {ledger.unit}"
        typer.echo(f"{ledger.step:<8} {unit:<18} {ends}{note}")
        if not ledger.balances:
            typer.echo(f"{ledger.step:<8} the ledger does not balance: please report this", err=True)


@contextmanager
def progress() -> Iterator[Callable[[Step, int, int], None]]:
    """A bar for each step on a terminal, a plain line for each tenth in a log."""
    if not sys.stderr.isatty():
        yield _plain_progress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[Step, Any] = {}

        def advance(step: Step, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(str(step), total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield advance


def _plain_progress() -> Callable[[Step, int, int], None]:
    told: dict[Step, int] = {}

    def advance(step: Step, done: int, total: int) -> None:
        tenth = 10 * done // total if total else 10
        if told.get(step, 0) < tenth:
            told[step] = tenth
            typer.echo(f"{datetime.now(UTC):%H:%M:%S} {step} {done}/{total}", err=True)

    return advance


@contextmanager
def counting(name: str) -> Iterator[Callable[[int, int], None]]:
    """The progress of work that is no step: call it with how many are done, of how many."""
    if not sys.stderr.isatty():
        told = 0

        def tell(done: int, total: int) -> None:
            nonlocal told
            tenth = 10 * done // total if total else 10
            if told < tenth:
                told = tenth
                typer.echo(f"{datetime.now(UTC):%H:%M:%S} {name} {done}/{total}", err=True)

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(name, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
