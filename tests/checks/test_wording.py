"""The wording checks, one by one."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.checks import wording

DAY = date(2026, 11, 24)  # a Tuesday
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = list(calendar.month_name)[1:]
GERMAN = (
    ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
    [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
)


def of_subject(text: str, earlier: Mapping[date, str] | None = None) -> set[str]:
    found = wording.check_subject(text, day=DAY, weekdays=WEEKDAYS, months=MONTHS, earlier=earlier or {})
    return {each.code for each in found}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no-subject"),
        ("Short", "subject-length"),
        ("x" * 79, "subject-length"),
        ("THE FERRY GETS A SECOND BOAT", "subject-shouts"),
        ("The ferry gets a second boat!!", "subject-shouts"),
        ("Re: The ferry gets a boat", "subject-pretends"),
        ("Your Monday briefing: the ferry", "other-day"),
        ("The ferry, 23 November", "other-day"),
        ("News of November 23rd: a ferry", "other-day"),
    ],
)
def test_what_is_wrong_with_a_subject(text: str, code: str) -> None:
    assert code in of_subject(text)


@pytest.mark.parametrize(
    "text",
    [
        "The ferry gets a second boat",
        "Your Tuesday briefing: the ferry",
        "The ferry, 24 November",
        "What happened on Black Friday",  # a weekday that is not the letter's
        "The ferry of 1 May and what became of it",  # an appointment, not a day left in
        "NATO and the ferry of the upper lake",
    ],
)
def test_a_subject_with_nothing_wrong(text: str) -> None:
    assert of_subject(text) == set()


def test_a_subject_of_the_last_days_is_known_whatever_its_case() -> None:
    assert "subject-repeated" in of_subject("The ferry gets a boat", {date(2026, 11, 23): "“The Ferry” gets a boat!"})


def test_days_are_known_in_the_letters_own_language() -> None:
    found = wording.check_dates(
        "Ihr Montags-Brief vom 23. November", "intro", "Der Brief", day=DAY, weekdays=GERMAN[0], months=GERMAN[1]
    )
    assert [each.code for each in found] == ["other-day"]


@pytest.mark.parametrize(
    "text",
    [
        "A quote TK here",
        "TKTK",
        "Lorem ipsum dolor",
        "See [insert link]",
        "XXX",
        "What???",
        "Headline goes here",
        "[name]",
    ],
)
def test_what_was_to_be_filled_in_is_seen(text: str) -> None:
    assert [each.code for each in wording.check_placeholders(text, "intro")] == ["placeholder"]


@pytest.mark.parametrize(
    "text",
    ["Tk Maxx opens", "What?", "Really??", "The [name](https://a.example.de/x) of the rose", "Xx", "A todo list"],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert list(wording.check_placeholders(text, "intro")) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[Click here](https://paper.co.uk/a)", "generic-link"),
        ("[hier](https://paper.co.uk/a)", "generic-link"),
        ("[the ferry](https://bit.ly/x)", "short-link"),
        ("[the ferry](http://paper.co.uk/a)", "plain-link"),
        ("[the ferry](https://localhost/a)", "broken-link"),
        ("[the ferry](https://desk.local/a)", "local-link"),
        ("[the ferry](javascript:alert)", "broken-link"),
        ("[the ferry](https://[/)", "broken-link"),
        ("[the ferry](paper.co.uk/a)", "broken-link"),
    ],
)
def test_what_is_wrong_with_links(text: str, code: str) -> None:
    assert code in {each.code for each in wording.check_markdown_links(text, "intro")}


def test_a_good_link_is_left_alone() -> None:
    assert (
        list(
            wording.check_markdown_links(
                "[The ferry](https://paper.co.uk/a?b=c) and [the desk](mailto:desk@paper.co.uk)", "intro"
            )
        )
        == []
    )


@given(st.text(max_size=200))
def test_any_words_are_looked_at(text: str) -> None:
    of_subject(text)
    list(wording.check_preheader(text, text))
    list(wording.check_placeholders(text, "intro"))
    list(wording.check_markdown_links(text, "intro"))
    list(wording.check_url(text, "intro"))


@pytest.mark.parametrize("day", [DAY, date(2026, 3, 3)])  # the second has most of the days before in another month
@pytest.mark.parametrize(("back", "found"), [*((back, True) for back in range(1, 8)), (8, False), (-1, False)])
def test_a_date_of_the_last_seven_days_is_one_left_in(day: date, back: int, found: bool) -> None:
    then = day - timedelta(days=back)
    text = f"The ferry of {then.day} {MONTHS[then.month - 1]}"
    message = wording.check_dates(text, "intro", "The intro", day=day, weekdays=WEEKDAYS, months=MONTHS)
    assert [each.code for each in message] == ["other-day"] * found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Good morning {{ first_name, and rain", "{{ first_name, and rain"),
        ("Good morning first_name }}, and rain", "Good morning first_name }}"),
        ("{{ first_name | reader }} and {{ date", "{{ date"),
        ("{{ {{ first_name }}", "{{"),
    ],
)
def test_a_field_without_all_its_braces_blocks(text: str, said: str) -> None:
    (finding,) = wording.check_fields_closed(text, "intro")
    assert (finding.code, finding.blocks, finding.where) == ("open-field", True, "intro")
    assert f"“{said}”" in finding.message


@pytest.mark.parametrize("text", ["", "{{ first_name | reader }}, {{ date }}", "{one} brace", "a } b { c"])
def test_fields_with_their_braces_are_no_finding(text: str) -> None:
    assert list(wording.check_fields_closed(text, "intro")) == []
