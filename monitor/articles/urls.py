"""Canonical URLs (pure)."""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from tld import get_fld

# What campaigns, feeds and social networks add to a link; none of it changes the page.
_PREFIXES = tuple("utm_ mtm_ pk_ at_ ns_ hsa_ mc_ ga_ oly_ vero_ wt_ trk_ _hs soc_ sc_ aspsession".split())
_NAMES = frozenset(
    "gclid gclsrc dclid fbclid msclkid yclid twclid igshid igsh ocid icid ncid cmpid smid smtyp sref xtor "
    "srnd campaign_id ref_src referrer rss from_rss feedtype feedname traffic_source taid "
    "__twitter_impression _ga _gl amp amp_js_v outputtype phpsessid jsessionid sessionid cfid cftoken".split()
)
# Some sites name their articles by these: they go only where the value speaks of a feed or a network.
_EITHER = frozenset("ref from source src partner cid feed".split())
_SOURCES = re.compile(r"rss|feed|twitter|facebook|newsletter|partner|social", re.IGNORECASE)
_SESSION = re.compile(r"(?:sid|s)=[0-9a-f]{32}\Z", re.IGNORECASE)
_HOST_PREFIXES = re.compile(r"\A(?:(?:www\d?|amp|m|mobile|touch|wap)\.)+(?=[^.]+\.)")
_INNER_MOBILE = re.compile(r"\A([a-z-]{2,12})\.m\.(?=[^.]+\.)")  # en.m.wikipedia.org
_ENDINGS = re.compile(r"(?:/(?:amp(?:\.html?)?|(?:index|default)\.(?:html?|php\d?|aspx?|jsp|cfm)))+\Z")
_AMP_NAME = re.compile(r"(?<=[^/])\.amp(?=(?:\.html?)?\Z)")
_PATH_SESSION = re.compile(r";(?:jsessionid|sid|phpsessid)=[^/;]*", re.IGNORECASE)
_AMP_START = re.compile(r"\A/amp(?=/[^/])")
_KEPT = "!$&'()*+,;=:@-._~/"
_QUERY = _KEPT + '%?#[]{}|\\^`"<>'  # only blanks and letters outside of ASCII are written anew
# Links that lead through another host: which of their parameters names the article.
_THROUGH = {
    "google.com/url": ("url", "q"),
    "google.com/alerts/url": ("url", "q"),
    "news.google.com/news/url": ("url",),
    "l.facebook.com/l.php": ("u",),
    "lm.facebook.com/l.php": ("u",),
    "out.reddit.com": ("url",),
    "bing.com/news/apiclick.aspx": ("url",),
    "t.umblr.com/redirect": ("z",),
    "l.instagram.com": ("u",),
    "getpocket.com/redirect": ("url",),
    "feedproxy.google.com/redirect": ("url",),
    "safelinks.protection.outlook.com": ("url",),
}
_SERVICES = frozenset(
    {key.partition("/")[0] for key in _THROUGH} | {"google.com", "news.google.com", "youtu.be"}
)
# An address in which nothing has to be decoded or cut off but parameters and a slash.
_PLAIN = re.compile(
    r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(:[0-9]{1,4})?(/[A-Za-z0-9._~/-]*)?(?:\?([A-Za-z0-9._~=&/-]*))?\Z"
)
_TELLING = re.compile(r"//|/\.|[/.]amp|/index\.|/default\.")
_AMP_CACHE = re.compile(r"\A/(?:c|v|amp)/(?:s/)?(?=[^/]+\.[^/]+)")
_GOOGLE_NEWS = re.compile(r"\A/(?:rss/|__i/rss/rd/)?(?:articles|read)/(CB[\w-]{20,})")
_INSIDE = re.compile(rb"https?://[!-~]{8,}")
# Sites that name their articles by the fragment, and by which: live blogs, archives, notes on one page.
_FRAGMENT_SITES = {
    "groups.google.com": re.compile(r".*#."),
    "mail-archive.com": re.compile(r".*#."),
    "theguardian.com": re.compile(r"/.+#block-[0-9a-f]{16,}"),
    "nytimes.com": re.compile(r"/(?:[a-z]+/)?live/.+#[a-z0-9-]{8,}"),
    "aljazeera.com": re.compile(r"/[a-z]+/liveblog/.+#[a-z0-9-]{6,}"),
    "github.com": re.compile(r"/.+#(?:issuecomment|discussion)[-_]"),
    "cloud.google.com": re.compile(r"/.*release-notes.*#[A-Z][a-z]+_\d"),
    "en.wikipedia.org": re.compile(r"/wiki/portal:current_events.*#", re.IGNORECASE),
}
_ROUTE = re.compile(r"!|/\S")  # #! and #/story/7 are addresses inside of a program
_DEEPEST = 8  # links that lead through each other, and names that are laid bare one after the other


@lru_cache(maxsize=4096)
def canonical(url: str) -> str:
    """The key under which an article is stored: equal for addresses that give the same page.

    Scheme, `www.` and mobile hosts, port, AMP, index pages, session ids, tracking parameters and a slash
    at the end do not count; the order of the other parameters does not either; links through Google, feed
    and social services count as what they lead to. Made for comparing, not for fetching.
    """
    return _plainly(url) or _step_by_step(url)


def _plainly(url: str) -> str | None:
    """The key of an address of plain letters that leads through no service; None for all others."""
    found = _PLAIN.match(url)
    if not found:
        return None
    host, port, path, query = found.groups()
    if path and _TELLING.search(path):
        return None
    if (host := _plain_host(host)) is None:
        return None
    kept = sorted(part for part in query.split("&") if part and not _tracks(part)) if query else ()
    port = "" if port is None or int(port[1:]) in {0, 80, 443} else f":{int(port[1:])}"
    return f"https://{host}{port}{(path or '').rstrip('/') or '/'}{'?' + '&'.join(kept) if kept else ''}"


