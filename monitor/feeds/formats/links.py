"""Links of a document (pure)."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

_RUN = frozenset({"javascript", "vbscript", "data"})


def absolute(link: str | None, base: str) -> str | None:
    """`link` as seen from `base`; as it stands where there is no base, None where it is no address.

    Schemes stay as they are, but for those that a browser would run.
    """
    link = "".join((link or "").split("\n")).strip()
    if not link:
        return None
    try:
        whole = urljoin(base, link) if base else link
        scheme = urlsplit(whole).scheme
    except ValueError:  # an address like http://[broken
        return None
    return None if scheme in _RUN else whole
