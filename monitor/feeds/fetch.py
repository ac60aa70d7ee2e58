"""One GET after another over HTTP; with `connect.py` the only import of aiohttp in this room.

Whatever a server or the network does, `Fetcher.get` returns a `Fetched` whose outcome names it.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

import aiohttp
from yarl import URL

from monitor.feeds import answers
from monitor.feeds.connect import GuardedSocket, Resolver, guarded_socket
from monitor.feeds.decode import Body, BrokenEncoding, TooLarge, UnknownEncoding, accepted
from monitor.feeds.guards import BadUrl
from monitor.feeds.hops import checked, onward, shown
from monitor.feeds.names import Lookup, Names, NoSuchHost, RefusedAddress, system_lookup
from monitor.feeds.turns import Flow, Paused, Turns
from monitor.records import Fetched, FetchOutcome
from monitor.settings import Settings

FEED_LIMIT = 10_000_000  # bytes after decoding, as is the next
PAGE_LIMIT = 5_000_000
FEEDS = (
    "application/rss+xml, application/atom+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
PAGES = "text/html, application/xhtml+xml, */*;q=0.5"

_HEADER_LIMIT = 65_536  # bytes of one header: news sites send security policies beyond aiohttp's 8 KB

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long, in seconds, and how far we follow a server. DNS has `connect` of its own."""

    connect: float = 5.0
    read: float = 15.0  # between two pieces of an answer
    total: float = 30.0  # of all requests of one GET, without waiting for turns
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class _Ask:
    """What is asked for, the same at every redirect."""

    headers: Mapping[str, str]
    limit: int
    cut: bool
    kinds: tuple[str, ...]
    known_hash: str | None
    conditional: bool


