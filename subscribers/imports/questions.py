"""What an importer must answer before anybody is imported. Pure: a layout and a survey in, questions out.

A column that may say who left, who never confirmed or who does not want mail is found by what is in it, for headers
come in any language. Words we know only save questions: a column whose few values nobody knows is asked about, too.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from newsletter.kernel.errors import BadInput
from newsletter.kernel.numbers import is_whole_number
from newsletter.kernel.patterns import LINE, compile_bounded
from subscribers.imports import dates
from subscribers.imports.columns import STATE_TARGETS, Column, Layout, find_tier, is_other_date
from subscribers.imports.countries import is_country
from subscribers.imports.csv import clean_cell
from subscribers.imports.rows import split_tags
from subscribers.imports.state_words import (
    EMPTY,
    NO,
    YES,
    has_word_of_leaving,
    load_meanings,
    names_joining,
    negates,
    normalise_word,
    shows_state,
)
from subscribers.imports.survey import EXAMPLES, ColumnSurvey, FileSurvey
from subscribers.imports.worded_dates import find_languages
from subscribers.states import QuestionKind, SubscriptionState
from subscribers.values import AskedValue, Question

MOST_STATES = 50  # different values of a column that can be a state
FEW_VALUES = 12  # so few different ones that the column may be a state, whatever its words mean
VERY_FEW_VALUES = 4  # the same of a file that is short
LONGEST_STATE = 40  # characters of a word of state
LONGEST_CODE = 2  # characters of a state that is no word; in a short file each may be the only one of its kind
VALUES_SHOWN = 20
_IN_EVERY_ROW = "It has a date in every row: is it when they asked for it, or when they left?"
_IN_JSON = "In its JSON “{}” may say who left."
_NUMBERS = compile_bounded(LINE, r"(?a)\+?(?:[ ()./-]*\d){7,}|[-+]?\d+[.,]\d+|[-+]?\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d+)?")
_DATE = re.compile(r"(?a)\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")  # also one that is no day of a subscriber's: 9999-12-31
_IDENTIFIER = re.compile(r"(?i)(?:^|[\W_])(?:id|no|nr|number)\.?$|(?<=[a-z])(?:Id|ID|nr|number)$")
_ASK_ORDER = "Is the day or the month first in its dates?"
_TEXTS = ("source", "language", "zone")  # what is kept as it stands, whatever it says
_DATED_TARGETS = {"joined_at", "confirmed_at", "tier_until", *STATE_TARGETS} - {"status"}


class UnansweredError(BadInput):
    """A file cannot be imported until its questions are answered. The message names them all, and how to answer."""

    def __init__(self, questions: Sequence[Question]) -> None:
        super().__init__("\n".join(_describe(questions)), "map")
        self.questions = tuple(questions)


def find_questions(layout: Layout, survey: FileSurvey) -> tuple[Question, ...]:
    """All that must be answered about a file, those that surely matter first."""
    asked: list[Question] = []
    orders = decide_date_orders(layout, survey)
    for column in layout.columns:
        seen = survey.columns[column.index]
        if column.target == "email" or (not seen.filled and column.target not in ("status", "wanted")):
            continue
        reason, surely = "", True
        if column.index not in layout.answered:
            reason, surely = _find_reason(column, seen, layout)
        if reason:
            asked.append(_build_column_question(column, seen, reason, surely, _list_examples(layout, column, survey)))
            continue
        unknown = _list_unknown_words(column, seen, layout)
        if unknown:
            kind = QuestionKind.TIERS if column.target == "tier" else QuestionKind.WORDS
            what = "tiers" if column.target == "tier" else "words"
            reason = "Its tags may say who left." if column.target == "tags" else f"It has {what} we do not know."
            if all(each.meaning == SubscriptionState.ACTIVE for each in unknown):
                reason = "It has several words for those who want mail: one of them may mean less."
            words, more = tuple(unknown[:MOST_STATES]), len(unknown[MOST_STATES:])
            asked.append(Question(kind, column.name, reason, words, more))
        if column.target in _DATED_TARGETS and seen.either and column.index not in orders:
            examples = _list_examples(layout, column, survey)
            asked.append(Question(QuestionKind.DATES, column.name, _ASK_ORDER, examples=examples))
    surely = any(each.kind == QuestionKind.COLUMN and each.surely for each in asked)
    if not layout.has_state and not any(each.kind == QuestionKind.COLUMN for each in asked):
        asked += _ask_about_joining(layout, survey)
    if surely or any(column.target in STATE_TARGETS for column in layout.columns):
        # What is the same in all rows tells nobody from anybody.
        asked = [each for each in asked if each.surely or len(each.values) > 1]
    return tuple(sorted(asked, key=lambda question: not question.surely))


def _ask_about_joining(layout: Layout, survey: FileSurvey) -> list[Question]:
    """Questions about dates of joining that are so by a word beside others, where nothing else says who left.

    In a file of those who left it may be the date of leaving.
    """
    return [
        _build_column_question(column, seen, _IN_EVERY_ROW, True, _list_examples(layout, column, survey))
        for column in layout.columns_for("joined_at")
        if column.index not in layout.answered and names_joining(column.name)
        for seen in [survey.columns[column.index]]
        if seen.filled and not seen.blank
    ]


def _build_column_question(
    column: Column, seen: ColumnSurvey, reason: str, surely: bool, examples: tuple[tuple[str, str], ...]
) -> Question:
    values = _list_values(seen)
    more = max(len(values) - VALUES_SHOWN, 0) + bool(seen.others)
    return Question(QuestionKind.COLUMN, column.name, reason, tuple(values[:VALUES_SHOWN]), more, examples, surely)


def decide_date_orders(layout: Layout, survey: FileSurvey) -> dict[int, bool]:
    """Of each column with numeric dates, whether the day comes first: by the column, or by the others of the file."""
    file_order = _find_file_order(survey)
    orders: dict[int, bool] = {}
    for column in layout.columns:
        seen = survey.columns[column.index]
        answered = layout.day_first.get(column.index)
        order = answered if answered is not None else _find_order(seen)
        order = file_order if order is None and not (seen.day_first and seen.month_first) else order
        if order is not None:
            orders[column.index] = order
    return orders


def decide_languages(layout: Layout, survey: FileSurvey) -> dict[int, frozenset[str]]:
    """Of each column with names of months that are another month elsewhere, the languages all its dates can be in."""
    languages: dict[int, frozenset[str]] = {}
    for column in layout.columns:
        if column.target not in _DATED_TARGETS:
            continue
        found = [theirs for value in survey.columns[column.index].values if (theirs := find_languages(value))]
        if found and (common := frozenset.intersection(*found)):
            languages[column.index] = common
    return languages


def _find_order(seen: ColumnSurvey) -> bool | None:
    return None if bool(seen.day_first) == bool(seen.month_first) else bool(seen.day_first)


def _find_file_order(survey: FileSurvey) -> bool | None:
    """The order of all columns that have one, where it is the same: a program writes its dates in one way."""
    orders = {order for seen in survey.columns if (order := _find_order(seen)) is not None}
    return orders.pop() if len(orders) == 1 else None


def _find_reason(column: Column, seen: ColumnSurvey, layout: Layout) -> tuple[str, bool]:
    """Why a column must be asked about, "" where it need not, and whether it surely speaks of the state."""
    if column.target in STATE_TARGETS:
        others = [other for other in layout.columns if other.target in STATE_TARGETS and other is not column]
        if column.target == "wanted" and not seen.filled and not layout.is_known(column):
            return ("" if others else "It is empty in all rows, and nothing else says who wants mail.", True)
        too_many = column.target == "status" and (seen.others or len(seen.values) > MOST_STATES)
        return ("It is called a state, but has too many different values to be one." if too_many else "", True)
    known_state = layout.has_state
    if column.unnamed or (column.target == "attribute" and not layout.is_known(column)):
        known_date = bool(layout.columns_for("joined_at") or layout.columns_for("confirmed_at"))
        return _look_like_state(column, seen, known_state, known_date)
    if column.target in _TEXTS and layout.tool.name == "generic" and any(map(_speaks_of_leaving, seen.values)):
        return "One of its values has a word for somebody who left.", True
    if known_state:
        return "", True
    if column.target == "attributes" and (name := _find_state_in_json(seen)):
        return _IN_JSON.format(name), True
    if column.target in ("joined_at", "confirmed_at") and seen.blank and shows_state(column.name):
        return f"It is empty in {seen.blank} rows, and nothing else says who wants mail.", True
    speaks_of_state = seen.blank and shows_state(column.name) and not layout.is_known(column)
    if column.target in ("reason", "ignore") and speaks_of_state:
        return f"It is filled in {seen.filled} rows alone, and nothing else says who left.", True
    return "", True


def _look_like_state(column: Column, seen: ColumnSurvey, known_state: bool, known_date: bool) -> tuple[str, bool]:
    values = seen.values
    words = {normalise_word(value) for value in values}
    if values and all(map(_is_network_or_link, values)):
        return "", True
    dated = seen.holds_dates and not seen.blank and not any(map(dates.is_no_date, values))
    if shows_state(column.name) and not column.unnamed:
        return (_IN_EVERY_ROW if dated and not known_date else "By its name it may say who left."), True
    if name := _find_state_in_json(seen):
        return _IN_JSON.format(name), not known_state
    if seen.holds_births:
        return "", True
    if not seen.others and len(values) <= MOST_STATES:
        if all(load_meanings().get(word) in (YES, NO) for word in words):
            return "It says yes or no.", True
        if any(len(value) <= LONGEST_STATE and shows_state(value) for value in values):
            return "It has words for a state.", True
        if len(values) <= FEW_VALUES and any(len(value) <= LONGEST_STATE and negates(value) for value in values):
            return "One of its values says no to something.", True
    holds_some = seen.holds_dates or (seen.blank and any(map(dates.looks_like_date, values)))
    if holds_some and (seen.blank or any(map(dates.is_no_date, values))):
        return f"It has dates in {seen.filled} rows and none in {seen.blank}.", not known_state
    if dated and not known_date and not (known_state and is_other_date(column.name)):
        return _IN_EVERY_ROW, not known_state
    return ("" if known_state else _find_groups(seen)), False


def _find_groups(seen: ColumnSurvey) -> str:
    """Why a column whose words nobody knows may tell some people from others; "" where it cannot be a state."""
    values = seen.values
    if all(map(_is_plain_data, values)):
        return ""
    rows, different = seen.filled + seen.blank, len(values) + bool(seen.blank)
    repeated = rows >= 2 * different or (different <= VERY_FEW_VALUES and rows > different)
    codes = 1 < rows < VERY_FEW_VALUES and max(map(len, values)) <= LONGEST_CODE and not _IDENTIFIER.search(seen.name)
    words = all(len(value) <= LONGEST_STATE and "\n" not in value for value in values)
    if not seen.others and len(values) <= FEW_VALUES and words and (repeated or codes):
        return f"It has only {len(values)} different value{'s' if len(values) > 1 else ''}."
    if 2 * seen.blank > rows:
        return f"It is filled in {seen.filled} of {rows} rows."
    most = max(values, key=values.__getitem__, default="")
    if 1 < rows < 2 * values.get(most, 0) and not is_whole_number(most):
        return f"Most rows have “{most[:LONGEST_STATE]}” in it."
    return ""


def _is_plain_data(value: str) -> bool:
    """Whether a cell is something that no program writes for a state: a telephone number, a price, a country."""
    number = _NUMBERS.fullmatch(value) and not _DATE.fullmatch(value)
    return "@" in value or bool(number) or _is_network_or_link(value) or is_country(value)


def _speaks_of_leaving(text: str) -> bool:
    return has_word_of_leaving(text) or negates(text)


def _is_network_or_link(value: str) -> bool:
    """Whether a cell is an address in a network, or of a page: no word for anything."""
    if "://" in value:
        return True
    try:
        return bool(ipaddress.ip_address(value))
    except ValueError:
        return False


def _find_state_in_json(seen: ColumnSurvey) -> str:
    """The first key of JSON in a column that may say who left, by its name; "" for none."""
    for value in seen.values:
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            continue
        if key := next(filter(shows_state, _list_keys(found)), ""):
            return key
    return ""


def _list_keys(document: Any) -> Iterator[str]:
    """The keys of a JSON document, of those in it as well."""
    if isinstance(document, dict):
        yield from document
    for each in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from _list_keys(each)


def _list_unknown_words(column: Column, seen: ColumnSurvey, layout: Layout) -> list[AskedValue]:
    """The values of a column for which no state, or no tier, is known."""
    if column.target == "tier":
        known = [value for value in seen.values if find_tier(value, layout) is not None]
    elif column.target == "status":
        doubtful = layout.find_doubtful_words(column, seen.values)
        known = [value for value in seen.values if layout.read_status(column, value) and value not in doubtful]
    elif column.target in STATE_TARGETS:
        known = [value for value in seen.values if layout.read_flag(column, value) is not None]
    elif column.target == "tags" and column.index not in layout.answered:
        return _list_doubtful_tags(column, seen, layout)
    else:
        return []
    unknown = [each for each in _list_values(seen) if each.value not in known]
    asks_blank = column.target == "status" and layout.tool.name == "generic" and not layout.read_status(column, "")
    return [each for each in unknown if each.value != EMPTY or asks_blank]


def _list_doubtful_tags(column: Column, seen: ColumnSurvey, layout: Layout) -> list[AskedValue]:
    """The tags that may say who left, and nobody said what they mean."""
    found: Counter[str] = Counter()
    for value, count in seen.values.items():
        found.update({tag: count for tag in split_tags(value) if layout.read_tag(column, tag) is None})
    return [
        AskedValue(tag, count, meaning=load_meanings().get(normalise_word(tag), "")) for tag, count in found.items()
    ]


def _list_values(seen: ColumnSurvey) -> list[AskedValue]:
    """The values of a column, the most frequent first, and the empty cells."""
    listed = [
        AskedValue(value[:60], count, seen.first_line(value), load_meanings().get(normalise_word(value), ""))
        for value, count in sorted(seen.values.items(), key=lambda each: -each[1])
    ]
    return [*listed, AskedValue(EMPTY, seen.blank)] if seen.blank else listed


def _list_examples(layout: Layout, column: Column, survey: FileSurvey) -> tuple[tuple[str, str], ...]:
    email = layout.columns_for("email")[0].index
    pairs = [
        (clean_cell(row[email])[:100], clean_cell(row[column.index])[:60])
        for row in survey.sample
        if max(email, column.index) < len(row)
    ]
    different: dict[str, tuple[str, str]] = {}
    for address, value in pairs:
        if value:
            different.setdefault(value, (address, value))
    return tuple(different.values())[:EXAMPLES]


def _describe(questions: Sequence[Question]) -> list[str]:
    """The questions as text, with the options that answer them."""
    lines = ["Nothing is imported yet: these questions are open."]
    for question in questions:
        lines.append(f"“{question.column}”: {question.reason}")
        if question.values:
            values = ", ".join(f"{each.value} ({each.count})" for each in question.values[:8])
            lines.append(f"    {values}{' …' if len(question.values) > 8 or question.more_values else ''}")
        lines.extend(f"    e.g. {address}: {value}" for address, value in question.examples if not question.values)
        lines.append(f"    {_describe_answer(question)}")
    if any(not question.surely for question in questions):
        lines.append("--other-columns attribute answers all that only have few different values.")
    return lines


def _describe_answer(question: Question) -> str:
    name = question.column
    if question.kind == QuestionKind.DATES:
        return f"--dates '{name}=day-first' or '{name}=month-first'"
    word = question.values[0].value if question.values else ""
    if question.kind == QuestionKind.TIERS:
        return f"--tier-value '{word}=paid' (or free, metered, comp, or one of your own)"
    if question.kind == QuestionKind.WORDS:
        return f"--status-value '{name}:{word}=active' (or pending, unsubscribed, bounced, complained, suppressed)"
    return (
        f"--map '{name}=status' if it is the state; =wanted, =left, =confirmed, =bounced, =complained for yes, no or a "
        "date; =joined_at if it is when they asked for it; =attribute to keep it as something else; =ignore to leave "
        f"it out{_describe_words(question)}"
    )


def _describe_words(question: Question) -> str:
    """How the words of a column that is the state are answered with it, where not all are known."""
    unknown = [each.value for each in question.values if not each.meaning and not dates.looks_like_date(each.value)]
    if not unknown:
        return ""
    return f"\n    and with =status, what each word means: --status-value '{question.column}:{unknown[0]}=active'"


def asks_about_dates(question: Question) -> bool:
    """Whether a question is about a column of dates: what each of them means need not be asked."""
    texts = [each.value for each in question.values if each.value != EMPTY and not dates.is_no_date(each.value)]
    return question.kind == QuestionKind.COLUMN and bool(texts) and all(map(dates.looks_like_date, texts))


def to_json(question: Question) -> dict[str, Any]:
    """A question as JSON."""
    return {
        "kind": question.kind.value,
        "column": question.column,
        "reason": question.reason,
        "values": [{"value": v.value, "count": v.count, "line": v.line, "meaning": v.meaning} for v in question.values],
        "more_values": question.more_values,
        "examples": [list(each) for each in question.examples],
        "surely": question.surely,
    }


def from_json(stored: Mapping[str, Any]) -> Question:
    """A question from its JSON."""
    return Question(
        QuestionKind(stored["kind"]),
        stored["column"],
        stored["reason"],
        tuple(AskedValue(**each) for each in stored["values"]),
        stored["more_values"],
        tuple((address, value) for address, value in stored["examples"]),
        stored["surely"],
    )
