"""Every page of the desk and of the readers over HTTP, at rest and beside a hand-over, with years of editions.

    python -m benchmarks pages

By BENCH_SUBSCRIBERS, BENCH_EDITIONS and BENCH_ARTICLES as large as wanted (1000000, 1095 and 100000: 5 GB), in
BENCH_FOLDER, where it is kept and taken again the next time. Without one it is built anew, and deleted at the end.

Each page is asked for by a browser that is signed in: once of a process that has just begun, then ten times more.
“Processor” is what the web process spent on each of those ten: on a machine that is shared, times say less. “Size” is
of the page as it travels, compressed as an ordinary proxy would.
"""

from __future__ import annotations

import gzip
import http.client
import logging
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import newsroom

SIZE = newsroom.Size(
    subscribers=int(os.environ.get("BENCH_SUBSCRIBERS", 50_000)),
    editions=int(os.environ.get("BENCH_EDITIONS", 200)),
    articles=int(os.environ.get("BENCH_ARTICLES", 20_000)),
)
FOLDER = os.environ.get("BENCH_FOLDER", "")
PARTS = os.environ.get("BENCH_PAGES", "")  # only pages with one of these in their name, parted by commas
RUNS = 10
PORT = 20_000 + os.getpid() % 10_000  # none that a client of this machine is given: it would answer itself
_NO_PAGES = ("desk:export", "desk:proof", "desk:suppressions-export")  # files of any length
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a page took: milliseconds, bytes, queries."""

    name: str
    first: float
    median: float
    slowest: float
    processor: float
    size: int


def main() -> None:
    if FOLDER:
        _measure(Path(FOLDER))
    else:
        with tempfile.TemporaryDirectory(prefix="bench-pages-") as folder:
            _measure(Path(folder))


def _measure(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with provider() as port:
        prepare(folder, port)
        begun = time.monotonic()
        newsroom.build(folder, SIZE, datetime.now(UTC), lambda what: _tell(f"{time.monotonic() - begun:6.0f} s {what}"))
        pages = [(name, path) for name, path in newsroom.list_pages() if _is_wanted(name)]
        browser = sign_in()
        cookie = f"sessionid={browser.cookies['sessionid'].value}"
        queries = _count_queries(browser, pages)
        _print("at rest", [each for name, path in pages if (each := _ask_fresh(name, path, cookie))], queries)
        with web() as process, _hand_over():
            found = [each for name, path in pages if (each := _ask(name, path, cookie, process))]
        _print("beside a hand-over", found, queries)


def _is_wanted(name: str) -> bool:
    return name not in _NO_PAGES and (not PARTS or any(part in name for part in PARTS.split(",")))


def _tell(text: str) -> None:
    print(text, flush=True)


@contextmanager
def provider() -> Iterator[str]:
    """A provider on loopback that accepts everything; its port."""
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.accepting"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.stdin.close()
        server.wait()


def prepare(folder: Path, provider_port: str) -> None:
    os.environ.update(
        NEWSLETTER_DATA_DIR=str(folder),
        NEWSLETTER_STATE_DIR=str(folder / "state"),
        NEWSLETTER_DATABASE_URL="",
        NEWSLETTER_BASE_URL=f"http://127.0.0.1:{PORT}",
        NEWSLETTER_PROVIDER="sendgrid",
        NEWSLETTER_SENDGRID_HOST=f"http://localhost:{provider_port}",
        SENDGRID_API_KEY="SG.bench",
        DJANGO_SETTINGS_MODULE="newsletter.settings",
    )
    import django

    django.setup()


def sign_in() -> Any:
    """A browser in which the administrator is signed in."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    browser = Client(SERVER_NAME="127.0.0.1")
    user = get_user_model().objects.get(email=newsroom.LOGIN)
    browser.force_login(user, backend="newsletter.accounts.user_backend.UserBackend")
    return browser


