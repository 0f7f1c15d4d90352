"""Counts that the database keeps equal what there is, whatever happens and whoever dies at it."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Count

from newsletter.kernel.errors import NewsletterError
from subscribers import bounces_complaints, lists, models, people, subscription_counts
from subscribers.consent import erasure
from subscribers.imports import undo
from subscribers.states import SubscriptionState
from subscribers.subscription_counts import CountDifference
from subscribers.values import ImportReport, List
from tests.actors import SYSTEM
from tests.conftest import reported

OPERATIONS = 1_000
DIES = 0.3  # of the operations, before they are committed


class Killed(Exception):
    """The process died; the database takes back what was not committed."""


def count_anew() -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    rows = models.Subscription.objects.values_list("list_id", "state").annotate(n=Count("id"))
    for list_id, state, n in rows.order_by("list_id", "state"):
        found.setdefault(list_id, {})[state] = n
    return found


def test_after_a_thousand_operations_and_kills_each_count_equals_a_recount(
    morning: List, evening: List, take_in: Callable[..., ImportReport], now: datetime
) -> None:
    chance = random.Random(20)
    newsroom = _Newsroom(chance, (morning, evening), take_in, now)
    dead = done = 0
    for step in range(OPERATIONS):
        with suppress(Killed), transaction.atomic():
            done += newsroom.act()
            if chance.random() < DIES:
                dead += 1
                raise Killed
        if step % 50 == 0:
            assert subscription_counts.read_counts() == count_anew()
            subscription_counts.compact()
    assert subscription_counts.read_counts() == count_anew()
    assert subscription_counts.recount_subscriptions() == ()
    assert dead > OPERATIONS / 5
    assert done > OPERATIONS / 2  # the others were refused
    states = {state for counts in count_anew().values() for state in counts}
    assert states == {state.value for state in SubscriptionState}


class _Newsroom:
    """What happens to subscribers of two lists, by chance."""

    def __init__(
        self, chance: random.Random, both: tuple[List, List], take_in: Callable[..., ImportReport], now: datetime
    ) -> None:
        self.chance, self.lists, self.take_in, self.now = chance, both, take_in, now
        self.acts: tuple[Callable[[], object], ...] = (
            *(self.subscribe,) * 6,
            *(self.leave,) * 4,
            *(self.bounce,) * 2,
            self.complain,
            self.erase,
            self.take_file,
            self.undo_file,
            self.write_by_hand,
        )

    def act(self) -> bool:
        """One of them; whether it was not refused."""
        self.now += timedelta(minutes=1)
        try:
            with transaction.atomic():
                self.chance.choice(self.acts)()
        except NewsletterError:
            return False
        return True

    def subscribe(self) -> None:
        reason = self.chance.choice(("", "asked in person"))
        address = f"reader{self.chance.randrange(120)}@example.com"
        people.add_subscriber(address, self.chance.choice(self.lists).id, reason=reason, by=SYSTEM, now=self.now)

    def leave(self) -> None:
        people.unsubscribe(self._choose(), self.chance.choice(self.lists).id, by=SYSTEM, now=self.now)

    def bounce(self) -> None:
        reported(self._choose(), self.lists[0].id, bounces_complaints.ReportKind.HARD, now=self.now)

    def complain(self) -> None:
        reported(self._choose(), self.lists[0].id, bounces_complaints.ReportKind.COMPLAINED, now=self.now)

    def erase(self) -> None:
        erasure.erase_subscriber(self._choose(), by=SYSTEM, now=self.now)

    def take_file(self) -> None:
        rows = [f"file{self.chance.randrange(80)}@example.com" for _ in range(12)]
        self.take_in("\n".join(["email", *rows]) + "\n", name=f"{self.now:%H%M}.csv")

    def undo_file(self) -> None:
        imports = [*models.ImportRun.objects.filter(state="done").values_list("id", flat=True)]
        if imports:
            undo.undo_import(self.chance.choice(imports), by=SYSTEM, now=self.now)

    def write_by_hand(self) -> None:
        """As SQL of a process of the version before writes, which knows of no counts."""
        rows = models.Subscription.objects.filter(subscriber_id=self._choose())
        if self.chance.random() < 0.5:
            rows.update(state=self.chance.choice([*SubscriptionState]))
        else:
            rows.delete()

    def _choose(self) -> int:
        known = [*models.Subscriber.objects.values_list("id", flat=True)]
        return self.chance.choice(known) if known else 0


def test_what_was_there_before_there_were_counts_is_counted(active: Callable[..., int], morning: List) -> None:
    for n in range(3):
        active(f"reader{n}@example.com")
    _drop_triggers()
    models.SubscriptionCount.objects.all().delete()
    active("reader3@example.com")
    assert lists.count_subscribers_by_state(morning.id) == {}
    subscription_counts.keep_counts()
    assert lists.count_subscribers_by_state(morning.id) == {SubscriptionState.ACTIVE: 4}
    active("reader4@example.com")
    assert lists.count_subscribers_by_state(morning.id) == {SubscriptionState.ACTIVE: 5}
    with connection.execute_wrapper(_refuse_writes):
        subscription_counts.keep_counts()  # nothing is missing


def _drop_triggers() -> None:
    with connection.cursor() as cursor:
        for name in ("entered", "left", "moved"):
            table = " ON subscribers_subscription" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER subscribers_subscription_{name}{table}")


def _refuse_writes(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    assert sql.lstrip().upper().startswith(("SELECT", "PRAGMA", "SAVEPOINT", "RELEASE")), sql
    return execute(sql, params, many, context)


def test_a_recount_says_what_was_wrong_and_corrects_it(
    active: Callable[..., int], morning: List, evening: List, now: datetime
) -> None:
    person = active("reader@example.com")
    people.unsubscribe(person, morning.id, by=SYSTEM, now=now)
    models.SubscriptionCount.objects.filter(state="unsubscribed").update(count=7)
    models.SubscriptionCount.objects.create(list_id=evening.id, state="active", count=-2)
    assert subscription_counts.recount_subscriptions() == (
        CountDifference(morning.id, "unsubscribed", 7, 1),
        CountDifference(evening.id, "active", -2, 0),
    )
    assert lists.count_subscribers_of_lists() == {morning.id: {SubscriptionState.UNSUBSCRIBED: 1}}
    assert subscription_counts.recount_subscriptions() == ()


def test_what_is_ignored_or_was_there_already_is_not_counted(active: Callable[..., int], morning: List) -> None:
    person = active("reader@example.com")
    row = models.Subscription.objects.values("list_id", "subscriber_id", "state", "since").get(subscriber_id=person)
    models.Subscription.objects.bulk_create([models.Subscription(**row)], ignore_conflicts=True)
    models.Subscription.objects.bulk_create(
        [models.Subscription(**row | {"state": "bounced"})],
        update_conflicts=True,
        unique_fields=["list", "subscriber"],
        update_fields=["state"],
    )
    assert lists.count_subscribers_by_state(morning.id) == {SubscriptionState.BOUNCED: 1}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite moves the one number there is")
def test_many_changes_are_added_up(morning: List, active: Callable[..., int]) -> None:
    for n in range(60):
        rows = models.Subscription.objects.filter(subscriber_id=active(f"reader{n}@example.com"))
        rows.update(state="pending")
    before = subscription_counts.read_counts()
    assert subscription_counts.compact() == 180
    assert models.SubscriptionCount.objects.count() == 2
    assert subscription_counts.read_counts() == before == {morning.id: {"pending": 60}}
    assert subscription_counts.compact() is None
