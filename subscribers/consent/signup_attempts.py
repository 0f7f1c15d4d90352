"""Sign-up attempts: recorded before anything else happens, so that an attack can be seen and stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from newsletter.kernel.errors import BadInput, NewsletterError, NotFound, Refused
from subscribers import models
from subscribers.bulk_writing import delete_in_chunks
from subscribers.challenges import ChallengeNeeded
from subscribers.consent.domain_rules import (
    ForbiddenDomain,
)
from subscribers.rate_limits import TooManyRequests
from subscribers.states import SignupVerdict

ATTEMPT_RETENTION = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SignupAttemptCounts:
    """How many attempts there were in some time, by verdict."""

    since: datetime
    by_verdict: dict[str, int]


@contextmanager
def record_attempt(
    address: str, list_ids: Iterable[int], *, origin: str, network: str, now: datetime
) -> Iterator[models.SignupAttempt]:
    """Records an attempt and, when it is refused, why. What the block raises is raised."""
    attempt = models.SignupAttempt.objects.create(
        at=now,
        address=address.strip()[:320],
        lists=",".join(map(str, list_ids))[:500],
        origin=origin[:500],
        network=network or None,
        verdict=SignupVerdict.BEGUN,
    )
    try:
        yield attempt
    except NewsletterError as error:
        attempt.verdict = _to_verdict(error)
        raise
    else:
        attempt.verdict = SignupVerdict.ACCEPTED if attempt.verdict == SignupVerdict.BEGUN else attempt.verdict
    finally:
        attempt.save(update_fields=["verdict"])


def get_verdict_label(verdict: str) -> str:
    """A verdict as people read it: its label, or “Bad email” and the like."""
    return next((each.label for each in SignupVerdict if each == verdict), verdict.capitalize())


def _to_verdict(error: NewsletterError) -> str:
    if isinstance(error, ChallengeNeeded):
        return SignupVerdict.CHALLENGED
    if isinstance(error, TooManyRequests):
        return SignupVerdict.TOO_OFTEN
    if isinstance(error, ForbiddenDomain):
        return SignupVerdict.FORBIDDEN_DOMAIN
    if isinstance(error, BadInput):
        return f"{SignupVerdict.BAD_INPUT} {error.field}"[:20]
    return SignupVerdict.REFUSED if isinstance(error, Refused | NotFound) else SignupVerdict.FAILED


def count_attempts(since: datetime) -> SignupAttemptCounts:
    """How many tried to sign up since an instant, and what became of it."""
    rows = (
        models.SignupAttempt.objects.filter(at__gte=since).values_list("verdict").annotate(n=Count("id")).order_by("-n")
    )
    return SignupAttemptCounts(since, dict(rows))


def delete_old_attempts(now: datetime) -> None:
    """Deletes old attempts."""
    delete_in_chunks(models.SignupAttempt.objects.filter(at__lt=now - ATTEMPT_RETENTION))
