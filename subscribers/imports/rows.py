"""Parses one record of a file into a row, or into a bad row with the reason. Pure."""

from __future__ import annotations

import csv
import html
import ipaddress
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from newsletter.kernel.errors import BadInput
from newsletter.kernel.patterns import LINE, compile_bounded
from subscribers import addresses, policy
from subscribers.imports import dates
from subscribers.imports.attribute_values import LONGEST_TAG, LONGEST_VALUE, convert_to_kind, to_attribute_slug
from subscribers.imports.columns import STATE_TARGETS, Column, Layout, find_tier
from subscribers.imports.csv import LONGEST_CELL, clean_cell, has_surplus
from subscribers.imports.header_words import names_address
from subscribers.imports.state_words import (
    EMPTY,
    SUPPRESSED,
    has_word_of_leaving,
    is_yes,
    list_words_that_are_no_names,
    load_meanings,
    normalise_name,
    normalise_word,
    says_left,
    shows_state,
)
from subscribers.states import SubscriptionState, Tier
from subscribers.values import BadRow

LONGEST_HEADING = 60  # characters
LONGEST_NAME, MOST_TAGS = 100, 50
MOST_ZONES = 20  # unknown ones that are named
MOST_STATES_KEPT = 10_000  # cells whose meaning is remembered
_SURPLUS = "The row has {} cells, the header {}. Is there a comma, or whatever parts them, in a cell without quotes?"
_ADDRESS_IN_TEXT = compile_bounded(LINE, r"[^\s,;:<>()\[\]\"']+@[^\s,;:<>()\[\]\"']+")
_AT = compile_bounded(LINE, r"\s*(?:@|[\[(]at[\])])\s*", re.IGNORECASE)
_DELETED_SUFFIX = "@deletion-request.substack.com"
# The strongest word against mailing wins, wherever it stands.
STRENGTH = {
    SubscriptionState.ACTIVE: 0,
    SubscriptionState.PENDING: 1,
    SubscriptionState.UNSUBSCRIBED: 2,
    SubscriptionState.BOUNCED: 3,
    SubscriptionState.COMPLAINED: 4,
    SUPPRESSED: 5,
}


class Row(NamedTuple):
    """One subscriber of a file; `status` is one of ours, or "suppressed". A tuple, for there are millions.

    `tags` and `attributes` are JSON, "" for none; the dates are aware, None when the file does not say.
    """

    line: int
    address: str
    first_name: str = ""
    last_name: str = ""
    zone: str = ""
    language: str = ""
    status: str = SubscriptionState.ACTIVE
    tier: str = ""
    tags: str = ""
    attributes: str = ""
    joined_at: datetime | None = None
    confirmed_at: datetime | None = None
    left_at: datetime | None = None
    tier_ends_at: datetime | None = None
    network: str = ""
    source: str = ""
    reason: str = ""
    sendable: bool = True


class SkippedRow(NamedTuple):
    """A row that holds nobody any more: whom the other program deleted at their wish."""

    line: int


@dataclass(slots=True)
class UnknownWord:
    """A word of a status column that nobody knows: how often it stands there, and where first."""

    line: int
    count: int = 0


