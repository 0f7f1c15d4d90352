"""The kinds of notifications: each can be chosen, and what lasts has a rule."""

from __future__ import annotations

from newsletter.jobs.notification_kinds import (
    CONDITION_RULES,
    KIND_RULES,
    KindGroup,
    NotificationKind,
    Scope,
    WebhookForm,
)
from newsletter.kernel.actors import Verb


def test_every_kind_but_the_test_can_be_chosen_and_is_called_something() -> None:
    assert set(KIND_RULES) == set(NotificationKind) - {NotificationKind.TEST}
    labels = [each.label for each in NotificationKind]
    assert len(set(labels)) == len(labels)
    assert WebhookForm.JSON.label == "JSON"


def test_what_is_about_the_service_is_for_those_who_may_configure_it() -> None:
    for kind, rule in KIND_RULES.items():
        assert (rule.scope is Scope.NEWSROOM) is (rule.group is KindGroup.SERVICE)
        if rule.scope is Scope.NEWSROOM:
            assert rule.default is Verb.CONFIGURE, kind


def test_approvers_hear_by_default_what_waits_for_them_and_what_was_not_sent() -> None:
    by_default = {kind for kind, rule in KIND_RULES.items() if rule.default is Verb.APPROVE}
    wanted = {"approval_requested", "not_approved", "held", "missed", "paused", "unknown_outcomes", "bounce_spike"}
    assert by_default == wanted


def test_a_condition_is_told_before_it_can_be_over() -> None:
    for rule in CONDITION_RULES.values():
        assert rule.patience.total_seconds() < 3_600
        assert rule.calm.total_seconds() <= 3_600
