"""What happens when something was wrong in an edition that went out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from newsletter.accounts.actors import SystemActor
from newsletter.checks import preflight
from newsletter.curator.editions import (
    approval,
    correction_lookup,
    corrections,
    edition_lookup,
    editions,
    models,
    picks,
)
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import freeze, hand_over, mailings
from newsletter.jobs import tasks, wiring
from newsletter.kernel.errors import BadInput, NotFound, Refused
from subscribers import people
from tests import prepared
from tests.actors import SYSTEM
from tests.approving import approve

TEXT = "The second boat was built in 1961, not in 1916."
ANN = SystemActor("ann@example.com")


@pytest.fixture
def gone_out(morning_edition: Any, readers: Callable[..., list[int]], now: datetime) -> Any:
    """The edition, sent to three readers; a fourth came too late."""
    readers(3)
    prepared.prepare(_send_edition, morning_edition.id, now)
    readers(1, "late")
    return edition_lookup.get_edition(morning_edition.id)


def _send_edition(edition_id: int, now: datetime) -> None:
    preflight.approve_edition(edition_id, by=ANN, now=now, content_hash=None)
    send(tasks.send_edition(edition_id, at=None, by=ANN, now=now, content_hash=None), now)


def send(mailing: Any, now: datetime) -> Any:
    freeze.freeze_next(now)
    while hand_over.hand_over_next(now, owner="test", provider=wiring.get_provider(), clock=lambda: now):
        pass
    mailings.finish_settled(now)
    return summary.get_mailing(mailing.id)


def test_a_correction_frozen_twice_is_one_mail_and_stays_with_who_froze_it_first(gone_out: Any, now: datetime) -> None:
    corrections.add_correction(gone_out.id, TEXT, by=ANN, now=now, content_hash=None)
    first = corrections.freeze_correction(gone_out.id, by=ANN, now=now)
    assert corrections.freeze_correction(gone_out.id, by=SYSTEM, now=now + timedelta(minutes=1)) == first


def test_only_what_was_sent_is_corrected(morning_edition: Any, now: datetime) -> None:
    with pytest.raises(Refused, match="was not sent"):
        corrections.add_correction(morning_edition.id, TEXT, by=ANN, now=now, content_hash=None)


@pytest.mark.parametrize(
    ("text", "key", "error"), [("  ", "", BadInput), ("x" * 1001, "", BadInput), (TEXT, "nokey", NotFound)]
)
def test_a_correction_says_something_about_something(
    gone_out: Any, now: datetime, text: str, key: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        corrections.add_correction(gone_out.id, text, key=key, by=ANN, now=now, content_hash=None)


def test_the_next_edition_carries_it_once(gone_out: Any, articles: Callable[..., list[int]], now: datetime) -> None:
    made = corrections.add_correction(gone_out.id, TEXT, key=gone_out.picks[0].key, by=ANN, now=now, content_hash=None)
    assert (made.headline, made.carried_on) == (gone_out.picks[0].headline, None)
    following = [
        editions.create_edition(gone_out.newsletter_id, gone_out.date + timedelta(days=days), now=now, by=ANN)
        for days in (1, 2)
    ]
    for each in following:
        assert TEXT in approval.preview(each.id).html  # nobody carries it yet
    picks.add_pick(following[0].id, articles(6)[5], now=now, by=SYSTEM)
    editions.edit_edition(following[0].id, subject="Ferry and otters", now=now, seen=None, by=SYSTEM)
    approve(following[0].id, by=ANN, now=now)
    assert TEXT in approval.preview(following[0].id).text
    assert TEXT not in approval.preview(following[1].id).html
    assert correction_lookup.list_corrections(gone_out.id)[0].carried_on == following[0].date
    approval.skip(following[0].id, reason="Holiday", by=ANN, now=now, content_hash=None)
    assert TEXT in approval.preview(following[1].id).html  # the one that had it never came


def test_the_archive_shows_it_with_its_day_and_the_frozen_mail_stays(gone_out: Any, now: datetime) -> None:
    frozen = models.Snapshot.objects.get(edition_id=gone_out.id)
    corrections.add_correction(gone_out.id, f"{TEXT} <b>", by=ANN, now=now, content_hash=None)
    page = Client().get(f"/archive/morning/{gone_out.date}/").content.decode()
    assert "Corrected on 24 November:" in page
    assert "not in 1916. &lt;b&gt;" in page
    assert models.Snapshot.objects.get(id=frozen.id).html == frozen.html


def test_it_is_mailed_to_those_who_were_sent_the_edition(gone_out: Any, newsroom: Any, now: datetime) -> None:
    with pytest.raises(Refused, match="no correction to mail"):
        tasks.send_correction(gone_out.id, by=ANN, now=now, content_hash=None)
    corrections.add_correction(gone_out.id, TEXT, by=ANN, now=now, content_hash=None)
    planned = tasks.send_correction(gone_out.id, by=ANN, now=now, content_hash=None)
    with pytest.raises(Refused):  # pressed twice
        tasks.send_correction(gone_out.id, by=ANN, now=now, content_hash=None)
    sent = send(planned, now)
    assert (sent.kind, sent.state, sent.candidates, sent.counts, sent.excluded) == (
        "correction",
        "finished",
        4,
        {"accepted": 3},
        {"not_sent": 1},
    )
    snapshot = edition_lookup.get_snapshot(models.Snapshot.objects.get(edition_id=gone_out.id, purpose="correction").pk)
    assert snapshot.subject == f"Correction: {gone_out.subject}"
    assert TEXT in snapshot.html
    assert TEXT in snapshot.text
    assert gone_out.picks[0].headline not in snapshot.text
    assert edition_lookup.get_edition(gone_out.id).state == "sent"
    assert edition_lookup.find_standing_snapshot(gone_out.id).id != snapshot.id  # type: ignore[union-attr]


def test_who_left_since_is_not_mailed_a_correction(gone_out: Any, newsroom: Any, now: datetime) -> None:
    corrections.add_correction(gone_out.id, TEXT, by=ANN, now=now, content_hash=None)
    from subscribers import subscriber_lookup

    someone = subscriber_lookup.find_subscribers("reader0", by=SYSTEM)[0]
    people.unsubscribe(someone.id, newsroom.list.id, by=SYSTEM, now=now)
    sent = send(tasks.send_correction(gone_out.id, by=ANN, now=now, content_hash=None), now)
    assert sent.counts == {"accepted": 2}


def test_a_second_correction_is_a_mail_of_its_own(gone_out: Any, now: datetime) -> None:
    corrections.add_correction(gone_out.id, TEXT, by=ANN, now=now, content_hash=None)
    send(tasks.send_correction(gone_out.id, by=ANN, now=now, content_hash=None), now)
    corrections.add_correction(gone_out.id, "And the mill is in Lower Fellside.", by=ANN, now=now, content_hash=None)
    assert send(tasks.send_correction(gone_out.id, by=ANN, now=now, content_hash=None), now).counts == {"accepted": 3}
