"""Forms that change something: who sends them, and that they come from our own page.

A page gives each form a token that the browser also keeps as a cookie, which no other site can read nor
set; a form counts where both are equal, and where the browser does not say that another site sent it.
"""

from __future__ import annotations

import hmac
import secrets

from fastapi import Request, Response

from monitor.errors import Permanent
from monitor.web.answers import root

COOKIE = "monitor_form"
_LIFE = 12 * 3600  # seconds that a page may be open before it is sent


def reader(request: Request) -> str:
    """The name of who reads the page, "" where whoever mounts the pages does not tell."""
    return str(getattr(request.state, "reader", "") or "")


def token(request: Request) -> str:
    """The token of the forms on a page: the one that the browser has, or a new one."""
    known = request.cookies.get(COOKIE, "")
    return known if len(known) == 43 else secrets.token_urlsafe(32)


def give(request: Request, response: Response, value: str) -> None:
    """Have the browser keep the token."""
    response.set_cookie(
        COOKIE,
        value,
        max_age=_LIFE,
        path=f"{root(request)}/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def check(request: Request, sent: str) -> str:
    """The name of who sent a form.

    Raises:
        Permanent: nobody is signed in, or the form does not come from our page.
    """
    kept = request.cookies.get(COOKIE, "")
    ours = request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}
    if not (ours and kept and hmac.compare_digest(kept.encode(), sent.encode())):
        raise Permanent("this form is too old, or came from elsewhere: open the page again, then send it")
    name = reader(request)
    if not name:
        raise Permanent("nobody is signed in: open the pages in Airflow, or use the command line")
    return name
