"""Host names to addresses that we may connect to (the system's resolver, in threads).

Each name is looked up once a run: the answer that was checked is the one that is used, however often
the name's owner changes it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from monitor.errors import Permanent, Transient
from monitor.feeds.guards import Address, literal, refused
from monitor.settings import Network

Lookup = Callable[[str], Sequence[str]]
"""A host name to its addresses; raises OSError (or UnicodeError) where there are none."""

_AT_ONCE = 64
# A lookup that has timed out keeps its thread until the system gives up on it: some are to spare.
_THREADS = 128


class NoSuchHost(Transient):
    """The name does not resolve."""


class RefusedAddress(Permanent):
    """The host is at an address that is guarded."""


def system_lookup(host: str) -> list[str]:
    """The addresses of `host` from the system: hosts file, DNS and whatever else it is set to ask."""
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


class Names:
    """The names of one run.

    Args:
        allowed: guarded networks that are open to us all the same.
        lookup: where names are looked up.
        patience: seconds for one lookup.
    """

    def __init__(self, allowed: Sequence[Network], lookup: Lookup, patience: float) -> None:
        self._allowed = allowed
        self._lookup = lookup
        self._patience = patience
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="names")
        self._open: set[Address] = set()  # found to be allowed: asked for again at each step of a request
        self._found: dict[str, list[Address] | NoSuchHost | RefusedAddress] = {}
        self._lines: dict[str, asyncio.Lock] = {}

    async def find(self, host: str) -> list[Address]:
        """The addresses of `host` (a name or an address) that may be connected to, never none.

        Raises:
            NoSuchHost: it has no address.
            RefusedAddress: all its addresses are guarded.
        """
        address = literal(host)
        if address is not None:
            self.check(address)
            return [address]
        name = host.rstrip(".").lower()
        async with self._lines.setdefault(name, asyncio.Lock()):
            if name not in self._found:
                self._found[name] = await self._look(name)
        end = self._found[name]
        if isinstance(end, list):
            return end
        raise end

    def check(self, address: Address) -> None:
        """Raises RefusedAddress if `address` is guarded."""
        if address in self._open:
            return
        if refused(address, self._allowed):
            cure = "set MONITOR_ALLOWED_NETWORKS if it is yours"
            raise RefusedAddress(f"the address {address} is not on the public internet: {cure}")
        self._open.add(address)

    async def _look(self, name: str) -> list[Address] | NoSuchHost | RefusedAddress:
        loop = asyncio.get_running_loop()
        try:
            async with self._gate, asyncio.timeout(self._patience):
                answers = await loop.run_in_executor(self._threads, self._lookup, name)
        except TimeoutError:
            return NoSuchHost(f"the name server does not answer for {name}")
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                return NoSuchHost(f"the name server does not answer for {name}")
            return NoSuchHost(f"the host {name} does not exist")
        except (OSError, UnicodeError):
            return NoSuchHost(f"the host {name} cannot be looked up")
        addresses = [address for answer in answers if (address := literal(answer)) is not None]
        open_ones = [address for address in addresses if not refused(address, self._allowed)]
        if open_ones:
            return open_ones
        if not addresses:
            return NoSuchHost(f"the host {name} has no address")
        cure = "set MONITOR_ALLOWED_NETWORKS if it is yours"
        return RefusedAddress(f"{name} is at {addresses[0]}, which is not on the public internet: {cure}")

    def close(self) -> None:
        """Look nothing more up; threads end with the lookup they are in."""
        self._threads.shutdown(wait=False, cancel_futures=True)
