"""What is done every hour so that nothing is kept for longer than it must."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from subscribers import hygiene, suppressions
from subscribers.consent import erasure, proof, signup_attempts, subscriptions
from subscribers.hygiene import MONTH
from subscribers.imports import run

CONFIRMATION_PERIOD = timedelta(days=30)


def apply_retention(now: datetime) -> None:
    """Deletes what is old: sign-up attempts, files of imports, people who never confirmed or left long ago, proof.

    Lifts suppressions that have expired; unsubscribes inactive subscribers who did not answer.
    """
    signup_attempts.delete_old_attempts(now)
    run.delete_old_files(now)
    subscriptions.forget_requests(now, before=now - CONFIRMATION_PERIOD)
    erasure.erase_unconfirmed(now, before=now - CONFIRMATION_PERIOD)
    if settings.CONFIG.forget_months:
        erasure.erase_departed(now, before=now - settings.CONFIG.forget_months * MONTH)
    proof.delete_old_proof(before=now - settings.CONFIG.proof_months * MONTH)
    suppressions.lift_expired(now)
    hygiene.unsubscribe_inactive(now)
