"""Until the provider accepts a batch of a mailing, few are in flight, whatever the number of workers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from newsletter.delivery import installation, models
from newsletter.delivery.ledger.states import BatchState, MailingState
from newsletter.delivery.providers.sendgrid import SendGrid
from newsletter.delivery.reports import summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import claims, freeze, hand_over, mailings
from tests.actors import SYSTEM
from tests.delivery.conftest import hand_over_all
from tests.fakes.provider import (
    ScriptedProvider,
    accepts,
    breaks_off,
    loses_the_answer,
    loses_the_request,
    refuses_for_now,
)
from tests.fakes.sendgrid import KEY, Fault, SendGridServer

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]
LATER = timedelta(minutes=10)


def claim(now: datetime, owner: str = "worker/1") -> claims.Claim | None:
    return claims.claim_batch(now, until=now + LATER / 2, owner=owner, provider=ScriptedProvider.name)


def resume(mailing: Mailing, now: datetime) -> None:
    mailings.resume(mailing.id, by=SYSTEM, now=now)
    freeze.freeze_next(now)


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    made = SendGridServer()
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def test_of_a_mailing_that_begins_two_batches_are_tried(frozen: Plan, join: Join, now: datetime) -> None:
    join(200)
    frozen()
    assert [bool(claim(now)) for _ in range(3)] == [True, True, False]


def test_once_one_was_accepted_all_follow(frozen: Plan, join: Join, now: datetime) -> None:
    join(200)
    frozen()
    hand_over.hand_over_next(now, owner="worker/1", provider=ScriptedProvider(), clock=lambda: now)
    assert models.Mailing.objects.get().proven_at == now, "noted with the answer: nobody who claims has to look"
    assert [bool(claim(now)) for _ in range(4)] == [True, True, True, False]


def test_one_whose_answer_was_lost_counts_as_one_in_flight(frozen: Plan, join: Join, now: datetime) -> None:
    join(200)
    frozen()
    provider = ScriptedProvider(loses_the_answer)
    hand_over.hand_over_next(now, owner="worker/1", provider=provider, clock=lambda: now)
    assert [bool(claim(now)) for _ in range(2)] == [True, False]


def test_one_that_was_refused_for_now_counts_no_longer(frozen: Plan, join: Join, now: datetime) -> None:
    join(200)
    frozen()
    provider = ScriptedProvider(refuses_for_now)
    hand_over.hand_over_next(now, owner="worker/1", provider=provider, clock=lambda: now)
    assert [bool(claim(now)) for _ in range(3)] == [True, True, False]


def test_a_mailing_that_is_tried_stands_in_no_others_way(frozen: Plan, join: Join, now: datetime) -> None:
    join(200)
    frozen()
    assert claim(now)
    assert claim(now)
    other = frozen(kind="test")
    found = claim(now)
    assert found
    assert found.mailing_id == other.id


def test_a_provider_that_only_fails_gets_two_batches_and_the_mailing_pauses(
    frozen: Plan, join: Join, now: datetime, server: SendGridServer
) -> None:
    join(3_100)
    made = frozen(provider="sendgrid")
    server.weather = lambda: Fault(status=503)
    hand_over_all(SendGrid(KEY, server.url), now)
    mailings.finish_settled(now)
    found = summary.get_mailing(made.id)
    assert found.state == MailingState.PAUSED
    assert found.reason.startswith("2 answers in a row were lost, the last one: SendGrid answered 503")
    assert (server.requests, found.batches) == (2, {"planned": 2, "unknown": 2})


def test_after_a_resume_one_batch_is_tried_first(frozen: Plan, join: Join, now: datetime) -> None:
    join(200)
    made = frozen()
    hand_over_all(ScriptedProvider(loses_the_request, loses_the_request), now)
    resume(made, now + LATER)
    assert [bool(claim(now + LATER)) for _ in range(2)] == [True, False]


def test_a_lost_answer_after_a_resume_pauses_at_once(frozen: Plan, join: Join, now: datetime) -> None:
    join(300)
    made = frozen()
    hand_over_all(ScriptedProvider(accepts, loses_the_request), now - LATER)
    provider = ScriptedProvider(*[loses_the_request] * 6)
    models.Mailing.objects.update(state=MailingState.PAUSED)
    models.Batch.objects.filter(number__gt=2).update(state=BatchState.PLANNED)
    resume(made, now)
    hand_over_all(provider, now)
    assert (len(provider.requests), summary.get_mailing(made.id).state) == (1, MailingState.PAUSED)
    assert summary.get_mailing(made.id).reason.startswith("The answer was lost: ")
    resume(made, now + LATER)
    hand_over_all(ScriptedProvider(), now + LATER)
    assert summary.get_mailing(made.id).batches.get("planned") is None


def test_a_mailing_whose_first_requests_died_with_their_workers_pauses(frozen: Plan, join: Join, now: datetime) -> None:
    join(200)
    made = frozen()
    for _ in range(2):
        found = claim(now)
        assert found
        assert claims.begin_attempt(found, "attempt", until=now, standing=installation.check(now))
    assert mailings.pause_lost_probes(now) == 0, "both are in flight"
    hand_over_all(ScriptedProvider(), now + LATER)
    assert mailings.pause_lost_probes(now + LATER) == 1
    found_now = summary.get_mailing(made.id)
    assert (found_now.state, found_now.batches) == (MailingState.PAUSED, {"planned": 2, "unknown": 2})
    assert found_now.reason == "The first 2 requests ended without an answer. Look at the provider, then resume."
    resume(made, now + 2 * LATER)
    hand_over_all(ScriptedProvider(), now + 2 * LATER)
    assert mailings.pause_lost_probes(now + 2 * LATER) == 0


def test_a_batch_that_was_accepted_in_part_lets_the_others_follow(frozen: Plan, join: Join, now: datetime) -> None:
    join(200)
    frozen()
    hand_over.hand_over_next(now, owner="worker/1", provider=ScriptedProvider(breaks_off), clock=lambda: now)
    assert [bool(claim(now)) for _ in range(4)] == [True, True, True, False]


def test_an_event_that_proves_a_lost_request_lets_the_others_follow(frozen: Plan, join: Join, now: datetime) -> None:
    join(200)
    frozen()
    provider = ScriptedProvider(loses_the_answer)
    hand_over.hand_over_next(now, owner="worker/1", provider=provider, clock=lambda: now)
    models.Batch.objects.filter(state=BatchState.UNKNOWN).update(state=BatchState.ACCEPTED)
    assert [bool(claim(now)) for _ in range(4)] == [True, True, True, False]
