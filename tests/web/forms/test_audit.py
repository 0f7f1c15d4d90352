"""What the audit log is asked for."""

from __future__ import annotations

import pytest

from newsletter.web.forms.audit import AuditFilterForm

pytestmark = pytest.mark.django_db


def test_an_empty_form_asks_for_all() -> None:
    form = AuditFilterForm({}, newsletters=[])
    assert form.is_valid()
    assert not any(form.cleaned_data.values())


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    form = AuditFilterForm({"since": "2026-11-02", "until": "2026-11-01"}, newsletters=[])
    assert list(form.errors) == ["until"]


def test_an_action_nobody_did_and_a_newsletter_not_seen_are_refused() -> None:
    form = AuditFilterForm({"action": "x", "newsletter": "evening"}, newsletters=[("morning", "Morning")])
    assert sorted(form.errors) == ["action", "newsletter"]
