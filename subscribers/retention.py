"""What is done every hour so that nothing is kept for longer than it must."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

from newsletter.kernel.iteration import do_each
from subscribers import hygiene, suppressions, tiers
from subscribers.consent import erasure, proof, signup_attempts, subscriptions
from subscribers.hygiene import MONTH
from subscribers.imports import run

CONFIRMATION_PERIOD = timedelta(days=30)


def apply_retention(now: datetime) -> None:
    """Deletes what is old: sign-up attempts, files of imports, people who never confirmed or left long ago, proof.

    Lifts suppressions that have expired; notes tiers that have lapsed; unsubscribes the inactive who gave no answer.
    One of these that fails stops no other; then the first failure is raised.
    """
    former = settings.CONFIG.forget_months
    steps: list[Callable[[], object]] = [
        lambda: signup_attempts.delete_old_attempts(now),
        lambda: run.delete_old_files(now),
        lambda: subscriptions.forget_requests(now, before=now - CONFIRMATION_PERIOD),
        lambda: erasure.erase_unconfirmed(now, before=now - CONFIRMATION_PERIOD),
        *([lambda: erasure.erase_departed(now, before=now - former * MONTH)] if former else []),
        lambda: proof.delete_old_proof(before=now - settings.CONFIG.proof_months * MONTH),
        lambda: tiers.lapse_due(now),
        lambda: suppressions.lift_expired(now),
        lambda: hygiene.unsubscribe_inactive(now),
    ]
    do_each(steps, _do)


def _do(step: Callable[[], object]) -> None:
    step()
