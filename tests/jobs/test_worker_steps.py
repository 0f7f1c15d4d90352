"""The steps of a worker: one piece each, and whether there was one."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from newsletter.checks import preflight
from newsletter.delivery.models import Batch, Mailing
from newsletter.delivery.providers.accounts import compute_former_fingerprints
from newsletter.delivery.reports import summary
from newsletter.jobs import tasks, wiring, worker_steps
from subscribers.imports import import_lookup, run
from tests.actors import SYSTEM


def test_with_nothing_to_do_every_step_says_so(newsroom: Any, now: datetime) -> None:
    assert not worker_steps.hand_over(now, "worker")
    assert not worker_steps.advance_mailings(now)
    assert not worker_steps.apply_events(now)
    assert not worker_steps.import_subscribers(now)


def test_a_mailing_goes_out_step_by_step(edition: Any, readers: Callable[..., list[int]], now: datetime) -> None:
    readers(3)
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    mailing = tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now, content_hash=None)
    assert not worker_steps.hand_over(now, "worker"), "its audience is not frozen yet"
    assert worker_steps.advance_mailings(now)
    assert worker_steps.hand_over(now, "worker", lambda: now)
    assert not worker_steps.hand_over(now, "worker")
    assert worker_steps.advance_mailings(now)
    assert not worker_steps.advance_mailings(now)
    found = summary.get_mailing(mailing.id)
    assert (found.state, found.counts) == ("finished", {"accepted": 3})


def test_an_import_is_previewed_and_then_waits_for_a_word(newsroom: Any, now: datetime) -> None:
    begun = run.begin_import(
        io.BytesIO(b"email\nann@example.com\n"), newsroom.list.id, by=SYSTEM, now=now, name="f.csv"
    )
    assert worker_steps.import_subscribers(now)
    assert import_lookup.get_import(begun.id).state == "ready"
    assert not worker_steps.import_subscribers(now)


def test_a_new_secret_key_stops_no_mailing_that_a_former_version_planned(
    edition: Any, readers: Callable[..., list[int]], settings: Any, now: datetime
) -> None:
    readers(3)
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    mailing = tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now, content_hash=None)
    settings.CONFIG = replace(
        settings.CONFIG,
        provider="smtp",
        smtp_url="smtp://ada@127.0.0.1:9",
        secret_key="of now",
        secret_key_fallbacks=("of before",),
    )
    worker_steps.advance_mailings(now)
    former = compute_former_fingerprints("127.0.0.1", "ada", [b"of before"])[0]
    Mailing.objects.update(provider="smtp", account=former, state="sending", frozen_at=now)
    Batch.objects.update(state="planned")
    worker_steps.recognise_account.cache_clear()
    worker_steps.advance_mailings(now)
    assert summary.get_mailing(mailing.id).account == wiring.find_account()
