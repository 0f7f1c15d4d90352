"""10,000 and 200,000 readers planned and handed over to a loopback server, against a bare loop that only builds and posts.

The bare loop reads no rows, keeps no ledger and checks nobody: it bounds what any program could reach here.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.measuring import line

SIZES = (10_000, 200_000)


class _Accepting(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.send_header("X-Message-Id", "bench")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


def main() -> None:
    with surroundings():
        for readers in SIZES:
            _measure(readers)


@contextmanager
def surroundings() -> Iterator[None]:
    """An empty installation of its own, and a server that accepts everything."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Accepting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            NEWSLETTER_DATA_DIR=folder,
            NEWSLETTER_PROVIDER="sendgrid",
            SENDGRID_API_KEY="SG.bench",
            NEWSLETTER_SENDGRID_HOST=f"http://127.0.0.1:{server.server_address[1]}",
            DJANGO_SETTINGS_MODULE="newsletter.settings",
        )
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield
    server.shutdown()


def _measure(readers: int) -> None:
    bare = _bare(plan_mailing(readers), readers)
    planned, handed = plan(), hand_over()
    line(f"{readers:,} readers: plan", planned, "bare loop", bare)
    line(f"{readers:,} readers: hand over", handed, "bare loop", bare)
    line(f"{readers:,} readers: both", planned + handed, "bare loop", bare)


def plan_mailing(readers: int) -> int:
    """Imports readers, approves an edition and makes its mailing; the mailing's id."""
    import io

    from newsletter.catalog import service as catalog
    from newsletter.curator import service as curator
    from newsletter.jobs import tasks
    from subscribers import service as subscribers

    now = datetime.now(UTC)
    target = subscribers.create_list(f"bench-{readers}", "Bench", now=now)
    newsletter = catalog.create_newsletter(
        slug=f"bench-{readers}",
        name="Bench",
        from_email="news@example.com",
        postal_address="1 High Street",
        list_id=target.id,
        zone="UTC",
        now=now,
    )
    rows = "".join(f"reader{n}@example.com,First{n}\n" for n in range(readers))
    subscribers.import_csv(
        io.BytesIO(f"email,first_name\n{rows}".encode()), target.id, dry_run=False, by="bench", now=now
    )
    text = (
        "The funicular returns to the upper town\n\n"
        + "For eleven winters the rails were silent and nobody minded much. " * 6
    )
    article = curator.add_article_from_paste(text, url="https://paper.example.org/1", now=now).article
    edition = curator.create_edition(newsletter.id, now.date(), now=now, by="bench")
    curator.pick(edition.id, article.id, now=now)
    curator.edit_edition(edition.id, now=now, subject="The funicular returns", intro="Good morning, {{ first_name }}.")
    curator.approve(edition.id, by="bench", now=now)
    return tasks.send_edition(edition.id, at=None, by="bench", now=now).id


def _bare(mailing_id: int, readers: int) -> float:
    from newsletter.catalog import reads as catalog
    from newsletter.curator import reads as curator
    from newsletter.delivery import reads
    from newsletter.delivery.envelopes import envelope
    from newsletter.delivery.providers.base import Recipient, Request
    from newsletter.jobs import wiring

    mailing = reads.mailing(mailing_id)
    snapshot = curator.standing_snapshot(mailing.edition_id)
    assert snapshot is not None
    cover = envelope(
        snapshot.rendered(), catalog.newsletter(mailing.newsletter_id), base_url="https://news.example.com"
    )
    provider, now = wiring.provider(), datetime.now(UTC)
    start = time.perf_counter()
    for first in range(0, readers, 1000):
        people = [
            Recipient(f"b.{n}", f"reader{n}@example.com", f"First{n}", "token-of-a-usual-size-x")
            for n in range(first, first + 1000)
        ]
        assert provider.send_batch(Request(cover, people, "m", "b", "a"), now).accepted
    return (time.perf_counter() - start) * 1000


def plan() -> float:
    """Freezes the audience; milliseconds."""
    from newsletter.delivery import service

    start = time.perf_counter()
    while service.freeze_next(datetime.now(UTC)):
        pass
    return (time.perf_counter() - start) * 1000


def hand_over() -> float:
    """Hands every batch over; milliseconds."""
    from newsletter.delivery import service
    from newsletter.jobs import wiring

    start = time.perf_counter()
    clock = lambda: datetime.now(UTC)  # noqa: E731
    while service.hand_over_next(clock(), owner="bench", provider=wiring.provider(), clock=clock):
        pass
    service.finish(clock())
    return (time.perf_counter() - start) * 1000
