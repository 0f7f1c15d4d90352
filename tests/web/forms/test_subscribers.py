"""The forms of subscribers."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.http import QueryDict

from newsletter.kernel.errors import BadInput
from newsletter.web.forms.subscribers import (
    AddressForm,
    AddSubscriberForm,
    DataForm,
    DetailsForm,
    EraseForm,
    LeaveForm,
)
from subscribers.attributes import create_attribute
from tests.actors import SYSTEM

pytestmark = pytest.mark.django_db


def test_details_are_read_as_the_service_takes_them(now: datetime) -> None:
    create_attribute("Town", by=SYSTEM, now=now)
    form = DetailsForm(QueryDict("tier=paid&tier_until=2099-01-31&tag=VIP&attribute=town&value=Leeds"))
    assert form.is_valid(), form.errors
    assert form.read_changes() == {
        "tier": "paid",
        "tier_until": "2099-01-31",
        "add_tags": ["VIP"],
        "attributes": {"town": "Leeds"},
    }
    only_tier = DetailsForm(QueryDict("tier=free"))
    assert only_tier.is_valid()
    assert only_tier.read_changes() == {"tier": "free"}


@pytest.mark.parametrize(("name", "field"), [("until", "tier_until"), ("town", "value"), ("tag", "tag")])
def test_a_refusal_stands_at_the_field_it_is_about(now: datetime, name: str, field: str) -> None:
    create_attribute("Town", by=SYSTEM, now=now)
    form = DetailsForm(QueryDict("tier=paid"))
    form.show_problem(BadInput("That will not do.", name))
    assert {*form.errors} == {field}


def test_the_end_of_a_tier_is_a_day_unless_a_program_gave_an_instant() -> None:
    assert 'type="date"' in str(DetailsForm(initial={"tier_until": "2099-01-31"})["tier_until"])
    assert 'type="text"' in str(DetailsForm(initial={"tier_until": "2099-01-31T12:00:00+00:00"})["tier_until"])


def test_without_attributes_there_is_none_to_set() -> None:
    assert [*DetailsForm().fields] == ["first_name", "last_name", "tier", "tier_until", "tag"]


def test_what_is_missing_is_said_at_its_field() -> None:
    assert {*AddSubscriberForm(QueryDict("list=morning")).errors} == {"email"}
    assert {*AddressForm(QueryDict("seen_address=ann%40example.com")).errors} == {"email"}
    assert "too old to save from" in str(AddressForm(QueryDict("email=ann%40example.org")).errors["__all__"])
    assert {*EraseForm(QueryDict("")).errors} == {"sure"}
    assert {*LeaveForm(QueryDict("list=x")).errors} == {"__all__", "sure"}
    assert DataForm(QueryDict("")).is_valid()
