"""Canonical URLs (pure)."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from tld import get_fld

# What campaigns, feeds and social networks add to a link; none of it changes the page.
_PREFIXES = tuple("utm_ mtm_ pk_ at_ ns_ hsa_ mc_ ga_ oly_ vero_ wt_ trk_ _hs soc_ sc_".split())
_NAMES = frozenset(
    "gclid gclsrc dclid fbclid msclkid yclid twclid igshid igsh ocid icid ncid cmpid smid smtyp sref xtor "
    "srnd campaign_id ref_src referrer rss from_rss feedtype feedname traffic_source taid "
    "__twitter_impression _ga _gl amp".split()
)
# Some sites name their articles by these: they go only where the value speaks of a feed or a network.
_EITHER = frozenset("ref from source src partner cid feed".split())
_SOURCES = re.compile(r"rss|feed|twitter|facebook|newsletter|partner|social", re.IGNORECASE)
_HOST_PREFIXES = re.compile(r"\A(?:(?:www\d?|amp)\.)+(?=[^.]+\.)")
_ENDINGS = re.compile(r"(?:/(?:amp|index\.html?)?)+\Z")
_KEPT = "!$&'()*+,;=:@-._~/"


@lru_cache(maxsize=4096)
def canonical(url: str) -> str:
    """The key under which an article is stored: equal for addresses that give the same page.

    Scheme, `www.`, port, fragment, tracking parameters and a slash at the end do not count; the order
    of the other parameters does not either. Made for comparing, not for fetching.
    """
    try:
        parts = urlsplit(url.strip())
        port = f":{parts.port}" if parts.port and parts.port not in {80, 443} else ""
    except ValueError:
        return url.strip()
    host = _HOST_PREFIXES.sub("", (parts.hostname or "").rstrip("."))
    path = quote(unquote(parts.path, errors="surrogateescape"), safe=_KEPT, errors="surrogateescape")
    path = _ENDINGS.sub("", re.sub(r"/{2,}", "/", path)) or "/"
    kept = sorted(part for part in parts.query.split("&") if part and not _tracks(part))
    hashbang = f"#{parts.fragment}" if parts.fragment.startswith("!") else ""
    return f"https://{host}{port}{path}{'?' + '&'.join(kept) if kept else ''}{hashbang}"


def _tracks(part: str) -> bool:
    name, _, value = part.partition("=")
    name = name.lower()
    if name in _EITHER:
        return bool(_SOURCES.search(value))
    return name in _NAMES or name.startswith(_PREFIXES)


def registrable(url: str) -> str | None:
    """The domain that somebody registered, such as `bbc.co.uk`; None for an address or a bare name."""
    found = get_fld(url, fail_silently=True)
    return found if isinstance(found, str) else None
