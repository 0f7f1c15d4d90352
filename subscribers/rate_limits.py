"""Limits on how often a public form may be used, counted in the database: every process sees the same count."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.conf import settings

from newsletter.kernel.errors import Refused
from newsletter.kernel.network import find_network
from subscribers import models

WINDOW = timedelta(hours=1)
HIT_RETENTION = timedelta(days=1)
MAX_HITS = {"sign-up": 30, "which": 15, "mail-to": 4, "form": 2_000}  # within the window
MAX_TEST_MAILS = 100  # of a person within a day


class TooManyRequests(Refused):
    """Too many requests from one place."""

    http_status = 429


def hit_network(bucket: str, network: str, now: datetime) -> None:
    """Counts one use of a form from a network. Raises TooOften beyond the limit. No network known: no limit."""
    if network and not try_hit(bucket, find_network(network), now):
        raise TooManyRequests("Too many tries from your network within an hour. Try again later.")


def hit_form(form: str, now: datetime) -> None:
    """Counts one use of a form by anybody. Raises TooOften when so many come that it must be an attack."""
    if not try_hit("form", form, now):
        raise TooManyRequests("So many sign up just now that something is wrong. Try again in an hour.")


def count_test_mails(sender: str, wanted: int, now: datetime) -> None:
    """Counts tests that somebody sends. Raises TooManyRequests for more than MAX_TEST_MAILS within a day."""
    hashed = _hash_key(sender)
    rows = models.FormHit.objects.filter(bucket="test-mail", key=hashed, at__gt=now - HIT_RETENTION)
    left = MAX_TEST_MAILS - rows.count()
    if wanted > left:
        raise TooManyRequests(
            f"{MAX_TEST_MAILS} tests a day are the most for one person; you have {max(left, 0)} left. Try again later."
        )
    models.FormHit.objects.bulk_create(models.FormHit(bucket="test-mail", key=hashed, at=now) for _ in range(wanted))


def try_hit(bucket: str, key: str, now: datetime) -> bool:
    """Counts one use; whether it is within the limit."""
    hashed = _hash_key(key)
    recent = models.FormHit.objects.filter(bucket=bucket, key=hashed, at__gt=now - WINDOW).count()
    if recent >= MAX_HITS[bucket]:
        return False
    models.FormHit.objects.create(bucket=bucket, key=hashed, at=now)
    return True


def delete_old_hits(now: datetime) -> None:
    """Deletes old hits."""
    models.FormHit.objects.filter(at__lt=now - HIT_RETENTION).delete()


def _hash_key(key: str) -> str:
    """Neither addresses nor networks are kept in the clear here."""
    return hashlib.blake2b(
        key.encode(), key=hashlib.sha256(settings.SECRET_KEY.encode()).digest(), digest_size=24
    ).hexdigest()
