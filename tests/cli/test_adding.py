"""`monitor feeds add`: what would come is shown first, and nothing is added that was not chosen."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.newspaper import PAGE, feed, site
from typer.testing import CliRunner

from monitor.cli import app

PAGES = {
    "/": PAGE,
    "/world.xml": feed("world", 3),
    "/defence/rss": feed("defence", 2),
    "/page": "<html>No</html>",
}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    values = {
        "MONITOR_HOME": str(tmp_path),
        "MONITOR_DATABASE_URL": f"sqlite:///{tmp_path / 'monitor.db'}",
        "MONITOR_ALLOWED_NETWORKS": "127.0.0.0/8",
        "MONITOR_HOST_SPACING": "0",
        "MONITOR_PARSE_WORKERS": "0",
        "COLUMNS": "200",
    }
    done = CliRunner().invoke(app, ["db", "upgrade"], env=values)
    assert done.exit_code == 0, done.output
    return values


@pytest.fixture(scope="module")
def paper() -> Iterator[str]:
    with site(PAGES) as url:
        yield url


def add(env: dict[str, str], *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["feeds", "add", *arguments], env=env)
    error = f"{done.exception}" if done.exception and not isinstance(done.exception, SystemExit) else ""
    return done.exit_code, done.output + error


def known(env: dict[str, str]) -> list[str]:
    done = CliRunner().invoke(app, ["feeds", "list", "--format", "json"], env=env)
    assert done.exit_code == 0, done.output
    return sorted(row["url"].rpartition("/")[2] for row in json.loads(done.stdout or "[]"))


def test_the_only_feed_is_shown_and_added(env: dict[str, str], paper: str) -> None:
    code, output = add(env, f"{paper}/world.xml", "--title", "The World")
    assert code == 0, output
    assert "world 2" in output  # a headline of what it would bring
    assert f"added {paper}/world.xml; the next run polls it" in output
    assert known(env) == ["world.xml"]
    assert "is there already" in add(env, f"{paper}/world.xml")[1]


@pytest.mark.parametrize("option", ["--all", "--yes"])
def test_all_feeds_of_a_site_can_be_taken(env: dict[str, str], paper: str, option: str) -> None:
    code, output = add(env, f"{paper}/", option)
    assert code == 0, output
    assert all(word in output for word in ("world 2", "defence 1", "link"))
    assert known(env) == ["rss", "world.xml"]


def test_without_a_terminal_nothing_is_chosen(env: dict[str, str], paper: str) -> None:
    code, output = add(env, f"{paper}/")
    assert code != 0
    assert "there are several: add one by its address, or all of them with `--all`" in output
    assert known(env) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/page", "no feed was found"),
        ("/none", "404"),
        ("ftp", "give one that starts with https://"),
    ],
)
def test_what_cannot_be_added_says_what_to_do(env: dict[str, str], paper: str, path: str, line: str) -> None:
    code, output = add(env, path if path == "ftp" else f"{paper}{path}")
    assert code != 0
    assert line in output
    assert known(env) == []


def test_an_address_is_added_without_a_look_if_asked(env: dict[str, str], paper: str) -> None:
    assert add(env, f"{paper}/none", "--unchecked")[0] == 0
    assert known(env) == ["none"]


def test_at_a_terminal_the_user_chooses_by_number(env: dict[str, str], paper: str) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "monitor.cli", "feeds", "add", f"{paper}/"]
    running = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | env,
        text=True,
    )
    os.write(ours, b"2\n")
    output, _ = running.communicate(timeout=120)
    os.close(ours)
    os.close(theirs)
    assert running.returncode == 0, output
    assert "Which of them?" in output
    assert output.count("; the next run polls it") == 1
    assert len(known(env)) == 1
