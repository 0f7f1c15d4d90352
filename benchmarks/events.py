"""200,000 readers' events, shuffled over the mailing: signed posts of a thousand taken by the real view, then applied.

The baselines do the least that could be done: verifying the signatures alone, and parsing the bodies alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from benchmarks import delivery
from benchmarks.measuring import line

READERS, EVENTS_IN_A_POST, POSTS = 200_000, 1_000, 100


def main() -> None:
    with delivery.surroundings():
        from newsletter.jobs.worker_threads import tune_garbage_collector

        delivery.plan_mailing(READERS)
        delivery.plan()
        delivery.hand_over()
        tune_garbage_collector()  # as the worker does
        _measure()


def _measure() -> None:
    from django.conf import settings
    from django.test import Client

    from newsletter.delivery.events import applying
    from newsletter.delivery.providers import sendgrid_events
    from tests.fakes.sendgrid_events import Signer

    signer, timestamp = Signer(), str(int(time.time()))
    settings.CONFIG = _with_key(settings.CONFIG, signer.public_key)
    settings.ALLOWED_HOSTS = ["testserver"]
    posts = _posts()
    headers = [signer.headers(raw, timestamp) for raw in posts]
    client = Client()

    def take(raw: bytes, head: dict[str, str]) -> None:
        answer = client.post("/hooks/sendgrid", raw, content_type="application/json", headers=head)
        assert answer.status_code == 204, answer.content

    def verify(raw: bytes, head: dict[str, str]) -> None:
        signature = head[sendgrid_events.SIGNATURE_HEADER]
        assert sendgrid_events.is_genuine(raw, signature=signature, timestamp=timestamp, keys=[signer.public_key])

    count = EVENTS_IN_A_POST * POSTS
    bare = _spent(verify, posts, headers)
    taken = _spent(take, posts, headers)
    line(f"{count:,} events: take {count / taken * 1000:,.0f}/s", taken, "verifying alone", bare)
    bare = _spent(sendgrid_events.parse_events, posts)
    start = time.perf_counter()
    strokes: list[float] = []
    while True:
        began = time.perf_counter()
        if not applying.apply_next(datetime.now(UTC), owner="bench"):
            break
        strokes.append((time.perf_counter() - began) * 1000)
    applied = (time.perf_counter() - start) * 1000
    line(f"{count:,} events: apply {count / applied * 1000:,.0f}/s", applied, "parsing alone", bare)
    print(f"{'  longest stroke':44} {max(strokes):9.1f} ms")


def _with_key(config: Any, key: str) -> Any:
    from dataclasses import replace

    return replace(config, sendgrid_webhook_keys=(key,))


def _posts() -> list[bytes]:
    """Half the readers' “processed” and “delivered”, and some opens and clicks, in no order."""
    from newsletter.delivery import models
    from tests.fakes.sendgrid_events import event, post

    at, chance = int(time.time()), random.Random(7)
    everybody = [
        (batch.key, batch.attempt_key, place) for batch in models.Batch.objects.all() for place in range(batch.size)
    ]
    kinds = chance.choices(["processed", "delivered", "open", "click"], [45, 45, 7, 3], k=EVENTS_IN_A_POST * POSTS)
    events = []
    for kind in kinds:
        key, attempt, place = chance.choice(everybody)
        ids = {"nl_mailing": "m", "nl_batch": key, "nl_attempt": attempt, "nl_delivery": f"{key}.{place}"}
        more = {"url": f"https://paper.example.org/{place % 12}?nl=key{place % 12}"} if kind == "click" else {}
        events.append(event(kind, ids, f"reader{place}@example.com", at, **more))
    return [post(*events[n : n + EVENTS_IN_A_POST]) for n in range(0, len(events), EVENTS_IN_A_POST)]


def _spent(act: Callable[..., object], *arguments: Sequence[Any]) -> float:
    start = time.perf_counter()
    for given in zip(*arguments, strict=True):
        act(*given)
    return (time.perf_counter() - start) * 1000
