"""Public holidays of countries and their regions, as the package `holidays` knows them. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import holidays
from holidays.registry import COUNTRIES

from newsletter.kernel.errors import BadInput

LONGEST_REGION = 60  # characters of what people write
_SOME_YEAR = 2026
_BANK_HOLIDAYS = frozenset({"GB", "IE"})  # where that is what people say


def parse_region(text: str) -> str:
    """The code of a country or region, such as GB or GB-ENG, from its code or its name (England, Germany).

    Raises BadInput with near matches.
    """
    flat = _fold(text[:LONGEST_REGION])
    code = _codes_by_name().get(flat)
    if code is not None:
        return code
    country, _, part = re.sub(r"[/_]", "-", flat).partition("-")
    code = _codes_by_name().get(country.strip(), "")
    if code and part:
        found = _codes_by_name().get(f"{code.lower()}-{part.strip()}")
        if found is not None:
            return found
        parts = ", ".join(sorted(set(_list_regions(code).values()))[:12])
        raise BadInput(
            f"There is no region “{part[:20]}” with holidays of its own in {describe_region(code)}."
            + (f" There are {parts}." if parts else f" Write {code}."),
            "region",
        )
    near = difflib.get_close_matches(flat, list(_codes_by_name()), n=3, cutoff=0.6)
    names = list(
        dict.fromkeys(f"{_codes_by_name()[each]} ({describe_region(_codes_by_name()[each])})" for each in near)
    )
    hint = f" Did you mean {' or '.join(names)}?" if names else " Write a code such as GB, GB-ENG or DE-BY."
    raise BadInput(f"No holidays are known of “{text[:LONGEST_REGION]}”.{hint}", "region")


def find_holiday(region: str, day: date) -> str:
    """The name of the public holiday that a region has on a day, in English where it is known; "" for none."""
    return _list_holidays(region, day.year).get(day, "")


def describe_region(code: str) -> str:
    """“England”, “Bayern, Germany” or “Germany” for GB-ENG, DE-BY or DE."""
    country, _, part = code.partition("-")
    name = _country_names()[country]
    if not part:
        return name
    region = _list_regions(country)[part]
    return region if country == "GB" else f"{region}, {name}"


def describe_holidays(code: str) -> str:
    """“bank holidays in England”, “public holidays in Germany”."""
    kind = "bank" if code.partition("-")[0] in _BANK_HOLIDAYS else "public"
    return f"{kind} holidays in {describe_region(code)}"


@lru_cache(maxsize=1024)
def _list_holidays(region: str, year: int) -> Mapping[date, str]:
    country, _, part = region.partition("-")
    known = holidays.country_holidays(country)
    language = "en_US" if "en_US" in known.supported_languages else None
    found = holidays.country_holidays(country, subdiv=part or None, years=year, language=language)
    return dict(found.items())


@lru_cache(maxsize=1)
def _country_names() -> Mapping[str, str]:
    return {codes[1]: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", codes[0]) for codes in COUNTRIES.values()}


@lru_cache(maxsize=512)
def _list_regions(country: str) -> Mapping[str, str]:
    """The regions of a country that have holidays of their own, by code, with their names."""
    known = holidays.country_holidays(country)
    names = {code: name for name, code in reversed(list(known.subdivisions_aliases.items()))}
    return {code: names.get(code, code) for code in known.subdivisions}


@lru_cache(maxsize=1)
def _codes_by_name() -> Mapping[str, str]:
    """What people may write, folded, with the code it stands for; a country comes before a region of its name."""
    found: dict[str, str] = {}
    regions: dict[str, str] = {}
    for name, country, *others in COUNTRIES.values():
        known = holidays.country_holidays(country, years=_SOME_YEAR)
        if not known:
            continue  # of some countries no holidays are known
        found |= {_fold(each): country for each in (country, *others, _country_names()[country], name)}
        for code in known.subdivisions:
            found[_fold(f"{country}-{code}")] = f"{country}-{code}"
        for alias, code in known.subdivisions_aliases.items():
            found[_fold(f"{country}-{alias}")] = f"{country}-{code}"
            regions.setdefault(_fold(alias), f"{country}-{code}")
    return {"uk": "GB", **regions, **found}


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())
