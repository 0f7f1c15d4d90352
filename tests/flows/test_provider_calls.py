"""What changes something at the provider, and how it can go wrong: our rows, the provider, and what follows.

Here are the calls that send: a batch, a test, a mail to one person. Those of a recall (ask for an id, cancel, give a
place back) are in `tests/delivery/sending/`. The table is in docs/delivery.md and docs/recall.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts import audit_log
from newsletter.accounts.audit_log import AuditFilter
from newsletter.delivery import models
from newsletter.delivery.sending import freeze, hand_over, mailings
from newsletter.jobs import doctor, tasks, transactional_mail, wiring
from subscribers import self_service
from subscribers.models import TransactionalMail
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.delivery.chaos import serving
from tests.delivery.conftest import hand_over_all, join, plan
from tests.fakes.provider import Killed, dies
from tests.fakes.sendgrid import KEY, Fault, SendGridServer

__all__ = ["join", "plan"]
pytestmark = pytest.mark.django_db
FAILURES = ("killed before", "killed after", "answer lost", "refused", "down")
REACHED = ("killed after", "answer lost")
UNKNOWN = ("killed before", *REACHED)
ADDRESS = "ann@example.com"


@dataclass
class Stage:
    """SendGrid on loopback as the provider of this process, and a call that goes wrong once."""

    server: SendGridServer
    settings: Any
    now: datetime

    def fail(self, failure: str, call: Callable[[], Any]) -> Any:
        provider, working = wiring.get_provider(), self.settings.CONFIG
        if failure.startswith("killed"):
            dies(provider, "send_batch", after=failure == "killed after")
        elif failure == "answer lost":
            self.server.fail_next(Fault(drop=True, accept_first=True))
        elif failure == "refused":
            self.server.fail_next(Fault(status=429))
        else:
            self.settings.CONFIG = replace(working, sendgrid_host="http://127.0.0.1:9")  # nobody listens there
        try:
            with suppress(Killed):
                return call()
        finally:
            self.settings.CONFIG = working


@pytest.fixture
def stage(settings: Any, now: datetime) -> Iterator[Stage]:
    with serving(delay=0) as server:
        settings.CONFIG = replace(settings.CONFIG, provider="sendgrid", sendgrid_host=server.url, sendgrid_api_key=KEY)
        yield Stage(server, settings, now)


@pytest.mark.parametrize("failure", FAILURES)
def test_a_batch_that_goes_wrong_is_unknown_or_sent_again_but_never_both(
    stage: Stage, plan: Any, join: Any, failure: str, now: datetime
) -> None:
    join(5)
    made = plan(provider="sendgrid")
    freeze.freeze_next(now)

    def call() -> bool:
        return hand_over.hand_over_next(now, owner="a", provider=wiring.get_provider(), clock=lambda: now)

    stage.fail(failure, call)
    batch = models.Batch.objects.get()
    assert batch.state == {"killed before": "sending", "killed after": "sending", "answer lost": "unknown"}.get(
        failure, "planned"
    )
    assert len(stage.server.accepted) == (5 if failure in REACHED else 0)
    later = now + hand_over.LEASE + timedelta(minutes=1)
    hand_over_all(wiring.get_provider(), later)
    mailings.finish_settled(later)
    batch.refresh_from_db()
    assert batch.state == ("unknown" if failure in UNKNOWN else "accepted")
    # Of whom nobody knows: the mailing is not over until that is settled.
    assert models.Mailing.objects.get(id=made.id).state == ("sending" if failure in UNKNOWN else "finished")
    assert set(stage.server.accepted.values()) <= {1}
    assert len(stage.server.accepted) == (0 if failure == "killed before" else 5)


@pytest.mark.parametrize("failure", FAILURES)
def test_a_test_that_goes_wrong_is_shown_with_its_answer_or_as_not_answered_and_not_repeated(
    stage: Stage, edition: Any, failure: str, now: datetime
) -> None:
    def call() -> Any:
        return tasks.send_test(edition.id, [ADDRESS], content_hash=None, by=SYSTEM, now=now)

    sent = stage.fail(failure, call)
    (asked,) = audit_log.list_entries(AuditFilter(action="sent test"))
    assert asked.detail == "1 addresses"
    answers = [each.detail for each in audit_log.list_entries(AuditFilter(action="test answered"))]
    answer = {"answer lost": "unknown", "refused": "refused", "down": "refused"}.get(failure)
    assert answers == ([f"1 {answer}"] if answer else [])
    assert [each.answer for each in sent or ()] == ([answer] if answer else [])
    assert stage.server.accepted[ADDRESS] == (failure in REACHED)
    transactional_mail.send_due(now + timedelta(days=1))
    assert stage.server.accepted[ADDRESS] == (failure in REACHED), "it is sent again only when somebody asks for it"


@pytest.mark.parametrize("failure", FAILURES)
def test_a_mail_to_one_person_that_goes_wrong_is_unknown_and_shown_or_sent_again_but_never_both(
    stage: Stage, newsroom: Newsroom, failure: str, now: datetime
) -> None:
    self_service.sign_up(ADDRESS, [newsroom.list.id], origin="", network="", now=now)
    stage.fail(failure, lambda: transactional_mail.send_due(now))
    mail = TransactionalMail.objects.get()
    assert mail.state == {"killed before": "claimed", "killed after": "claimed", "answer lost": "unknown"}.get(
        failure, "owed"
    )
    assert stage.server.accepted[ADDRESS] == (failure in REACHED)
    later = now + timedelta(minutes=10)
    transactional_mail.send_due(later)
    mail.refresh_from_db()
    assert mail.state == ("unknown" if failure in UNKNOWN else "sent")
    assert stage.server.accepted[ADDRESS] == (failure != "killed before")
    lost = [each for each in doctor._check_transactional_mail(later) if "nobody knows" in each.what]
    assert len(lost) == (failure in UNKNOWN)


def test_a_mail_that_was_only_taken_up_by_a_process_that_died_is_sent_by_another(
    stage: Stage, newsroom: Newsroom, now: datetime
) -> None:
    """Of two that were taken up together, the process died at the first."""
    for address in (ADDRESS, "ben@example.com"):
        self_service.sign_up(address, [newsroom.list.id], origin="", network="", now=now)
    stage.fail("killed before", lambda: transactional_mail.send_due(now))
    transactional_mail.send_due(now + timedelta(minutes=10))
    assert stage.server.accepted == {"ben@example.com": 1}
