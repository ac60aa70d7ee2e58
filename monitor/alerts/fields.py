"""The typed values of a table of `routes.toml`, and errors that name its line (pure)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from monitor.errors import Misconfigured

E = TypeVar("E", bound=StrEnum)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta | None:
    """A span of time from "90s", "5m", "4h", "7d"; None where it is none."""
    found = re.fullmatch(r"\s*(\d{1,6})\s*([smhd])\s*", text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


@dataclass(frozen=True, slots=True)
class Fields:
    """One table: its values, its lines, and the number of the first (0 where it has none of its own)."""

    path: Path
    table: Mapping[str, Any]
    lines: tuple[str, ...]
    first_line: int

    def wrong(self, key: str, cure: str) -> NoReturn:
        """Raise `Misconfigured` with the line of `key`, or the first where it is not written."""
        opens = re.compile(rf"\s*(?:\[route\.)?[\"']?{re.escape(key)}\b")
        at = next((number for number, line in enumerate(self.lines) if opens.match(line)), 0)
        where = f"{self.path}, line {self.first_line + at}" if self.first_line else str(self.path)
        raise Misconfigured(f"{where}, route {str(self.table.get('name'))!r}: {cure}")

    def only(self, known: Collection[str]) -> None:
        """Refuse keys that are not known."""
        if unknown := sorted(self.table.keys() - set(known)):
            self.wrong(unknown[0], f"unknown key {unknown[0]!r}: use {', '.join(sorted(known))}")

    def strings(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self.table.get(key, list(default))
        if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
            self.wrong(key, f'{key} must be a list of names, such as ["first", "second"]')
        return tuple(value)

    def share(self, key: str, default: float) -> float:
        return self._share(key, key, self.table.get(key, default))

    def shares(self, key: str) -> dict[str, float]:
        value = self.table.get(key, {})
        if not isinstance(value, dict):
            self.wrong(key, f"{key} must be a table, such as {key} = {{ sanctions = 0.9 }}")
        return {name: self._share(key, f"{key}.{name}", number) for name, number in value.items()}

    def _share(self, key: str, shown: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            self.wrong(key, f"{shown} must be a number from 0 to 1")
        return float(value)

    def whole(self, key: str, default: int, *, least: int) -> int:
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            self.wrong(key, f"{key} must be a whole number, {least} or more")
        return value

    def flag(self, key: str) -> bool:
        value = self.table.get(key, False)
        if not isinstance(value, bool):
            self.wrong(key, f"{key} must be true or false")
        return value

    def choice(self, key: str, kind: type[E], default: E) -> E:
        value = self.table.get(key, str(default))
        if value not in set(kind):
            self.wrong(key, f"{key} must be one of {', '.join(kind)}")
        return kind(value)

    def duration(self, key: str, default: timedelta) -> timedelta:
        if key not in self.table:
            return default
        value = self.table[key]
        found = duration(value) if isinstance(value, str) else None
        if found is None:
            self.wrong(key, f'{key} must be a span of time such as "3m", in s, m, h or d')
        return found
