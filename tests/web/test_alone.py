"""The pages on a server of their own: who shows the key may read, nobody else."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from monitor.errors import Misconfigured
from monitor.settings import Settings
from monitor.web.alone import COOKIE, guarded, key_of, listen
from monitor.web.app import create_app

KEY = "k" * 40


@pytest.fixture
def visitor(database_url: str) -> TestClient:
    return TestClient(guarded(Settings(database_url=database_url), KEY), follow_redirects=False)


def asked() -> list[tuple[str, str]]:
    """Method and path of everything that the pages answer."""
    routes = create_app(Settings()).routes
    return [
        (method, "/monitor" + re.sub(r"{\w+}", "1", route.path))  # type: ignore[attr-defined]
        for route in routes
        for method in sorted(route.methods)  # type: ignore[attr-defined]
    ]


def test_without_the_key_there_is_no_page(visitor: TestClient) -> None:
    assert len(asked()) >= 24
    for method, path in asked():
        for options in ({}, {"params": {"key": "wrong"}}, {"headers": {"Authorization": "Bearer wrong"}}):
            answer = visitor.request(method, path, **options)
            assert answer.status_code == 401, path
            assert "set-cookie" not in answer.headers


def test_only_its_own_host_may_frame_a_page_and_its_type_is_no_guess(visitor: TestClient) -> None:
    """Whoever asks, whatever is answered: a page, a file, a feed, JSON, an error, a refusal."""
    shown = {"headers": {"Authorization": f"Bearer {KEY}"}}
    kinds = set()
    for method, path in asked():
        for options in ({}, shown):
            answer = visitor.request(method, path, **options)
            kinds.add(answer.headers.get("content-type", "").split(";")[0])
            assert "frame-ancestors 'self'" in answer.headers["content-security-policy"], path
            assert "default-src 'none'" in answer.headers["content-security-policy"], path
            assert answer.headers["x-content-type-options"] == "nosniff", path
    assert {"text/html", "application/json", "text/csv"} <= kinds


def test_the_address_with_the_key_opens_the_pages_and_hides_the_key(visitor: TestClient) -> None:
    first = visitor.get("/", params={"key": KEY})
    assert first.headers["location"] == f"/monitor/alerts?key={KEY}"
    second = visitor.get(first.headers["location"])
    assert second.status_code == 303
    assert KEY not in second.headers["location"]
    assert "HttpOnly" in second.headers["set-cookie"]
    assert "SameSite=Strict" in second.headers["set-cookie"]
    assert visitor.cookies[COOKIE] == KEY
    assert visitor.get("/monitor/alerts").status_code == 200


def test_a_program_sends_the_key_as_a_bearer_token(visitor: TestClient) -> None:
    answer = visitor.get("/monitor/search.jsonl", headers={"Authorization": f"Bearer {KEY}"})
    assert answer.status_code == 200


def test_the_key_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    key = key_of(home)
    assert key_of(home) == key
    assert stat.S_IMODE((home / "web.key").stat().st_mode) == 0o600
    (home / "web.key").write_text("")
    with pytest.raises(Misconfigured, match="remove it"):
        key_of(home)


def test_a_port_that_is_taken_is_one_line() -> None:
    with listen("127.0.0.1", 0) as at, pytest.raises(Misconfigured, match="--port"):
        listen("127.0.0.1", at.getsockname()[1])
