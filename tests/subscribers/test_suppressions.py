"""Who must never be mailed: by address, by domain, for a while, and after being erased."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from newsletter.kernel.errors import BadInput, NotFound
from subscribers import audience, models, self_service, subscriber_lookup, suppressions, transactional
from subscribers.consent import erasure
from subscribers.values import ImportReport, List
from tests.actors import SYSTEM
from tests.interleaving import just_before

Active = Callable[..., int]


def exclusions(list_id: int) -> dict[str, str]:
    page = audience.list_audience_page(list_id, after=0, upto=10**9, limit=99)
    return {subscriber_lookup.get_subscriber(each.subscriber_id).address: each.exclusion for each in page}


def test_a_suppressed_domain_is_excluded_from_every_audience(active: Active, morning: List, now: datetime) -> None:
    ids = [active(address) for address in ("ann@spam.example", "ben@example.com", "cleo@deep.spam.example")]
    before = audience.get_audience_bounds(morning.id).suppressed_upto
    suppressions.suppress("@SPAM.example", reason="asked", by=SYSTEM, now=now)
    assert exclusions(morning.id) == {
        "ann@spam.example": "suppressed",
        "ben@example.com": "",
        "cleo@deep.spam.example": "",
    }
    assert audience.get_audience_addresses(morning.id, ids, as_of=now, suppressed_upto=before).excluded == {
        ids[0]: "suppressed"
    }
    assert subscriber_lookup.get_subscriber(ids[0]).suppressed == "asked"
    suppressions.lift_suppression("@spam.example", complaints=True, by=SYSTEM, now=now)
    assert set(exclusions(morning.id).values()) == {""}


def test_a_suppressed_domain_signs_nobody_up_and_no_import_adds_its_people(
    morning: List, take_in: Callable[..., ImportReport], now: datetime
) -> None:
    suppressions.suppress("@spam.example", reason="asked", by=SYSTEM, now=now)
    assert take_in("email\nann@spam.example\nben@example.com\n").kept_unsubscribed == 1
    self_service.sign_up("dan@spam.example", [morning.id], origin="", network="", now=now)
    assert transactional.claim_mails(now, limit=9, lease=timedelta(minutes=1)) == ()


def test_one_with_an_end_is_lifted_then_and_the_longer_one_counts(now: datetime, db: None) -> None:
    suppressions.suppress("ann@example.com", reason="asked", by=SYSTEM, now=now, expires_at=now + timedelta(days=1))
    suppressions.suppress("ann@example.com", reason="asked", by=SYSTEM, now=now, expires_at=now + timedelta(days=3))
    suppressions.suppress("ann@example.com", reason="asked", by=SYSTEM, now=now, expires_at=now + timedelta(days=2))
    assert suppressions.lift_expired(now + timedelta(days=2)) == 0
    assert suppressions.lift_expired(now + timedelta(days=3)) == 1
    with pytest.raises(BadInput, match="past"):
        suppressions.suppress("ann@example.com", reason="asked", by=SYSTEM, now=now, expires_at=now)
    with pytest.raises(NotFound):
        suppressions.lift_suppression("ann@example.com", complaints=True, by=SYSTEM, now=now)


def test_of_two_who_suppress_an_address_at_the_same_moment_the_longer_one_counts(now: datetime, db: None) -> None:
    def suppress(days: int) -> None:
        until = now + timedelta(days=days)
        suppressions.suppress("ann@example.com", reason="asked", by=SYSTEM, now=now, expires_at=until)

    with just_before('INSERT INTO "subscribers_suppression"', lambda: suppress(3)):
        suppress(1)
    assert [row.expires_at for row in models.Suppression.objects.all()] == [now + timedelta(days=3)]


def test_the_list_goes_out_and_comes_back(active: Active, now: datetime) -> None:
    suppressions.suppress("ann@example.com", reason="asked", by=SYSTEM, now=now, expires_at=now + timedelta(days=1))
    suppressions.suppress("@spam.example", reason="spam", by=SYSTEM, now=now)
    erasure.erase_subscriber(active("ben@example.com"), by=SYSTEM, now=now)
    parts: list[str] = []
    assert suppressions.write_suppressions(parts.append, by=SYSTEM, now=now) == 3
    before = list(
        models.Suppression.objects.order_by("id").values_list("address_key", "reason", "source", "expires_at")
    )
    models.Suppression.objects.all().delete()
    file = io.BytesIO("".join(parts).encode())
    assert suppressions.import_suppressions(file, source="file", by=SYSTEM, now=now) == (3, ())
    after = list(models.Suppression.objects.order_by("id").values_list("address_key", "reason", "source", "expires_at"))
    assert [row[:2] for row in after] == [row[:2] for row in before]
    assert after[0] == before[0]


def test_a_plain_list_without_a_header_is_taken_and_bad_rows_are_named(now: datetime, db: None) -> None:
    data = b"ann@example.com\n@spam.example\nnobody@\nann@EXAMPLE.com\n"
    new, bad = suppressions.import_suppressions(io.BytesIO(data), source="old.csv", by=SYSTEM, now=now)
    assert (new, [(row.line, row.field) for row in bad]) == (2, [(3, "address")])
    assert [each.source for each in suppressions.list_suppressions()] == ["old.csv", "old.csv"]
