"""The commands that README and docs tell a reader to type, as they stand there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```[a-z]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^(?:\.venv/bin/)?monitor (?=[a-z-])(.+)$", re.MULTILINE)
_SPAN = re.compile(r"`(?:\.venv/bin/)?monitor (?=[a-z-])([^`]+)`")
_TOLD = re.compile(r"\s{2,}\S.*$|\s+#\s.*$")  # what a line says of its command, after it


@dataclass(frozen=True)
class Command:
    """A command of a page; `block` where it stands in a block of them, not in a sentence."""

    page: str
    words: tuple[str, ...]
    block: bool

    @property
    def text(self) -> str:
        return shlex.join(self.words)


def pages() -> list[Path]:
    return [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]


def commands() -> list[Command]:
    """Each command once, in the order of the pages."""
    found = {}
    for page in pages():
        for command in _of(page):
            found.setdefault(command.words, command)
    return list(found.values())


def _of(page: Path) -> Iterator[Command]:
    text, name = page.read_text(encoding="utf-8"), page.relative_to(PROJECT).as_posix()
    for block in _FENCE.findall(text):
        for line in _LINE.findall(block):
            yield Command(name, _words(_TOLD.sub("", line)), block=True)
    for span in _SPAN.findall(_FENCE.sub("", text)):
        yield Command(name, _words(" ".join(span.split())), block=False)


def _words(line: str) -> tuple[str, ...]:
    return tuple(shlex.split(line.split(" > ", maxsplit=1)[0].split(" | ", maxsplit=1)[0]))
