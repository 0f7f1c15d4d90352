"""A mailing that is planned, with as many readers as a test asks for, and hands to send it with."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from newsletter.catalog import newsletter_settings
from newsletter.curator.editions import edition_lookup
from newsletter.delivery import models
from newsletter.delivery.events import applying, inbox
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, MailingKind, Outcome
from newsletter.delivery.reports import summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, hand_over, ledger_rows, mailings
from subscribers import people
from subscribers.imports import run
from subscribers.models import Subscriber
from tests import prepared
from tests.actors import SYSTEM
from tests.approving import approve
from tests.conftest import Newsroom
from tests.fakes.provider import ScriptedProvider, Situation
from tests.fakes.sendgrid_events import Signer, event, post

Join = Callable[..., list[int]]


@pytest.fixture
def tracked(newsroom: Newsroom, join: Join, now: datetime) -> list[int]:
    """Of 130 readers of a newsletter that tracks, every third does not want it, and every thirteenth has left."""
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, tracking="on", seen=None, by=SYSTEM)
    ids = join(130)
    Subscriber.objects.filter(id__in=ids[::3]).update(tracked=False)
    for person in ids[::13]:
        people.unsubscribe(person, newsroom.list.id, by=SYSTEM, now=now)
    return ids


@pytest.fixture
def join(newsroom: Newsroom, now: datetime) -> Callable[..., list[int]]:
    """Imports readers at a stroke: join(120) gives their ids, ascending."""

    def add(count: int, prefix: str = "reader") -> list[int]:
        return prepared.prepare(_import_readers, newsroom.list.id, count, prefix, now)

    return add


def _import_readers(list_id: int, count: int, prefix: str, now: datetime) -> list[int]:
    # Padded, so that they come in the order of their numbers: imports merge people in the order of their addresses.
    width = len(str(count - 1))
    rows = "".join(f"{prefix}{n:0{width}}@example.com,First{n}\n" for n in range(count))
    run.import_csv(io.BytesIO(f"email,first_name\n{rows}".encode()), list_id, dry_run=False, by=SYSTEM, now=now)
    found = Subscriber.objects.filter(address__startswith=prefix).order_by("id")
    return list(found.values_list("id", flat=True))


@pytest.fixture
def plan(newsroom: Newsroom, edition: Any, now: datetime) -> Callable[..., Mailing]:
    """Approves the edition and plans its mailing for now; the provider is that of `scripted`: 50 readers to a batch."""

    def make(**changes: Any) -> Mailing:
        snapshot = edition_lookup.find_standing_snapshot(edition.id) or approve(edition.id, by=SYSTEM, now=now)
        given = {
            "snapshot_id": snapshot.id,
            "edition_id": edition.id,
            "newsletter_id": newsroom.briefing.id,
            "list_id": newsroom.list.id,
            "kind": MailingKind.EDITION,
            "due_at": now,
            "provider": ScriptedProvider.name,
            "by": SYSTEM,
            "now": now,
        }
        return summary.get_mailing(prepared.prepare(mailings.create_mailing, **(given | changes)))

    return make


@pytest.fixture
def frozen(plan: Callable[..., Mailing], now: datetime) -> Callable[..., Mailing]:
    """A planned mailing whose audience is frozen: ready to be handed over."""

    def make(**changes: Any) -> Mailing:
        made = plan(**changes)
        assert prepared.prepare(freeze.freeze_next, now)
        return summary.get_mailing(made.id)

    return make


def hand_over_all(provider: Any, now: datetime, owner: str = "worker/1") -> int:
    """Hands batches over until none is due; how many steps it took."""
    steps = 0
    while hand_over_one(provider, now, owner):
        steps += 1
        assert steps < 1_000, "it never rests"
    return steps


def hand_over_one(provider: Any, now: datetime, owner: str = "worker/1") -> bool:
    """Hands one batch over. Whether there was one."""
    return hand_over.hand_over_next(now, owner=owner, provider=provider, clock=lambda: now)


def shown(mailing: Mailing) -> Mailing:
    """A mailing as it is shown by now."""
    return summary.get_mailing(mailing.id)


@pytest.fixture
def signer() -> Signer:
    return Signer()


@pytest.fixture
def take(signer: Signer, now: datetime) -> Callable[..., None]:
    """Receives one signed post of some events; with apply=False it is only stored."""

    def receive(*happened: dict[str, Any], at: datetime = now, apply: bool = True) -> None:
        raw, timestamp = post(*happened), str(int(at.timestamp()))
        inbox.receive(
            raw, signature=signer.sign(raw, timestamp), timestamp=timestamp, keys=[signer.public_key], now=now
        )
        while apply and applying.apply_next(now, owner="test"):
            pass

    return receive


@pytest.fixture
def sent(frozen: Callable[..., Mailing], join: Callable[..., list[int]], now: datetime) -> Callable[..., Sent]:
    """Hands a mailing to some readers over; sent(3, told.loses_the_answer) with the first answer as told."""

    def hand_over(count: int, *script: Any) -> Sent:
        ids = join(count)
        mailing = frozen()
        hand_over_as_told(script, now)
        return Sent(mailing.id, ids, now)

    return hand_over


def hand_over_as_told(script: Sequence[Situation], now: datetime) -> None:
    """Hands all over to a provider that does as the script says, and settles what is settled by it."""
    if any("<locals>" in situation.__qualname__ for situation in script):  # another one has the same name
        _hand_over_as_told(script, now)
    else:
        prepared.prepare(_hand_over_as_told, tuple(script), now)


def _hand_over_as_told(script: Sequence[Situation], now: datetime) -> None:
    hand_over_all(ScriptedProvider(*script), now)
    mailings.finish_settled(now)


class Sent:
    """A mailing that was handed over, and the ids its events carry."""

    def __init__(self, mailing_id: int, readers: list[int], now: datetime) -> None:
        self.id, self.readers, self.now = mailing_id, readers, now

    @property
    def mailing(self) -> Mailing:
        return summary.get_mailing(self.id)

    def event(self, kind: str, place: int = 0, *, seconds: int = 0, attempt: str = "", **more: Any) -> dict[str, Any]:
        batch = models.Batch.objects.get(mailing_id=self.id, number=1)
        ids = {
            "nl_mailing": batch.mailing.key,
            "nl_batch": batch.key,
            "nl_attempt": attempt or batch.attempt_key,
            "nl_delivery": f"{batch.key}.{place}",
        }
        return event(kind, ids, f"reader{place}@example.com", int(self.now.timestamp()) + seconds, **more)


def keep_bounced(mailing: Any, batches: int, now: datetime) -> None:
    """Adds batches to a mailing of a thousand who all bounced, blocked."""
    number = models.Batch.objects.count()
    reason = "550 5.7.1 [192.0.2.7] our block list has your network, see id 7f3a9c21e4"
    for first in range(number * 1_000 + 100, (number + batches) * 1_000 + 100, 1_000):
        number += 1
        row = ledger_rows.build_batch(
            models.Mailing.objects.get(id=mailing.id), number, range(first, first + 1_000), now, 0
        )
        outcomes = Outcomes.all_planned(row.size)
        outcomes.settle(Outcome.BOUNCED)
        row.state, row.outcomes = BatchState.ACCEPTED, outcomes.pack()
        row.save()
        models.DeliveryException.objects.bulk_create(
            ledger_rows.build_exception(
                row, person, address=f"{person}@example.com", kind="bounced", reason=reason, at=now
            )
            for person in range(first, first + 1_000)
        )