@lru_cache(maxsize=10_000)
def _plain_host(host: str) -> str | None:
    """The host as keys have it; None where its addresses lead elsewhere, or name articles by fragments."""
    for _ in range(_DEEPEST):
        bare = _HOST_PREFIXES.sub("", host)
        if {bare, bare.partition(".")[2], host} & _SERVICES or bare.endswith(".cdn.ampproject.org"):
            return None
        found = _host(host)
        if found == host:
            return host
        host = found
    return None


def _step_by_step(url: str) -> str:
    url = url.encode("utf-8", "replace").decode().strip()  # JSON can hold halves of characters
    for _ in range(_DEEPEST):
        found = _once(url)
        if found == url:
            break
        url = found
    return url


def _once(url: str) -> str:
    try:
        parts = urlsplit(_destination(url))
        port = f":{parts.port}" if parts.port and parts.port not in {80, 443} else ""
        host = _host(parts.hostname or "")
    except ValueError:
        return url
    path = quote(unquote(parts.path, errors="surrogateescape"), safe=_KEPT, errors="surrogateescape")
    path = _path(path)
    query = (quote(part.strip(), safe=_QUERY) for part in parts.query.split("&"))
    kept = sorted(part for part in query if part and not _tracks(part))
    fragment = f"#{parts.fragment}" if parts.fragment and _names_page(host, path, parts.fragment) else ""
    return f"https://{host}{port}{path}{'?' + '&'.join(kept) if kept else ''}{fragment}"


def _names_page(host: str, path: str, fragment: str) -> bool:
    """Whether a fragment is part of an article's address: by default it is a place on its page."""
    site = _FRAGMENT_SITES.get(host)
    return bool(_ROUTE.match(fragment) or (site and site.match(f"{path}#{fragment}")))


def own_key(named: str | None, final: str) -> str | None:
    """The canonical form of a page's own address; None where it is none that an article could have.

    Args:
        named: what the page names as its own; believed within its own domain only, and not if it is the
            home page, which some sites name on all of their pages.
        final: where it was fetched, after redirects.
    """
    for url in filter(None, (named, final)):
        parts = urlsplit(canonical(url))
        if _site(url) == _site(final) and parts.path != "/" and parts.scheme:
            return canonical(url)
    return None


def _site(url: str) -> str | None:
    return registrable(url) or urlsplit(canonical(url)).hostname


def destination(url: str) -> str:
    """The article's own address where `url` leads through a service that writes it into its links."""
    for _ in range(_DEEPEST):
        try:
            found = _destination(url)
        except ValueError:
            break
        if found == url:
            break
        url = found
    return url


def _destination(url: str) -> str:
    parts = urlsplit(url)
    host = _HOST_PREFIXES.sub("", (parts.hostname or "").lower())
    path = parts.path.rstrip("/")
    services = (f"{host}{path}", host, host.partition(".")[2])
    names = next((_THROUGH[service] for service in services if service in _THROUGH), ())
    if names:
        given = dict(parse_qsl(parts.query))
        return next((given[n] for n in names if given.get(n, "").startswith(("http://", "https://"))), url)
    if host.endswith(".cdn.ampproject.org") or (host == "google.com" and path.startswith("/amp/")):
        cached = _AMP_CACHE.sub("", parts.path)
        return f"https://{cached}{'?' + parts.query if parts.query else ''}" if cached != parts.path else url
    if host == "news.google.com" and (named := _GOOGLE_NEWS.match(parts.path)):
        return _inside(named[1]) or url
    if host == "youtu.be" and len(path) > 1:
        return f"https://youtube.com/watch?v={path[1:]}"
    return url


def _inside(code: str) -> str | None:
    """The address that an older link of Google News carries; newer ones keep it at Google."""
    try:
        content = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
    except (binascii.Error, ValueError):
        return None
    found = _INSIDE.search(content)
    return found.group().decode("ascii") if found else None


def _host(host: str) -> str:
    """In the letters of the DNS, without what tells a reader's device."""
    host = host.rstrip(".").lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return host
    return _HOST_PREFIXES.sub("", _INNER_MOBILE.sub(r"\1.", _HOST_PREFIXES.sub("", host)))


def _path(path: str) -> str:
    path = _PATH_SESSION.sub("", path)
    if "/." in path or "//" in path:
        path = posixpath.normpath("/" + path.lstrip("/")) if path.strip("/") else "/"
    path = _AMP_START.sub("", path).rstrip("/")
    return _ENDINGS.sub("", _AMP_NAME.sub("", path)).rstrip("/") or "/"


def _tracks(part: str) -> bool:
    name, _, value = part.partition("=")
    name = name.lower()
    if name in _EITHER:
        return bool(_SOURCES.search(value))
    return name in _NAMES or name.startswith(_PREFIXES) or bool(_SESSION.match(part))


def registrable(url: str) -> str | None:
    """The domain that somebody registered, such as `bbc.co.uk`; None for an address or a bare name."""
    if plain := _PLAIN.match(url):
        return _registered(plain[1])
    try:
        host = urlsplit(url).hostname
    except ValueError:  # an address like http://[broken
        return None
    return _registered(host) if host else None


@lru_cache(maxsize=10_000)
def _registered(host: str) -> str | None:
    found = get_fld(f"http://{host}/", fail_silently=True)
    return found if isinstance(found, str) else None
