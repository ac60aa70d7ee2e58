"""One GET after another through a fetcher, for the tests of the door to HTTP."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import replace

from monitor.feeds.fetch import FEED_LIMIT, Fetcher, Patience
from monitor.feeds.names import Lookup, system_lookup
from monitor.records import Fetched
from monitor.settings import Settings

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
OPEN = Settings(allowed_networks=(LOOPBACK,), host_spacing=0.0, host_concurrency=50)
GUARDED = replace(OPEN, allowed_networks=())
SHORT = Patience(read=0.3, total=0.8)


def get(
    *urls: str,
    settings: Settings = OPEN,
    patience: Patience | None = None,
    lookup: Lookup = system_lookup,
    limit: int = FEED_LIMIT,
    **asked: str,
) -> list[Fetched]:
    """All `urls`, one after another, with one fetcher."""

    async def work() -> list[Fetched]:
        async with Fetcher(settings, patience=patience, lookup=lookup) as fetcher:
            return [await fetcher.get(url, limit=limit, **asked) for url in urls]

    return asyncio.run(work())
