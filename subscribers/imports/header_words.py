"""How a table of people calls their address, names and the day they joined, in the languages of Django's own pages."""

from __future__ import annotations

import gettext
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import islice

from subscribers.imports.state_words import normalise_name

# How the column of addresses is called, normalised; where several fit, the first named counts.
ADDRESS_NAMES = (
    "email",
    "emailaddress",
    "mail",
    "address",
    "subscriberemail",
    "emailadresse",
    "adresse",
    "adresseemail",
    "correoelectronico",
    "emailaddres",
    "contactemail",
    "useremail",
    "eaddress",
    "mailaddress",
    "courriel",
    "adressemail",
    "epost",
)
MOST_LINES_ABOVE = 20  # of a file that are looked at for a header
_MEANINGS = {
    "email address": "email",
    "first name": "first_name",
    "last name": "last_name",
    "name": "name",
    "date joined": "joined_at",
}
_NAMES = {"first_name", "last_name", "name"}


def names_address(cell: str) -> bool:
    """Whether a cell is what a column of addresses is called."""
    name = normalise_name(cell)
    return name in ADDRESS_NAMES or load_header_names().get(name) == "email"


def count_lines_above_header(lines: Iterable[Sequence[str]]) -> int:
    """How many lines, given as their cells, stand above the header: a title, a date, headings of groups of columns.

    The header is then the line that names the addresses, among the first ones and before the first address. 0 where
    the first line that holds anything is the header, or none can be found.
    """
    nothing_yet = True
    for number, cells in enumerate(islice(lines, MOST_LINES_ABOVE)):
        if any("@" in cell for cell in cells):
            break
        if any(map(names_address, cells)):
            return 0 if nothing_yet else number
        nothing_yet = nothing_yet and not any(cell.strip() for cell in cells)
    return 0


@cache
def load_header_names() -> Mapping[str, str]:
    """Names of columns, normalised, and what they are. One that is two things, as in two languages, is left out.

    What is a first name to some and a whole name to others is a name: which part, the columns beside it tell.
    """
    meanings: dict[str, set[str]] = defaultdict(set)
    for names in load_written_names().values():
        for written, meaning in names.items():
            meanings[normalise_name(written)].add(meaning)
    known = {name: {"name"} if "name" in meant <= _NAMES else meant for name, meant in meanings.items() if name}
    return {name: meant.pop() for name, meant in known.items() if len(meant) == 1}


@cache
def load_written_names() -> Mapping[str, Mapping[str, str]]:
    """Of each language, by its code, the names of columns as they are written, and what they are."""
    languages: dict[str, dict[str, str]] = defaultdict(dict)
    for place in files("django").joinpath("contrib/auth/locale").iterdir():
        catalogue = place.joinpath("LC_MESSAGES/django.mo")
        if not catalogue.is_file():
            continue
        with catalogue.open("rb") as stream:
            words = gettext.GNUTranslations(stream)
        languages[place.name.partition("_")[0]] |= {words.gettext(each): meant for each, meant in _MEANINGS.items()}
    return languages


@cache
def load_letters(language: str) -> Mapping[str, int]:
    """The letters beyond ASCII of a language, by its code, with how often each is in the texts of Django's pages."""
    found: Counter[str] = Counter()
    for place in files("django").joinpath("conf/locale").iterdir():
        texts = place.joinpath("LC_MESSAGES/django.po")
        if place.name.partition("_")[0] == language and texts.is_file():
            found.update(each for each in texts.read_text("utf-8") if each.isalpha() and not each.isascii())
    return found
