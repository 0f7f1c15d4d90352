"""What of a list is shown: a search, choices, a month; and the page of it, which begins behind a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils import formats
from django.utils.translation import gettext, gettext_lazy

from newsletter.kernel import clock
from newsletter.kernel.enums import LabelledEnum
from newsletter.kernel.months import Month, list_months, parse_month
from newsletter.web.fields import read_number
from newsletter.web.forms.base import DeskForm

PAGE = 50  # rows
IN_TROUBLE = "wrong"  # as a state to choose: everything with which something is wrong
Choices = Iterable[tuple[str, str]]
_LABELS = {
    "newsletter": (gettext_lazy("Newsletter"), gettext_lazy("Any newsletter")),
    "list": (gettext_lazy("List"), gettext_lazy("Any list")),
    "source": (gettext_lazy("Source"), gettext_lazy("Any source")),
    "state": (gettext_lazy("State"), gettext_lazy("Any state")),
    "month": (gettext_lazy("Month"), gettext_lazy("Any month")),
}


class _HasId(Protocol):
    @property
    def id(self) -> int: ...


Row = TypeVar("Row", bound=_HasId)
Shown = TypeVar("Shown")


@dataclass(frozen=True, slots=True)
class Page(Generic[Shown]):
    """Some rows of a list. `more` is the query that goes on behind them, `start` that of the beginning; "": here."""

    rows: tuple[Shown, ...]
    more: str
    start: str


class FilterForm(DeskForm):
    """The filters of a list, by GET: what is searched for, and one choice of each kind that there is to choose from."""

    def __init__(self, sent: QueryDict, *, searched: str = "", **choices: Choices) -> None:
        super().__init__(sent, auto_id="filter-%s")
        self.after = read_number(sent, "after") or 0
        if searched:
            attrs = {"type": "search", "placeholder": searched, "class": "input--mid"}
            self.fields["q"] = forms.CharField(
                label=gettext("Search"), required=False, max_length=200, widget=forms.TextInput(attrs=attrs)
            )
        for name, offered in choices.items():
            label, everything = _LABELS[name]
            self.fields[name] = forms.ChoiceField(
                label=label, required=False, choices=[("", everything), *offered], widget=forms.Select
            )
        self.style_controls()

    @property
    def chosen(self) -> dict[str, str]:
        """What is searched for and chosen, by field, without what is wrong."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def text(self) -> str:
        """What is searched for."""
        return self.chosen.get("q", "")

    @property
    def month(self) -> Month | None:
        """The month that is chosen."""
        return parse_month(self.chosen.get("month", ""))

    def cut_page(self, rows: Sequence[Row]) -> Page[Row]:
        """The page that these rows begin; one more than it holds says that there are others."""
        shown = tuple(rows[:PAGE])
        more = self._build_query(after=shown[-1].id) if len(rows) > PAGE else ""
        return Page(shown, more, self._build_query() if self.after else "")

    def _build_query(self, **place: Any) -> str:
        return f"?{urlencode(self.chosen | place)}"


def list_state_choices(states: Iterable[LabelledEnum]) -> Choices:
    """States to choose from, as people read them."""
    return [(each.value, gettext(each.label)) for each in states]


def list_month_choices(between: tuple[date, date] | None, zone: str = "") -> Choices:
    """The months between two days to choose from, or between two instants in a zone; None: there are none."""
    if between is None:
        return []
    first, last = (
        each.astimezone(clock.get_zone(zone)).date() if isinstance(each, datetime) else each for each in between
    )
    # Translators: a month and its year, in the letters of Django's “date” filter.
    form = gettext("F Y")
    return [(each.name, formats.date_format(each.first, form)) for each in list_months(first, last)]
