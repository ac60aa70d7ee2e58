"""The pages without Airflow: a server of their own, whose visitors show a key.

Who starts it gets an address that holds the key; the browser keeps it as a cookie, and programs send it
as a bearer token. The key lies in a file that its owner alone may read, and stays the same from start to
start; without the file a new one is made. Programs of others get tokens of their own, which open the
interface for programs alone, and so many times a minute.
"""

from __future__ import annotations

import getpass
import math
import secrets
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import Cookie, Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.responses import RedirectResponse

from monitor.errors import Misconfigured
from monitor.settings import Settings
from monitor.store import api_tokens
from monitor.store.database import begin, open_database
from monitor.web.app import create_app
from monitor.web.buckets import Buckets

COOKIE = "news_monitor_key"
MOUNT = "/monitor"  # where Airflow mounts the pages too, so that links in alerts fit both
API = "/api/v1"
_ASK_TOKEN = (
    "send a token as `Authorization: Bearer TOKEN`; `monitor api tokens add NAME` makes one, "
    "and `monitor api tokens list` shows which were revoked"
)
_ASK = "open the address that `monitor web` printed, or send its key as a bearer token"


def key_of(home: Path) -> str:
    """The key in the file of `home`, made where there is none.

    Raises:
        Misconfigured: the file cannot be read or written.
    """
    file = home / "web.key"
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(32))
        key = file.read_text().strip()
    except OSError as error:
        raise Misconfigured(f"{file} cannot be used: {error.strerror}") from error
    if len(key) < 20:
        raise Misconfigured(f"{file} holds no key: remove it, and a new one is made")
    return key


def guarded(settings: Settings, key: str) -> FastAPI:
    """The pages under /monitor, for those who show `key`; a 401 for all others.

    Who shows it acts in the name of the login that serves them.
    """

    owner = getpass.getuser()
    buckets = Buckets(settings.api_rate)

    def show_key(
        request: Request,
        given: Annotated[str, Query(alias="key")] = "",
        kept: Annotated[str, Cookie(alias=COOKIE)] = "",
        authorization: Annotated[str, Header()] = "",
    ) -> None:
        bearer = authorization.removeprefix("Bearer ")
        if request.scope["path"].startswith(f"{MOUNT}{API}"):
            keyed = _equal(kept, key) or _equal(bearer, key) or _equal(given, key)
            name = owner if keyed else token_owner(settings, bearer)
            if name is None:
                raise HTTPException(401, _ASK_TOKEN, {"WWW-Authenticate": "Bearer"})
            _in_turn(buckets, "the key" if keyed else f"token {name}")
            request.state.reader = name
            return
        if _equal(kept, key) or _equal(bearer, key):
            request.state.reader = owner  # what is changed by a form is signed with it
            return
        if not _equal(given, key):
            raise HTTPException(401, _ASK, {"WWW-Authenticate": "Bearer"})
        # The key leaves the address bar, where others would read it over a shoulder or in a history.
        clean = request.url.remove_query_params("key")
        cookie = f"{COOKIE}={key}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000"
        raise HTTPException(303, headers={"Location": str(clean), "Set-Cookie": cookie})

    pages = create_app(settings, dependencies=[Depends(show_key)])
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/")
    def front(request: Request) -> RedirectResponse:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{MOUNT}/alerts{query}")

    app.mount(MOUNT, pages)
    return app


def token_owner(settings: Settings, secret: str) -> str | None:
    """The name of the token that was shown, noted as used; None where it opens nothing."""
    now, engine = datetime.now(UTC), open_database(settings.database_url)
    with begin(engine, reading=True) as db:
        found = api_tokens.owner(db, secret, now)
    if found is None:
        return None
    name, is_news = found
    if is_news:
        with begin(engine) as db:
            api_tokens.used(db, name, now)
    return name


def _in_turn(buckets: Buckets, name: str) -> None:
    """Count a request.

    Raises:
        HTTPException: 429 where there were too many; it says when to go on.
    """
    seconds = math.ceil(buckets.wait(name, time.monotonic()))
    if seconds:
        cure = f"wait {seconds} s, and ask for more items at once with limit=1000"
        many = f"{name} has made its {buckets.a_minute:g} requests of this minute: {cure}"
        raise HTTPException(429, many, {"Retry-After": str(seconds)})


def _equal(given: str, key: str) -> bool:
    return secrets.compare_digest(given.encode(), key.encode())


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises:
        Misconfigured: the port is taken or may not be used.
    """
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise Misconfigured(
            f"port {port} of {host} cannot be used: {error.strerror}; choose another with --port"
        ) from error


def serve(app: FastAPI, at: socket.socket) -> None:
    """Answer until Ctrl-C."""
    import uvicorn

    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[at])
