"""The word lists of all languages, from `words/*.toml`: what structure and position cannot decide. Pure.

`words/README.md` says what each list is for.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

LONGEST = 160  # characters of a line that a list may speak of: a longer one has content


@cache
def list_words(kind: str) -> tuple[str, ...]:
    """The words of a list in every language, without case, the longest first."""
    folder = resources.files(__package__) / "words"
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name)
    found = {word.casefold() for each in files for word in tomllib.loads(each.read_text("utf-8")).get(kind, [])}
    return tuple(sorted(found, key=lambda word: (-len(word), word)))


def find_opening(line: str, kind: str) -> str:
    """The words of a list with which a line begins, as they stand there; "" for none."""
    start = line[:LONGEST].casefold().replace("’", "'")
    if not start.startswith(list_words(kind)):
        return ""
    return next((line[: len(word)] for word in list_words(kind) if start.startswith(word) and _ends(start, word)), "")


def is_one_of(text: str, kind: str) -> bool:
    """Whether a short text is an entry of a list and nothing else, but for signs and a number: “3 comments”."""
    if len(text) > LONGEST:
        return False
    return text.casefold().strip(" .:…>»›|-–—[]()#0123456789") in list_words(kind)


def _ends(text: str, word: str) -> bool:
    """Whether the word ends where the text's word does; scripts without blanks have no such end."""
    behind = text[len(word) : len(word) + 1]
    return not (behind.isalnum() and word[-1].isalnum()) or word[-1] > "\u2e7f"
