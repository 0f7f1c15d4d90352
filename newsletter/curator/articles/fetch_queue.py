"""Fetching many feeds or pages at once, and one server's one after another. Knows no rows: requests in, answers out.

hosts ─▶ one thread each, at most `THREADS` ─▶ its feeds in order, with a pause ─▶ answers as they come
"""

from __future__ import annotations

import queue
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from newsletter.curator.articles import canonical_urls
from newsletter.curator.articles.resources import FEED_TYPES, Fetcher
from newsletter.fetching import FetchResponse

THREADS = 16
PAUSE = 1.0  # seconds between two requests to one server


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One feed or page to ask for, and what we know of its last answer."""

    id: int
    url: str
    etag: str = ""
    last_modified: str = ""


FetchAnswer = FetchResponse | Exception


def fetch_all(
    requests: Iterable[FetchRequest],
    fetch: Fetcher,
    *,
    accept: str = FEED_TYPES,
    threads: int = THREADS,
    pause: float = PAUSE,
) -> Iterator[tuple[int, FetchAnswer]]:
    """The answer to each request, or its error, in the order they come. Closing the iterator stops the fetching."""
    lines = group_by_host(requests)
    answers: queue.SimpleQueue[tuple[int, FetchAnswer]] = queue.SimpleQueue()
    stopped = threading.Event()
    with ThreadPoolExecutor(max(1, min(threads, len(lines))), "feeds") as pool:
        try:
            for line in lines:
                pool.submit(_fetch_host, line, fetch, accept, pause, answers, stopped)
            for _ in range(sum(map(len, lines))):
                yield answers.get()
        finally:
            stopped.set()
            pool.shutdown(cancel_futures=True)


def group_by_host(requests: Iterable[FetchRequest]) -> list[list[FetchRequest]]:
    """The requests of each server, in their order; the longest line first, for it takes longest."""
    lines: dict[str, list[FetchRequest]] = defaultdict(list)
    for request in requests:
        lines[canonical_urls.get_host(request.url)].append(request)
    return sorted(lines.values(), key=len, reverse=True)


def _fetch_host(
    line: Sequence[FetchRequest],
    fetch: Fetcher,
    accept: str,
    pause: float,
    answers: queue.SimpleQueue[tuple[int, FetchAnswer]],
    stopped: threading.Event,
) -> None:
    for number, request in enumerate(line):
        if stopped.wait(pause if number else 0.0):
            return
        answer: FetchAnswer
        try:
            answer = fetch(request.url, accept=accept, etag=request.etag, last_modified=request.last_modified)
        except Exception as error:  # also a fault of ours: it belongs to this feed, and is reported as its error
            answer = error
        answers.put((request.id, answer))
