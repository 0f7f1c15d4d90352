"""What is wrong with the setup: judged by the settings and by what was last asked, and said when a mailing begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.delivery import setup_problems
from newsletter.delivery.setup_problems import SetupCode
from tests.delivery.conftest import Sent

pytestmark = pytest.mark.django_db
REAL = {
    "provider": "sendgrid",
    "sendgrid_api_key": "SG.x",
    "sendgrid_host": "https://api.sendgrid.com",
    "sendgrid_webhook_keys": ("a key",),
    "base_url": "https://news.example.com",
}


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """Sets up a real provider, with these differences."""

    def change(**differences: Any) -> None:
        settings.CONFIG = replace(settings.CONFIG, **{**REAL, **differences})

    return change


def problems(now: datetime, account: str = "") -> list[tuple[str, bool]]:
    return [(each.code.value, each.grave) for each in setup_problems.list_setup_problems(now, account=account)]


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ({}, []),
        ({"base_url": "http://127.0.0.1:8000"}, [("base-url", True)]),
        ({"base_url": "http://localhost:8000"}, [("base-url", True)]),
        ({"base_url": "http://[::1]:8000"}, [("base-url", True)]),
        ({"sendgrid_webhook_keys": ()}, [("webhook-key", True)]),
        ({"base_url": "http://127.0.0.1:8000", "sendgrid_host": "http://127.0.0.1:9"}, [("base-url", False)]),
        ({"sendgrid_webhook_keys": (), "sendgrid_host": "http://localhost:9"}, [("webhook-key", False)]),
        ({"provider": "smtp", "smtp_url": "smtp://mail.example.com", "sendgrid_webhook_keys": ()}, []),
        (
            {"provider": "smtp", "smtp_url": "smtp://mail.example.com", "base_url": "http://127.0.0.1"},
            [("base-url", True)],
        ),
        ({"provider": "outbox", "base_url": "http://127.0.0.1:8000", "sendgrid_webhook_keys": ()}, []),
        ({"provider": ""}, []),
    ],
)
def test_settings_are_judged_gravely_where_mail_really_leaves(
    configure: Callable[..., None], differences: dict[str, Any], expected: list[tuple[str, bool]], now: datetime
) -> None:
    configure(**differences)
    assert problems(now) == expected


def test_an_answer_counts_for_two_hours_and_for_what_was_asked(configure: Callable[..., None], now: datetime) -> None:
    configure()
    setup_problems.record_probe(SetupCode.BASE_URL, REAL["base_url"], "It does not answer.", now)
    setup_problems.record_probe(SetupCode.API_KEY, "host key1", "It is not known.", now)
    assert problems(now + timedelta(hours=2)) == [("api-key", True), ("base-url", True)]
    assert problems(now, "host key2") == [("base-url", True)], "another key was asked about"
    assert problems(now + timedelta(hours=2, seconds=1)) == []
    configure(base_url="https://other.example.com")
    assert problems(now, "host key1") == [("api-key", True)]
    setup_problems.record_probe(SetupCode.API_KEY, "host key1", "", now)
    assert problems(now) == []


def test_a_mailing_that_begins_says_so_and_is_sent_all_the_same(
    configure: Callable[..., None], sent: Callable[..., Sent], now: datetime
) -> None:
    configure(sendgrid_webhook_keys=())
    mailing = sent(2).mailing
    assert mailing.counts == {"accepted": 2}
    (alarm,) = mailing.alarms
    assert alarm.message.startswith("SendGrid has no way to report")
    assert "It is sent all the same." in alarm.message


def test_a_trial_raises_no_alarm(configure: Callable[..., None], sent: Callable[..., Sent]) -> None:
    configure(sendgrid_webhook_keys=(), sendgrid_host="http://127.0.0.1:9")
    assert sent(1).mailing.alarms == ()