def _count_queries(browser: Any, pages: Sequence[tuple[str, str]]) -> dict[str, int]:
    """How many queries each page makes, once what a process keeps is there."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    found: dict[str, int] = {}
    logging.disable(logging.WARNING)  # what only takes forms answers 405
    for name, path in pages:
        browser.get(path)
        with CaptureQueriesContext(connection) as queries:
            browser.get(path)
        found[name] = len(queries)
    connection.close()
    return found


def _run(*words: str) -> subprocess.Popen[bytes]:
    with (Path(os.environ["NEWSLETTER_DATA_DIR"]) / "bench.log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-m", "newsletter", *words], stdout=log, stderr=log)


@contextmanager
def web() -> Iterator[int]:
    """The web process, ready; its id."""
    process = _run("web", "--listen", f"127.0.0.1:{PORT}")
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                if _get("/livez", "")[0] == 200:
                    break
            except OSError:
                pass
            assert process.poll() is None, "the web process has ended"
            assert time.monotonic() < deadline, "the web process does not answer"
            time.sleep(0.05)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _get(path: str, cookie: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
    try:
        connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _ask_fresh(name: str, path: str, cookie: str) -> Measured | None:
    """The same of a process that has just begun."""
    with web() as process:
        return _ask(name, path, cookie, process)


def _ask(name: str, path: str, cookie: str, process: int) -> Measured | None:
    """A page's times, or None where there is none: what only takes forms answers 405."""
    cookie = cookie if name.startswith(("desk:", "search:")) else ""
    begin = time.perf_counter()
    status, body = _get(path, cookie)
    first = (time.perf_counter() - begin) * 1000
    if status not in (200, 286):
        if status != 405:
            _tell(f"{name} {path} answers {status}")
        return None
    times, before = [], processor_ms(process)
    for _ in range(RUNS):
        begin = time.perf_counter()
        _get(path, cookie)
        times.append((time.perf_counter() - begin) * 1000)
    spent = (processor_ms(process) - before) / RUNS
    return Measured(name, first, statistics.median(times), max(times), spent, len(gzip.compress(body, 6)))


def processor_ms(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / _TICKS


@contextmanager
def _hand_over() -> Iterator[None]:
    """A worker that hands mailings over, one after the other, as long as this goes on."""
    from newsletter.curator.editions import editions, picks
    from newsletter.curator.editions.models import Edition, Pick
    from newsletter.jobs import tasks
    from tests.actors import SYSTEM
    from tests.approving import approve

    newsletter = newsroom.get_newsletter()
    now = datetime.now(UTC)
    latest = Edition.objects.filter(newsletter_id=newsletter.id).latest("date")
    story = Pick.objects.earliest("id")
    for days in range(1, 4):
        edition = editions.create_edition(newsletter.id, latest.date + timedelta(days=days), now=now, by=SYSTEM)
        picks.add_pick(edition.id, story.article_id, reason="again", now=now, by=SYSTEM)
        editions.edit_edition(edition.id, now=now, subject="Once more", seen=None, by=SYSTEM)
        approve(edition.id, by=SYSTEM, now=now)
        tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now, content_hash=None, on_other_day=True)
    worker = _run("worker")
    try:
        yield
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)


def _print(what: str, measured: Sequence[Measured], queries: dict[str, int]) -> None:
    print(
        f"\n{what}: {SIZE.subscribers:,} subscribers, {SIZE.editions:,} editions, {SIZE.articles:,} articles\n"
        f"{'page':28} {'first':>8} {'median':>8} {'slowest':>8} {'processor':>10} {'queries':>8} {'size':>8}"
    )
    for each in sorted(measured, key=lambda each: -each.median):
        times = f"{each.first:5.0f} ms {each.median:5.0f} ms {each.slowest:5.0f} ms {each.processor:7.0f} ms"
        print(f"{each.name:28} {times} {queries[each.name]:>8} {each.size / 1000:5.1f} kB")
    if measured:
        print(f"{'half of the pages take up to':28} {'':8} {statistics.median(m.median for m in measured):5.0f} ms")
    print(flush=True)


if __name__ == "__main__":
    main()
