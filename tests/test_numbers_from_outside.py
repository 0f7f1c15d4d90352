"""Only ASCII digits count as digits: nothing reads a number from outside with what takes those of every script.

`str.isdigit`, `isdecimal`, `isnumeric`, `\\d` and `int` know some seven hundred digits. What one part of the program
takes for a number another may not: `newsletter.kernel.numbers` reads them all.
"""

from __future__ import annotations

import ast
import calendar
import re
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from newsletter.checks import wording
from newsletter.cli.newsletters import _parse_section
from newsletter.curator.articles.extraction.date import find_in_url, parse_declared, parse_written
from newsletter.kernel.errors import BadInput
from newsletter.scheduling.rule_text import parse_time
from subscribers.imports.attribute_values import convert_to_kind
from subscribers.imports.dates import parse_date
from subscribers.segments.grammar import parse_definition

ROOT = Path(__file__).resolve().parents[1]
HELPER = "newsletter/kernel/numbers.py"
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")

METHODS = {"isdigit", "isdecimal", "isnumeric"}
ONLY_LOOKS = {  # patterns and tests that look for digits and read no number
    "newsletter/checks/client_support.py": "units in our own style sheets",
    "newsletter/curator/articles/blurbs.py": "“+1234 chars” at the end of a text",
    "newsletter/curator/articles/extraction/caption.py": "sizes at the end of a file's name",
    "newsletter/curator/articles/extraction/phrases.py": "lines that are no part of a text, and what is no name",
    "newsletter/curator/articles/grouping.py": "words: digits of every script are part of one",
}
KNOWN_DIGITS = {  # what is given to int() or float() here is a number, our own text, or digits by a check before
    ("newsletter/cli/demo.py", "kept.read_text()"),
    ("newsletter/cli/demo.py", "match[2]"),
    ("newsletter/config.py", "value"),
    ("newsletter/curator/editions/revisions.py", "part.removeprefix(BOX)"),
    ("newsletter/config.py", "read('NEWSLETTER_AUDIT_MONTHS')"),
    ("newsletter/config.py", "read('NEWSLETTER_FORGET_MONTHS')"),
    ("newsletter/config.py", "read('NEWSLETTER_MAILS_PER_ADDRESS')"),
    ("newsletter/config.py", "read('NEWSLETTER_PER_MINUTE')"),
    ("newsletter/config.py", "read('NEWSLETTER_PROOF_MONTHS')"),
    ("newsletter/config.py", "read('NEWSLETTER_QUEUED_CONFIRMATIONS_PER_MINUTE')"),
    ("newsletter/config.py", "read('NEWSLETTER_REMINDERS_PER_NETWORK')"),
    ("newsletter/config.py", "read('NEWSLETTER_SESSION_HOURS')"),
    ("newsletter/config.py", "read('NEWSLETTER_SESSION_IDLE_MINUTES')"),
    ("newsletter/config.py", "read('NEWSLETTER_SIGN_IN_DAYS')"),
    ("newsletter/config.py", "read('NEWSLETTER_SIGNUPS_PER_FORM')"),
    ("newsletter/config.py", "read('NEWSLETTER_SIGNUPS_PER_NETWORK')"),
    ("newsletter/config.py", "read('NEWSLETTER_TRUSTED_PROXIES')"),
    ("newsletter/curator/articles/stories.py", "str(old)"),
    ("newsletter/delivery/events/inbox.py", "timestamp[:11]"),
    ("newsletter/delivery/providers/sendgrid.py", "error.status_code"),
    ("newsletter/delivery/providers/sendgrid.py", "match[1]"),
    ("newsletter/delivery/providers/sendgrid_events.py", "number"),
    ("newsletter/delivery/providers/sendgrid_events.py", "value"),
    ("newsletter/delivery/reports/ledger_sums.py", "each"),
    ("newsletter/delivery/sending/backlog.py", "abandoned"),
    ("newsletter/fetching.py", "address"),
    ("newsletter/fetching.py", "declared"),
    ("newsletter/fetching.py", "declared[:MOST_DIGITS]"),
    ("newsletter/fetching.py", "value.strip()[:9]"),
    ("newsletter/jobs/tasks.py", "count"),
    ("newsletter/kernel/network.py", "parsed"),
    ("newsletter/scheduling/recurrence.py", "day"),
    ("newsletter/scheduling/recurrence.py", "each"),
    ("newsletter/scheduling/recurrence.py", "found[1]"),
    ("newsletter/scheduling/recurrence.py", "parts.get('INTERVAL', '1')"),
    ("newsletter/scheduling/recurrence.py", "self.parts.get('INTERVAL', '1')"),
    ("newsletter/scheduling/rule_text.py", "day"),
    ("newsletter/scheduling/rule_text.py", "each"),
    ("newsletter/scheduling/rule_text.py", "match[1]"),
    ("newsletter/scheduling/rule_text.py", "match[2]"),
    ("newsletter/scheduling/rule_text.py", "until[4:6]"),
    ("newsletter/scheduling/rule_text.py", "until[6:8]"),
    ("newsletter/scheduling/rule_text.py", "until[:4]"),
    ("newsletter/scheduling/rule_text.py", "word"),
    ("newsletter/scheduling/schedules.py", "day"),
    ("newsletter/scheduling/schedules.py", "values['open_before_minutes']"),
    ("newsletter/scheduling/values.py", "day"),
    ("subscribers/audience.py", "count"),
    ("subscribers/imports/dates.py", "text[:10]"),
    ("subscribers/imports/survey.py", "found[1]"),
    ("subscribers/imports/survey.py", "found[2]"),
    ("subscribers/audience.py", "highest"),
    ("subscribers/imports/chunks.py", "cursor.fetchone()[0]"),
    ("subscribers/imports/columns.py", "m[0]"),
    ("subscribers/imports/workbook.py", "cell"),
    ("subscribers/imports/dates.py", "day"),
    ("subscribers/imports/dates.py", "hour"),
    ("subscribers/imports/dates.py", "minute"),
    ("subscribers/imports/dates.py", "month"),
    ("subscribers/imports/dates.py", "second"),
    ("subscribers/imports/dates.py", "slashed[1]"),
    ("subscribers/imports/dates.py", "slashed[2]"),
    ("subscribers/imports/dates.py", "year"),
    ("subscribers/imports/merge.py", "self._cursor.fetchone()[0]"),
    ("subscribers/imports/merge_statements.py", "each"),
    ("subscribers/segments/grammar.py", "number"),
    ("subscribers/subscription_counts.py", "kept"),
    ("subscribers/subscription_counts.py", "n"),
    ("subscribers/imports/attribute_values.py", "number"),
}


