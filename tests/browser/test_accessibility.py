"""axe-core finds nothing serious on any page: on a phone in the dark, and wide in the light.

The pages are those of the URL map, so that a new one is looked at too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, reverse

from newsletter.accounts import calendar_links
from newsletter.checks import preflight
from newsletter.curator.editions import edition_lookup, editions, picks
from newsletter.curator.editions.values import Edition
from newsletter.jobs import worker_steps
from newsletter.kernel import clock
from newsletter.scheduling import schedules
from newsletter.urls import urlpatterns
from subscribers import subscriber_lookup, tokens
from subscribers.imports.run import begin_import
from subscribers.segments.service import create_segment
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, sign_in
from tests.web.conftest import admin, sent, signed_in

__all__ = ["admin", "sent", "signed_in"]

pytestmark = IN_A_BROWSER

LOOKS = {
    "on a phone in the dark": ("dark", {"width": 375, "height": 800}),
    "wide in the light": ("light", {"width": 1280, "height": 900}),
}
PARTS = 8  # the pages are looked at in as many tests, so that none takes long
NOT_THERE = {"readers:picture", "desk:letter"}


def list_patterns() -> Iterator[tuple[str, URLPattern]]:
    """The addresses of what people see, as (name, pattern)."""
    for part in urlpatterns:
        if part.namespace != "api":
            yield from ((f"{part.namespace}:{entry.name}", entry) for entry in part.url_patterns)


PATTERNS = sorted(list_patterns(), key=lambda each: each[0])


def find_faults(page: Any) -> list[str]:
    """What is serious or critical of the page that is open, in either look."""
    found = []
    for look, (scheme, viewport) in LOOKS.items():
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size(viewport)
        violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        found += [
            f"{page.url}, {look}: {each['id']}: {node['target'][0]}"
            for each in violations
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"][:3]
        ]
    return found


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page with cookies of its own."""
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def addresses(people: Any, newsroom: Any, articles: Callable[..., list[int]], sent: Any) -> dict[str, str]:
    """The address of every page, about something that is there."""
    now, newsletter, mailing_list = clock.now(), newsroom.briefing, newsroom.list
    draft, edition = create_draft(newsletter.id, articles, now), edition_lookup.get_edition(sent.edition_id)
    schedule = schedules.create_schedule(newsletter.id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=now)
    create_segment("morning", "Payers", {"about": "tier", "op": "is", "value": "paid"}, by=SYSTEM, now=now)
    person = subscriber_lookup.find_subscribers("reader0", by=SYSTEM)[0].id
    arguments = {
        "article_id": edition.picks[0].article_id,
        "day": edition.date.isoformat(),
        "edition_id": draft.id,
        "folder": sent.key,
        "form": "csv",
        "import_id": ask_about_a_file(mailing_list.id, now),
        "key": draft.picks[0].key,
        "mailing_id": sent.id,
        "schedule_id": schedule.id,
        "slug": newsletter.slug,  # the list's and the segment's too
        "subscriber_id": person,
    }
    signer, soon = subscriber_lookup.get_signer(), now + timedelta(hours=1)
    tokens_by_page = {
        "desk:calendar-feed": calendar_links.create_link("admin@example.com", by=SYSTEM, now=now),
        "readers:confirm": signer.sign_confirmation(mailing_list.id, person, soon),
        "readers:leave": signer.sign_footer(mailing_list.id, person),
        "readers:mine": signer.sign_expiring(tokens.DETAILS, 0, person, soon),
        "readers:preferences": signer.sign_footer(mailing_list.id, person),
        "readers:stay": signer.sign_expiring(tokens.STAY, mailing_list.id, person, soon),
    }
    names_by_page = {"readers:picture": "none.png"}
    day_after_next = (now + timedelta(days=2)).date()
    queries = {"desk:calendar-skip": f"?instant={day_after_next}T07:00%2B00:00"}
    letter = next(iter(sorted((settings.CONFIG.outbox_dir / sent.key).iterdir()))).name
    found = {}
    for name, pattern in PATTERNS:
        known = arguments | {"token": tokens_by_page.get(name), "name": names_by_page.get(name, letter)}
        found[name] = reverse(name, kwargs={each: known[each] for each in pattern.pattern.converters})
        found[name] += queries.get(name, "")
    return found


def create_draft(newsletter_id: int, articles: Callable[..., list[int]], now: datetime) -> Edition:
    """An edition with a story, and articles beside it that could be picked."""
    draft = editions.create_edition(newsletter_id, now.date(), by=SYSTEM, now=now)
    return picks.add_pick(draft.id, articles(6, at=now)[5], by=SYSTEM, now=now)


def ask_about_a_file(list_id: int, now: datetime) -> int:
    """An import that waits for answers."""
    file = BytesIO(b"email,status,Kunde\nann@example.com,VIP,ja\nben@example.com,gone for good,nein\n")
    run = begin_import(file, list_id, by=SYSTEM, now=now, name="customers.csv")
    assert worker_steps.import_subscribers(now)
    return run.id


def list_pages(client: Client, addresses: dict[str, str]) -> list[str]:
    """Of these addresses those of pages; others take forms, or give mails, parts of pages and files."""
    answers = {name: client.get(address) for name, address in addresses.items()}
    refused = {name: answer.status_code for name, answer in answers.items() if answer.status_code >= 400}
    assert {name for name, status in refused.items() if status != 405} <= NOT_THERE, refused
    return [addresses[name] for name, answer in answers.items() if answer.status_code == 200 and is_page(answer)]


def is_page(answer: Any) -> bool:
    """A whole page of ours: no script may look at a mail, for it is shown in a sandbox."""
    is_mail = "sandbox" in answer.headers.get("Content-Security-Policy", "")
    return not answer.streaming and not is_mail and b"<!doctype html>" in answer.content[:200].lower()


def look_at(page: Any, *addresses: str) -> list[str]:
    """The faults of these pages."""
    faults = []
    for address in addresses:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        faults += find_faults(page)
    return faults


@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_has_a_serious_fault(
    part: int, page: Any, live_server: Any, admin: Client, addresses: dict[str, str]
) -> None:
    pages = list_pages(admin, dict(sorted(addresses.items())[part::PARTS]))
    assert pages
    sign_in(page, live_server, "admin")
    faults = look_at(page, *(live_server.url + address for address in pages))
    assert not faults, "\n".join(faults)


def test_no_face_of_the_board_has_a_serious_fault(
    page: Any, live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]]
) -> None:
    now = clock.now()
    approved = create_draft(edition.newsletter_id, articles, now).id
    editions.edit_edition(approved, subject="The ferry is back", seen=None, by=SYSTEM, now=now)
    preflight.approve_edition(approved, by=SYSTEM, now=now, content_hash=None)
    faults = look_at(page, live_server.url + reverse("desk:login"))
    sign_in(page, live_server, "admin")
    faults += look_at(
        page,
        *(live_server.url + reverse(f"desk:{name}", args=[approved]) for name in ("board", "review", "approve")),
        live_server.url + reverse("desk:edit-pick", args=[edition.id, edition.picks[0].key]),
    )
    page.context.set_offline(True)
    page.fill("#w-subject", "Of mine")
    editions.edit_edition(edition.id, subject="Of theirs", seen=None, by=SYSTEM, now=now)
    page.context.set_offline(False)
    page.wait_for_selector("[data-clash]")
    assert faults + find_faults(page) == []
