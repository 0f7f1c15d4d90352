"""When a session of the desk ends: unused, old, or with its user; what pages ask for by themselves is no use of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from newsletter.accounts import audit_log, users
from newsletter.accounts.audit_log import AuditFilter
from newsletter.kernel import clock
from newsletter.web.sessions import BEGAN_KEY, USED_KEY
from subscribers.imports.run import import_csv
from tests.actors import SYSTEM
from tests.conftest import PASSWORD

EDITOR = "editor@example.com"


@pytest.fixture
def client(people: Any) -> Client:
    """A browser in which the editor has signed in."""
    client = Client()
    client.post("/login/", {"email": EDITOR, "password": PASSWORD})
    assert client.get("/").status_code == 200
    return client


def let_time_pass(client: Client, *keys: str, **spans: int) -> None:
    """As if the session had begun, or was last used, so much earlier."""
    session = client.session
    for key in keys:
        session[key] -= timedelta(**spans).total_seconds()
    session.save()


def find_end_recorded() -> str:
    (entry,) = audit_log.list_entries(AuditFilter(action="session ended"))
    assert (entry.actor, entry.target) == (EDITOR, EDITOR)
    return entry.detail


def test_a_session_that_is_not_used_ends(client: Client) -> None:
    let_time_pass(client, USED_KEY, minutes=119)
    assert client.get("/").status_code == 200
    let_time_pass(client, USED_KEY, minutes=121)
    assert client.get("/editions/").url == "/login/?next=/editions/"  # type: ignore[attr-defined]
    assert find_end_recorded() == "not used for 120 minutes"


def test_a_session_that_is_used_ends_after_a_day(client: Client) -> None:
    let_time_pass(client, BEGAN_KEY, hours=23)
    assert client.get("/").status_code == 200
    let_time_pass(client, BEGAN_KEY, hours=1)
    assert client.get("/").status_code == 302
    assert find_end_recorded() == "24 hours old"


def test_using_the_desk_prolongs_the_session(client: Client) -> None:
    let_time_pass(client, USED_KEY, minutes=100)
    client.get("/editions/")
    let_time_pass(client, USED_KEY, minutes=100)
    assert client.get("/").status_code == 200


def test_what_a_page_asks_for_by_itself_prolongs_no_session(client: Client, sent: Any) -> None:
    edition, mailing = sent.edition_id, sent.id
    asked = {
        f"/editions/{edition}/changes/?mark=1",
        f"/editions/{edition}/pool/",
        f"/editions/{edition}/rendering/",
        f"/deliveries/{mailing}/progress/",
    }
    for address in asked:
        let_time_pass(client, USED_KEY, minutes=10)
        before = client.session[USED_KEY]
        assert client.get(address, headers={"HX-Request": "true"}).status_code in (200, 204, 286), address
        assert client.session[USED_KEY] == before, address


def test_an_import_that_is_watched_prolongs_no_session(client: Client, newsroom: Any, now: Any) -> None:
    run = import_csv(BytesIO(b"email\n"), newsroom.list.id, dry_run=False, by=SYSTEM, now=now, name="none.csv").id
    let_time_pass(client, USED_KEY, minutes=10)
    before = client.session[USED_KEY]
    assert client.get(f"/readers/import/{run}/progress/", headers={"HX-Request": "true"}).status_code == 286
    assert client.session[USED_KEY] == before
    assert client.get(f"/readers/import/{run}/").status_code == 200
    assert client.session[USED_KEY] > before


def test_a_page_left_open_is_told_that_nobody_is_signed_in(client: Client, sent: Any) -> None:
    let_time_pass(client, USED_KEY, minutes=121)
    address = f"/editions/{sent.edition_id}/changes/?mark=1"
    answer = client.get(address, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["X-Refusal"]) == (401, "1")


def test_what_is_typed_when_the_session_has_ended_stays_on_the_page(client: Client, edition: Any) -> None:
    let_time_pass(client, USED_KEY, minutes=121)
    answer = client.post(
        f"/editions/{edition.id}/words/", {"subject": "Typed", "seen_subject": ""}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 401
    assert "You were signed out, so this was not done" in answer.content.decode()


@pytest.mark.parametrize("known", [True, False])
def test_a_disabled_user_who_is_enabled_again_signs_in_anew(client: Client, known: bool) -> None:
    if not known:  # a session of the version before
        session = client.session
        del session[BEGAN_KEY], session[USED_KEY]
        session.save()
    users.disable_user(EDITOR, by=SYSTEM, now=clock.now())
    users.enable_user(EDITOR, by=SYSTEM, now=clock.now())
    assert client.get("/").status_code == 302
    client.post("/login/", {"email": EDITOR, "password": PASSWORD})
    assert client.get("/").status_code == 200


def test_a_session_of_the_version_before_is_counted_from_its_next_use(client: Client) -> None:
    session = client.session
    del session[BEGAN_KEY], session[USED_KEY]
    session.save()
    assert client.get("/").status_code == 200
    let_time_pass(client, BEGAN_KEY, hours=24)
    assert client.get("/").status_code == 302


def test_the_limits_are_settings(client: Client, settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, session_idle_minutes=5, session_hours=1)
    let_time_pass(client, USED_KEY, minutes=6)
    assert client.get("/").status_code == 302


def test_using_the_desk_is_written_once_a_minute(client: Client) -> None:
    before = client.session[USED_KEY]
    client.get("/")
    assert client.session[USED_KEY] == before