def trees() -> Iterator[tuple[str, ast.AST]]:
    """Every module of ours but the helper, parsed."""
    for package in ("newsletter", "subscribers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "migrations" not in path.parts and name != HELPER:
                yield name, ast.parse(path.read_text())


def takes_every_script(pattern: str) -> bool:
    """Whether a pattern takes digits of every script: \\d, but for one in a class that excludes."""
    return not pattern.startswith("(?a)") and r"\d" in re.sub(r"\[\^[^\]]*\]", "", pattern)


def test_patterns_and_questions_about_digits_know_only_ascii_or_read_no_number() -> None:
    found = {
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in METHODS)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and takes_every_script(node.value))
    }
    assert found == set(ONLY_LOOKS)


def may_be_text(node: ast.expr) -> bool:
    """Whether the argument of int() or float() may be a text: no arithmetic, nothing that gives a number."""
    if isinstance(node, ast.Constant | ast.BinOp | ast.BoolOp):
        return False
    called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    return not called.endswith(("total_seconds", "timestamp", "sum", "max", "min", "step"))


def test_numbers_are_read_by_the_helper_or_are_known_to_be_digits() -> None:
    found = {
        (name, ast.unparse(node.args[0]))
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("int", "float")
        and len(node.args) == 1
        and may_be_text(node.args[0])
    }
    assert found - KNOWN_DIGITS == set(), "read it with newsletter.kernel.numbers"
    assert KNOWN_DIGITS - found == set(), "no longer there"


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (parse_date, "24.11.2026"),
        (parse_date, "24/11/2026"),
        (parse_date, "2026-11-24"),
        (parse_date, "24 Nov 2026"),
        (parse_date, "2026-11-24 07:00:00 +0000 UTC"),
        (parse_declared, "2026-11-24"),
        (parse_written, "24 November 2026"),
        (parse_written, "November 24, 2026"),
        (parse_written, "24.11.2026"),
        (parse_written, "on 2026-11-24"),
        (find_in_url, "https://paper.example/2026/11/24/ferry"),
    ],
)
def test_a_date_in_digits_of_another_script_is_no_date(read: Any, text: str) -> None:
    assert read(text) is not None
    assert read(text.translate(ARABIC)) is None


@pytest.mark.parametrize(
    ("read", "text", "error"),
    [
        (parse_time, "07:30", BadInput),
        (_parse_section, "top:Top stories:3", BadInput),
        (lambda text: convert_to_kind(text, "number"), "1,234.5", ValueError),
        (lambda text: convert_to_kind(text, "number"), "-2.5", ValueError),
        (
            lambda text: parse_definition({"about": "attribute:age", "op": "is", "value": text}, {"age": "number"}),
            "12.5",
            BadInput,
        ),
    ],
)
def test_a_number_in_digits_of_another_script_is_refused(read: Any, text: str, error: type[Exception]) -> None:
    read(text)
    with pytest.raises(error):
        read(text.translate(ARABIC))


def test_a_day_in_digits_of_another_script_is_not_compared_with_the_day_of_the_edition() -> None:
    day, months = date(2026, 11, 24), tuple(calendar.month_name)[1:]
    check = partial(wording.check_dates, where="subject", what="It", day=day, weekdays=[], months=months)
    assert list(check("News of 23 November"))
    assert not list(check("News of ٢٣ November"))
