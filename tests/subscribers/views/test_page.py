"""What all pages for subscribers have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from newsletter.kernel import clock
from subscribers import lists, people, self_service, subscriber_lookup
from subscribers.values import List
from tests.actors import SYSTEM
from tests.subscribers.views.conftest import footer, words

Active = Callable[..., int]
Look = Callable[..., str | None]


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("page", ["u", "p", "c"])
def test_opening_a_link_changes_nothing(
    page: str, method: str, client: Client, active: Active, morning: List, state: Look, now: datetime
) -> None:
    """Scanners open every link of a mail."""
    person_id = active("ann@example.com")
    self_service.sign_up("ben@example.com", [morning.id], origin="", network="", now=now)
    ben = subscriber_lookup.find_subscriber_by_address("ben@example.com")
    assert ben is not None
    token = footer(morning.id, person_id)
    if page == "c":
        token = subscriber_lookup.get_signer().sign_confirmation(morning.id, ben.id, clock.now() + timedelta(days=1))
    for _ in range(3):
        assert getattr(client, method)(f"/{page}/{token}").status_code == 200
    assert (state("ann@example.com"), state("ben@example.com")) == ("active", "pending")


@pytest.mark.parametrize("path", ["/u/rubbish", "/p/rubbish", "/c/rubbish", "/u/%00", "/join/no-such-list/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_is_not_ours_gets_a_page_with_a_way_on(path: str, method: str, morning: List) -> None:
    response = getattr(Client(), method)(path)
    assert response.status_code == 404
    assert 'href="/join/"' in words(response)


def test_public_pages_show_neither_our_commands_nor_the_names_of_our_lists(morning: List, now: datetime) -> None:
    lists.create_list("staff-only", "Staff", by=SYSTEM, now=now, public=False)
    for path in ("/join/no-such-list/", f"/u/{footer(morning.id, 10**6)}", f"/p/{footer(10**6, 10**6)}", "/join/"):
        page = words(Client().get(path))
        assert "newsletter subscribers" not in page
        assert "staff-only" not in page


def test_a_form_of_another_site_is_refused_everywhere_but_for_leaving(
    client: Client, active: Active, morning: List, state: Look
) -> None:
    person_id = active("ann@example.com")
    confirming = subscriber_lookup.get_signer().sign_confirmation(
        morning.id, person_id, clock.now() + timedelta(days=1)
    )
    for path in ("/join/", "/join/morning/", "/which/", f"/p/{footer(morning.id, person_id)}", f"/c/{confirming}"):
        assert client.post(path, {"email": "ann@example.com"}).status_code == 403, path
    assert client.post(f"/u/{footer(morning.id, person_id)}").status_code == 200


def test_every_page_is_sandboxed_without_script_and_kept_by_no_cache(active: Active, morning: List) -> None:
    token = footer(morning.id, active("ann@example.com"))
    for path in ("/join/", "/join/morning/", "/which/", f"/u/{token}", f"/p/{token}", "/c/rubbish"):
        response = Client().get(path)
        policy = response["Content-Security-Policy"]
        assert "sandbox" in policy, path
        assert ("allow-scripts" in policy) == path.startswith("/join/"), path  # one script of ours: the time zone
        assert "script-src 'self'" in policy or "script" not in policy.replace("allow-scripts", ""), path
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert "no-store" in response["Cache-Control"], path
        assert ("<script" in response.content.decode()) == path.startswith("/join/"), path


def test_a_page_speaks_the_language_of_the_list_or_of_the_subscriber(
    client: Client, active: Active, now: datetime
) -> None:
    german = lists.create_list("morgen", "Morgenpost", language="de", by=SYSTEM, now=now)
    page = client.get("/join/morgen/").content.decode()
    assert 'lang="de"' in page
    assert "Ihre E-Mail-Adresse" in page
    person = people.add_subscriber("ann@example.com", german.id, by=SYSTEM, now=now, reason="asked in person")
    assert "Morgenpost" in words(client.get(f"/u/{footer(german.id, person.id)}"))
    assert "abbestellen" in words(client.get(f"/u/{footer(german.id, person.id)}"))
    assert "Schreiben Sie" in client.get("/which/", headers={"Accept-Language": "de-AT,de;q=0.9"}).content.decode()
    assert 'lang="en"' in client.get("/which/", headers={"Accept-Language": "fr"}).content.decode()
