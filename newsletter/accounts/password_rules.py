"""Which passwords are refused: those that are easily guessed, also by whoever knows this newsroom.

zxcvbn estimates how many guesses a password takes, from lists of common passwords, names and words, dates, keyboard
patterns and repeats. It is told the words of this place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string
from zxcvbn import zxcvbn

LEAST_GUESSES = 10**10  # ten random characters take as many
_LONGEST = 72  # characters that are looked at: zxcvbn takes no more
_SHORTEST_WORD = 3
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
        names = [*_OWN_WORDS, *list_names(), settings.CONFIG.host]
        if user is not None:
            names += [user.email, user.name]
        found = zxcvbn(password[:_LONGEST], user_inputs=sorted(set(_split(names))))
        if found["guesses"] < LEAST_GUESSES:
            raise ValidationError(
                "It is easily guessed. Take four words that have nothing to do with each other, or with this place.",
                code="password_easily_guessed",
            )

    def get_help_text(self) -> str:
        """What people are told beforehand."""
        return "Your password must not be easily guessed, also by whoever knows you and this newsroom."


def _split(names: Iterable[str]) -> Iterator[str]:
    """The words of names, and each name as one word."""
    for name in names:
        words = [word for word in re.split(r"[\W_]+", name.casefold()) if word]
        yield "".join(words)
        yield from (word for word in words if len(word) >= _SHORTEST_WORD)
