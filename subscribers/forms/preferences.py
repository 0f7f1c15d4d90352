"""The forms of what a reader gets, and of what only a fresh link may change."""

from __future__ import annotations

from datetime import date, timedelta
from typing import cast

from django import forms
from django.http import QueryDict

from newsletter.kernel.numbers import parse_whole_number
from subscribers import tokens
from subscribers.states import Frequency

PAUSE_DAYS = (30, 90)  # days


class PreferencesForm(forms.Form):
    """The lists that somebody wants and how often each (“often-7”); or, by a button, which fresh link is mailed."""

    mail = forms.CharField(required=False)

    def clean_mail(self) -> str:
        """What nothing is mailed for is no wish."""
        wanted: str = self.cleaned_data["mail"]
        return wanted if wanted in tokens.BY_MAIL else ""

    def wants(self, list_id: int) -> bool:
        """Whether a list is ticked."""
        return str(list_id) in cast(QueryDict, self.data).getlist("lists")

    def read_frequency(self, list_id: int, paused_until: date | None, today: date) -> tuple[str, date | None] | None:
        """“every”, “weekly”, “pause-30” (days), or “paused”: as it was. None where nothing was chosen."""
        chosen = str(self.data.get(f"often-{list_id}", ""))
        kind, _dash, days = chosen.partition("-")
        wanted = parse_whole_number(days)
        if kind == "pause" and wanted is not None and wanted in PAUSE_DAYS:
            return Frequency.EVERY, today + timedelta(days=wanted)
        if kind == "paused":
            return Frequency.EVERY, paused_until
        return (chosen, None) if chosen else None


class OwnDetailsForm(forms.Form):
    """Language, time zone, and whether opens and clicks may be counted."""

    language = forms.CharField(required=False)
    zone = forms.CharField(required=False)
    asked = forms.BooleanField(required=False)  # an empty box is not sent: this says that there was one
    tracked = forms.BooleanField(required=False)
    untracked = forms.BooleanField(required=False)  # of a page of the version before

    def read_tracking(self, was_tracked: bool) -> bool:
        """Whether they agree to being counted."""
        given = self.cleaned_data
        if given["asked"]:
            return bool(given["tracked"])
        return was_tracked and not given["untracked"]


class OwnAddressForm(forms.Form):
    """An address, and a field that people leave empty."""

    email = forms.CharField(required=False, strip=False)
    website = forms.CharField(required=False)


class OwnErasureForm(forms.Form):
    """Erases whoever means it."""

    sure = forms.BooleanField(required=False)
