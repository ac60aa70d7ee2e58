"""Bodies put together from pieces."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.decode import Body, BrokenEncoding, TooLarge, UnknownEncoding, accepted


def _bare(body: bytes) -> bytes:
    press = zlib.compressobj(wbits=-15)
    return press.compress(body) + press.flush()


def _two_members(body: bytes) -> bytes:
    half = len(body) // 2
    return gzip.compress(body[:half]) + gzip.compress(body[half:])


ENCODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "plain": ("", bytes),
    "identity": ("identity", bytes),
    "charset for an encoding": ("UTF-8", bytes),
    "gzip": ("gzip", gzip.compress),
    "gzip of two members": ("x-gzip", _two_members),
    "zlib": ("deflate", zlib.compress),
    "bare deflate": ("deflate", _bare),
    "brotli": ("br", brotli.compress),
    "zstd": ("zstd", zstd.compress),
}


def _decoded(encoding: str, wire: bytes, size: int, limit: int) -> bytes:
    body = Body(encoding, limit)
    for at in range(0, len(wire), size):
        body.feed(wire[at : at + size])
    return body.end()


@pytest.mark.parametrize("name", ENCODERS)
@given(content=st.binary(max_size=2_000), repeat=st.integers(1, 20), size=st.integers(1, 500))
def test_what_was_encoded_comes_back_in_any_pieces(name: str, content: bytes, repeat: int, size: int) -> None:
    encoding, encode = ENCODERS[name]
    whole = content * repeat
    assert _decoded(encoding, encode(whole), size, len(whole)) == whole


@pytest.mark.parametrize("name", ENCODERS)
@given(content=st.binary(min_size=1, max_size=2_000), size=st.integers(1, 500), data=st.data())
def test_one_byte_over_the_limit_is_too_large(
    name: str, content: bytes, size: int, data: st.DataObject
) -> None:
    encoding, encode = ENCODERS[name]
    limit = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(TooLarge):
        _decoded(encoding, encode(content), size, limit)


@pytest.mark.parametrize("name", ["gzip", "zlib", "brotli", "zstd"])
def test_a_bomb_is_stopped(name: str) -> None:
    encoding, encode = ENCODERS[name]
    wire = encode(bytes(30_000_000))
    with pytest.raises(TooLarge, match="over 1 MB"):
        _decoded(encoding, wire, len(wire), 1_000_000)


@pytest.mark.parametrize("name", ["gzip", "zlib", "brotli", "zstd"])
def test_a_cut_body_is_broken(name: str) -> None:
    encoding, encode = ENCODERS[name]
    wire = encode(bytes(range(256)) * 20)
    with pytest.raises(BrokenEncoding):
        _decoded(encoding, wire[:-10], 100, 1_000_000)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
@given(st.binary(min_size=1, max_size=300))
def test_noise_ends_in_a_named_way(encoding: str, noise: bytes) -> None:
    try:
        assert len(_decoded(encoding, noise, 50, 1_000)) <= 1_000
    except (BrokenEncoding, TooLarge) as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("encoding", ["rot13", "gzip, gzip", "compress"])
def test_an_unknown_encoding_is_named(encoding: str) -> None:
    with pytest.raises(UnknownEncoding):
        Body(encoding, 10)


def test_nothing_is_nothing_in_every_encoding() -> None:
    assert _decoded("gzip", b"", 1, 10) == b""


def test_what_is_asked_for_can_be_read() -> None:
    assert accepted() == "gzip, deflate, br, zstd"
    for encoding in accepted().split(", "):
        Body(encoding, 10)
