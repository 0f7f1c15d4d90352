"""Merge fields: what editors write as {{ first_name | reader }} and what recipients get.

In the finished mail a field is a token such as `-nl_first_name_1h-`, replaced by the provider or by
`personalise`. The provider replaces text blindly and may expand a value that looks like another
token (SendGrid fact 12). Hence: separate tokens for HTML (value escaped) and text, and nothing
foreign can contain a token: the marker is broken up wherever it occurs in content or values.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from newsletter.templater.briefing import MergeField, Problem, ProblemLevel, Rendered
from newsletter.templater.untrusted_text import MARKER, break_markers, neutralise, remove_private_use

FIELDS = ("first_name", "email", "list", "date")
LONGEST_VALUE = 254  # characters of an address (RFC 5321); far below the limits of SendGrid fact 12
_ESCAPED = "&<>\"'"  # what html.escape changes
_PLAIN = bytes(range(0x20, 0x7F))  # removing these is six times faster than testing each character
_BLANKS = ("  ", " |", "| ")  # two in a row, or at either end of a value that stands between bars
_WRITTEN_FIELD = re.compile(r"\{\{([^{}]*)\}\}")


@dataclass(frozen=True, slots=True)
class MergeRecipient:
    """What a mail may know of its recipient.

    `token` signs the footer's links; `date` is the day of sending in the recipient's time zone, in words.
    """

    email: str
    first_name: str = ""
    token: str = ""
    date: str = ""


def quote_fields(text: str) -> str:
    """A text of strangers for a field without markup, in which nothing is a merge field: it looks the same."""
    return text.replace("{{", "{\u2060{")


class Merger:
    """Collects the merge fields of one rendering and hands out their tokens."""

    def __init__(self, defaults: Mapping[str, str], constants: Mapping[str, str] | None = None) -> None:
        """`defaults` stand in for an empty value; `constants` are the same for every recipient."""
        self._defaults = defaults
        self._constants = constants or {}
        self._fields: dict[tuple[str, str, bool], MergeField] = {}
        self.problems: list[Problem] = []

    @property
    def fields(self) -> tuple[MergeField, ...]:
        """Every field used so far, in the order of first use."""
        return tuple(self._fields.values())

    @property
    def recipient_fields(self) -> tuple[MergeField, ...]:
        """The fields that differ from recipient to recipient."""
        return tuple(field for field in self.fields if field.field not in self._constants)

    def constant_values(self) -> dict[str, str]:
        """The value behind the token of every field that is the same for all."""
        return {
            field.token: _build_column([field.fallback], field)[0]
            for field in self.fields
            if field.field in self._constants
        }

    def get_token(self, field: str, *, fallback: str = "", html: bool) -> str:
        """The token for a field; the same one for the same field, fallback and kind."""
        key = (field, fallback, html)
        if key not in self._fields:
            number = len(self._fields) + 1
            token = f"{MARKER}{field}_{number}{'h' if html else 't'}-"
            self._fields[key] = MergeField(token, field, fallback, html)  # type: ignore[arg-type]
        return self._fields[key].token

    def tokenise_plain(self, text: str, where: str) -> str:
        """Text an editor wrote, its fields replaced by tokens for plain text."""
        return "".join(
            self.get_token(name, fallback=literal, html=False) if name else neutralise(literal)
            for literal, name in self._split(text, where)
        )

    def tokenise_markup(self, text: str, where: str, markup: Callable[[str], str], *, html: bool) -> str:
        """`markup` of a text an editor wrote, its fields replaced by tokens afterwards.

        Markdown would garble a token, and may put one together out of escapes (`-nl\\_…`): so fields
        travel as private-use characters, and what looks like a token is broken up in the result.
        """
        marked, stands_for = self._insert_placeholders(text, where, html=html)
        out = break_markers(str(markup(marked)))
        if any(quote(mark) in out for mark in stands_for):
            self.add_problem(where, "A field cannot stand in the address of a link. Take it out of the address.")
        for mark, token in stands_for.items():
            out = out.replace(mark, token)
        return out

    def add_problem(self, where: str, message: str, level: ProblemLevel = ProblemLevel.BLOCK) -> None:
        """Records a problem once, although HTML and text both meet it."""
        problem = Problem(level, where, message)
        if problem not in self.problems:
            self.problems.append(problem)

    def _insert_placeholders(self, text: str, where: str, *, html: bool) -> tuple[str, dict[str, str]]:
        """Text with private-use characters for its fields, and the token each stands for."""
        stands_for: dict[str, str] = {}
        out: list[str] = []
        for literal, name in self._split(text, where):
            if name is None:
                out.append(remove_private_use(literal))
                continue
            mark = chr(0xE000 + len(stands_for))
            stands_for[mark] = self.get_token(name, fallback=literal, html=html)
            out.append(mark)
        return "".join(out), stands_for

    def _split(self, text: str, where: str) -> list[tuple[str, str | None]]:
        """Cuts text an editor wrote into (words, None) and (fallback, field) pieces.

        An unknown field becomes a blocking problem at `where` and stays in the text as it is written.
        """
        pieces: list[tuple[str, str | None]] = []
        at = 0
        for match in _WRITTEN_FIELD.finditer(text):
            name, bar, fallback = (part.strip() for part in match[1].partition("|"))
            if name not in FIELDS:
                *some, last = (f"{{{{ {field} }}}}" for field in FIELDS)
                self.add_problem(where, f"There is no field {match[0]}. The fields are {', '.join(some)} and {last}.")
                continue
            if name in self._constants:
                fallback = self._constants[name]
            elif not bar:
                fallback = self._defaults.get(name, "")
            pieces += [(text[at : match.start()], None), (_clean_value(fallback), name)]
            at = match.end()
        pieces.append((text[at:], None))
        return pieces


def build_substitutions(fields: Sequence[MergeField], recipient: MergeRecipient) -> dict[str, str]:
    """What each token becomes for this recipient."""
    columns = build_merge_columns(
        fields, [recipient.email], [recipient.first_name], [recipient.token], [recipient.date]
    )
    return {field.token: column[0] for field, column in zip(fields, columns, strict=True)}


def build_merge_columns(
    fields: Iterable[MergeField],
    emails: Sequence[str],
    first_names: Sequence[str],
    tokens: Sequence[str],
    dates: Sequence[str],
) -> list[Sequence[str]]:
    """The values of each field for many recipients: one column per field, in the order of the fields.

    Fields with the same values share one column.
    """
    # Tokens and dates are made by us: they need no cleaning, and a changed token would no longer be valid.
    flat = {
        "email": _flatten_column(emails),
        "first_name": _flatten_column(first_names),
        "token": tokens,
        "date": dates,
    }
    made: dict[tuple[str, str, bool], Sequence[str]] = {}
    columns = []
    for field in fields:
        kind = (field.field, field.fallback, field.html)
        if kind not in made:
            made[kind] = _build_column(flat[field.field], field)
        columns.append(made[kind])
    return columns


def _build_column(flat: Sequence[str], field: MergeField) -> Sequence[str]:
    filled = [value or field.fallback for value in flat] if "" in flat and field.fallback else flat
    if not field.html:
        return filled
    together = "".join(filled)
    return [html.escape(value) for value in filled] if any(sign in together for sign in _ESCAPED) else filled


def _flatten_column(values: Sequence[str]) -> Sequence[str]:
    # This runs for millions of recipients and nearly every value is clean, so they are checked together.
    together = f"|{'|'.join(values)}|"
    fine = (
        _is_printable(together)
        and MARKER not in together
        and not (" " in together and any(blanks in together for blanks in _BLANKS))
        and max(map(len, values), default=0) <= LONGEST_VALUE
    )
    return values if fine else list(map(_clean_value, values))


def _is_printable(text: str) -> bool:
    return not text.encode("ascii").translate(None, _PLAIN) if text.isascii() else text.isprintable()


def _clean_value(value: str) -> str:
    return " ".join(neutralise(value).split())[:LONGEST_VALUE]


def personalise(source: str, values: Mapping[str, str]) -> str:
    """`source` with every token replaced in one pass: a value is never searched for further tokens."""
    if not values:
        return source
    pattern = re.compile("|".join(re.escape(token) for token in values))
    return pattern.sub(lambda match: values[match[0]], source)


def personalise_mail(rendered: Rendered, recipient: MergeRecipient) -> Rendered:
    """The mail as one recipient gets it."""
    values = build_substitutions(rendered.merge, recipient)
    return Rendered(
        subject=personalise(rendered.subject, values),
        preheader=personalise(rendered.preheader, values),
        html=personalise(rendered.html, values),
        text=personalise(rendered.text, values),
        problems=rendered.problems,
    )
