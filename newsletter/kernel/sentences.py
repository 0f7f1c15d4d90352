"""Sentences for people that a page can say in another language.

raise BadInput(phrase("The subject has {count} characters; it may have {most}.", count=len(text), most=78), "subject")

A Sentence is the English text: command line, API, log and database take it as such. It also keeps what it was made of,
so that the desk can translate the words and put the values in anew. A sentence can be a value of another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from newsletter.kernel.enums import LabelledEnum


class Sentence(str):
    """A sentence in English, with its words and the values in them. Made by `phrase`."""

    words: str = ""
    values: Mapping[str, object] = {}


def phrase(words: str, /, **values: object) -> Sentence:
    """A sentence of literal words, with values in place of their names in braces.

    Numbers get separators between their thousands, days are written as “Mon 23 Nov”, states by their labels.
    """
    made = Sentence(fill(words, values, write_in_english))
    made.words, made.values = words, values
    return made


def label(words: str) -> Sentence:
    """A name that stands inside a sentence, such as that of a field, and is translated with it."""
    made = Sentence(words)
    made.words = words.replace("{", "{{").replace("}", "}}")
    return made


def join_labels(labels: Iterable[str]) -> Sentence:
    """Names in a row, separated by commas, each translated."""
    names = {f"name{position}": label(each) for position, each in enumerate(labels)}
    made = Sentence(", ".join(names.values()))
    made.words, made.values = ", ".join(f"{{{name}}}" for name in names), names
    return made


def fill(words: str, values: Mapping[str, object], write: Callable[[object], str]) -> str:
    """The words with the values in them, as `write` writes them."""
    return words.format(**{name: write(value) for name, value in values.items()})


def write_in_english(value: object) -> str:
    """A value in a sentence."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, LabelledEnum):
        return value.label.lower()
    if isinstance(value, date):
        return f"{value:%a} {value.day} {value:%b}"
    return str(value)


def mark(words: str) -> str:
    """The words themselves: says where they stand that they are those of a sentence, and are to be translated."""
    return words
