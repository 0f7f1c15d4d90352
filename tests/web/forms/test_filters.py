"""Filters of lists: what of an address counts, and where the next page begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.http import QueryDict

from newsletter.kernel.months import Month
from newsletter.web.forms.filters import PAGE, FilterForm, list_month_choices


@dataclass(frozen=True)
class Row:
    """Something in a list."""

    id: int


def make_form(query: str) -> FilterForm:
    months = list_month_choices((date(2026, 10, 3), date(2026, 11, 24)))
    return FilterForm(QueryDict(query), searched="Any part", state=[("sent", "Sent")], month=months)


def test_what_is_chosen_and_searched_for_is_read() -> None:
    form = make_form("q=+ferry+&state=sent&month=2026-11&after=7&page=2")
    assert form.chosen == {"q": "ferry", "state": "sent", "month": "2026-11"}
    assert (form.text, form.month, form.after, form.status) == ("ferry", Month(2026, 11), 7, 200)


def test_what_is_not_offered_is_refused_at_its_field_and_does_not_count() -> None:
    form = make_form("state=lost&month=1999-01&q=" + "x" * 201 + "&after=x")
    assert form.chosen == {}
    assert form.errors.keys() == {"q", "state", "month"}
    assert (form.status, form.after) == (422, 0)
    assert make_form("q=a%00b").errors.keys() == {"q"}


def test_a_page_says_where_the_next_one_begins_and_keeps_the_filters() -> None:
    page = make_form("state=sent").cut_page([Row(n) for n in range(100, 100 - PAGE - 1, -1)])
    assert len(page.rows) == PAGE
    assert (page.more, page.start) == (f"?state=sent&after={101 - PAGE}", "")
    page = make_form("state=sent&after=51").cut_page([Row(50)])
    assert (page.more, page.start) == ("", "?state=sent")
    assert make_form("").cut_page([Row(n) for n in range(PAGE)]).more == ""


def test_a_list_of_one_newsletter_offers_its_months() -> None:
    assert [value for value, _name in list_month_choices((date(2026, 10, 3), date(2026, 11, 24)))] == [
        "2026-11",
        "2026-10",
    ]
    assert list_month_choices(None) == []


def test_the_months_of_instants_are_those_of_a_zone() -> None:
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert [value for value, _name in list_month_choices((late, late), "Europe/Berlin")] == ["2026-12"]
