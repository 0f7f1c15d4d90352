"""Patterns that see no more of a text than they can read in no time.

The work of many a useful pattern grows with the square of its text: `\\s+x` does on a run of blanks. On a line of a
thousand characters that is nothing, on a page that somebody prepared it is minutes. `tests/test_pumping.py` pumps every
pattern of the project: one that is not linear has to be bounded here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

# Characters. What means something to us is no longer than this:
LINE = 2_000  # a line, a title, an attribute
CAPTION = 700
NAME = 300  # with what stands around it: a byline, a credit, a date


@dataclass(frozen=True, slots=True)
class BoundedPattern:
    """A pattern that sees the first `longest` characters of a text. What is longer is never all of a match."""

    pattern: re.Pattern[str]
    longest: int

    def search(self, text: str) -> re.Match[str] | None:
        """The first match."""
        return self.pattern.search(text, 0, self.longest)

    def match(self, text: str) -> re.Match[str] | None:
        """The match at the beginning."""
        return self.pattern.match(text, 0, self.longest)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """The match of the whole text."""
        return self.pattern.fullmatch(text) if len(text) <= self.longest else None

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Every match."""
        return self.pattern.finditer(text, 0, self.longest)

    def findall(self, text: str) -> list[Any]:
        """The text of every match."""
        return self.pattern.findall(text, 0, self.longest)

    def sub(self, new: str | Callable[[re.Match[str]], str], text: str) -> str:
        """The text with each match replaced; what is not seen stays."""
        return self.pattern.sub(new, text[: self.longest]) + text[self.longest :]

    def split(self, text: str) -> list[str]:
        """The parts between the matches; what is not seen is of the last."""
        *parts, last = self.pattern.split(text[: self.longest])
        return [*parts, f"{last}{text[self.longest :]}"]


def compile_bounded(longest: int, text: str, flags: int = 0) -> BoundedPattern:
    """A pattern for texts of at most `longest` characters."""
    return BoundedPattern(re.compile(text, flags), longest)
