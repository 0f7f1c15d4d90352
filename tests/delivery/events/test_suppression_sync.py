"""What the provider suppressed by itself: taken over once a day, acting on readers as events do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.delivery.events import suppression_sync
from newsletter.delivery.providers.base import ProviderError
from newsletter.delivery.providers.sendgrid import SendGrid
from subscribers import lists, models
from tests.conftest import Newsroom
from tests.delivery.chaos import serving
from tests.fakes.provider import ScriptedProvider
from tests.fakes.sendgrid import KEY, Fault, SendGridServer
from tests.interleaving import failing, just_before

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    with serving(delay=0) as made:
        yield made


@pytest.fixture
def provider(server: SendGridServer) -> SendGrid:
    return SendGrid(KEY, server.url)


def entry(address: str, at: datetime, reason: str = "550 no such user") -> dict[str, Any]:
    return {"created": int(at.timestamp()), "email": address, "reason": reason}


def states(newsroom: Newsroom) -> dict[str, int]:
    return lists.count_subscribers_by_state(newsroom.list.id)


def test_bounces_complaints_and_leaving_act_on_subscribers_as_events_do(
    newsroom: Newsroom, readers: Callable[..., list[int]], server: SendGridServer, provider: SendGrid, now: datetime
) -> None:
    readers(5)
    at = now - timedelta(hours=1)
    server.suppressions = {
        "bounces": [entry("reader0@example.com", at), entry("nobody-of-ours@example.com", at)],
        "invalid_emails": [entry("READER1@example.com", at)],
        "spam_reports": [{"created": int(at.timestamp()), "email": "reader2@example.com"}],
        "unsubscribes": [{"created": int(at.timestamp()), "email": "reader3@example.com"}],
    }
    pulled = suppression_sync.sync_suppressions(now, provider)
    assert pulled is not None
    assert (pulled.entries, pulled.ours) == (5, 4)
    assert states(newsroom) == {"active": 1, "bounced": 2, "complained": 1, "unsubscribed": 1}
    assert models.Suppression.objects.count() == 3, "nobody of ours has the other address"


def test_pulling_again_changes_nothing(
    newsroom: Newsroom, readers: Callable[..., list[int]], server: SendGridServer, provider: SendGrid, now: datetime
) -> None:
    readers(2)
    server.suppressions = {"bounces": [entry("reader0@example.com", now - timedelta(hours=1))]}
    suppression_sync.sync_suppressions(now, provider)
    before = (states(newsroom), models.ConsentEvent.objects.count())
    suppression_sync.sync_suppressions(now + timedelta(minutes=1), provider, at_once=True)
    assert (states(newsroom), models.ConsentEvent.objects.count()) == before


def test_it_is_done_once_a_day_and_goes_on_where_it_ended(
    readers: Callable[..., list[int]], server: SendGridServer, provider: SendGrid, now: datetime
) -> None:
    asked: list[int] = []
    suppressed = provider.list_suppressed

    def list_suppressed(since: datetime, until: datetime) -> Any:
        asked.append((until - since).days)
        return suppressed(since, until)

    provider.list_suppressed = list_suppressed  # type: ignore[method-assign]
    assert suppression_sync.sync_suppressions(now, provider)
    assert suppression_sync.sync_suppressions(now + timedelta(hours=23), provider) is None
    assert suppression_sync.sync_suppressions(now + DAY, provider)
    assert asked == [30, 2], "a month at first, then from the day before the last time"


def test_long_lists_are_read_page_by_page(
    newsroom: Newsroom, readers: Callable[..., list[int]], server: SendGridServer, provider: SendGrid, now: datetime
) -> None:
    readers(1)
    at = now - timedelta(hours=1)
    server.suppressions = {"bounces": [entry(f"other{n}@example.com", at) for n in range(1_200)]}
    server.suppressions["bounces"].append(entry("reader0@example.com", at))
    pulled = suppression_sync.sync_suppressions(now, provider)
    assert pulled is not None
    assert (pulled.entries, pulled.ours) == (1_201, 1)


def test_who_confirmed_after_an_entry_was_made_is_not_touched_by_it(
    newsroom: Newsroom, readers: Callable[..., list[int]], server: SendGridServer, provider: SendGrid, now: datetime
) -> None:
    readers(2)
    models.Subscription.objects.filter(subscriber__address="reader0@example.com").update(confirmed_at=now)
    at = now - timedelta(hours=1)
    server.suppressions = {"bounces": [entry("reader0@example.com", at), entry("reader1@example.com", at)]}
    server.suppressions["unsubscribes"] = [entry("reader0@example.com", at)]
    suppression_sync.sync_suppressions(now, provider)
    assert states(newsroom) == {"active": 1, "bounced": 1}
    assert not models.Suppression.objects.filter(address_key="reader0@example.com").exists()


def test_trouble_is_said_and_tried_again_in_an_hour_from_the_same_place(
    newsroom: Newsroom, readers: Callable[..., list[int]], server: SendGridServer, provider: SendGrid, now: datetime
) -> None:
    readers(1)
    server.suppressions = {"spam_reports": [entry("reader0@example.com", now - timedelta(hours=1))]}
    server.list_faults = [Fault(status=403, body={"errors": [{"message": "access forbidden"}]})]
    with pytest.raises(ProviderError, match="Suppressions read access"):
        suppression_sync.sync_suppressions(now, provider)
    reported = suppression_sync.find_status("sendgrid")
    assert reported is not None
    assert reported.synced_until is None
    assert "403" in reported.error
    assert suppression_sync.sync_suppressions(now + timedelta(minutes=30), provider) is None
    assert suppression_sync.sync_suppressions(now + timedelta(hours=1), provider)
    assert states(newsroom) == {"complained": 1}
    reported = suppression_sync.find_status("sendgrid")
    assert reported is not None
    assert not reported.error


def test_a_provider_without_lists_is_not_asked(now: datetime) -> None:
    assert suppression_sync.sync_suppressions(now, ScriptedProvider()) is None
    assert suppression_sync.find_status(ScriptedProvider.name) is None


def test_of_two_processes_that_pull_at_once_one_asks_the_provider(
    readers: Callable[..., list[int]], server: SendGridServer, provider: SendGrid, now: datetime
) -> None:
    readers(1)
    theirs: list[Any] = []
    with just_before("UPDATE delivery_pull", lambda: theirs.append(suppression_sync.sync_suppressions(now, provider))):
        assert suppression_sync.sync_suppressions(now, provider) is None
    assert theirs[0] is not None


def test_an_entry_that_cannot_be_applied_stops_no_other_and_is_read_again(
    newsroom: Newsroom, readers: Callable[..., list[int]], server: SendGridServer, provider: SendGrid, now: datetime
) -> None:
    readers(3)
    server.suppressions = {"bounces": [entry(f"reader{n}@example.com", now) for n in range(3)]}
    with failing("INSERT INTO subscribers_suppression", "reader1@example.com"):
        pulled = suppression_sync.sync_suppressions(now, provider)
    assert pulled is not None
    assert pulled.ours == 2
    assert states(newsroom) == {"active": 1, "bounced": 2}
    status = suppression_sync.find_status("sendgrid")
    assert status is not None
    assert (status.synced_until, status.error) == (None, "1 entries could not be applied: ValueError: broken")
    suppression_sync.sync_suppressions(now + DAY, provider)
    assert states(newsroom) == {"bounced": 3}
