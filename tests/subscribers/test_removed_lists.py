"""A removed list: nobody joins it, whoever is on it can leave, and its records are kept."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, NotFound, Refused
from subscribers import lists, models, people, removed_lists, subscriber_lookup
from subscribers.imports import export, restore, run
from subscribers.segments.service import create_segment, drop_segment
from tests.actors import SYSTEM

pytestmark = pytest.mark.django_db
DEFINITION = {"about": "list", "op": "on", "value": "noon"}


@pytest.fixture
def noon(now: datetime) -> Any:
    """A list that nothing uses, with one person on it."""
    made = lists.create_list("noon", "Noon", by=SYSTEM, now=now)
    people.add_subscriber("ann@example.com", made.id, reason="asked", by=SYSTEM, now=now)
    return made


def remove(target: Any, now: datetime) -> None:
    removed_lists.mark_list_removed(target.id, by=SYSTEM, now=now)


def test_a_list_that_a_segment_asks_for_is_not_removed(noon: Any, now: datetime) -> None:
    create_segment("noonish", "Noonish", DEFINITION, by=SYSTEM, now=now)
    with pytest.raises(Refused, match="segments: Noonish"):
        remove(noon, now)
    drop_segment("noonish", seen=None, by=SYSTEM, now=now)
    remove(noon, now)
    with pytest.raises(BadInput, match="no list “noon” any more"):
        create_segment("noonish", "Noonish", DEFINITION, by=SYSTEM, now=now)


@pytest.mark.parametrize(
    ("state", "file_kept", "is_done_with"),
    [
        ("checking", True, False),
        ("ready", True, False),
        ("running", True, False),
        ("stopped", True, False),
        ("failed", True, False),
        ("failed", False, True),
        ("done", True, True),
        ("undone", True, True),
    ],
)
def test_a_list_with_an_import_that_may_go_on_is_not_removed(
    noon: Any, now: datetime, state: str, file_kept: bool, is_done_with: bool
) -> None:
    models.ImportRun.objects.create(
        list_id=noon.id, name="a.csv", sha256="0", size=1, state=state, file_kept=file_kept, by="x", created_at=now
    )
    if is_done_with:
        return remove(noon, now)
    with pytest.raises(Refused, match="The import a.csv into Noon is not done with"):
        remove(noon, now)


def test_nobody_joins_a_removed_list_in_any_way_and_its_short_name_stays_taken(noon: Any, now: datetime) -> None:
    remove(noon, now)
    assert "noon" not in [each.slug for each in lists.list_lists()]
    with pytest.raises(NotFound, match="was removed"):
        people.add_subscriber("ben@example.com", noon.id, reason="asked", by=SYSTEM, now=now)
    with pytest.raises(NotFound, match="was removed"):
        run.import_csv(io.BytesIO(b"email\nben@example.com\n"), noon.id, dry_run=False, by=SYSTEM, now=now)
    with pytest.raises(Refused, match="records are kept"):
        lists.create_list("noon", "Noon", by=SYSTEM, now=now)
    with pytest.raises(NotFound):
        lists.change_list("noon", name="Dawn", seen=None, by=SYSTEM, now=now)
    with pytest.raises(NotFound):
        remove(noon, now)
    assert Client().get("/join/noon/").status_code == 404


def test_whoever_is_on_a_removed_list_is_shown_with_it_and_can_leave(noon: Any, now: datetime) -> None:
    remove(noon, now)
    (match,) = subscriber_lookup.find_subscribers("ann", by=SYSTEM)
    person = subscriber_lookup.get_subscriber(match.id)
    assert [each.list_name for each in person.subscriptions] == ["Noon"]
    signer = subscriber_lookup.get_signer()
    preferences = Client().get(f"/p/{signer.sign_footer(0, match.id)}")
    assert preferences.status_code == 200
    assert "Noon" not in preferences.content.decode()
    left = Client().post(f"/u/{signer.sign_footer(noon.id, match.id)}", {"List-Unsubscribe": "One-Click"})
    assert left.status_code in (200, 204)
    assert models.Subscription.objects.get().state == "unsubscribed"


def test_an_export_and_its_restoring_keep_a_removed_list_removed(noon: Any, now: datetime) -> None:
    remove(noon, now)
    out = io.StringIO()
    export.write_export(None, out.write, export_format="jsonl", by=SYSTEM, now=now)
    for model in (models.ConsentEvent, models.Subscription, models.Subscriber, models.List):
        model.objects.all().delete()
    restore.restore_export(io.BytesIO(out.getvalue().encode()), name="x", by=SYSTEM, now=now)
    assert models.List.objects.get(slug="noon").removed_at == now


def test_whoever_confirms_too_late_is_told_and_not_signed_up(noon: Any, now: datetime) -> None:
    person = models.Subscriber.objects.create(address="ben@example.com", address_key="ben@example.com", created_at=now)
    models.Subscription.objects.create(list_id=noon.id, subscriber=person, state="pending", since=now)
    remove(noon, now)
    token = subscriber_lookup.get_signer().sign_confirmation(noon.id, person.pk, clock.now() + timedelta(hours=1))
    answer = Client().post(f"/c/{token}", {"ok": "1"})
    assert 400 <= answer.status_code < 500
    assert "Noon does not exist any more" in answer.content.decode()
    assert models.Subscription.objects.get(subscriber=person).state == "pending"
