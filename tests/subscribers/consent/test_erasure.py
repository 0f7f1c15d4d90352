"""Forgetting a person everywhere, and keeping them unmailed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection

from newsletter.jobs.erasure import propagate_erasures
from subscribers import lists, models, people, self_service, subscriber_lookup, transactional
from subscribers.consent import erasure
from subscribers.values import ImportReport, List
from tests.actors import SYSTEM

Active = Callable[..., int]


def everywhere(text: str) -> list[str]:
    """Every table and file of the data folder in which a text stands."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            if any(
                text in str(bytes(cell) if isinstance(cell, memoryview) else cell).casefold()
                for row in cursor
                for cell in row
            ):
                found.append(model._meta.db_table)
    for path in Path(settings.CONFIG.data_dir).rglob("*"):
        if path.is_file() and text.encode() in path.read_bytes().lower():
            found.append(path.name)
    return found


def test_nothing_of_a_person_stays_but_a_hash(
    active: Active, morning: List, take_in: Callable[..., ImportReport], now: datetime
) -> None:
    person = active("Ann@example.com", first_name="Annabella")
    self_service.sign_up("ann@example.com", [morning.id], origin="", network="192.0.2.1", now=now)
    people.change_address(person, "annabella@example.org", by=SYSTEM, seen=None, now=now)
    take_in("email,first_name\nannabella@example.org,Annabella\nben@example.com,Ben\n")
    take_in('email,first_name\nANN@example.com,"Anna\nbella"\n')  # a bad row, by the old address
    erasure.erase_subscriber(person, by=SYSTEM, now=now)
    (waiting,) = erasure.list_pending_erasures()
    assert waiting.addresses == ("Ann@example.com", "annabella@example.org")
    propagate_erasures(now)
    assert everywhere("ann@example.com") == []
    assert everywhere("annabella") == []
    assert [row.reason for row in models.Suppression.objects.all()] == ["erased", "erased"]


def test_who_was_erased_is_not_added_by_an_import_and_may_sign_up_themselves(
    active: Active, morning: List, take_in: Callable[..., ImportReport], state: Callable[..., str | None], now: datetime
) -> None:
    erasure.erase_subscriber(active("ann@example.com"), by=SYSTEM, now=now)
    assert take_in("email\nANN@example.com\n").kept_unsubscribed == 1
    assert subscriber_lookup.find_subscriber_by_address("ann@example.com") is None
    self_service.sign_up("ann@example.com", [morning.id], origin="", network="", now=now)
    (mail,) = transactional.claim_mails(now, limit=9, lease=timedelta(minutes=1))
    claims = subscriber_lookup.get_signer().read(mail.button_url.rpartition("/")[2], b"c", now)
    self_service.confirm_subscription(claims, network="", now=now)
    assert state("ann@example.com") == "active"
    assert models.Suppression.objects.count() == 0


def test_who_never_confirmed_is_forgotten_however_many_before_them_stay_for_another_list(
    active: Active, morning: List, now: datetime
) -> None:
    weekly = lists.create_list("weekly", "Weekly", by=SYSTEM, now=now)
    readers = [f"reader{n}@example.com" for n in range(3)]
    for address in readers:
        active(address)
        self_service.sign_up(
            address, [weekly.id], origin="", network="", now=now
        )  # waits to be confirmed; on the morning list, they are
    self_service.sign_up("ann@example.com", [morning.id], origin="", network="", now=now)
    later = now + timedelta(days=31)
    assert erasure.erase_unconfirmed(later, before=later - timedelta(days=30), limit=2) == 1
    assert sorted(models.Subscriber.objects.values_list("address", flat=True)) == readers
