"""Trying out whether a user or a webhook is reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from newsletter.jobs.notification_kinds import MessageState
from newsletter.jobs.notifications import testing
from newsletter.kernel.errors import NotAllowed, NotFound, Refused
from tests.actors import SYSTEM, act_as
from tests.jobs.notifications.conftest import Routes


def test_a_test_goes_to_the_one_who_is_named_and_as_often_as_asked(people: Any, routes: Routes, now: datetime) -> None:
    for _ in range(2):
        told = testing.send_test_notification("viewer@example.com", by=act_as("viewer@example.com"), now=now)
        assert [each.state for each in told.messages] == [MessageState.SENT]
    assert routes.subjects == [("viewer@example.com", "A test of notifications")] * 2
    assert testing.send_test_notification("chat", by=SYSTEM, now=now).messages[0].arrived
    assert routes.kinds == ["test"]


def test_nobody_tests_for_somebody_else(people: Any, routes: Routes, now: datetime) -> None:
    for recipient in ("editor@example.com", "chat"):
        with pytest.raises(NotAllowed):
            testing.send_test_notification(recipient, by=act_as("viewer@example.com"), now=now)
    for recipient in ("nobody@example.com", "nothing"):
        with pytest.raises(NotFound):
            testing.send_test_notification(recipient, by=SYSTEM, now=now)


def test_without_a_mail_server_it_says_which_setting_is_missing(
    people: Any, routes: Routes, now: datetime, settings: Any
) -> None:
    settings.CONFIG = replace(settings.CONFIG, notify_smtp_url="")
    with pytest.raises(Refused, match="set NEWSLETTER_NOTIFY_SMTP_URL"):
        testing.send_test_notification("editor@example.com", by=act_as("editor@example.com"), now=now)
