"""What we may connect to: the shape of an address, and which networks are off limits (pure).

A feed's address is a stranger's word, and so is every redirect and every DNS answer. The rules here are
applied to the address that is connected to, not to the name, so that a name which changes its answer
between the check and the connection (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from monitor.errors import Permanent
from monitor.settings import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# RFC 6598: shared by the customers of a provider; Python counts it neither as private nor as global.
_CARRIER_NAT = ipaddress.ip_network("100.64.0.0/10")
# RFC 6052: an IPv4 address in the last 32 bits of an IPv6 one.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# RFC 8215: the same for networks of one's own; older Pythons count it as public.
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
# RFC 4291 2.5.5.1, long deprecated: the IPv4 address in the last 32 bits of ::/96.
_COMPATIBLE = ipaddress.ip_network("::/96")
# Where clouds answer with a machine's credentials. They are private or link-local as it is; they are
# named so that a change of Python's own tables cannot open them.
_METADATA = frozenset(ipaddress.ip_address(a) for a in ("169.254.169.254", "fd00:ec2::254"))


class BadUrl(Permanent):
    """The address is not one that can be fetched over HTTP."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: `host` in lower case without brackets; `address` if the host is literal."""

    scheme: str
    host: str
    port: int
    address: Address | None


def check_url(url: str) -> Target:
    """Where `url` leads.

    Raises:
        BadUrl: it is not http or https, names no host, or cannot be read as a URL.
    """
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in url):
        raise BadUrl("the address holds control characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadUrl("the address is not a URL: check its host and port") from None
    scheme = parts.scheme.lower()
    if scheme not in {"http", "https"}:
        raise BadUrl(f"the address has to begin with http:// or https://, not with {scheme or 'a path'}")
    if not parts.hostname:
        raise BadUrl("the address names no host")
    if port == 0:
        raise BadUrl("the address names port 0, on which nothing can listen")
    return Target(scheme, parts.hostname, port or (443 if scheme == "https" else 80), literal(parts.hostname))


@lru_cache(maxsize=10_000)  # each host is looked at four times a request
def literal(host: str) -> Address | None:
    """The IP address that `host` is written as; None if it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def refused(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether `address` is guarded: not on the public internet, and in none of `allowed`.

    An IPv6 address that carries an IPv4 one (mapped, NAT64, 6to4, compatible) is judged by what it
    carries, which is where the packets end up.
    """
    carried = _carried(address)
    if carried is not None:
        return refused(carried, allowed)
    if any(address.version == network.version and address in network for network in allowed):
        return False
    return (
        address in _METADATA
        or not address.is_global
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or address in (_CARRIER_NAT if address.version == 4 else _LOCAL_NAT64)
        or (isinstance(address, ipaddress.IPv6Address) and address.is_site_local)
    )


def _carried(address: Address) -> ipaddress.IPv4Address | None:
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    # :: and ::1 lie in the compatible range too, and are addresses of their own.
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None
