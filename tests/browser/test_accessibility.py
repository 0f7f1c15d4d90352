"""axe-core finds nothing serious on the board and what leads to it, light and dark, wide and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from newsletter.checks import preflight
from newsletter.curator.editions import editions, picks
from newsletter.kernel import clock
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, sign_in

pytestmark = IN_A_BROWSER

SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 375, "height": 800}}
BOARD = (
    "/editions/{edition}/",
    "/editions/{edition}/history/",
    "/editions/{edition}/review/",
    "/editions/{approved}/",
    "/",
)
SIGNED_OUT = ("/login/", "/join/")


def find_faults(page: Any) -> list[str]:
    """What is serious or critical of the page that is open."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{page.url}: {each['id']}: {node['target'][0]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:3]
    ]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_fault(
    open_page: Callable[..., Any],
    live_server: Any,
    people: Any,
    edition: Any,
    articles: Callable[..., list[int]],
    scheme: str,
    size: str,
) -> None:
    now = clock.now()
    article_id = articles(6, at=now)[5]
    approved = editions.create_edition(edition.newsletter_id, now.date(), by=SYSTEM, now=now)
    picks.add_pick(approved.id, article_id, by=SYSTEM, now=now)
    editions.edit_edition(approved.id, subject="The ferry is back", seen=None, by=SYSTEM, now=now)
    preflight.approve_edition(approved.id, by=SYSTEM, now=now, content_hash=None)
    page = open_page(color_scheme=scheme, viewport=SIZES[size], reduced_motion="reduce")
    faults: list[str] = []

    def look(*paths: str) -> None:
        for path in paths:
            answer = page.goto(live_server.url + path.format(edition=edition.id, approved=approved.id))
            assert answer.status == 200, path
            page.wait_for_load_state("networkidle")
            faults.extend(find_faults(page))

    look(*SIGNED_OUT)
    sign_in(page, live_server, "admin")
    look(*BOARD)
    page.goto(f"{live_server.url}/editions/{edition.id}/picks/{edition.picks[0].key}/")
    page.wait_for_load_state("networkidle")
    faults.extend(find_faults(page))
    page.context.set_offline(True)
    page.fill("#w-subject", "Of mine")
    editions.edit_edition(edition.id, subject="Of theirs", seen=None, by=SYSTEM, now=now)
    page.context.set_offline(False)
    page.wait_for_selector("[data-clash]")
    faults.extend(find_faults(page))
    assert faults == []
