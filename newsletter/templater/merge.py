"""Merge fields: what editors write as {{ first_name | reader }} and what readers get.

In the finished mail a field is a token such as `-nl_first_name_1h-`, replaced by the provider or by
`personalise`. The provider replaces text blindly and may expand a value that looks like another
token (SendGrid fact 12). Hence: separate tokens for HTML (value escaped) and text, and nothing
foreign can contain a token: the marker is broken up wherever it occurs in content or values.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from newsletter.templater.briefing import MergeField, Problem, Rendered

FIELDS = ("first_name", "email")
MARKER = "-nl_"
_BROKEN_MARKER = "-\u2060nl_"  # a word joiner: invisible, and no longer the marker
_WRITTEN = re.compile(r"\{\{\s*([^{}|]*?)\s*(?:\|\s*([^{}]*?)\s*)?\}\}")
LONGEST_VALUE = 200  # characters; keeps a reader's substitutions far below 10,000 bytes (SendGrid fact 12)


@dataclass(frozen=True, slots=True)
class Reader:
    """What a mail may know of its reader. `token` signs the footer's links."""

    email: str
    first_name: str = ""
    token: str = ""


class Merger:
    """Collects the merge fields of one rendering and hands out their tokens."""

    def __init__(self, default_name: str) -> None:
        self._default_name = default_name
        self._fields: dict[tuple[str, str, bool], MergeField] = {}
        self.problems: list[Problem] = []

    @property
    def fields(self) -> tuple[MergeField, ...]:
        """Every field used so far, in the order of first use."""
        return tuple(self._fields.values())

    def token(self, field: str, *, fallback: str = "", html: bool) -> str:
        """The token for a field; the same one for the same field, fallback and kind."""
        key = (field, fallback, html)
        if key not in self._fields:
            number = len(self._fields) + 1
            token = f"{MARKER}{field}_{number}{'h' if html else 't'}-"
            self._fields[key] = MergeField(token, field, fallback, html)  # type: ignore[arg-type]
        return self._fields[key].token

    def split(self, text: str, where: str) -> list[tuple[str, str | None]]:
        """Cuts text an editor wrote into (literal, None) and ("", field|fallback) pieces.

        An unknown field becomes a blocking problem at `where` and stays in the text as it is written.
        """
        pieces: list[tuple[str, str | None]] = []
        at = 0
        for match in _WRITTEN.finditer(text):
            name = match[1]
            if name not in FIELDS:
                known = " and ".join(f"{{{{ {field} }}}}" for field in FIELDS)
                self.problems.append(Problem("block", where, f"There is no field {match[0]}. The fields are {known}."))
                continue
            pieces.append((text[at : match.start()], None))
            fallback = match[2] if match[2] is not None else (self._default_name if name == "first_name" else "")
            pieces.append((fallback, name))
            at = match.end()
        pieces.append((text[at:], None))
        return pieces

    def plain(self, text: str, where: str) -> str:
        """Text an editor wrote, its fields replaced by tokens for plain text."""
        return "".join(
            self.token(name, fallback=literal, html=False) if name else unmarked(literal)
            for literal, name in self.split(text, where)
        )

    def placeholders(self, text: str, where: str) -> tuple[str, dict[str, str]]:
        """Text with private-use characters for its fields, and what each stands for as an HTML token.

        For text that goes through Markdown or escaping first, which would garble a token.
        """
        stands_for: dict[str, str] = {}
        out: list[str] = []
        for literal, name in self.split(text, where):
            if name is None:
                out.append(unmarked(literal))
                continue
            mark = chr(0xE000 + len(stands_for))
            stands_for[mark] = self.token(name, fallback=literal, html=True)
            out.append(mark)
        return "".join(out), stands_for


def unmarked(text: str) -> str:
    """Foreign text in which nothing can be taken for a token, and no private-use character for a placeholder."""
    return re.sub("[\ue000-\uf8ff]", "", text).replace(MARKER, _BROKEN_MARKER)


def substitutions(fields: Iterable[MergeField], reader: Reader) -> dict[str, str]:
    """What each token becomes for this reader."""
    values = {"email": reader.email, "first_name": reader.first_name, "token": reader.token}
    return {field.token: _value(values[field.field], field) for field in fields}


def _value(value: str, field: MergeField) -> str:
    flat = " ".join(unmarked(value).split())[:LONGEST_VALUE] or field.fallback
    return html.escape(flat) if field.html else flat


def personalise(source: str, values: Mapping[str, str]) -> str:
    """`source` with every token replaced in one pass: a value is never searched for further tokens."""
    if not values:
        return source
    pattern = re.compile("|".join(re.escape(token) for token in values))
    return pattern.sub(lambda match: values[match[0]], source)


def for_reader(rendered: Rendered, reader: Reader) -> Rendered:
    """The mail as one reader gets it."""
    values = substitutions(rendered.merge, reader)
    return Rendered(
        subject=personalise(rendered.subject, values),
        preheader=personalise(rendered.preheader, values),
        html=personalise(rendered.html, values),
        text=personalise(rendered.text, values),
        problems=rendered.problems,
    )
