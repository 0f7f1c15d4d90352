"""How fast a daily send makes the database grow: a simulated month of editions and their events, on both databases.

    BENCH_RETAINED=50000 python -m benchmarks retention

Every day: an edition is planned, handed over, every reader’s “processed” and “delivered”, a third open, one in thirty
clicks, one in two hundred bounces softly, in signed posts; then what the background does in a day. The growth is of
the days after the tenth, when posts and ids of events have begun to be forgotten, and is given for a million readers.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.delivery import _add_readers, surroundings
from benchmarks.processes import run_each

READERS = int(os.environ.get("BENCH_RETAINED", 20_000))
DAYS, STEADY_FROM = 30, 10
IN_A_POST = 1_000
SOFT = {"type": "blocked", "reason": "452 mailbox full"}


def main() -> None:
    run_each({where: [sys.executable, "-m", "benchmarks.retention", where] for where in ("sqlite", "postgres")})


def measure(database: str) -> None:
    with surroundings(postgres=database == "postgres"):
        month = _Month()
        sizes = [month.day(number) for number in range(DAYS)]
        grown = (sizes[-1] - sizes[STEADY_FROM - 1]) / (DAYS - STEADY_FROM)
        print(
            f"{database}: {READERS:,} readers, {sizes[0] / 1e6:.1f} MB after a day, "
            f"{sizes[STEADY_FROM - 1] / 1e6:.1f} after {STEADY_FROM}, "
            f"{sizes[-1] / 1e6:.1f} after {DAYS}: {grown / 1e6:.3f} MB a day, "
            f"{grown / READERS:.2f} MB a day for a million",
            flush=True,
        )


class _Month:
    """A newsletter with readers, and what happens to it day by day."""

    def __init__(self) -> None:
        from newsletter.catalog import newsletter_settings
        from newsletter.curator.articles import intake
        from subscribers import lists
        from tests.actors import SYSTEM
        from tests.fakes.sendgrid_events import Signer

        self.start = datetime.now(UTC) - timedelta(days=DAYS)
        target = lists.create_list("month", "Month", by=SYSTEM, now=self.start)
        self.newsletter = newsletter_settings.create_newsletter(
            slug="month",
            name="Month",
            from_email="news@example.com",
            postal_address="1 High Street",
            list_id=target.id,
            zone="UTC",
            now=self.start,
            by=SYSTEM,
        )
        _add_readers(READERS, target.id, self.start)
        text = "The ferry is back\n\n" + "Islanders met it on the pier with a band and a cake of the same length. " * 5
        self.article = intake.add_article_from_paste(
            text, url="https://paper.example.org/1", now=self.start, by=SYSTEM
        ).article
        self.chance, self.signer = random.Random(7), Signer()

    def day(self, number: int) -> int:
        """One day; the size of the database at its end, in bytes."""
        from newsletter.delivery import models
        from newsletter.delivery.events import applying, engagement, inbox
        from newsletter.jobs import heartbeats
        from subscribers import rate_limits

        now = self.start + timedelta(days=number)
        self._send(now)
        mailing = models.Mailing.objects.latest("id")
        for raw in self._posts(mailing, now):
            stamp = str(int(now.timestamp()))
            inbox.receive(
                raw, signature=self.signer.sign(raw, stamp), timestamp=stamp, keys=[self.signer.public_key], now=now
            )
            applying.apply_next(now, owner="bench")
        while applying.apply_next(now, owner="bench"):
            pass
        engagement.roll_up(now, owner="bench", at_once=True)
        evening = now + timedelta(hours=12)
        inbox.delete_expired(evening)
        rate_limits.delete_old_hits(evening)
        heartbeats.delete_stale(evening)
        return _size()

    def _send(self, now: datetime) -> None:
        from newsletter.curator.editions import editions, picks
        from newsletter.delivery.sending import freeze, hand_over, mailings
        from newsletter.jobs import tasks, wiring
        from tests.actors import SYSTEM
        from tests.approving import approve

        edition = editions.create_edition(self.newsletter.id, now.date(), now=now, by=SYSTEM)
        picks.add_pick(edition.id, self.article.id, reason="the same story every day", now=now, by=SYSTEM)
        editions.edit_edition(edition.id, now=now, subject="The ferry is back", seen=None, by=SYSTEM)
        approve(edition.id, by=SYSTEM, now=now)
        tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now, content_hash=None)
        while freeze.freeze_next(now):
            pass
        while hand_over.hand_over_next(now, owner="bench", provider=wiring.get_provider(), clock=lambda: now):
            pass
        mailings.finish_settled(now)

    def _posts(self, mailing: Any, now: datetime) -> Iterator[bytes]:
        from tests.fakes.sendgrid_events import post

        events = [event for batch in mailing.batches.all() for event in self._events(mailing, batch, now)]
        self.chance.shuffle(events)
        for start in range(0, len(events), IN_A_POST):
            yield post(*events[start : start + IN_A_POST])

    def _events(self, mailing: Any, batch: Any, now: datetime) -> Iterator[dict[str, Any]]:
        from tests.fakes.sendgrid_events import event

        at = int(now.timestamp())
        for place in range(batch.size):
            ids = {
                "nl_mailing": mailing.key,
                "nl_batch": batch.key,
                "nl_attempt": batch.attempt_key,
                "nl_delivery": f"{batch.key}.{place}",
            }
            address = f"reader{batch.first_id + place - 1}@example.com"
            yield event("processed", ids, address, at)
            if self.chance.random() < 1 / 200:
                yield event("bounce", ids, address, at + 1, **SOFT)
                continue
            yield event("delivered", ids, address, at + 1)
            if self.chance.random() < 1 / 3:
                yield event("open", ids, address, at + 60)
            if self.chance.random() < 1 / 30:
                yield event("click", ids, address, at + 90, url="https://paper.example.org/1?nl=abcdefghijkl")


def _size() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.fetchall()
            return os.stat(connection.settings_dict["NAME"]).st_size
        cursor.execute("VACUUM ANALYZE")  # as PostgreSQL does by itself; a day is too short here for that
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    began = time.monotonic()
    measure(sys.argv[1])
    print(f"in {time.monotonic() - began:.0f} s")
