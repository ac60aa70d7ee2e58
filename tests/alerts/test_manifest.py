"""The manifest of the Slack app asks for what the code calls: nothing less, which fails, and nothing more."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_sdk import WebClient

from monitor.alerts.slack import SCOPES
from monitor.pipeline.answering import HELP
from monitor.settings import PROJECT

NEEDS = {  # Slack's reference of each method; conversations are public and private channels
    "auth_test": set(),
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "chat_delete": {"chat:write"},
    "conversations_list": {"channels:read", "groups:read"},
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_history": {"channels:history", "groups:history"},
    "conversations_replies": {"channels:history", "groups:history"},
    "files_getUploadURLExternal": {"files:write"},
    "files_completeUploadExternal": {"files:write"},
    "files_delete": {"files:write"},
    "views_open": set(),
    "views_publish": set(),
}
FAMILIES = (
    r"(auth|bots|chat|conversations|files|reactions|pins|usergroups|users|views|bookmarks|canvases)_\w+"
)
METHODS = {name for name in dir(WebClient) if re.fullmatch(FAMILIES, name)}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PROJECT / "seeds" / "slack-manifest.yaml").read_text())
    return found


def nodes() -> Iterator[ast.AST]:
    for path in sorted((PROJECT / "monitor").rglob("*.py")):
        yield from ast.walk(ast.parse(path.read_text("utf-8")))


def registered(kind: str) -> set[str]:
    """The names with which `app.KIND("name")` is called; commands of the terminal are registered alike."""
    return {
        node.args[0].value
        for node in nodes()
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == kind
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "app"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def called() -> set[str]:
    return {node.attr for node in nodes() if isinstance(node, ast.Attribute) and node.attr in METHODS}


def test_the_scopes_are_those_of_the_methods_that_are_called(manifest: dict[str, Any]) -> None:
    unknown = called() - NEEDS.keys()
    assert unknown == set(), f"write the scopes of {unknown} into NEEDS and into the manifest"
    assert called() >= {"chat_postMessage", "conversations_history"}
    wanted = set().union(*(NEEDS[name] for name in called())) | {"commands"}
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == wanted
    assert wanted >= SCOPES  # what the door misses it says


def test_commands_and_events_are_those_that_are_listened_to(manifest: dict[str, Any]) -> None:
    commands = manifest["features"]["slash_commands"]
    slashed = {name for name in registered("command") if name.startswith("/")}
    assert {one["command"] for one in commands} == slashed == {"/monitor"}
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == registered("event")
    assert manifest["settings"]["interactivity"]["is_enabled"]
    assert manifest["features"]["app_home"]["home_tab_enabled"] is ("views_publish" in called())


def test_the_hint_of_the_command_names_what_it_takes(manifest: dict[str, Any]) -> None:
    hint = manifest["features"]["slash_commands"][0]["usage_hint"]
    assert [part.split()[0] for part in hint.split("|")] == re.findall(r"^\*/monitor (\w+)", HELP, re.M)


def test_the_page_explains_every_scope(manifest: dict[str, Any]) -> None:
    page = (Path(PROJECT) / "docs" / "slack.md").read_text("utf-8")
    rows = page.split("| scope | why", 1)[1].split("\n\n", 1)[0]
    assert set(re.findall(r"`([a-z]+(?::[a-z]+)?)`", rows)) >= set(manifest["oauth_config"]["scopes"]["bot"])