class RowParser:
    """Makes rows of records by one layout. Words for a state it does not know are gathered in `unknown_words`."""

    def __init__(
        self,
        layout: Layout,
        kinds: Mapping[str, tuple[str, Sequence[str]]] | None = None,
        date_orders: Mapping[int, bool] | None = None,
        languages: Mapping[int, frozenset[str]] | None = None,
    ) -> None:
        """Parses by `layout`.

        `kinds`: the kind of each attribute that is there already, and the choices of one that has some.
        `date_orders`: of columns, whether the day comes first in their dates, `languages`: those of their months.
        """
        self._layout = layout
        self._kinds = kinds or {}
        self._date_orders = date_orders or {}
        self._languages = languages or {}
        self._heading: tuple[int, str] | None = None  # a line that may be a heading of those below it
        self._states: dict[tuple[int, str], str | None] = {}  # what cells of state columns mean, as far as seen
        self.unknown_zones: dict[str, int] = {}
        self.unknown_words: dict[tuple[str, str], UnknownWord] = {}
        # What every row has goes the quick way; the rest is asked only where there is such a column.
        self._width = len(layout.columns)
        self._no_names = list_words_that_are_no_names()
        self._email = layout.columns_for("email")[0].index
        self._plain = [(c.target, c.index) for c in layout.columns if c.target in _TEXT_TARGETS]
        self._status = layout.status or SubscriptionState.ACTIVE
        self._rest = [
            c for c in layout.columns if c.target not in _TEXT_TARGETS and c.target not in ("email", "ignore")
        ]

    def parse_rows(self, records: Iterator[tuple[int, list[str]]]) -> Iterator[Row | BadRow | SkippedRow]:
        """Every record, made into what it is."""
        for line, cells in records:
            row = self.parse_row(line, cells)
            if isinstance(row, BadRow):
                out = self._find_those_out(line, cells)
                heading = "" if out or self._heading else self._find_heading(cells)
                self._heading = (line, heading) if heading else self._heading
                yield from out or (row,)
                continue
            if self._heading:
                raise _build_heading_error(*self._heading)
            yield row

    def _find_those_out(self, line: int, cells: Sequence[str]) -> list[Row]:
        """Those a bad row says have left: that outweighs a name that cannot be read. Nobody for any other row.

        Else another row of the file, or an older import, would go on saying that they want mail.
        """
        typed = cells[self._email] if self._email < len(cells) else ""
        if "@" not in typed:
            return []
        state = self._find_state_of_bad_row(line, cells, typed)
        if STRENGTH[state] < STRENGTH[SubscriptionState.UNSUBSCRIBED]:
            return []
        found = []
        for part in _ADDRESS_IN_TEXT.findall(typed[:LONGEST_CELL]):
            try:
                address, sendable = _parse_address(part)
            except BadInput:
                continue
            found.append(Row(line, address, status=state, sendable=sendable))
        return found

    def _find_state_of_bad_row(self, line: int, cells: Sequence[str], typed: str) -> str:
        """The strongest state a row shows: by its columns; by all its words where it does not fit the header."""
        if has_surplus(cells, self._width):
            states = [load_meanings().get(normalise_word(cell), "") for cell in cells]
        else:
            columns = [(c, cells[c.index]) for c in self._rest if c.target in STATE_TARGETS and c.index < len(cells)]
            read = [self._read_state(line, c, clean_cell(cell)) for c, cell in columns if len(cell) <= LONGEST_CELL]
            beside = re.findall(r"\w+", _ADDRESS_IN_TEXT.sub(" ", typed[:LONGEST_CELL]))
            states = [self._layout.status, *read, *(load_meanings().get(normalise_word(word), "") for word in beside)]
        states = [state for state in states if state in STRENGTH]
        return max(states, key=STRENGTH.__getitem__, default=SubscriptionState.ACTIVE)

    def parse_row(self, line: int, cells: Sequence[str]) -> Row | BadRow | SkippedRow:
        """One record. A cell that is missing is empty."""
        if len(cells) > self._width and has_surplus(cells, self._width):
            return BadRow(line, "email", clean_cell(",".join(cells))[:200], _SURPLUS.format(len(cells), self._width))
        typed = cells[self._email] if self._email < len(cells) else ""
        if len(typed) > LONGEST_CELL:
            return BadRow(line, "email", typed[:40] + "…", "The cell is too long.")
        try:
            address, sendable = _parse_address(typed)
        except BadInput as error:
            return BadRow(line, "email", clean_cell(typed)[:200], str(error))
        fields: dict[str, Any] = {}
        for name, index in self._plain:
            cell = cells[index] if index < len(cells) else ""
            if cell.isalnum() and len(cell) <= LONGEST_NAME and cell.casefold() not in self._no_names:
                fields[name] = cell
            elif cell:
                bad = _find_bad_cell(line, name, cell)
                if bad is not None:
                    return bad
                fields[name] = clean_cell(cell)
        if not self._rest:
            return self._build_row(line, address, sendable, fields, self._status)
        if address.endswith(_DELETED_SUFFIX) and self._layout.tool.name == "substack":
            return SkippedRow(line)
        try:
            status = self._read_other_columns(line, cells, fields)
        except _BadRowError as bad:
            return bad.row
        return self._build_row(line, address, sendable, fields, status)

    def _find_heading(self, cells: Sequence[str]) -> str:
        """What a line says of those below it instead of naming anybody; "" for any other line.

        It is a line of column names, or one text alone: in place of an address, or anywhere if it speaks of the state.
        """
        texts = [cell.strip() for cell in cells if cell.strip()]
        if not texts or any("@" in text for text in texts):
            return ""
        typed = cells[self._email].strip() if self._email < len(cells) else ""
        if len(texts) > 1:
            return ", ".join(texts) if names_address(typed) else ""
        text = texts[0][:LONGEST_HEADING]
        in_place_of_address = bool(typed) and self._width > 1 and "." not in text and any(map(str.isalpha, text))
        adorned = not text[0].isalnum() or text[-1] == ":"
        return text if in_place_of_address or adorned or shows_state(text) or has_word_of_leaving(text) else ""

    def _build_row(self, line: int, address: str, sendable: bool, fields: dict[str, Any], status: str) -> Row | BadRow:
        zone = self._read_zone(fields["zone"]) if "zone" in fields else ""
        first, last = split_name(fields.get("first_name", ""), fields.get("last_name", ""), fields.get("name", ""))
        return Row(
            line,
            address,
            first[:LONGEST_NAME],
            last.strip()[:LONGEST_NAME],
            zone,
            fields.get("language", "")[:16],
            status or SubscriptionState.ACTIVE,
            fields.get("tier", ""),
            fields.get("tags", ""),
            fields.get("attributes", ""),
            fields.get("joined_at"),
            fields.get("confirmed_at"),
            fields.get("left_at"),
            fields.get("tier_ends_at") if fields.get("tier", "") not in ("", Tier.FREE) else None,
            fields.get("network", ""),
            fields.get("source", "")[:200],
            fields.get("reason", "")[:200],
            sendable,
        )

    def _read_zone(self, typed: str) -> str:
        """The time zone of a cell; one that there is not costs the zone, not the subscriber."""
        zone = find_zone(typed)
        if typed and not zone and (len(self.unknown_zones) < MOST_ZONES or typed in self.unknown_zones):
            self.unknown_zones[typed] = self.unknown_zones.get(typed, 0) + 1
        return zone

    def _read_other_columns(self, line: int, cells: Sequence[str], fields: dict[str, Any]) -> str:
        """What not every file has; the status the row has by all its columns together. Raises _Bad."""
        layout = self._layout
        states = [layout.status] if layout.status else []
        tags: list[str] = []
        values: dict[str, Any] = {}
        paying = plan = ""
        for column in self._rest:
            raw = cells[column.index] if column.index < len(cells) else ""
            if len(raw) > LONGEST_CELL:
                raise _BadRowError(BadRow(line, column.name, raw[:40] + "…", "The cell is too long."))
            text = clean_cell(raw)
            target = column.target
            if target in STATE_TARGETS:
                state = self._read_state(line, column, text)
                if state:
                    states.append(state)
                if target in ("left", "bounced", "complained") and state in policy.OUT_STATES:
                    fields["left_at"] = fields.get("left_at") or self._parse_date(column, text)
                elif target == "confirmed" and not state:
                    fields["confirmed_at"] = fields.get("confirmed_at") or self._parse_date(column, text)
            elif not text:
                continue
            elif target == "attribute":
                values[column.attribute] = self._convert_value(line, column.attribute, column.name, text)
            elif target == "attributes":
                values |= self._read_attributes(line, column.name, text)
            elif target == "tags":
                found = split_tags(text)
                tags += found
                states += filter(None, (self._read_tag(line, column, tag) for tag in found))
            elif target == "tag_if_yes":
                tags += [column.name] if is_yes(text) else []
            elif target == "tier":
                tier = find_tier(text, layout)
                if tier is None:
                    raise _BadRowError(BadRow(line, column.name, text[:100], "This tier is not known."))
                fields["tier"] = tier
            elif target == "tier_until":
                fields["tier_ends_at"] = self._parse_end(line, column, text)
            elif target == "plan":
                plan = text
            elif target == "paying":
                paying = text
            elif target == "comp_if_yes":
                fields["tier"] = "comp" if is_yes(text) else fields.get("tier", "")
            elif target == "paid_if_any":
                fields["tier"] = fields.get("tier") or "paid"
            elif target in ("joined_at", "confirmed_at"):
                fields[target] = fields.get(target) or self._parse_date(column, text)
            elif target == "network":
                fields["network"] = _parse_network(text)
            elif target == "zone_if_known":
                fields["zone"] = find_zone(text)
            elif target == "reason":
                fields["reason"] = fields.get("reason") or text
            else:
                fields[target] = fields.get(target) or text
        if plan or paying:
            fields["tier"] = _tier_of_plan(plan, paying, layout)
        if layout.tool.name == "buttondown":
            fields["tier"] = fields.get("tier") or _tier_of_type(layout, cells)
        if tags:
            fields["tags"] = _dump_tags(tuple(tags))
        if values:
            fields["attributes"] = json.dumps(values, ensure_ascii=False, sort_keys=True)
        if states:
            return max(states, key=STRENGTH.__getitem__)
        if layout.columns_for("status") or layout.columns_for("wanted"):
            raise _BadRowError(BadRow(line, "status", "", "Nothing says whether this subscriber wants mail."))
        return SubscriptionState.ACTIVE

    def _read_state(self, line: int, column: Column, text: str) -> str:
        """The state a cell means; "" for none. An unknown word is noted, and stops the import in the end."""
        key = (column.index, text)
        if key not in self._states:
            if len(self._states) > MOST_STATES_KEPT:  # dates of leaving, each its own
                self._states.clear()
            self._states[key] = self._find_state(column, text)
        state = self._states[key]
        return self._note_unknown(line, column.name, text) if state is None else state

    def _read_tag(self, line: int, column: Column, tag: str) -> str:
        """The state of those with a tag; "" where it says none. One that may say it is noted like an unknown word."""
        key = (column.index, tag)
        if key not in self._states:
            if len(self._states) > MOST_STATES_KEPT:
                self._states.clear()
            self._states[key] = self._layout.read_tag(column, tag)
        state = self._states[key]
        return self._note_unknown(line, column.name, tag) if state is None else state

    def _find_state(self, column: Column, text: str) -> str | None:
        if column.target != "status":
            return self._layout.read_flag(column, text)
        if not text and self._layout.tool.name != "generic":
            return ""
        return self._layout.read_status(column, text) or None

    def _parse_date(self, column: Column, text: str) -> datetime | None:
        order, languages = self._date_orders.get(column.index), self._languages.get(column.index, frozenset())
        return dates.parse_date(text, order, languages) or dates.parse_spreadsheet_date(text)

    def _parse_end(self, line: int, column: Column, text: str) -> datetime | None:
        """When a tier ends: at an instant, or behind its last day. None for one without an end, as in 9999."""
        if dates.is_no_date(text) or text.startswith("9999"):
            return None
        found = self._parse_date(column, text)
        if found is None:
            raise _BadRowError(BadRow(line, column.name, text[:100], "This is no day on which a tier can end."))
        return found if ":" in text and not text.endswith("00:00:00") else found + timedelta(days=1)

    def _note_unknown(self, line: int, name: str, text: str) -> str:
        seen = self.unknown_words.setdefault((name, text[:60] or EMPTY), UnknownWord(line))
        seen.count += 1
        return SUPPRESSED

    def _convert_value(self, line: int, attribute: str, name: str, text: str) -> Any:
        kind, choices = self._kinds.get(attribute, ("text", ()))
        try:
            return convert_to_kind(text, kind, choices)
        except ValueError as error:
            raise _BadRowError(BadRow(line, name, text[:100], str(error))) from None

    def _read_attributes(self, line: int, name: str, text: str) -> dict[str, Any]:
        """Attributes in JSON: numbers and texts as they are, what is nested as JSON text."""
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise _BadRowError(BadRow(line, name, text[:100], "This is not a JSON object."))
        values: dict[str, Any] = {}
        for key, value in list(found.items())[:60]:
            kept = to_attribute_slug(key)
            if not kept or value is None or value == "":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                value = json.dumps(value, ensure_ascii=False)
            if kept in self._kinds:
                value = self._convert_value(line, kept, f"{name}.{key}", str(value))
            values[kept] = value[:LONGEST_VALUE] if isinstance(value, str) else value
        return values

    def refuse_unknown_words(self) -> None:
        """Raises BadInput naming the words of status columns that nobody knows, if there were any."""
        if not self.unknown_words:
            return
        column, word = next(iter(self.unknown_words))
        more = len(self.unknown_words) - 1
        words = ", ".join(
            f"“{text}” ({seen.count} rows, first in line {seen.line})"
            for (_, text), seen in list(self.unknown_words.items())[:8]
        )
        raise BadInput(
            f"The column {column} has {'words' if more else 'a word'} we do not know: "
            f"{words}{' …' if more > 7 else ''}. "
            f"Nothing is imported. Say what {'each' if more else 'it'} means, or that the column is something else.",
            "status",
            command_hint=f"For instance --status-value '{column}:{word}=unsubscribed', or --map '{column}=attribute'.",
        )


