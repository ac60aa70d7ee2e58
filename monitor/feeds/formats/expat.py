"""expat as feedparser is to use it: texts come whole, not in a piece for each line and reference (pure)."""

from __future__ import annotations

from xml.sax import expatreader


class _Whole(expatreader.ExpatParser):
    def reset(self) -> None:
        super().reset()
        self._parser.buffer_text = True  # type: ignore[attr-defined]


def create_parser() -> expatreader.ExpatParser:
    """The name by which `xml.sax.make_parser` asks a module for its parser."""
    return _Whole()