class Barred(Exception):
    """A gate does not let us pass; it ends the GET by that outcome."""

    def __init__(self, outcome: FetchOutcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome


Gate = Callable[[str], Awaitable[None]]
"""Called with each address before it is asked for; raises `Barred`."""


@dataclass(slots=True)
class _Trip:
    """Where one GET has got to."""

    here: str
    gate: Gate | None
    spent: float = 0.0  # seconds in requests
    status: int | None = None  # of the last answer
    moved_to: str | None = None
    for_good: bool = True  # whether all redirects so far were permanent


class Fetcher:
    """Fetches politely, and never from a guarded address; use it as an async context manager.

    Args:
        settings: user agent, allowed networks, concurrency and spacing.
        patience: time limits.
        lookup: where host names are looked up.
        flow: holds starts back while too much waits to be handed on.
        pauses: hosts that have asked for a pause, with the seconds that are left of it.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        patience: Patience | None = None,
        lookup: Lookup = system_lookup,
        flow: Flow | None = None,
        pauses: Mapping[str, float] | None = None,
    ) -> None:
        self._settings = settings
        self._pauses = pauses or {}
        self._patience = patience or Patience()
        self._names = Names(settings.allowed_networks, lookup, self._patience.connect)
        self._turns = Turns(
            settings.fetch_concurrency, settings.host_concurrency, settings.host_spacing, flow
        )
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=0,  # turns are taken before; a second line would hide the first
            use_dns_cache=False,  # names keeps the checked answers
            resolver=Resolver(self._names),
            socket_factory=guarded_socket(self._names),
        )
        patience = aiohttp.ClientTimeout(sock_connect=self._patience.connect, sock_read=self._patience.read)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=patience,
            headers={"User-Agent": self._settings.user_agent, "Accept-Encoding": accepted()},
            auto_decompress=False,  # aiohttp's has no limit on what comes out
            trust_env=False,  # a proxy would connect for us, past the guards
            max_line_size=_HEADER_LIMIT,
            max_field_size=_HEADER_LIMIT,
        )
        for host, seconds in self._pauses.items():
            self._turns.pause(host, seconds)
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._session is not None:
            await self._session.close()
        self._names.close()

    async def get(
        self,
        url: str,
        *,
        limit: int,
        cut: bool = False,
        etag: str | None = None,
        last_modified: str | None = None,
        known_hash: str | None = None,
        accept: str = FEEDS,
        kinds: tuple[str, ...] = (),
        gate: Gate | None = None,
    ) -> Fetched:
        """GET `url`, following redirects; every end is a `FetchOutcome`, none is an exception.

        Args:
            limit: bytes of body after decoding.
            cut: take the first `limit` bytes of a larger body, instead of refusing it.
            etag, last_modified: validators of the last answer, as its server wrote them.
            known_hash: SHA-256 (hex) of the last body; the same again is UNCHANGED.
            accept: the Accept header.
            kinds: beginnings of media types that are wanted; none means all.
            gate: asked before each address of the way.
        """
        asked = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        validators = {name: value for name, value in asked.items() if value and answers.sendable(value)}
        ask = _Ask({"Accept": accept} | validators, limit, cut, kinds, known_hash, bool(validators))
        trip = _Trip(url, gate)
        try:
            end = await self._follow(trip, ask)
        except Paused as pause:
            wait = timedelta(seconds=round(pause.seconds, 3))
            end = Fetched(url, FetchOutcome.POSTPONED, url, detail=str(pause), retry_after=wait)
        except Barred as bar:
            end = Fetched(url, bar.outcome, url, detail=str(bar))
        except Exception as error:
            # The door: what strangers send meets the code of several libraries, and whatever it makes
            # them raise must end this one feed and no other.
            outcome, detail = _failure(error, self._patience)
            end = Fetched(url, outcome, url, status=trip.status, detail=detail)
        elapsed = timedelta(seconds=round(trip.spent, 4))
        return replace(end, url=url, final_url=shown(trip.here), moved_to=trip.moved_to, elapsed=elapsed)

    def space(self, host: str, seconds: float) -> None:
        """Leave at least that time between two requests to `host` from now on: it has asked for it."""
        self._turns.space(host, seconds)

    async def _follow(self, trip: _Trip, ask: _Ask) -> Fetched:
        for _ in range(self._patience.redirects + 1):
            here, target = checked(trip.here)
            trip.here = str(here)
            if trip.gate is not None:
                await trip.gate(trip.here)
            await self._names.find(target.host)
            async with self._turns.turn(target.host):
                begun = time.monotonic()
                try:
                    async with asyncio.timeout(self._patience.total - trip.spent):
                        end = await self._exchange(here, ask, trip)
                finally:
                    trip.spent += time.monotonic() - begun
            if isinstance(end, Fetched):
                if end.retry_after:  # 429 or 503: meant for all that we want of this host
                    self._turns.pause(target.host, end.retry_after.total_seconds())
                return end
            trip.here = str(onward(here, end))
            if trip.for_good:
                trip.moved_to = trip.here
        detail = f"more than {self._patience.redirects} redirects: the last leads to {shown(trip.here)}"
        return Fetched("", FetchOutcome.TOO_MANY_REDIRECTS, "", detail=detail)

    async def _exchange(self, here: URL, ask: _Ask, trip: _Trip) -> Fetched | str:
        """One request: its end, or where it redirects to."""
        assert self._session is not None, "use Fetcher as an async context manager"
        async with self._session.get(here, headers=ask.headers, allow_redirects=False) as response:
            trip.status = response.status
            location = response.headers.get("Location")
            if response.status in answers.REDIRECTS and location:
                trip.for_good = trip.for_good and response.status in answers.PERMANENT
                return location
            end = answers.judged(response.status, response.headers, ask.conditional, ask.kinds)
            if end.outcome is not FetchOutcome.FETCHED:
                return end
            return answers.with_body(end, await _read(response, ask), ask.known_hash)


async def _read(response: aiohttp.ClientResponse, ask: _Ask) -> bytes:
    if (response.content_length or 0) > ask.limit and not ask.cut:
        raise TooLarge(f"the body is over {ask.limit / 1_000_000:g} MB")
    body = Body(",".join(response.headers.getall("Content-Encoding", ())), ask.limit, cut=ask.cut)
    async for piece in response.content.iter_any():
        body.feed(piece)
        if body.full:
            break
    return body.end()


_OURS: Mapping[type[Exception], FetchOutcome] = {
    BadUrl: FetchOutcome.BAD_URL,
    RefusedAddress: FetchOutcome.REFUSED_ADDRESS,
    NoSuchHost: FetchOutcome.DEAD_HOST,
    TooLarge: FetchOutcome.TOO_LARGE,
    UnknownEncoding: FetchOutcome.UNREADABLE,
    BrokenEncoding: FetchOutcome.UNREADABLE,
}


def _failure(error: Exception, patience: Patience) -> tuple[FetchOutcome, str]:
    """The outcome that an error of the way stands for, and its line for the feed's health."""
    for kind, outcome in _OURS.items():
        if isinstance(error, kind):
            return outcome, str(error)
    match error:
        case aiohttp.InvalidURL():
            return FetchOutcome.BAD_URL, "the address is not a URL"
        case aiohttp.ConnectionTimeoutError():
            return FetchOutcome.TIMED_OUT, f"the host does not answer within {patience.connect:g} s"
        case aiohttp.SocketTimeoutError():
            return FetchOutcome.TIMED_OUT, f"the server sent nothing for {patience.read:g} s"
        case TimeoutError():
            return FetchOutcome.TIMED_OUT, f"the answer was not complete after {patience.total:g} s"
        case aiohttp.ClientConnectorCertificateError(certificate_error=ssl.SSLCertVerificationError() as why):
            return FetchOutcome.TLS_FAILED, f"the certificate is not good: {why.verify_message}"
        case aiohttp.ClientSSLError() | aiohttp.ClientConnectorCertificateError() | ssl.SSLError():
            return FetchOutcome.TLS_FAILED, "the server does not speak TLS that we can trust"
        case aiohttp.ClientConnectorError():
            return _no_connection(error.os_error)
        case aiohttp.ClientResponseError() | aiohttp.http.HttpProcessingError():
            return FetchOutcome.DROPPED, "the answer is not proper HTTP"
        case aiohttp.ClientError() | OSError():
            return FetchOutcome.DROPPED, "the connection broke off"
    _log.error("a fetch failed in a way that has no name yet", exc_info=error)
    return FetchOutcome.DROPPED, f"the answer could not be used ({type(error).__name__})"


def _no_connection(error: OSError) -> tuple[FetchOutcome, str]:
    match error:
        case GuardedSocket():
            return FetchOutcome.REFUSED_ADDRESS, str(error)
        case ConnectionResetError() | ConnectionAbortedError():
            return FetchOutcome.DROPPED, "the connection broke off"
        case ConnectionRefusedError():
            return FetchOutcome.DEAD_HOST, "the host refuses the connection"
    return FetchOutcome.DEAD_HOST, "the host cannot be reached"
