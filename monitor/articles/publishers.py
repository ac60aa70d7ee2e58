"""In which state a publisher sits: as the seeds say, or as its domain does (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from monitor.records import Publisher

# Country domains that the world uses for other things than their country.
_GENERIC = frozenset("ac ag ai bz cc co dj fm gg gl io la me nu pw sc sh tk to tv vc vg vu ws".split())
_UNLIKE_ISO = {"uk": "GBR", "su": "RUS"}


def publisher(name: str, listed: Mapping[str, str]) -> Publisher:
    """The publisher of that name with its state.

    Args:
        name: as articles have it: a registrable domain, or the title of a feed that has none.
        listed: alpha-3 codes by publisher, from the seeds.
    """
    if name in listed:
        return Publisher(name, listed[name], "list")
    domain, dot, last = name.lower().rpartition(".")
    country = _domains().get(last) if dot and domain and " " not in name else None
    return Publisher(name, country, "tld" if country else "")


@cache
def _domains() -> dict[str, str]:
    import pycountry

    found = {country.alpha_2.lower(): country.alpha_3 for country in pycountry.countries}
    return {code: key for code, key in found.items() if code not in _GENERIC} | _UNLIKE_ISO
