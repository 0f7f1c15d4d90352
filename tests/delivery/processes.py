"""Processes for a test to kill.

Leases are short here, so that much happens in little time; all else is as in production.

prepare N   plans a mailing to N readers         hear FILE   takes signed posts, as the web does
work        hands over and applies events        repair      sends to all of whom nobody knows
report      says how it ended                    recall      stops it before its time
complete    asks what became of a recall
toil FILE   works until there is such a file     operate     does what an operator decides, a line of input each

The interpreter that forks them (tests/forking.py) imports this module.

With PROCESS_WINDOW the mailing is due in so many minutes, and handed over early, to be recalled until then. With
PROCESS_FIRST_DUE=0 the first one is due at once all the same.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")
django.setup()

from django.db import OperationalError, close_old_connections, connection  # noqa: E402

from newsletter.catalog import newsletter_settings  # noqa: E402  the rooms need Django set up
from newsletter.curator.articles import intake  # noqa: E402
from newsletter.curator.editions import edition_lookup, editions, picks  # noqa: E402
from newsletter.delivery import models  # noqa: E402
from newsletter.delivery.events import applying, inbox  # noqa: E402
from newsletter.delivery.ledger import states  # noqa: E402
from newsletter.delivery.ledger.states import BatchState, MailingState, RecallState  # noqa: E402
from newsletter.delivery.providers import registry  # noqa: E402
from newsletter.delivery.providers.base import ProviderError  # noqa: E402
from newsletter.delivery.reports import recipients, summary  # noqa: E402
from newsletter.delivery.sending import (  # noqa: E402
    backlog,
    freeze,
    hand_over,
    mailings,
    recall,
    recall_slots,
    recall_window,
    reconsider,
    unsettled,
)
from newsletter.delivery.sending.repair import repair_mailing, repair_silent  # noqa: E402
from newsletter.jobs import tasks, wiring, worker_steps  # noqa: E402
from newsletter.kernel import clock  # noqa: E402
from newsletter.kernel.errors import NewsletterError, Refused  # noqa: E402
from subscribers import lists  # noqa: E402
from subscribers.imports import run  # noqa: E402
from tests.actors import SYSTEM  # noqa: E402
from tests.approving import approve  # noqa: E402

log = logging.getLogger(__name__)
BATCH = int(os.environ.get("PROCESS_BATCH", "25"))
WINDOW = int(os.environ.get("PROCESS_WINDOW", "0"))
FIRST_DUE = int(os.environ.get("PROCESS_FIRST_DUE", WINDOW))
hand_over.LEASE = applying.LEASE = timedelta(seconds=2)
freeze.PAGE_SIZE = BATCH
registry._MAX_BATCH["sendgrid"] = BATCH  # many requests of few recipients
recall_window.RETRY_AFTER = timedelta(seconds=0.5)


def prepare(readers: int) -> None:
    from django.core.management import call_command

    if not connection.introspection.table_names():
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
    due = now + timedelta(minutes=FIRST_DUE) if FIRST_DUE else None
    tasks.send_edition(edition.id, at=due, by=SYSTEM, now=now, content_hash=None, on_other_day=True)


def work() -> None:
    """As `newsletter worker` does: jobs on PostgreSQL, a loop on SQLite. Ends when all is done."""
    if connection.vendor == "postgresql":
        return work_on_jobs()
    owner, provider = f"worker:{os.getpid()}", wiring.get_provider()
    while True:
        worked = (
            hand_over.hand_over_next(clock.now(), owner=owner, provider=provider, clock=clock.now)
            or recall.complete_next_recall(clock.now(), provider, by=SYSTEM)
            or recall_slots.open_next_window(clock.now(), provider)
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
    worker, running = start_job_worker()
    while running.is_alive() and not all_done():
        time.sleep(0.1)
    worker.stop()
    running.join()


def start_job_worker() -> tuple[Any, threading.Thread]:
    from newsletter.jobs import worker_procrastinate

    (
        worker_procrastinate.SIGN_OF_LIFE_SECONDS,
        worker_procrastinate.STALLED_SECONDS,
        worker_procrastinate.SWEEP_SECONDS,
    ) = 0.5, 2.0, 0.2
    worker = worker_procrastinate.ProcrastinateWorker(2)
    running = threading.Thread(target=worker.run)
    running.start()
    return worker, running


def toil(file: str) -> None:
    """Every step of a worker and of the scheduler, until the file is there."""
    owner, end = f"worker:{os.getpid()}", Path(file)
    if connection.vendor == "postgresql":
        return toil_on_jobs(end)
    while not end.exists():
        if not take_steps(
            lambda now: worker_steps.hand_over(now, owner), worker_steps.advance_mailings, worker_steps.apply_events
        ):
            take_steps(*SWEEPS)
            time.sleep(0.05)


SWEEPS: tuple[Callable[[datetime], object], ...] = (reconsider.plan_settled, repair_silent)


def take_steps(*steps: Callable[[datetime], object]) -> bool:
    """Takes each step; one that fails is taken again later, as workers do."""
    worked = False
    for step in steps:
        try:
            worked = bool(step(clock.now())) or worked
        except Exception as error:
            log.warning("A step failed and is taken again: %s", error, exc_info=True)
            close_old_connections()
            time.sleep(0.1)
    return worked


def toil_on_jobs(end: Path) -> None:
    worker, running = start_job_worker()
    while running.is_alive() and not end.exists():
        take_steps(*SWEEPS)
        time.sleep(0.1)
    worker.stop()
    running.join()


def operate() -> None:
    """Does what each line of the input says, and answers each with a line of JSON."""
    for line in sys.stdin:
        verb, *rest = line.split()
        try:
            answer = OPERATIONS[verb](*rest)
        except NewsletterError as error:
            answer = {"refused": str(error)}
        except OperationalError as error:  # SQLite is busy: an operator would try again
            answer = {"refused": str(error)}
            close_old_connections()
        print(json.dumps(answer), flush=True)


def get_latest() -> models.Mailing:
    return models.Mailing.objects.latest("id")


def send_again(minutes: str) -> dict[str, Any]:
    """Sends the edition again, which was stopped; edited and approved first where its approval is gone."""
    now, edition_id = clock.now(), get_latest().edition_id
    edition = edition_lookup.get_edition(edition_id)
    if edition.snapshot_id is None:
        subject = f"The ferry is back at last {models.Mailing.objects.count()}"
        editions.edit_edition(edition_id, now=now, subject=subject, seen=None, by=SYSTEM)
        approve(edition_id, by=SYSTEM, now=now)
    at = now + timedelta(minutes=int(minutes)) if int(minutes) else None
    return {
        "mailing": tasks.send_edition(edition_id, at=at, by=SYSTEM, now=now, content_hash=None, on_other_day=True).id
    }


def resume() -> dict[str, Any]:
    recall.resume_mailing(get_latest().id, by=SYSTEM, now=clock.now(), provider=wiring.get_provider())
    return {}


def recall_latest() -> dict[str, Any]:
    spared = recall.recall_mailing(get_latest().id, by=SYSTEM, now=clock.now(), provider=wiring.get_provider())
    return asdict(spared)


def repair_all() -> dict[str, Any]:
    """Sends to all of whom nobody knows: those of stopped mailings are passed on to the one that followed."""
    planned = {}
    for row in models.Mailing.objects.order_by("id"):
        with suppress(Refused):
            planned[row.id] = repair_mailing(row.id, unknown=True, by=SYSTEM, now=clock.now())
    return planned


def get_status() -> dict[str, Any]:
    """How the latest mailing stands, and whether nothing is under way any more."""
    latest = get_latest()
    in_flight = models.Batch.objects.filter(state__in=(BatchState.SENDING, BatchState.CLAIMED)).exists()
    waiting = models.Batch.objects.filter(state=BatchState.PLANNED).exclude(mailing__state=MailingState.CANCELLED)
    recalling = models.Mailing.objects.filter(state=MailingState.RECALLING).exists()
    settled = latest.state == MailingState.FINISHED or (
        latest.state == MailingState.SENDING and latest.recall == RecallState.OPEN
    )
    held_open = latest.state == MailingState.SENDING and latest.alarms.exists()  # too many unknown: until a repair
    unapplied = models.WebhookPayload.objects.exists()
    return {
        "id": latest.id,
        "state": latest.state,
        "reason": latest.reason,
        "edition": edition_lookup.get_edition(latest.edition_id).state,
        "settled": (settled or held_open) and not (in_flight or waiting.exists() or recalling or unapplied),
        "in_flight": in_flight,
        "due": latest.due_at.timestamp(),
    }


def report_all() -> list[dict[str, Any]]:
    """Every mailing as the ledger has it, oldest first."""
    return [
        {
            "id": row.id,
            "state": row.state,
            "recalled": row.recalled_at is not None,
            "adds_up": summary.get_mailing(row.id).adds_up,
            "who": {
                each.address: each.state for each in recipients.list_recipients(row.id, limit=1_000_000, by=SYSTEM)
            },
        }
        for row in models.Mailing.objects.order_by("id")
    ]


def cancel() -> dict[str, Any]:
    mailings.cancel(get_latest().id, by=SYSTEM, now=clock.now())
    return {}


def pause() -> dict[str, Any]:
    mailings.pause(get_latest().id, by=SYSTEM, now=clock.now())
    return {}


OPERATIONS: dict[str, Callable[..., Any]] = {
    "cancel": cancel,
    "recall": recall_latest,
    "pause": pause,
    "resume": resume,
    "send": send_again,
    "repair": repair_all,
    "status": get_status,
    "report": report_all,
}


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
        with suppress(Refused, ProviderError):  # another worker was faster, or the provider failed: tried again
            mailing_id = models.Mailing.objects.get().id
            recall.resume_mailing(mailing_id, by=SYSTEM, now=clock.now(), provider=wiring.get_provider())
    open_still = (  # the alarm alone stands for a moment behind a repair, until some worker finishes the mailing
        models.Alarm.objects.filter(message=unsettled.ALARM).exists()
        and unsettled.has_too_many_unknown(models.Mailing.objects.get())
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


def main() -> None:
    verb, *rest = sys.argv[1:]
    verbs = {
        "prepare": lambda: prepare(int(rest[0])),
        "work": work,
        "hear": lambda: hear(rest[0]),
        "repair": repair,
        "recall": recall_all,
        "complete": complete_recall,
        "report": report,
        "toil": lambda: toil(rest[0]),
        "operate": operate,
    }
    verbs[verb]()
