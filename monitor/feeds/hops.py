"""From one address to the next: what is sent, what a redirect leads to, what is shown (pure)."""

from __future__ import annotations

from yarl import URL

from monitor.feeds.guards import BadUrl, Target, check_url


def checked(url: str) -> tuple[URL, Target]:
    """`url` as it is sent, and where it leads.

    Raises:
        BadUrl: it cannot be fetched over HTTP.
    """
    target = check_url(url)
    try:
        here = URL(url)
        if (sent := str(here)) == url:
            return here, target
        # Checked as it is sent: encoding turns a host in full-width digits into an address.
        return here, check_url(sent)
    except ValueError:
        raise BadUrl("the address is not a URL: check its host") from None


def onward(here: URL, location: str) -> URL:
    """Where a redirect from `here` leads, without credentials that are not meant for that place.

    Raises:
        BadUrl: it leads nowhere, or from https back to http.
    """
    try:
        there = here.join(URL(location))
        if there.raw_user is not None and there.origin() != here.origin():
            there = there.with_user(None)
    except ValueError:
        raise BadUrl("the server redirects to something that is not a URL") from None
    if here.scheme == "https" and there.scheme == "http":
        raise BadUrl(f"the server redirects from https to http: {shown(str(there))}")
    return there.with_fragment(None)


def shown(url: str) -> str:
    """`url` without a user's name and password, for records and messages."""
    try:
        parsed = URL(url)
        return str(parsed.with_user(None)) if parsed.raw_user is not None else url
    except ValueError:
        return url
