"""Which passwords are refused: those that are easily guessed, also by whoever knows this newsroom.

zxcvbn estimates how many guesses a password takes, from lists of common passwords, names and words, dates, keyboard
patterns and repeats. It is told the words of this place. To zxcvbn, blanks and hyphens are as good as random letters: a
password with one of these names in it is judged without them, too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string
from zxcvbn import zxcvbn

LEAST_GUESSES = 10**10  # ten random characters take as many
_LONGEST = 72  # characters that are looked at: zxcvbn takes no more
_SHORTEST_WORD = 3
_SHORTEST_NAME = 6  # of a name that is looked for within a password
_PRODUCT = ("newsletter", "newsroom", "newsdesk")
# How letters are written as digits and signs; 1 stands for two of them.
_LETTERS = tuple(str.maketrans("01!|3@4$57", f"o{one}{one}{one}eaasst") for one in "il")
_OWN_WORDS = ("newsletter", "newsletters", "newsroom", "newsdesk", "desk", "editor", "editors", "admin", "password")


class GuessingValidator:
    """A validator of Django's (AUTH_PASSWORD_VALIDATORS).

    `find_names` is the dotted name of what lists the newsroom's own names: those of its newsletters and publications.
    """

    def __init__(self, find_names: str) -> None:
        self._find_names = find_names

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError for a password that is easily guessed."""
        list_names: Callable[[], Iterable[str]] = import_string(self._find_names)
        names = [*list_names(), settings.CONFIG.host]
        if user is not None:
            names += [user.email, user.name]
        words = sorted(set(_split([*_OWN_WORDS, *names])))
        forms = {password, *_list_joined(password, [*_PRODUCT, *names])}
        if any(zxcvbn(form[:_LONGEST], user_inputs=words)["guesses"] < LEAST_GUESSES for form in forms):
            raise ValidationError(
                "It is easily guessed. Take four words that have nothing to do with each other, or with this place.",
                code="password_easily_guessed",
            )

    def get_help_text(self) -> str:
        """What people are told beforehand."""
        return "Your password must not be easily guessed, also by whoever knows you and this newsroom."


def _list_joined(password: str, names: Iterable[str]) -> Iterator[str]:
    """The password as plain letters and digits without anything between them, where there is one of the names in it."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", password) if not unicodedata.combining(each))
    wanted = [joined for name in names if len(joined := _join(name)) >= _SHORTEST_NAME]
    for form in {_join(plain), *(_join(plain.casefold().translate(letters)) for letters in _LETTERS)}:
        if any(name in form for name in wanted):
            yield form


def _join(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _split(names: Iterable[str]) -> Iterator[str]:
    """The words of names, and each name as one word."""
    for name in names:
        words = [word for word in re.split(r"[\W_]+", name.casefold()) if word]
        yield _join(name)
        yield from (word for word in words if len(word) >= _SHORTEST_WORD)
