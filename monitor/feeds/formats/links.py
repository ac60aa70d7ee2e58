"""Links of a document (pure)."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

_RUN = frozenset({"javascript", "vbscript", "data"})

# What joining would give back letter by letter; most links by far.
_WHOLE = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?/[A-Za-z0-9._~/%&=+,:@!$'()*-]*(?:\?[A-Za-z0-9._~/%&=+,:@!$'()*-]+)?\Z"
)


def absolute(link: str | None, base: str) -> str | None:
    """`link` as seen from `base`; as it stands where there is no base, None where it is no address.

    Schemes stay as they are, but for those that a browser would run.
    """
    if link and _WHOLE.match(link):
        return link
    link = "".join((link or "").split("\n")).strip()
    if not link:
        return None
    try:
        whole = urljoin(base, link) if base else link
        scheme = urlsplit(whole).scheme
    except ValueError:  # an address like http://[broken
        return None
    return None if scheme in _RUN else whole
