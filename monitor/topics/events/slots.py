"""How much, how many, where and when: the slots of an event that are not actors (pure)."""

from __future__ import annotations

import re
from datetime import date, timedelta

_SIGNS = {"us$": "USD", "a$": "AUD", "c$": "CAD", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
_NAMES = dict(
    pair.split(":")
    for pair in (
        "dollar:USD euro:EUR pound:GBP yen:JPY rouble:RUB ruble:RUB won:KRW rupee:INR zloty:PLN krona:SEK "
        "yuan:CNY franc:CHF"
    ).split()
)
_SCALE = {
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "mn": 1e6,
    "m": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "b": 1e9,
    "trillion": 1e12,
}
_AMOUNT = re.compile(
    r"(?P<sign>US\$|A\$|C\$|[$€£¥₹]) ?(?P<number>\d[\d,]*(?:\.\d+)?)[ -]?(?P<scale>thousand|million|"
    r"billion|trillion|bn|mn|m|b|k)?\b"
    r"|\b(?P<number2>\d[\d,]*(?:\.\d+)?)[ -]?(?P<scale2>thousand|million|billion|trillion|bn|mn|m)?[ -]"
    rf"(?P<name>{'|'.join(_NAMES)})s?\b",
    re.IGNORECASE,
)
_WORDS = {
    word: number
    for number, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2)
} | {word: 10 * tens for tens, word in enumerate("twenty thirty forty fifty sixty".split(), 2)}
_COUNT = re.compile(
    rf"(?<![\w$€£¥.,-])(?P<n>\d[\d,]*|{'|'.join(_WORDS)}|(?:half )?an? million|"
    rf"one million)(?P<more> (?:million|thousand))?"
    r"(?: (?:more |used |new |surplus |additional )?(?:[A-Z][\w-]*[ -]?){0,3}(?:[a-z-]+ ){0,2})$",
)
_PLACE = re.compile(
    r"\b(?:in|at) (?P<place>[A-Z][\w-]+(?: [A-Z][\w-]+)?)(?: on \w+day)?[.,]?(?:$| (?=on |after |as ))"
)
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_WEEKDAY = re.compile(rf"\b(?:on )?({'|'.join(_DAYS)})\b", re.IGNORECASE)


def amount(sentence: str) -> tuple[float, str, int, int] | None:
    """The first sum of money: its value, its ISO 4217 code, where it stands."""
    found = _AMOUNT.search(sentence)
    if found is None:
        return None
    number = (found["number"] or found["number2"]).replace(",", "")
    scale = (found["scale"] or found["scale2"] or "").lower()
    sign, name = found["sign"], found["name"]
    currency = _SIGNS[sign.lower()] if sign else _NAMES[name.lower()]
    return round(float(number) * _SCALE.get(scale, 1.0), 2), currency, found.start(), found.end()


def quantity(sentence: str, thing: tuple[int, int]) -> tuple[int, int, int] | None:
    """How many of a thing: the number that stands right before it."""
    found = _COUNT.search(sentence[: thing[0]])
    if found is None:
        return None
    text = found["n"].lower().replace(",", "")
    if text.isdigit():
        if 1900 <= int(text) <= 2100 and not found["more"]:
            return None
        value = int(text)
    else:
        value = _WORDS.get(text, 500_000 if text.startswith("half") else 1_000_000)
    value *= {"million": 1_000_000, "thousand": 1_000}.get((found["more"] or "").strip(), 1)
    return value, found.start(), found.end("n")


def place(sentence: str) -> tuple[str, int, int] | None:
    """The place that a sentence ends on: "signed ... in Pyongyang"."""
    found = _PLACE.search(sentence)
    return (found["place"], found.start("place"), found.end("place")) if found else None


def day_told(sentence: str, day: date | None) -> tuple[date, int, int] | None:
    """The last day of that name up to the day of the news."""
    found = _WEEKDAY.search(sentence)
    if found is None or day is None:
        return None
    back = (day.weekday() - _DAYS.index(found[1].lower())) % 7
    return day - timedelta(days=back), found.start(), found.end()