def _build_heading_error(line: int, heading: str) -> BadInput:
    return BadInput(
        f"Line {line} says “{clean_cell(heading)[:LONGEST_HEADING]}”: those below it may have left, so nothing is "
        "imported. Give them in a file of their own and say that all in it are unsubscribed, or take the line out.",
        "file",
        command_hint="All in it are: --status unsubscribed.",
    )


class _BadRowError(Exception):
    def __init__(self, row: BadRow) -> None:
        self.row = row


_NAME_TARGETS = ("first_name", "last_name", "name")
_TEXT_TARGETS = ("first_name", "last_name", "name", "language", "zone")


def _parse_address(typed: str) -> tuple[str, bool]:
    """The address, and whether SendGrid can take it: one with letters beyond ASCII before the @ is kept, not mailed."""
    if typed.isascii() and addresses.is_plain(typed):
        return typed, True
    text = _tidy_address(typed)
    unwrapped = addresses.unwrap_address(text)
    if unwrapped.rpartition("@")[0].isascii():
        return addresses.check_address(text), True
    return addresses.check_syntax(unwrapped), False


def _tidy_address(typed: str) -> str:
    """A cell with an address, without what does not show, or is not meant: an address has to be known by any spelling.

    One that was written differently by somebody who left must not stay somebody else.
    """
    shown = "".join(each for each in unicodedata.normalize("NFKC", typed) if unicodedata.category(each) != "Cf")
    text = clean_cell(_AT.sub("@", html.unescape(shown))).strip("'\"").rstrip(".,;")
    return text.partition("?")[0] if text[:7].lower() == "mailto:" else text


