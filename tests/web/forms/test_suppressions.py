"""The forms of the suppression list."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from newsletter.kernel.errors import BadInput
from newsletter.web.forms.suppressions import (
    DomainRuleForm,
    LiftForm,
    RemoveDomainRuleForm,
    SuppressForm,
    SuppressionFileForm,
)


@pytest.mark.parametrize(("until", "ends"), [("", None), ("2099-01-31", datetime(2099, 1, 31, tzinfo=UTC))])
def test_an_address_is_suppressed_for_good_or_until_a_day(until: str, ends: datetime | None) -> None:
    form = SuppressForm(QueryDict(f"address=+ann%40example.com+&until={until}"))
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {"address": "ann@example.com", "reason": "", "until": ends}


def test_what_is_no_day_is_refused_at_its_field() -> None:
    assert {*SuppressForm(QueryDict("address=x&until=soon")).errors} == {"until"}


def test_what_the_service_says_of_an_e_mail_address_stands_at_the_address() -> None:
    form = SuppressForm(QueryDict("address=x"))
    form.show_problem(BadInput("That is no address.", "email"))
    assert {*form.errors} == {"address"}


@pytest.mark.parametrize("form_class", [LiftForm, RemoveDomainRuleForm])
def test_a_button_of_a_table_says_what_it_is_about(form_class: type[LiftForm]) -> None:
    assert "__all__" in form_class(QueryDict("")).errors


def test_a_file_is_chosen() -> None:
    assert {*SuppressionFileForm(QueryDict("")).errors} == {"file"}
    file = SimpleUploadedFile("gone.csv", b"address\nann@example.com\n")
    assert SuppressionFileForm(QueryDict(""), MultiValueDict({"file": [file]})).is_valid()


def test_a_rule_denies_or_allows() -> None:
    assert {*DomainRuleForm(QueryDict("domain=&verdict=drop")).errors} == {"domain", "verdict"}
    assert DomainRuleForm(QueryDict("domain=example.com&verdict=deny")).is_valid()
