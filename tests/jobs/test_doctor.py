"""What is misconfigured is named with its remedy, in the order in which one would fix it."""

from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.catalog import newsletter_settings
from newsletter.checks import preflight
from newsletter.delivery import setup_problems
from newsletter.delivery.events import inbox
from newsletter.delivery.models import Batch, Mailing, SeenEvent
from newsletter.delivery.sending import freeze, mailings
from newsletter.jobs import doctor, heartbeats, tasks, wiring
from newsletter.jobs.doctor import DiagnosisLevel
from newsletter.jobs.notification_kinds import NotificationKind
from newsletter.jobs.notifications import recording, sending
from newsletter.jobs.notifications.facts import Fact
from newsletter.scheduling import schedules
from subscribers import rate_limits, self_service
from tests.actors import SYSTEM

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def data_dir(settings: Any) -> None:
    settings.CONFIG.data_dir.mkdir()


def found(now: datetime, level: str = "bad") -> str:
    """What is found of one level, with its remedies."""
    return "\n".join(f"{each.what} {each.remedy}" for each in doctor.examine(now) if each.level == level)


def test_a_newsroom_that_works_has_nothing_bad(
    data_dir: None, newsroom: Any, people: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    readers(1)
    schedules.create_schedule(newsroom.briefing.id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=now)
    heartbeats.record_heartbeat("worker", now=now)
    assert "Morning Briefing" not in found(now, "look")
    assert "Somebody can sign in." in found(now, "ok")
    assert "A worker is running." in found(now, "ok")
    assert "is not https" in found(now)


def test_a_state_folder_inside_the_data_folder_is_bad_where_mail_leaves(
    data_dir: None, newsroom: Any, settings: Any, now: datetime
) -> None:
    settings.CONFIG = replace(settings.CONFIG, state_dir=settings.CONFIG.data_dir / "state")
    assert "lies inside the data folder" not in found(now)
    settings.CONFIG = replace(settings.CONFIG, provider="smtp", smtp_url="smtp://127.0.0.1:1")
    assert "lies inside the data folder" in found(now)
    settings.CONFIG = replace(settings.CONFIG, state_dir=settings.CONFIG.data_dir / ".." / "state")
    assert "lies inside the data folder" not in found(now)


def test_what_is_missing_is_named_with_the_command(data_dir: None, newsroom: Any, now: datetime) -> None:
    newsletter_settings.change_newsletter(newsroom.other.id, now=now, state="paused", seen=None, by=SYSTEM)
    assert "Nobody can sign in. Run: newsletter setup --user" in found(now)
    looks = found(now, "look")
    assert "Morning Briefing has no schedule. newsletter schedules add morning --time 07:00" in looks
    assert "Morning Briefing has no subscribers yet. newsletter subscribers import FILE --list morning" in looks
    assert "Evening Letter is paused, so it is not sent. newsletter newsletters change evening --state live" in looks
    assert "No scheduler is running" in looks
    assert "No worker is running" in looks
    assert "nothing leaves" in looks


def test_a_misspelt_setting_is_named_with_what_may_be_meant(
    data_dir: None, newsroom: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_PROVIDR", "smtp")
    assert "NEWSLETTER_PROVIDR is set" in found(now, "look")
    assert "Is NEWSLETTER_PROVIDER meant?" in found(now, "look")


def test_a_folder_that_is_not_there_stops_the_rest(newsroom: Any, now: datetime) -> None:
    assert "Set NEWSLETTER_DATA_DIR to a folder this user may write." in found(now)
    assert "schedule" not in found(now, "look")


@pytest.mark.parametrize(("free", "bad"), [(doctor.MIN_FREE_BYTES - 1, True), (doctor.MIN_FREE_BYTES, False)])
def test_a_disk_that_is_nearly_full_stops_mail(
    data_dir: None, newsroom: Any, now: datetime, monkeypatch: pytest.MonkeyPatch, free: int, bad: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(2 * free, free, free))
    assert ("a full disk stops sending" in found(now)) is bad
    assert "Nobody can sign in." in found(now), "all else is looked at too"


@pytest.mark.parametrize(
    ("config", "level", "message"),
    [
        ({"provider": ""}, "bad", "Set NEWSLETTER_PROVIDER"),
        ({"provider": "sendgrid", "sendgrid_api_key": "nonsense"}, "look", "does not look like a key of SendGrid"),
        ({"provider": "sendgrid", "sendgrid_api_key": "SG.x"}, "bad", "newsletter.example.com/hooks/sendgrid"),
        (
            {"provider": "sendgrid", "sendgrid_api_key": "SG.x", "sendgrid_host": "http://127.0.0.1:1"},
            "look",
            "the key travels in the clear",
        ),
        (
            {"provider": "sendgrid", "sendgrid_api_key": "SG.x", "sendgrid_webhook_keys": ("rubbish",)},
            "bad",
            "every report is refused",
        ),
        ({"provider": "sendgrid", "sendgrid_api_key": "SG.x", "base_url": "http://127.0.0.1:8000"}, "bad", "links in"),
        ({"base_url": "http://newsletter.example.com"}, "bad", "Put TLS in front"),
        ({"base_url": "http://127.0.0.1:8000"}, "ok", "The public address is http://127.0.0.1:8000."),
        ({"debug": True}, "bad", "NEWSLETTER_DEBUG is on"),
    ],
)
def test_settings_that_keep_mail_from_arriving_are_named(
    data_dir: None, newsroom: Any, people: Any, now: datetime, settings: Any, config: Any, level: str, message: str
) -> None:
    settings.CONFIG = replace(settings.CONFIG, base_url="https://newsletter.example.com")
    assert message not in found(now, level)
    settings.CONFIG = replace(settings.CONFIG, **config)
    assert message in found(now, level)


def test_no_secret_is_shown(data_dir: None, newsroom: Any, people: Any, now: datetime, settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, provider="sendgrid", sendgrid_api_key="very-secret")
    assert "very-secret" not in str(doctor.examine(now))


def test_a_process_with_older_settings_is_to_be_restarted(data_dir: None, newsroom: Any, now: datetime) -> None:
    heartbeats.record_heartbeat(heartbeats.ProcessKind.WORKER, now=now, settings=wiring.get_settings_fingerprint())
    assert "older settings" not in found(now, "look")
    heartbeats.record_heartbeat(heartbeats.ProcessKind.WORKER, now=now, settings="another")
    told = [each.what for each in doctor._check_processes(now) if each.level == DiagnosisLevel.LOOK]
    assert any(each.startswith("The worker (worker@") and "runs with older settings" in each for each in told)


def test_a_proxy_that_nobody_told_us_of_is_named(data_dir: None, newsroom: Any, people: Any, now: datetime) -> None:
    assert "X-Forwarded-For" not in found(now, "look")
    rate_limits.note_forwarding(now)
    assert "set NEWSLETTER_TRUSTED_PROXIES" in found(now, "look")


def test_a_public_address_without_a_proxy_is_named(
    data_dir: None, newsroom: Any, people: Any, now: datetime, settings: Any
) -> None:
    def look(**changed: Any) -> bool:
        settings.CONFIG = replace(settings.CONFIG, **changed)
        return "Put nginx or Caddy in front" in found(now, "look")

    assert look(base_url="https://news.example.com")
    assert not look(trusted_proxies=1)
    assert not look(base_url="http://127.0.0.1:8000", trusted_proxies=0)


def test_a_flood_of_sign_ups_is_named_with_what_shows_it(
    data_dir: None, newsroom: Any, people: Any, settings: Any, now: datetime
) -> None:
    settings.CONFIG = replace(settings.CONFIG, signups_per_form=1)
    for n in range(3):
        self_service.sign_up(f"r{n}@example.com", [newsroom.list.id], origin="", network="", now=now, waits=True)
    (line,) = [line for line in found(now, "look").splitlines() if "NEWSLETTER_SIGNUPS_PER_FORM" in line]
    assert line.endswith("newsletter subscribers signup-attempts")


def test_a_refused_key_and_an_address_that_does_not_answer_are_named(
    data_dir: None, newsroom: Any, people: Any, now: datetime, settings: Any
) -> None:
    real = {"provider": "sendgrid", "sendgrid_api_key": "SG.x", "base_url": "https://news.example.com"}
    settings.CONFIG = replace(settings.CONFIG, **real)
    account = wiring.find_account()
    setup_problems.record_probe(setup_problems.SetupCode.API_KEY, account, "SendGrid does not know the key.", now)
    setup_problems.record_probe(setup_problems.SetupCode.BASE_URL, real["base_url"], "It does not answer.", now)
    assert "SendGrid does not know the key. Ask again: newsletter doctor --probe" in found(now)
    assert "It does not answer. Look at DNS" in found(now)


def test_mailings_that_wait_for_somebody_are_named(
    data_dir: None, newsroom: Any, people: Any, edition: Any, now: datetime
) -> None:
    mailing = _plan(edition, now)
    assert "Mailing " not in found(now)
    mailings.pause(mailing, by=SYSTEM, now=now)
    assert f"Mailing {mailing} is paused: paused by tests" in found(now, "look")
    Mailing.objects.update(reason="The key is wrong.")
    assert f"Mailing {mailing} is paused: The key is wrong. Look at it: newsletter mailings show" in found(now)


def test_a_mailing_of_which_nothing_is_reported_is_named(
    data_dir: None, newsroom: Any, people: Any, edition: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    readers(1)
    mailing = _plan(edition, now)
    freeze.freeze_next(now)
    Mailing.objects.update(provider="sendgrid")
    Batch.objects.update(state="accepted", submitted_at=now)
    said = f"The provider has reported nothing of mailing {mailing}, 30 minutes after"
    assert said not in found(now + timedelta(minutes=29))
    assert said in found(now + timedelta(minutes=30))
    SeenEvent.objects.create(id=1, at=now + timedelta(minutes=1))
    assert said not in found(now + timedelta(minutes=30))


def _plan(edition: Any, now: datetime) -> int:
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    return tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now, content_hash=None).id


def test_posts_to_the_webhook_that_were_refused_are_counted(
    data_dir: None, newsroom: Any, people: Any, now: datetime, settings: Any
) -> None:
    settings.CONFIG = replace(settings.CONFIG, provider="sendgrid", sendgrid_api_key="SG.x")
    for seconds in (0, 1, 2, 30):
        inbox.note_refused("The signature does not fit the body.", now + timedelta(seconds=seconds))
    assert "4 posts to the webhook were refused, the last on 2026-11-24 06:00 UTC: The signature" in found(now, "look")
    assert "posts to the webhook" not in found(now + timedelta(days=2), "look")


def test_that_nobody_is_notified_is_said_and_what_was_not_delivered(
    data_dir: None, newsroom: Any, people: Any, settings: Any, now: datetime
) -> None:
    assert "Nobody is notified of anything" in found(now, "look")
    assert "NEWSLETTER_PING_URL" in found(now, "look")
    settings.CONFIG = replace(
        settings.CONFIG, notify_smtp_url="smtp://127.0.0.1:1", ping_url="https://hc.example.com/x"
    )
    assert "Nobody is notified" not in found(now, "look")
    assert "NEWSLETTER_PING_URL" not in found(now, "look")
    fact = Fact(NotificationKind.HELD, "occurrence 1", newsroom.briefing.id, now - timedelta(hours=24))
    recording.record_fact(fact, now - timedelta(hours=24))
    sending.send_due_messages(now)
    assert "Of the notifications of the last day 2 were given up" in found(now, "look")
