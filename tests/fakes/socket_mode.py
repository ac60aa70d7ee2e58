"""The other end of Socket Mode: hands envelopes to the listener that connects, and keeps its answers."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
from typing import Any

from aiohttp import WSMsgType, web


class SocketMode:
    """A WebSocket server on loopback for one listener."""

    def __init__(self) -> None:
        self.answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self.connected = threading.Event()
        self.url = ""
        self._outgoing: asyncio.Queue[dict[str, Any] | None]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> SocketMode:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._outgoing.put_nowait, None)
        self._thread.join(10)

    def send(self, envelope: dict[str, Any]) -> None:
        """Hand an envelope to the listener."""
        self._loop.call_soon_threadsafe(self._outgoing.put_nowait, envelope)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run())
        self._loop.close()

    async def _run(self) -> None:
        self._outgoing = asyncio.Queue()
        self._over = asyncio.Event()
        app = web.Application()
        app.router.add_get("/link", self._talk)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        self.url = f"ws://127.0.0.1:{port}/link"
        self._ready.set()
        await self._over.wait()
        await runner.cleanup()

    async def _talk(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        hello = {"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}}
        await socket.send_str(json.dumps(hello))
        self.connected.set()
        reading = asyncio.ensure_future(self._hear(socket))
        while (envelope := await self._outgoing.get()) is not None:
            await socket.send_str(json.dumps(envelope))
        reading.cancel()
        self._over.set()
        return socket

    async def _hear(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.answers.put(json.loads(message.data))
