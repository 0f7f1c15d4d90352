"""Names of countries in any language, as the CLDR has them, which comes with Babel. Pure."""

from __future__ import annotations

from functools import cache

from subscribers.imports.state_words import load_meanings, normalise_name
from subscribers.imports.worded_dates import list_locales

_SHORTEST = 4  # letters; a code of two or three may as well stand for a state of subscribers


def is_country(text: str) -> bool:
    """Whether a text is the whole name of a country."""
    return len(text) >= _SHORTEST and normalise_name(text) in _load_countries()


@cache
def _load_countries() -> frozenset[str]:
    names = {normalise_name(name) for locale in list_locales() for name in locale.territories.values()}
    return frozenset(name for name in names if len(name) >= _SHORTEST and name not in load_meanings())
