"""Limits on how often a public form may be used, counted in the database: every process sees the same count."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.conf import settings

from newsletter.kernel.errors import Refused
from newsletter.kernel.network import find_network
from subscribers import models
from subscribers.bulk_writing import delete_in_chunks

WINDOW = timedelta(hours=1)
HIT_RETENTION = timedelta(days=1)
_FIXED_LIMITS = {
    "waiting": 3,  # sign-ups from one network in the queue: room for those of others
    "solved": 1,  # a challenge counts once; it is too old before the window is over
    "alert": 1,
    "forwarded": 1,
}
MAX_TEST_MAILS = 100  # of a person within a day


class TooManyRequests(Refused):
    """Too many requests from one place."""

    http_status = 429


def get_limit(bucket: str) -> int:
    """How many uses there may be within the window."""
    config = settings.CONFIG
    limits: dict[str, int] = {
        "sign-up": config.signups_per_network,
        "form": config.signups_per_form,
        "which": config.reminders_per_network,
        "mail-to": config.mails_per_address,
    }
    return limits.get(bucket) or _FIXED_LIMITS[bucket]


def hit_network(bucket: str, network: str, now: datetime) -> None:
    """Counts one use of a form from a network. Raises TooOften beyond the limit. No network known: no limit."""
    if network and not try_hit(bucket, find_network(network), now):
        raise TooManyRequests("Too many tries from your network within an hour. Try again later.")


def is_reached(bucket: str, key: str, now: datetime) -> bool:
    """Whether one more use would be above the limit."""
    return _count_recent(bucket, _hash_key(key), now) >= get_limit(bucket)


def note_forwarding(now: datetime) -> None:
    """Notes that a request says for whom it was forwarded, though no proxy is trusted."""
    try_hit("forwarded", "", now)


def was_forwarding_seen(now: datetime) -> bool:
    """Whether that was noted within a day."""
    return models.FormHit.objects.filter(bucket="forwarded", at__gt=now - HIT_RETENTION).exists()


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
    if _count_recent(bucket, hashed, now) >= get_limit(bucket):
        return False
    models.FormHit.objects.create(bucket=bucket, key=hashed, at=now)
    return True


def _count_recent(bucket: str, hashed: str, now: datetime) -> int:
    return models.FormHit.objects.filter(bucket=bucket, key=hashed, at__gt=now - WINDOW).count()


def delete_old_hits(now: datetime) -> None:
    """Deletes old hits."""
    delete_in_chunks(models.FormHit.objects.filter(at__lt=now - HIT_RETENTION))


def _hash_key(key: str) -> str:
    """Neither addresses nor networks are kept in the clear here."""
    return hashlib.blake2b(
        key.encode(), key=hashlib.sha256(settings.SECRET_KEY.encode()).digest(), digest_size=24
    ).hexdigest()
