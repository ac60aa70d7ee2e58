"""How Slack's requests reach the listener: over Socket Mode, or over HTTP.

Socket Mode needs no public address. Over HTTP every request's signature is checked; Bolt refuses what is
older than five minutes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from slack_bolt import App
from slack_sdk.errors import SlackApiError

from monitor.errors import Misconfigured, Transient

BEAT = 30.0  # seconds between two words that the listener is in touch
TICK = 0.5


def unheard() -> None:
    """Nobody asks whether the listener is in touch."""


def listen_by_socket(
    app: App, app_token: str, *, until: Callable[[], bool], beat: Callable[[], None] = unheard
) -> None:
    """Listen over Socket Mode until `until` says so; the SDK connects again whenever the link breaks.

    Args:
        beat: called twice a minute while the link stands.

    Raises:
        Misconfigured: the app token is missing or refused.
        Transient: Slack cannot be reached.
    """
    from slack_bolt.adapter.socket_mode import SocketModeHandler

    if not app_token.startswith("xapp-"):
        cure = "set MONITOR_SLACK_APP_TOKEN to the app-level token, see docs/slack.md"
        raise Misconfigured(f"the listener has no app token (xapp-...): {cure}")
    try:
        handler = SocketModeHandler(app, app_token)
        handler.connect()  # type: ignore[no-untyped-call]
    except SlackApiError as error:
        code = str(error.response.get("error") or "no reason").replace(app_token, "***")
        cure = "set MONITOR_SLACK_APP_TOKEN to a token with the scope connections:write, see docs/slack.md"
        raise Misconfigured(f"Slack refuses the listener's app token ({code}): {cure}") from None
    except Exception as error:  # the door: whatever broke on the way
        why = " ".join(str(error).split()).replace(app_token, "***")[:200]
        raise Transient(f"Slack cannot be reached for the listener ({why}): try again later") from None
    try:
        _beat_until(until, beat, handler.client.is_connected)
    finally:
        handler.close()  # type: ignore[no-untyped-call]


def _beat_until(until: Callable[[], bool], beat: Callable[[], None], well: Callable[[], bool]) -> None:
    told = float("-inf")
    while not until():
        if time.monotonic() - told >= BEAT and well():
            beat()
            told = time.monotonic()
        time.sleep(TICK)


def serve_http(app: App, host: str, port: int, *, beat: Callable[[], None] = unheard) -> None:
    """Listen over HTTP at /slack/events until stopped; GET /health answers "ok".

    Args:
        beat: called twice a minute.
    """
    import uvicorn

    over = threading.Event()
    beating = threading.Thread(target=_beat_until, args=(over.is_set, beat, lambda: True), daemon=True)
    beating.start()
    try:
        uvicorn.run(http_app(app), host=host, port=port, log_level="warning")
    finally:
        over.set()
        beating.join()


def http_app(app: App) -> Any:
    """The ASGI application of `serve_http`."""
    from slack_bolt.adapter.starlette import SlackRequestHandler
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    handler = SlackRequestHandler(app)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok")

    return Starlette(
        routes=[Route("/slack/events", events, methods=["POST"]), Route("/health", health, methods=["GET"])]
    )
