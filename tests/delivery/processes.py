"""Processes for a test to kill.

Leases are short here, so that much happens in little time; all else is as in production.

prepare N   plans a mailing to N readers         hear FILE   takes signed posts, as the web does
work        hands over and applies events        repair      sends to all of whom nobody knows
report      says how it ended                    recall      stops it before its time
complete    asks what became of a recall

With PROCESS_WINDOW the mailing is due in so many minutes, and handed over early, to be recalled until then.
"""

from __future__ import annotations

import base64
import io
import json
import os
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")
django.setup()

from django.db import connection  # noqa: E402

from newsletter.catalog import newsletter_settings  # noqa: E402  the rooms need Django set up
from newsletter.curator.articles import intake  # noqa: E402
from newsletter.curator.editions import editions, picks  # noqa: E402
from newsletter.delivery import models  # noqa: E402
from newsletter.delivery.events import applying, inbox  # noqa: E402
from newsletter.delivery.ledger import states  # noqa: E402
from newsletter.delivery.ledger.states import MailingState  # noqa: E402
from newsletter.delivery.reports import recipients, summary  # noqa: E402
from newsletter.delivery.sending import backlog, freeze, hand_over, mailings, recall, unsettled  # noqa: E402
from newsletter.delivery.sending.repair import repair_mailing  # noqa: E402
from newsletter.jobs import tasks, wiring  # noqa: E402
from newsletter.kernel import clock  # noqa: E402
from newsletter.kernel.errors import Refused  # noqa: E402
from subscribers import lists  # noqa: E402
from subscribers.imports import run  # noqa: E402
from tests.actors import SYSTEM  # noqa: E402
from tests.approving import approve  # noqa: E402

BATCH = int(os.environ.get("PROCESS_BATCH", "25"))
WINDOW = int(os.environ.get("PROCESS_WINDOW", "0"))
hand_over.LEASE = applying.LEASE = timedelta(seconds=2)
freeze.PAGE_SIZE = BATCH
recall.RETRY_AFTER = timedelta(seconds=0.5)


def prepare(readers: int) -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    now = clock.now()
    target = lists.create_list("morning", "Morning Briefing", by=SYSTEM, now=now)
    newsletter = newsletter_settings.create_newsletter(
        slug="morning",
        name="Morning Briefing",
        from_email="news@example.com",
        postal_address="1 High Street, Upland",
        list_id=target.id,
        zone="Europe/London",
        now=now,
        recall_minutes=2 * WINDOW,
        by=SYSTEM,
    )
    rows = "email,first_name\n" + "".join(f"reader{n}@example.com,First{n}\n" for n in range(readers))
    run.import_csv(io.BytesIO(rows.encode()), target.id, dry_run=False, by=SYSTEM, now=now)
    text = (
        "The ferry is back at last\n\n" + "Islanders met it on the pier with a band and a cake of the same length. " * 4
    )
    article = intake.add_article_from_paste(text, url="https://paper.example.org/1", now=now, by=SYSTEM).article
    edition = editions.create_edition(newsletter.id, now.date(), now=now, by=SYSTEM)
    picks.add_pick(edition.id, article.id, now=now, by=SYSTEM)
    editions.edit_edition(edition.id, now=now, subject="The ferry is back at last", seen=None, by=SYSTEM)
    approve(edition.id, by=SYSTEM, now=now)
    tasks.send_edition(
        edition.id, at=now + timedelta(minutes=WINDOW) if WINDOW else None, by=SYSTEM, now=now, content_hash=None
    )


def work() -> None:
    """As `newsletter worker` does: jobs on PostgreSQL, a loop on SQLite. Ends when all is done."""
    if connection.vendor == "postgresql":
        return work_on_jobs()
    owner, provider = f"worker:{os.getpid()}", wiring.get_provider()
    while True:
        worked = (
            hand_over.hand_over_next(clock.now(), owner=owner, provider=provider, clock=clock.now)
            or recall.complete_next_recall(clock.now(), provider, by=SYSTEM)
            or recall.open_next_window(clock.now(), provider)
            or freeze.freeze_next(clock.now())
            or mailings.finish_settled(clock.now())
            or mailings.pause_lost_probes(clock.now())
            or applying.apply_next(clock.now(), owner=owner)
        )
        if worked:
            continue
        if all_done():
            return
        time.sleep(0.05)


def work_on_jobs() -> None:
    from newsletter.jobs import worker_procrastinate

    (
        worker_procrastinate.SIGN_OF_LIFE_SECONDS,
        worker_procrastinate.STALLED_SECONDS,
        worker_procrastinate.SWEEP_SECONDS,
    ) = 0.5, 2.0, 0.2
    worker = worker_procrastinate.ProcrastinateWorker(2)
    running = threading.Thread(target=worker.run)
    running.start()
    while running.is_alive() and not all_done():
        time.sleep(0.1)
    worker.stop()
    running.join()


def all_done() -> bool:
    """Whether the mailing is finished (or all of it handed over, in a window) and every post applied.

    One that paused is resumed, as an operator would.
    """
    state = models.Mailing.objects.values_list("state", flat=True).get()
    if (
        WINDOW
        and state == MailingState.SENDING
        and not models.Batch.objects.filter(state__in=states.OPEN_BATCH_STATES).exists()
    ):
        return True
    if state == MailingState.PAUSED:  # too many answers lost in a row
        with suppress(Refused):  # another worker was faster
            mailing_id = models.Mailing.objects.get().id
            recall.resume_mailing(mailing_id, by=SYSTEM, now=clock.now(), provider=wiring.get_provider())
    open_still = (
        models.Alarm.objects.filter(message=unsettled.ALARM).exists()
        and not backlog.measure_backlog(clock.now() + timedelta(days=1), limit=1).batches
    )
    return (state == MailingState.FINISHED or open_still) and not models.WebhookPayload.objects.exists()


def hear(file: str) -> None:
    """Posts as tests.delivery.chaos writes them: the public key, then signature, timestamp and body of each."""
    reported = json.loads(Path(file).read_text())
    for signature, timestamp, body in reported["posts"]:
        raw = base64.b64decode(body)
        inbox.receive(raw, signature=signature, timestamp=timestamp, keys=[reported["key"]], now=clock.now())


def repair() -> None:
    (mailing,) = summary.list_mailings()
    print(repair_mailing(mailing.id, unknown=True, by=SYSTEM, now=clock.now()))


def recall_all() -> None:
    (mailing,) = summary.list_mailings()
    spared = recall.recall_mailing(mailing.id, by=SYSTEM, now=clock.now(), provider=wiring.get_provider())
    print(spared.caught + spared.withdrawn)


def complete_recall() -> None:
    """As workers do, until what became of a recall is known."""
    (mailing,) = summary.list_mailings()
    provider = wiring.get_provider()
    while summary.get_mailing(mailing.id).state == MailingState.RECALLING:
        if not recall.complete_next_recall(clock.now(), provider, by=SYSTEM):
            time.sleep(0.05)


def report() -> None:
    (mailing,) = summary.list_mailings()
    everybody = [asdict(who) for who in recipients.list_recipients(mailing.id, limit=1_000_000, by=SYSTEM)]
    print(
        json.dumps(
            {"state": mailing.state, "adds_up": mailing.adds_up, "candidates": mailing.candidates, "who": everybody}
        )
    )


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    verbs = {
        "prepare": lambda: prepare(int(rest[0])),
        "work": work,
        "hear": lambda: hear(rest[0]),
        "repair": repair,
        "recall": recall_all,
        "complete": complete_recall,
        "report": report,
    }
    verbs[verb]()