def _find_bad_cell(line: int, name: str, cell: str) -> BadRow | None:
    if len(cell) > LONGEST_CELL:
        return BadRow(line, name, cell[:40] + "…", "The cell is too long.")
    if "\n" in cell.strip() or "\r" in cell.strip():
        return BadRow(line, name, cell.strip()[:200], "The cell goes over several lines. Is a quote missing?")
    if name in _NAME_TARGETS and says_left(cell):
        return BadRow(line, name, cell.strip()[:200], "It says that they left. Give that in a column of its own.")
    return None


def split_name(first: str, last: str, name: str) -> tuple[str, str]:
    """First and last name, with what a column called “Name” adds: the whole name, or the part that is not there."""
    if not name or (first and last):
        return first, last
    if not first and not last:
        first, _, last = name.partition(" ")
        return first, last
    given = first or last
    rest = name.removeprefix(f"{given} ").removesuffix(f" {given}").strip(" ,")
    rest = "" if rest == given else rest
    return (first, rest) if first else (rest, last)


@lru_cache(maxsize=4096)
def _dump_tags(tags: tuple[str, ...]) -> str:
    return json.dumps(sorted(dict.fromkeys(tags))[:MOST_TAGS], ensure_ascii=False)


@lru_cache(maxsize=4096)
def split_tags(text: str) -> tuple[str, ...]:
    """The tags in a cell, each once: split at commas, semicolons or bars, or in quotes as Mailchimp writes them."""
    if text[:1] == "[" and text[-1:] == "]":
        parts = [part.strip().strip("'\"") for part in text[1:-1].split(",")]
    elif '"' in text:
        parts = next(csv.reader([text.replace("\n", " ").replace("\r", " ")], skipinitialspace=True), [])
    else:
        parts = re.split(r"[;|]" if re.search(r"[;|]", text) else ",", text)
    flat = [" ".join(part.split())[:LONGEST_TAG] for part in parts]
    return tuple(dict.fromkeys(each for each in flat if each))


def _tier_of_plan(plan: str, paying: str, layout: Layout) -> str:
    tier = find_tier(plan, layout)
    if not layout.columns_for("paying"):
        return tier or "free"
    if tier == "comp":
        return "comp"
    return "paid" if is_yes(paying) and (tier != "free" or not plan) else "free"


def _tier_of_type(layout: Layout, cells: Sequence[str]) -> str:
    """Buttondown says in one word who gets mail and who pays."""
    column = layout.columns_for("status")[:1]
    word = normalise_name(cells[column[0].index]) if column and column[0].index < len(cells) else ""
    return {
        "premium": "paid",
        "churning": "paid",
        "pastdue": "paid",
        "paused": "paid",
        "gifted": "comp",
        "trialed": "comp",
    }.get(word, "free")


@lru_cache(maxsize=4096)
def _parse_network(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return ""


@lru_cache(maxsize=1)
def _list_zones() -> Mapping[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def find_zone(name: str) -> str:
    """The time zone of a name, however its letters are written; "" where there is none."""
    return _list_zones().get(name.strip().replace(" ", "_").casefold(), "")
