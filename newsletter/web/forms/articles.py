"""The forms of an article in the pool: its standing, its tags, the days it may run, a note."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.curator.articles.states import ArticleStanding
from newsletter.kernel import clock
from newsletter.web.forms.base import DayField, DeskForm, SeenField, refuse_bad_input


class StandingForm(DeskForm):
    """What the desk thinks of an article: the button says it."""

    do = forms.ChoiceField(widget=forms.HiddenInput, choices=ArticleStanding.list_choices())
    seen_standing = SeenField()


class TagsForm(DeskForm):
    """The tags of an article, with commas between them."""

    tags = forms.CharField(label=_("Tags"), required=False)
    seen_tags = SeenField()


class DaysForm(DeskForm):
    """The first and the last day on which an article may run. One of its fields has the name of a keyword."""

    until = DayField(required=False)
    seen_from = SeenField()
    seen_until = SeenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = DayField(required=False)

    def clean_seen_from(self) -> date | None:
        """The first day as the page showed it."""
        return self._read_seen_day("seen_from")

    def clean_seen_until(self) -> date | None:
        """The last day as the page showed it."""
        return self._read_seen_day("seen_until")

    def _read_seen_day(self, name: str) -> date | None:
        text = str(self.cleaned_data[name]).strip()
        with refuse_bad_input():
            return clock.parse_day(text, name) if text else None


class NoteForm(DeskForm):
    """A note that colleagues read. What it may be is checked by the service."""

    note = forms.CharField(label=_("Note"), required=False)
