"""Whatever bytes a server answers with, the GET ends by a name."""

from __future__ import annotations

import asyncio
from typing import Any

from fakes.hostile import FEED, Hostile, Request
from fixtures_fetch import get
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from monitor.records import FetchOutcome

_heads = st.sampled_from(
    [
        b"",
        b"HTTP/1.1 ",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.0 200\r\nContent-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: ",
        b"HTTP/1.1 200 OK\r\nETag: ",
        b"HTTP/1.1 200 OK\r\nExpires: ",
        b"HTTP/1.1 301 X\r\nLocation: ",
        b"HTTP/1.1 304 X\r\nSet-Cookie: ",
        b"HTTP/1.1 429 X\r\nRetry-After: ",
    ]
)
_marks = [b"\r\n", b"\r\n\r\n", b"5\r\n", b"0\r\n\r\n", b"/", b"http://", b"\x1f\x8b\x08", b":", b"-1"]
_pieces = st.sampled_from([*_marks, FEED])
_answers = st.builds(
    lambda head, parts: head + b"".join(parts), _heads, st.lists(_pieces | st.binary(max_size=40), max_size=8)
)


@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(answer=_answers)
def test_whatever_a_server_sends_ends_by_a_name(site: Hostile, answer: bytes, caplog: Any) -> None:
    async def act(_: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(answer)
        return False

    site.acts["/any"] = act
    [end] = get(site.url("/any"))
    assert (end.outcome is FetchOutcome.FETCHED) == bool(end.body)
    assert (end.outcome is FetchOutcome.FETCHED) != bool(end.detail)
    assert end.detail.isprintable()
    assert not [record for record in caplog.records if "has no name yet" in record.message]
