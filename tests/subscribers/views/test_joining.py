"""Signing up and confirming, on our pages, in forms on other sites, and by programs."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import pytest
from django.test import Client

from newsletter.accounts import api_tokens
from newsletter.kernel import clock
from subscribers import (
    challenges,
    lists,
    models,
    people,
    rate_limits,
    self_service,
    subscriber_lookup,
    suppressions,
    transactional,
)
from subscribers.rate_limits import get_limit
from subscribers.tokens import FOOTER, Claims
from subscribers.values import List
from subscribers.views import joining
from tests.actors import SYSTEM
from tests.subscribers.views.conftest import footer, owed, post, verdicts, words

Active = Callable[..., int]
Look = Callable[..., str | None]


@pytest.fixture
def origins(settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, embed_origins=("https://www.example.com",))


def api(document: Any, **headers: str) -> Any:
    body = document if isinstance(document, str) else json.dumps(document)
    return Client(enforce_csrf_checks=True).post(
        "/api/subscriptions", body, content_type="application/json", headers=headers
    )


def test_a_link_for_confirming_neither_leaves_nor_shows_the_choices(active: Active, morning: List, state: Look) -> None:
    person_id = active("ann@example.com")
    token = subscriber_lookup.get_signer().sign_confirmation(morning.id, person_id, clock.now() + timedelta(days=1))
    assert Client().post(f"/u/{token}", {"List-Unsubscribe": "One-Click"}).status_code == 404
    assert Client().get(f"/p/{token}").status_code == 404
    assert state("ann@example.com") == "active"
    assert Client().post(f"/c/{footer(morning.id, person_id)}").status_code == 404


def test_an_old_confirmation_says_so_and_how_to_get_a_new_one(active: Active, morning: List) -> None:
    token = subscriber_lookup.get_signer().sign_confirmation(
        morning.id, active("ann@example.com"), clock.now() - timedelta(seconds=1)
    )
    response = Client().get(f"/c/{token}")
    assert response.status_code == 410
    assert "Send me a new mail" in words(response)


def test_an_old_confirmation_is_sent_once_more_at_a_press(
    client: Client, active: Active, morning: List, now: datetime
) -> None:
    self_service.sign_up("new@example.com", [morning.id], origin="", network="", now=now - timedelta(days=8))
    person = subscriber_lookup.find_subscriber_by_address("new@example.com")
    assert person is not None
    token = subscriber_lookup.get_signer().sign_confirmation(morning.id, person.id, clock.now() - timedelta(seconds=1))
    assert "on its way" in words(post(client, f"/c/{token}"))
    kinds = [row.kind for row in models.TransactionalMail.objects.order_by("id")]
    assert kinds == ["confirm", "confirm"]
    for _ in range(get_limit("mail-to")):
        answer = post(client, f"/c/{token}")
    assert (answer.status_code, "on its way" in words(answer)) == (429, False)
    assert "No new mail was sent" in words(answer)


def test_somebody_who_had_left_comes_back_by_the_button_in_the_mail_alone(
    client: Client, active: Active, morning: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    self_service.unsubscribe_by_link(Claims(FOOTER, morning.id, person_id), how="one-click", network="", now=now)
    post(client, "/join/morning/", email="ann@example.com")
    assert state("ann@example.com") == "unsubscribed"
    (mail,) = transactional.claim_mails(clock.now(), limit=9, lease=timedelta(minutes=2))
    path = mail.button_url.removeprefix("http://testserver")
    assert "Yes, sign me up" in words(client.get(path))
    assert "You are signed up" in words(post(client, path))
    assert state("ann@example.com") == "active"


def test_signing_up_and_confirming(client: Client, morning: List, state: Look) -> None:
    done = post(client, "/join/morning/", email="Ann@example.com", first_name="Ann")
    assert "Now look in your inbox" in words(done)
    (mail,) = transactional.claim_mails(clock.now(), limit=9, lease=timedelta(minutes=2))
    path = mail.button_url.removeprefix("http://testserver")
    assert "Yes, sign me up" in words(client.get(path))
    assert state("ann@example.com") == "pending"
    assert "You are signed up" in words(post(client, path))
    assert state("ann@example.com") == "active"
    assert "You are signed up" in words(client.get(path))


def test_the_answer_to_a_sign_up_says_nothing_about_who_is_known(active: Active, morning: List, now: datetime) -> None:
    active("active@example.com")
    suppressions.suppress("never@example.com", reason="asked", by=SYSTEM, now=now)
    answers = set()
    for name in ("active", "never", "fresh"):
        client = Client()
        response = client.post("/join/morning/", {"email": f"{name}@example.com"})
        answers.add((response.status_code, words(response).replace(f"{name}@", "X@")))
    assert len(answers) == 1


def test_a_program_that_fills_the_hidden_field_gets_the_same_answer_and_nothing_else(
    morning: List, active: Active, state: Look
) -> None:
    active("ann@example.com")
    done = Client().post("/join/morning/", {"email": "bot@example.com", "website": "http://spam.example"})
    assert "Now look in your inbox" in words(done)
    Client().post("/which/", {"email": "ann@example.com", "website": "x"})
    assert state("bot@example.com") is None
    assert owed() == []


@pytest.mark.parametrize(("email", "chosen", "field"), [("ann@", True, "email"), ("ann@example.com", False, "lists")])
def test_a_form_that_will_not_do_comes_back_with_what_was_typed(
    email: str, chosen: bool, field: str, morning: List, evening: List
) -> None:
    fields = {"email": email, "lists": [str(morning.id)] if chosen else []}
    response = Client().post("/join/", {**fields, "first_name": "Ann"})
    page = words(response)
    assert response.status_code == 422
    assert f'href="#{field}"' in page
    assert f'id="{field}"' in page
    assert f'value="{email}"' in page
    assert 'value="Ann"' in page


def test_what_a_stranger_typed_is_text_and_nothing_else(morning: List) -> None:
    typed = '"><script>alert(1)</script>@example.com'
    for path in ("/join/morning/", "/which/"):
        page = Client().post(path, {"email": typed, "first_name": typed}).content.decode()
        assert "<script>" not in page
        assert page.count("<script") == page.count('<script src="/static/zone.js" defer></script>')


def test_the_form_for_other_sites_needs_no_cookie_and_may_be_framed_by_them_alone(morning: List, origins: None) -> None:
    browser = Client(enforce_csrf_checks=True)
    page = browser.get("/embed/morning/")
    assert page.cookies == {}
    assert "frame-ancestors https://www.example.com;" in page["Content-Security-Policy"]
    assert "X-Frame-Options" not in page
    done = browser.post("/embed/morning/", {"email": "ann@example.com", "from": "https://www.example.com/story"})
    assert done.status_code == 200
    assert done.cookies == {}
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    assert person.consents[0].origin == "https://www.example.com/story"
    assert "frame-ancestors 'none'" in Client().get("/join/morning/")["Content-Security-Policy"]


def test_without_a_word_on_the_article_the_page_that_led_here_counts(morning: List) -> None:
    Client().post("/embed/morning/", {"email": "ann@example.com"}, headers={"Referer": "https://www.example.com/b"})
    assert models.SignupAttempt.objects.get().origin == "https://www.example.com/b"


def test_a_slip_is_asked_about_and_kept_if_it_is_meant(morning: List) -> None:
    page = Client().post("/join/morning/", {"email": "ann@gmail.con"})
    assert page.status_code == 422
    assert b"ann@gmail.com" in page.content
    assert verdicts() == []
    assert Client().post("/join/morning/", {"email": "ann@gmail.con", "sure": "ann@gmail.con"}).status_code == 200
    assert verdicts() == ["taken"]


def test_programs_sign_people_up_and_hear_the_same_whoever_it_is(
    morning: List, active: Callable[..., int], origins: None
) -> None:
    active("known@example.com")
    for address in ("known@example.com", "new@example.com"):
        answer = api({"email": address, "lists": ["morning"], "from": "app"}, Origin="https://www.example.com")
        assert (answer.status_code, answer.json()["message"][:4]) == (202, "Look")
        assert answer["Access-Control-Allow-Origin"] == "https://www.example.com"
    assert "Access-Control-Allow-Origin" not in api({"email": "x@example.com"}, Origin="https://evil.example")


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ("rubbish", "body"),
        ("[1]", "body"),
        ("[" * 9000, "body"),
        ({"email": "x" * 20_000}, "body"),
        ({"email": "rubbish", "lists": ["morning"]}, "email"),
        ({"email": "ann@example.com", "lists": ["gone"]}, "lists"),
        ({"email": "ann@example.com", "lists": "morning"}, "lists"),
        ({"email": "ann@gmial.com", "lists": ["morning"]}, "email"),
    ],
)
def test_what_will_not_do_is_said_with_the_field(document: Any, field: str, morning: List, evening: List) -> None:
    answer = api(document)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_body_may_be_as_large_as_the_limit_and_no_larger(morning: List) -> None:
    body = json.dumps({"email": "ann@example.com", "lists": ["morning"]})
    assert api(body.ljust(joining.LARGEST_JSON)).status_code == 202
    assert api(body.ljust(joining.LARGEST_JSON + 1)).json()["field"] == "body"


def test_every_sign_up_gets_the_same_answer_after_the_same_time(morning: List, now: datetime) -> None:
    people.add_subscriber("known@example.com", morning.id, by=SYSTEM, now=now, reason="asked in person")
    suppressions.suppress("cut@example.com", reason="complained", by=SYSTEM, now=now)
    answers = set()
    for name in ("known", "cut", "fresh"):
        begun = perf_counter()
        answer = Client().post("/embed/morning/", {"email": f"{name}@example.com"})
        assert perf_counter() - begun >= joining.ANSWER_SECONDS
        answers.add((answer.status_code, answer.content.replace(name.encode(), b"")))
    assert len(answers) == 1


def test_the_words_of_form_and_confirmation_are_kept_and_what_was_typed_is_not(client: Client, morning: List) -> None:
    lists.change_list(
        "morning", seen=None, by=SYSTEM, now=clock.now(), privacy_notice="See https://example.com/privacy."
    )
    assert '<a href="https://example.com/privacy"' in words(client.get("/join/morning/"))
    post(client, "/join/morning/", email="ann@example.com", first_name="Annabel")
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    token = subscriber_lookup.get_signer().sign_confirmation(
        morning.id, person.id, clock.now() + transactional.CONFIRM_WITHIN
    )
    post(client, f"/c/{token}")
    texts = {row.hash: row.text for row in models.ConsentText.objects.all()}
    asked, confirmed = models.ConsentEvent.objects.order_by("id")
    assert texts[asked.form_hash].splitlines()[:2] == ["Sign up for Morning Briefing", "Ten stories."]
    assert "You can stop with one click at any time." in texts[asked.form_hash]
    assert texts[asked.notice_hash] == texts[confirmed.notice_hash] == "See https://example.com/privacy."
    assert texts[confirmed.form_hash].splitlines()[:2] == ["Send Morning Briefing to …?", "Yes, sign me up"]
    assert "ann" not in str(texts).casefold()


@pytest.fixture
def people_at_desk(request: pytest.FixtureRequest) -> Any:
    """The cast of tests/conftest.py, whose name is that of a module here."""
    return request.getfixturevalue("people")


@pytest.fixture
def busy(settings: Any, morning: List) -> None:
    """A form above its limit."""
    settings.CONFIG = replace(settings.CONFIG, signups_per_form=1)
    Client().post("/embed/morning/", {"email": "first@example.com"})


def read_challenge(page: Any) -> str:
    found = re.search(r'data-challenge="([^"]*)"', page.content.decode())
    assert found is not None
    return html.unescape(found[1])


def test_a_busy_form_asks_for_a_challenge_and_keeps_what_was_typed(client: Client, busy: None) -> None:
    typed = {"email": "ann@example.com", "first_name": "Ann"}
    refused = client.post("/embed/morning/", typed)
    assert refused.status_code == 429
    assert 'value="ann@example.com"' in words(refused)
    assert '<script src="/static/challenge.js" defer>' in words(refused)
    for page in (refused, client.get("/join/morning/")):
        solution = challenges.solve(read_challenge(page))
        assert client.post("/embed/morning/", typed | {"challenge": solution, "wait": ""}).status_code == 200
    assert verdicts() == ["taken", "challenged", "taken", "taken"]


def test_without_javascript_the_mail_waits_and_the_page_says_so(client: Client, busy: None) -> None:
    page = client.get("/join/morning/")
    assert '<input type="hidden" name="wait" value="1">' in words(page)
    done = client.post("/embed/morning/", {"email": "ann@example.com", "wait": "1", "challenge": ""})
    assert "it may take some hours" in words(done)
    assert "within a few minutes" not in words(done)
    mail = models.TransactionalMail.objects.latest("id")
    assert mail.due_at > mail.created_at


def test_a_form_that_is_not_busy_asks_for_nothing(client: Client, morning: List) -> None:
    assert "challenge" not in words(client.get("/join/morning/"))


def test_a_program_is_given_the_challenge(busy: None) -> None:
    asked = api({"email": "ann@example.com", "lists": ["morning"]})
    assert (asked.status_code, asked.json()["field"]) == (429, "challenge")
    solution = challenges.solve(json.dumps(asked.json()["challenge"]))
    assert api({"email": "ann@example.com", "lists": ["morning"], "challenge": solution}).status_code == 202
    assert api({"email": "ben@example.com", "lists": ["morning"], "wait": True}).status_code == 202


def create_token(email: str, scope: str) -> str:
    made = api_tokens.create_token(email, scope, scopes=[scope], password=None, by=SYSTEM, now=clock.now())
    return f"Bearer {made[1]}"


def test_a_caller_with_a_token_has_no_limit_and_says_for_whom_it_asks(people_at_desk: Any, settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, signups_per_form=1, signups_per_network=1)
    authorization = create_token("admin@example.com", "subscriptions:write")
    for n in range(3):
        document = {"email": f"r{n}@example.com", "lists": ["morning"], "ip": f"192.0.2.{n}", "words": "Our own form."}
        assert api(document, Authorization=authorization).status_code == 202
    assert [each.network for each in models.SignupAttempt.objects.order_by("id")] == [f"192.0.2.{n}" for n in range(3)]
    event = models.ConsentEvent.objects.latest("id")
    assert models.ConsentText.objects.get(hash=event.form_hash).text == "Our own form."
    api({"email": "x@example.com", "lists": ["morning"], "ip": "192.0.2.9", "words": "Forged."})
    assert not models.SignupAttempt.objects.filter(network="192.0.2.9").exists()
    assert not models.ConsentText.objects.filter(text="Forged.").exists()


@pytest.mark.parametrize(
    ("who", "scope", "status"),
    [("admin", "tiers:write", 401), ("stranger", "subscriptions:write", 403), ("viewer", "subscriptions:write", 403)],
)
def test_a_token_that_may_not_sign_up_is_refused(people_at_desk: Any, who: str, scope: str, status: int) -> None:
    answer = api(
        {"email": "ann@example.com", "lists": ["morning"]}, Authorization=create_token(f"{who}@example.com", scope)
    )
    assert answer.status_code == status
    assert api({"email": "a@example.com", "lists": ["morning"]}, Authorization="Bearer nl_x").status_code == 401
    assert models.Subscriber.objects.count() == 0


@pytest.mark.parametrize(("proxies", "seen"), [(0, True), (1, False)])
def test_forwarding_that_nobody_told_us_of_is_noted(morning: List, settings: Any, proxies: int, seen: bool) -> None:
    settings.CONFIG = replace(settings.CONFIG, trusted_proxies=proxies)
    Client().post("/embed/morning/", {"email": "ann@example.com"})
    assert not rate_limits.was_forwarding_seen(clock.now())
    Client().post("/embed/morning/", {"email": "ann@example.com"}, headers={"X-Forwarded-For": "192.0.2.1"})
    assert rate_limits.was_forwarding_seen(clock.now()) is seen
