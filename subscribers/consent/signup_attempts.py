"""Sign-up attempts: recorded before anything else happens, so that an attack can be seen and stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from newsletter.kernel.errors import BadInput, NewsletterError, NotFound, Refused
from subscribers import models
from subscribers.consent.domain_rules import (
    ForbiddenDomain,
)
from subscribers.rate_limits import TooManyRequests

ATTEMPT_RETENTION = timedelta(days=30)
TAKEN, HONEYPOT = "taken", "trapped"


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
        verdict="begun",
    )
    try:
        yield attempt
    except NewsletterError as error:
        attempt.verdict = _to_verdict(error)
        raise
    else:
        attempt.verdict = TAKEN if attempt.verdict == "begun" else attempt.verdict
    finally:
        attempt.save(update_fields=["verdict"])


def _to_verdict(error: NewsletterError) -> str:
    if isinstance(error, TooManyRequests):
        return "too often"
    if isinstance(error, ForbiddenDomain):
        return "domain"
    if isinstance(error, BadInput):
        return f"bad {error.field}"[:20]
    return "refused" if isinstance(error, Refused | NotFound) else "failed"


def count_attempts(since: datetime) -> SignupAttemptCounts:
    """How many tried to sign up since an instant, and what became of it."""
    rows = (
        models.SignupAttempt.objects.filter(at__gte=since).values_list("verdict").annotate(n=Count("id")).order_by("-n")
    )
    return SignupAttemptCounts(since, dict(rows))


def delete_old_attempts(now: datetime) -> None:
    """Deletes old attempts."""
    models.SignupAttempt.objects.filter(at__lt=now - ATTEMPT_RETENTION).delete()
