"""The forms of a newsletter: its settings, and its sponsors."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.http import QueryDict

from newsletter.catalog.settings_fields import FORM_SETTINGS
from newsletter.web.forms.newsletters import RemoveSponsorForm, SettingsForm, SponsorForm

SPONSOR = "label=Sponsored+by+Upland&headline=Boots&url=https://a.example/"


def test_there_is_a_field_for_every_setting_filled_with_what_it_is(newsroom: Any) -> None:
    form = SettingsForm(newsroom.briefing)
    assert list(form.fields) == [each.name for each in FORM_SETTINGS]
    assert (form["zone"].value(), form["state"].value()) == ("Europe/London", "live")
    assert str(form["postal_address"]).count("required=") == 1
    assert "Briefing" in str(form["name"])
    assert '<option value="live" selected>Live</option>' in str(form["state"])


def test_what_the_page_did_not_send_is_not_changed(newsroom: Any) -> None:
    form = SettingsForm(newsroom.briefing, QueryDict("zone=UTC&strap=&seen_zone=Europe/London"))
    assert form.is_valid()
    assert form.read_changes() == {"zone": "UTC", "strap": ""}
    assert form.read_seen() == {"zone": "Europe/London"}


def test_who_may_not_change_settings_reads_them(newsroom: Any) -> None:
    assert "disabled" in str(SettingsForm(newsroom.briefing, disabled=True)["name"])


def test_a_sponsor_without_a_last_day_has_one_day() -> None:
    form = SponsorForm(QueryDict(f"{SPONSOR}&first=2026-12-01&last="))
    assert form.is_valid()
    assert form.cleaned_data["last"] == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("sent", "field", "message"),
    [
        ("label=", "label", "must say so"),
        ("first=1.12.", "first", "is not a date"),
        ("url=ferry", "url", "begins with https://"),
        (f"headline={'x' * 121}", "headline", "at most 120 characters"),
    ],
)
def test_what_is_wrong_with_a_sponsor_stands_at_its_field(sent: str, field: str, message: str) -> None:
    form = SponsorForm(QueryDict(f"{SPONSOR}&first=2026-12-01&{sent}"))
    assert not form.is_valid()
    assert message in form.errors[field][0]


def test_the_sponsor_to_remove_is_named() -> None:
    form = RemoveSponsorForm(QueryDict("sponsor_id=x"))
    assert not form.is_valid()
    assert "does not say which sponsor" in form.non_field_errors()[0]
