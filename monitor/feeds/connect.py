"""How aiohttp gets its connections: to addresses that were checked, each with a last look."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from monitor.feeds.guards import literal
from monitor.feeds.names import Names, RefusedAddress


class Resolver(AbstractResolver):
    """Answers aiohttp with the addresses that were checked before the request."""

    def __init__(self, names: Names) -> None:
        self._names = names

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  # aiohttp wants both families
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await self._names.find(host)
        ]

    async def close(self) -> None:
        """Nothing to close: the names belong to the fetcher."""


class GuardedSocket(OSError):
    """A connection to a guarded address was about to be made."""


def guarded_socket(names: Names) -> Callable[[tuple[Any, ...]], socket.socket]:
    """Makes aiohttp's sockets, after a last look at where they go.

    aiohttp asks no resolver for hosts that look like numbers to it, such as 2130706433, which is
    127.0.0.1 to the system.
    """

    def make(where: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, sockaddr = where
        address = literal(str(sockaddr[0]))
        try:
            if address is None:
                raise RefusedAddress(f"the address {sockaddr[0]} is not a plain IP address")
            names.check(address)
        except RefusedAddress as error:
            raise GuardedSocket(str(error)) from error
        return socket.socket(family, kind, protocol)

    return make
