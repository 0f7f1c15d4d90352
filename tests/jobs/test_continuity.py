"""What a person decides holds for what was due, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.delivery import installation
from newsletter.delivery.ledger.states import MailingState
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import hand_over
from newsletter.jobs import continuity, transactional_mail
from newsletter.kernel.errors import BadInput, Refused
from subscribers import transactional
from subscribers.models import TransactionalMail
from subscribers.states import TransactionalKind, TransactionalState
from tests.actors import SYSTEM
from tests.delivery.conftest import frozen, join, plan
from tests.fakes.provider import ScriptedProvider

__all__ = ["frozen", "join", "plan"]


def resume(now: datetime) -> continuity.Stopped:
    return continuity.resume_sending(reason="looked at the provider", by=SYSTEM, now=now)


def test_mails_that_were_owed_do_not_leave_and_later_ones_do(
    join: Any, newsroom: Any, now: datetime, readers: Callable[..., list[int]]
) -> None:
    person = join(1)[0]
    TransactionalMail.objects.all().delete()
    transactional.queue_mail(TransactionalKind.WELCOME, person, newsroom.list.id, now=now)
    installation.check(now)
    installation.hold("to be looked at", now)
    installation.forget_standing()
    assert not transactional_mail.send_due(now)

    assert resume(now).mails == 1

    assert TransactionalMail.objects.get().state == TransactionalState.UNKNOWN
    transactional.queue_mail(TransactionalKind.GOODBYE, person, newsroom.list.id, now=now + timedelta(minutes=1))
    assert transactional_mail.send_due(now + timedelta(minutes=1))
    assert TransactionalMail.objects.last().state == TransactionalState.SENT  # type: ignore[union-attr]


def test_what_is_planned_for_later_goes_on_and_what_is_due_waits_for_a_person(
    join: Any, plan: Callable[..., Any], now: datetime
) -> None:
    join(10)
    later = plan(due_at=now + timedelta(hours=2))
    installation.check(now)
    installation.hold("to be looked at", now)

    assert resume(now).mailings == ()
    assert summary.get_mailing(later.id).state == MailingState.SCHEDULED


def test_resuming_needs_a_reason_and_a_hold(join: Any, now: datetime) -> None:
    installation.check(now)
    with pytest.raises(Refused, match="not held"):
        resume(now)
    with pytest.raises(BadInput, match="Say why"):
        continuity.resume_sending(reason=" ", by=SYSTEM, now=now)


def test_a_copy_cancels_what_is_planned(join: Any, frozen: Callable[..., Any], plan: Any, now: datetime) -> None:
    join(10)
    made = frozen()
    installation.check(now)

    done = continuity.make_copy(by=SYSTEM, now=now)

    assert done.mailings == (made.id,)
    assert summary.get_mailing(made.id).state == MailingState.CANCELLED
    assert installation.sends_to_outbox_only()
    assert not hand_over.hand_over_next(now, owner="worker/1", provider=ScriptedProvider(), clock=lambda: now)
