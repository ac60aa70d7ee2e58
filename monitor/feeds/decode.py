"""Content-Encoding undone piece by piece, never to more than a limit of bytes (pure).

A gzip bomb is small on the wire, so the limit counts what comes out: no decoder here is ever asked for
more than one byte over what is left of it.
"""

from __future__ import annotations

import importlib
import zlib
from typing import Any, Protocol

from monitor.errors import Permanent

# What servers write that mean nothing by it.
_PLAIN = frozenset({"", "identity", "none", "utf-8", "utf8", "binary", "8bit"})


class UnknownEncoding(Permanent):
    """The server used a Content-Encoding that we do not read."""


class BrokenEncoding(Permanent):
    """The body is not what its Content-Encoding says."""


class TooLarge(Permanent):
    """The body is over the limit once it is decoded."""


class _Layer(Protocol):
    def feed(self, piece: bytes, room: int) -> bytes:
        """The decoded form of `piece`: all of it, or at least `room` bytes."""

    def whole(self) -> bool:
        """Whether the encoded stream has reached its end."""


class Body:
    """A body that arrives in pieces.

    Args:
        encoding: the Content-Encoding header as the server wrote it.
        limit: bytes after decoding.
        cut: keep the first `limit` bytes of a larger body, instead of refusing it.

    Raises:
        UnknownEncoding: `encoding` names one that is not read here.
    """

    def __init__(self, encoding: str, limit: int, *, cut: bool = False) -> None:
        names = [name.strip().lower() for name in encoding.split(",")]
        names = [name for name in names if name not in _PLAIN]
        if len(names) > 1:  # no honest server does; in bombs it hides the size
            raise UnknownEncoding(f"the body is encoded {len(names)} times over")
        self._layer = _layer(names[0]) if names else None
        self._limit = limit
        self._cut = cut
        self.full = False  # whether it was cut: nothing more is wanted
        self._arrived = False
        self._pieces: list[bytes] = []
        self._length = 0

    def feed(self, piece: bytes) -> None:
        """Take the next bytes off the wire.

        Raises:
            TooLarge: there is more than the limit.
            BrokenEncoding: the bytes are not what their encoding says.
        """
        if not piece:
            return
        self._arrived = True
        room = self._limit - self._length + 1
        try:
            if self._layer is not None:
                piece = self._layer.feed(piece, room)
        except Exception as error:
            # Each library has its own error class, and all mean this; MemoryError is one of them.
            raise BrokenEncoding("the compressed body is broken") from error
        self._length += len(piece)
        if self._length > self._limit and self._cut:
            self.full = True
            piece = piece[: self._limit - self._length]
        elif self._length > self._limit:
            raise TooLarge(f"the body is over {self._limit / 1_000_000:g} MB")
        if piece:
            self._pieces.append(piece)

    def end(self) -> bytes:
        """The whole body.

        Raises:
            BrokenEncoding: the compressed stream stops before its end.
        """
        if self._arrived and not self.full and self._layer is not None and not self._layer.whole():
            raise BrokenEncoding("the compressed body stops before its end")
        return b"".join(self._pieces)


def accepted() -> str:
    """The Accept-Encoding header: what this installation can undo."""
    return ", ".join(["gzip", "deflate", *(name for name in _OPTIONAL if _optional(name))])


def _layer(name: str) -> _Layer:
    if name in {"gzip", "x-gzip", "deflate"}:
        return _Zlib()
    library = _optional(name)
    if library is None:
        raise UnknownEncoding(f"the body is encoded as {name[:40]!r}, which is not read here")
    return _Brotli(library) if name == "br" else _Zstd(library)


_OPTIONAL = {"br": "brotli", "zstd": "backports.zstd"}


def _optional(name: str) -> Any:
    """The library for an encoding, or None: aiohttp's "speedups" bring them on most platforms."""
    if name not in _OPTIONAL:
        return None
    try:
        return importlib.import_module(_OPTIONAL[name])
    except ImportError:
        return None


class _Zlib:
    """gzip (of one or more members), zlib and bare deflate: told apart by their first two bytes."""

    def __init__(self) -> None:
        self._start = b""
        self._stream: Any = None

    def feed(self, piece: bytes, room: int) -> bytes:
        if self._stream is None:
            self._start += piece
            if len(self._start) < 2:
                return b""
            self._stream = zlib.decompressobj(_window(self._start))
            piece, self._start = self._start, b""
        out = self._stream.decompress(piece, room)
        while self._stream.eof and self._stream.unused_data[:2] == b"\x1f\x8b" and len(out) < room:
            rest = self._stream.unused_data
            self._stream = zlib.decompressobj(_window(rest))
            out += self._stream.decompress(rest, room - len(out))
        return bytes(out)

    def whole(self) -> bool:
        return self._stream is not None and bool(self._stream.eof)


def _window(start: bytes) -> int:
    if start[:2] == b"\x1f\x8b":
        return 16 + zlib.MAX_WBITS
    # RFC 1950: the low half byte 8 means deflate, and both bytes are a multiple of 31.
    wrapped = start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS


class _Brotli:
    def __init__(self, library: Any) -> None:
        self._stream = library.Decompressor()

    def feed(self, piece: bytes, room: int) -> bytes:
        if self._stream.is_finished():
            return b""  # bytes after the end: of no use to anyone
        out = bytes(self._stream.process(piece, output_buffer_limit=room))
        while len(out) < room and not self._stream.can_accept_more_data():
            out += self._stream.process(b"", output_buffer_limit=room - len(out))
        return out

    def whole(self) -> bool:
        return bool(self._stream.is_finished())


class _Zstd:
    """zstd of one or more frames."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._stream = library.ZstdDecompressor()

    def feed(self, piece: bytes, room: int) -> bytes:
        out = b""
        while piece and len(out) < room:
            if self._stream.eof:
                self._stream = self._library.ZstdDecompressor()
            out += self._stream.decompress(piece, room - len(out))
            piece = self._stream.unused_data if self._stream.eof else b""
        return out

    def whole(self) -> bool:
        return bool(self._stream.eof)
