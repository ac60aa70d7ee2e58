"""What README and docs tell: each command is one, those of the blocks run, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from docs.commands import PROJECT, Command, commands, pages
from docs.conftest import Newsroom
from typer.main import get_command

from monitor.cli import app

# Those that serve until somebody ends them, and one that takes long: other tests run them.
ELSEWHERE = {("web",), ("up",), ("slack", "listen"), ("run", "--loop"), ("deliver", "--loop"), ("train",)}
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]+)(?:#[^)]*)?\)")


def test_pages_have_commands() -> None:
    assert len([one for one in commands() if one.block]) >= 30


@pytest.mark.parametrize("command", commands(), ids=lambda one: f"{one.page}: {one.text}"[:90])
def test_a_command_exists_with_its_options(command: Command) -> None:
    known: Any = get_command(app)
    left = list(command.words)
    while left and hasattr(known, "resolve_command") and not left[0].startswith("-"):
        if left[0].isdigit():  # `monitor story 17` shows story 17
            left.insert(0, "show")
        context = known.make_context("monitor", left, resilient_parsing=True)
        _, known, left = known.resolve_command(context, left)
    options = {name for one in known.params for name in (*one.opts, *one.secondary_opts)}
    for word in left:
        if word.startswith("--") and word not in {"--", "--help"}:
            assert word.split("=")[0] in options, f"{command.page}: `monitor {command.text}`: no {word}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_commands_of_the_blocks_run(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the pages, as a reader would type them who reads them through."""
    _pdf(newsroom.folder / "treaty.pdf")
    monkeypatch.chdir(newsroom.folder)
    failed = []
    for command in commands():
        if not command.block or any(command.words[: len(one)] == one for one in ELSEWHERE):
            continue
        code, output = newsroom.run(*newsroom.of_ours(command), typed="q\n")
        if code != 0:
            failed.append(f"{command.page}: monitor {command.text}: {code}\n{output[-400:]}")
    assert not failed, "\n\n".join(failed)


def _pdf(path: Path) -> None:
    """A document of one page, which a reader would have at hand."""
    lines = (PROJECT / "tests" / "data" / "documents" / "fisheries-treaty.md").read_text().split("\n")[:40]
    shown = " ".join(f"({line.translate(_PLAIN)}) Tj T*" for line in lines)
    body = f"BT /F1 9 Tf 11 TL 40 780 Td {shown} ET".encode("latin-1", "replace")
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(body), body),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    made, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(made))
        made += b"%d 0 obj%s endobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(made)
    path.write_bytes(made + b"xref\n0 6\n0000000000 65535 f \n" + table + tail)


_PLAIN = str.maketrans({"(": "[", ")": "]", "\\": "/"})
