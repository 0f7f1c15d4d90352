"""What a page weighs on the wire, everything that it loads included, and how far it moves while it loads."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from newsletter.curator.editions import editions, picks
from newsletter.kernel import clock
from subscribers import subscriber_lookup
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, sign_in
from tests.web.conftest import sent

__all__ = ["sent"]

pytestmark = IN_A_BROWSER

MOST_OF_THE_DESK, MOST_OF_READERS = 150_000, 50_000  # bytes
MOST_SHIFT = 0.02  # of "cumulative layout shift": from 0.1 on people notice
ALREADY_COMPRESSED = ("image/png", "image/jpeg", "image/webp", "font/")
NOTE_SHIFTS = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.shift += each.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def weigh(answer: Any) -> int:
    """The bytes of an answer as it is served: compressed, as wsgi.py does; the tests' server sends files plain."""
    body = answer.body()
    is_compressed = answer.headers.get("content-type", "").startswith(ALREADY_COMPRESSED)
    return len(body) if is_compressed else len(gzip.compress(body))


def load(page: Any, address: str) -> tuple[int, float]:
    """The bytes of a page and all that it loads into an empty cache, and its layout shift."""
    other = page.context.browser.new_context(storage_state=page.context.storage_state(), viewport=page.viewport_size)
    opened, answers = other.new_page(), list[str]()
    opened.add_init_script(NOTE_SHIFTS)
    opened.on("response", lambda answer: answers.append(answer.url))
    opened.goto(address)
    opened.wait_for_load_state("networkidle")
    weight, shift = sum(weigh(opened.request.get(each)) for each in answers), opened.evaluate("window.shift")
    other.close()
    return weight, shift


@pytest.mark.parametrize("width", [375, 1440])
def test_pages_are_light_and_stand_still(
    open_page: Callable[..., Any],
    live_server: Any,
    people: Any,
    sent: Any,
    articles: Callable[..., list[int]],
    newsroom: Any,
    width: int,
) -> None:
    now = clock.now()
    draft = editions.create_edition(newsroom.briefing.id, now.date(), by=SYSTEM, now=now)
    for article_id in articles(9, at=now)[5:]:
        picks.add_pick(draft.id, article_id, by=SYSTEM, now=now)
    reader = subscriber_lookup.find_subscribers("reader0", by=SYSTEM)[0].id
    token = subscriber_lookup.get_signer().sign_footer(newsroom.list.id, reader)
    page = open_page(viewport={"width": width, "height": 900})
    readers = {
        "join": reverse("readers:join"),
        "leave": reverse("readers:leave", args=[token]),
        "preferences": reverse("readers:preferences", args=[token]),
        "archive": reverse("readers:archive-of", args=[newsroom.briefing.slug]),
    }
    desk = {
        "today": reverse("desk:today"),
        "calendar": reverse("desk:calendar"),
        "board": reverse("desk:board", args=[draft.id]),
        "review": reverse("desk:review", args=[sent.edition_id]),
        "mailing": reverse("desk:mailing", args=[sent.id]),
    }
    of_readers = {name: load(page, live_server.url + address) for name, address in readers.items()}
    sign_in(page, live_server, "admin")
    of_desk = {name: load(page, live_server.url + address) for name, address in desk.items()}
    for name, (weight, shift) in (of_readers | of_desk).items():
        print(f"{name:12} {weight / 1000:6.1f} kB, moves {shift:.3f}")
    assert max(weight for weight, _ in of_readers.values()) <= MOST_OF_READERS
    assert max(weight for weight, _ in of_desk.values()) <= MOST_OF_THE_DESK
    assert {name: shift for name, (_, shift) in (of_readers | of_desk).items() if shift >= MOST_SHIFT} == {}
