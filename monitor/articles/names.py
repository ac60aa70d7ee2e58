"""How states and capitals are named in a language, and how texts spell a name (pure).

States come from the CLDR (through babel) and from the translations of ISO 3166 (through pycountry), capitals
from the cities by which the CLDR names time zones. Russian and Ukrainian names are inflected by their
endings, Arabic and Hebrew ones get the prefixes that are written with them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

ENGLISH = "en"
_SHORTEST_UPPER = 4  # letters: shorter names in capitals ("IRAN" yes, "CAR" no) are other words
_SMALL = frozenset("of the and for de du on in".split())
_UNDECOMPOSED = str.maketrans("ıłøđðŁØĐ", "iloddLOD")
_PREFIXES = {"ar": "وفبلك", "he": "ובלמשהכ"}
# Nominative ending to the other cases' endings, longest first; "" stands for a final consonant.
_ENDINGS = {
    "ru": (
        ("ия", "ии ию ией"),
        ("ь", "я ю ем и ью"),
        ("а", "ы е у ой и"),
        ("я", "и е ю ей"),
        ("", "а у ом е"),
    ),
    "uk": (("ія", "ії ію ією"), ("ь", "я ю ем і"), ("а", "и і у ою"), ("я", "і ю ею"), ("", "а у ом і ові")),
}
_FINAL = re.compile("[бвгджзклмнпрстфхцчшщ]$")
_SCRIPTS = (
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
)


def language_of(text: str) -> str:
    """The language in which names of a text of unknown language are looked for: by its script."""
    if text.isascii():
        return ENGLISH
    return next((code for code, script in _SCRIPTS if script.search(text)), ENGLISH)


@cache
def codes() -> dict[str, str]:
    """The alpha-3 codes of states by their alpha-2 ones."""
    import pycountry

    return {country.alpha_2: country.alpha_3 for country in pycountry.countries} | {"XK": "XKX"}


@cache
def of_states(language: str) -> dict[str, tuple[str, ...]]:
    """The names of states in one language by alpha-3 code, the usual one first."""
    known = codes()
    found: dict[str, list[str]] = {}
    for place, data in enumerate(_cldr(language)):
        for key, name in data.get("territories", {}).items():
            alpha2, _, variant = key.partition("-alt-")
            if alpha2 in known:
                names = found.setdefault(known[alpha2], [])
                # English has locales in Deseret and Shavian letters: they never are the usual name.
                names.insert(len(names) if variant or place else 0, name)
    for alpha3, name in _of_iso(language):
        found.setdefault(alpha3, []).append(name)
    return {key: tuple(dict.fromkeys(_forms(names, language))) for key, names in found.items()}


@cache
def of_cities(language: str) -> dict[str, tuple[str, ...]]:
    """The names in one language of the cities of time zones, by their English names."""
    if language == ENGLISH:
        return {}
    zones = {
        key.rsplit("/", 1)[1].replace("_", " "): value["city"]
        for data in _cldr(language)
        for key, value in data.get("time_zones", {}).items()
        if "city" in value and "/" in key
    }
    return {english: tuple(_forms([city], language)) for english, city in zones.items()}


def _cldr(language: str) -> Iterator[Any]:
    """The locale of a language, and those of its other scripts."""
    from babel import localedata

    code = language.replace("-", "_")
    if not localedata.exists(code):
        return
    yield localedata.load(code)
    for name in localedata.locale_identifiers():
        if re.fullmatch(rf"{re.escape(code)}_[A-Z][a-z]{{3}}", name):
            yield localedata.load(name, merge_inherited=False)


def _of_iso(language: str) -> Iterator[tuple[str, str]]:
    """The names of ISO 3166, translated; those like "Iran, Islamic Republic of" are not news style."""
    import gettext

    import pycountry

    translated = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language], fallback=True)
    for country in pycountry.countries:
        for field in ("name", "official_name", "common_name"):
            name = getattr(country, field, None)
            local = translated.gettext(name) if name else ""
            if local and "," not in local and (language == ENGLISH or local != name):
                yield country.alpha_3, local


def _forms(names: list[str], language: str) -> Iterator[str]:
    """Names as running text of a language has them."""
    for name in names:
        yield name
        yield from (prefix + name for prefix in _PREFIXES.get(language, ""))
        if language in _ENDINGS and " " not in name and "-" not in name:
            yield from _inflected(name, _ENDINGS[language])


def _inflected(name: str, endings: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for ending, others in endings:
        if name.endswith(ending) and (ending or _FINAL.search(name)):
            stem = name[: len(name) - len(ending)]
            yield from (stem + other for other in others.split())
            return


def spellings(name: str) -> set[str]:
    """The ways in which texts write a name.

    A name in small letters is found in any case; one with capitals as written, and in capitals only. Either
    way without its accents too, and with either apostrophe.
    """
    cased = {name}
    if name == name.lower():
        cased |= {name[:1].upper() + name[1:], _title(name)}
    if sum(map(str.isalpha, name)) >= _SHORTEST_UPPER:
        cased.add(name.upper())
    plain = cased if name.isascii() else cased | {_unaccented(text) for text in cased}
    if "'" in name or "’" in name:
        plain |= {text.replace("'", "’") for text in plain} | {text.replace("’", "'") for text in plain}
    return plain


def _title(name: str) -> str:
    words = name.split(" ")
    return " ".join(w if i and w in _SMALL else w[:1].upper() + w[1:] for i, w in enumerate(words))


def _unaccented(text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = plain.translate(_UNDECOMPOSED)
    return plain if plain.isascii() else text
