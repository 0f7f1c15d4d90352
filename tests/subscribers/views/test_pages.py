"""The readers' pages as a browser and a mail program use them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from newsletter.kernel import clock
from newsletter.kernel.errors import Refused
from subscribers import (
    audience,
    lists,
    models,
    people,
    self_service,
    subscriber_lookup,
    suppressions,
    tokens,
    transactional,
)
from subscribers.rate_limits import MAX_HITS
from subscribers.values import List
from tests.conftest import reported

Active = Callable[..., int]
Look = Callable[..., str | None]


@pytest.fixture
def client() -> Client:
    """A browser that has to pass the checks against forged forms."""
    return Client(enforce_csrf_checks=True)


def post(client: Client, path: str, **fields: Any) -> Any:
    """What pressing a page's button sends: its fields with the mark that the page brought."""
    page = client.get(path)
    return client.post(path, {**fields, "csrfmiddlewaretoken": page.cookies["csrftoken"].value})


def footer(list_id: int, person_id: int) -> str:
    return subscriber_lookup.get_signer().sign_footer(list_id, person_id)


def owed() -> list[str]:
    return [mail.kind for mail in transactional.claim_mails(clock.now(), limit=50, lease=timedelta(minutes=2))]


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


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


@pytest.mark.parametrize("encoding", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_one_click_needs_no_cookie_gets_no_redirect_and_leaves_at_once(
    encoding: str, client: Client, active: Active, morning: List, state: Look
) -> None:
    path = f"/u/{footer(morning.id, active('ann@example.com'))}"
    body = "List-Unsubscribe=One-Click"
    if encoding.startswith("multipart"):
        body = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    for _ in range(2):
        response = client.post(path, body, content_type=encoding)
        assert (response.status_code, response.cookies) == (200, {})
        assert state("ann@example.com") == "unsubscribed"
    assert owed() == []


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ("", "text/plain"),
        ("{", "application/json"),
        ("--x", "multipart/form-data"),
        ("a=1&" * 2000, "application/x-www-form-urlencoded"),
    ],
)
def test_one_click_works_whatever_the_body_holds(
    body: str, encoding: str, client: Client, active: Active, morning: List, state: Look
) -> None:
    response = client.post(f"/u/{footer(morning.id, active('ann@example.com'))}", body, content_type=encoding)
    assert response.status_code == 200
    assert state("ann@example.com") == "unsubscribed"


def test_leaving_by_the_page_and_taking_it_back(client: Client, active: Active, morning: List, state: Look) -> None:
    path = f"/u/{footer(morning.id, active('ann@example.com'))}"
    page = client.get(path)
    assert "Stop: Morning Briefing" in words(page)
    assert page.cookies == {}
    left = client.post(path, {"via": "page", "do": "leave"})
    assert "You get no more: Morning Briefing" in words(left)
    assert state("ann@example.com") == "unsubscribed"
    assert owed() == ["goodbye"]
    assert "You get no more: Morning Briefing" in words(client.get(path))
    back = client.post(path, {"via": "page", "do": "undo"})
    assert "You get it again: Morning Briefing" in words(back)
    assert state("ann@example.com") == "active"


def test_the_undo_never_claims_what_did_not_happen(
    client: Client, active: Active, morning: List, now: datetime
) -> None:
    person_id = active("ann@example.com")
    reported(person_id, morning.id, "complained", reason="", now=now)
    page = words(client.post(f"/u/{footer(morning.id, person_id)}", {"via": "page", "do": "undo"}))
    assert "again</h1>" not in page
    assert "we stopped it" in page


@pytest.mark.parametrize("path", ["/u/rubbish", "/p/rubbish", "/c/rubbish", "/u/%00", "/join/no-such-list/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_is_not_ours_gets_a_page_with_a_way_on(path: str, method: str, morning: List) -> None:
    response = getattr(Client(), method)(path)
    assert response.status_code == 404
    assert 'href="/join/"' in words(response)


def test_public_pages_show_neither_our_commands_nor_the_names_of_our_lists(morning: List, now: datetime) -> None:
    lists.create_list("staff-only", "Staff", now=now, public=False)
    for path in ("/join/no-such-list/", f"/u/{footer(morning.id, 10**6)}", f"/p/{footer(10**6, 10**6)}", "/join/"):
        page = words(Client().get(path))
        assert "newsletter subscribers" not in page
        assert "staff-only" not in page


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
    suppressions.suppress("never@example.com", reason="asked", source="", now=now)
    answers = set()
    for name in ("active", "never", "fresh"):
        client = Client()
        response = client.post("/join/morning/", {"email": f"{name}@example.com"})
        answers.add((response.status_code, words(response).replace(f"{name}@", "X@")))
    assert len(answers) == 1


def test_the_answer_to_which_address_is_the_same_for_all(active: Active, now: datetime) -> None:
    active("known@example.com")
    answers = set()
    for name in ("known", "fresh"):
        response = Client().post("/which/", {"email": f"{name}@example.com"})
        answers.add((response.status_code, words(response).replace(f"{name}@", "X@")))
    assert len(answers) == 1
    assert owed() == ["which"]


def test_a_former_address_finds_its_subscriber_and_the_mail_goes_to_the_present_one(
    active: Active, now: datetime
) -> None:
    people.change_address(active("ann@example.com"), "ann@example.org", by="test", now=now)
    Client().post("/which/", {"email": "ann@example.com"})
    assert [m.address for m in transactional.claim_mails(clock.now(), limit=9, lease=timedelta(minutes=2))] == [
        "ann@example.org"
    ]


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


def test_too_many_tries_from_one_network_get_a_page_that_says_so(morning: List) -> None:
    for n in range(MAX_HITS["which"]):
        Client().post("/which/", {"email": f"r{n}@example.com"})
    response = Client().post("/which/", {"email": "late@example.com"})
    assert response.status_code == 429
    assert "Try again later" in words(response)


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


def test_the_choices_stop_lists_and_bring_back_those_the_subscriber_had(
    client: Client, active: Active, morning: List, evening: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    path = f"/p/{footer(morning.id, person_id)}"
    assert "Evening Letter" not in words(client.get(path))
    post(client, path, lists=[str(evening.id)])
    assert (state("ann@example.com"), state("ann@example.com", evening)) == ("unsubscribed", None)
    assert "Saved." in words(post(client, path, lists=[str(morning.id)]))
    assert state("ann@example.com") == "active"


def test_a_footer_link_changes_neither_name_nor_address(client: Client, active: Active, morning: List) -> None:
    person_id = active("ann@example.com", first_name="Ann")
    post(
        client,
        f"/p/{footer(morning.id, person_id)}",
        lists=[str(morning.id)],
        first_name="Eve",
        email="eve@example.com",
    )
    person = subscriber_lookup.get_subscriber(person_id)
    assert (person.first_name, person.address) == ("Ann", "ann@example.com")


def test_links_of_mails_sent_before_the_key_was_changed_still_work(
    active: Active, morning: List, state: Look, settings: Any
) -> None:
    path = f"/u/{footer(morning.id, active('ann@example.com'))}"
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key"
    assert Client().post(path).status_code == 200
    assert state("ann@example.com") == "unsubscribed"


def link(purpose: bytes, person_id: int, about: int = 0, minutes: int = 30) -> str:
    expires = clock.now() + timedelta(minutes=minutes)
    return f"/me/{subscriber_lookup.get_signer().sign_expiring(purpose, about, person_id, expires)}"


def test_a_subscriber_may_not_be_tracked_and_may_change_their_mind(
    client: Client, active: Active, morning: List
) -> None:
    person_id = active("ann@example.com")
    path = link(tokens.DETAILS, person_id)
    post(client, path, untracked="1", language="de", zone="Europe/Berlin")
    person = subscriber_lookup.get_subscriber(person_id)
    assert (person.tracked, person.language, person.zone) == (False, "de", "Europe/Berlin")
    assert "checked" in words(client.get(path)).partition('name="untracked"')[2].partition(">")[0]
    (candidate,) = audience.list_audience_page(morning.id, after=0, upto=10**9, limit=9)
    assert (candidate.exclusion, candidate.tracked) == ("", False)
    assert post(client, path, zone="Mars/Phobos").status_code == 422
    post(client, path, zone="")
    assert subscriber_lookup.get_subscriber(person_id).tracked
    assert [c.words for c in subscriber_lookup.get_subscriber(person_id).consents][-3:] != []


def test_a_footer_may_not_do_more_than_leave_and_change_how_often(
    client: Client, active: Active, morning: List, state: Look
) -> None:
    person_id = active("ann@example.com")
    token = footer(morning.id, person_id)
    assert client.get(f"/me/{token}").status_code == 404
    post(client, f"/p/{token}", lists=str(morning.id), untracked="1", language="de", zone="Europe/Berlin")
    person = subscriber_lookup.get_subscriber(person_id)
    assert (person.tracked, person.language, person.zone) == (True, "", "")
    for kind in ("address", "details", "data", "erase"):
        assert "30 minutes" in words(post(client, f"/p/{token}", mail=kind))
    assert [row.kind for row in models.TransactionalMail.objects.order_by("id")] == [
        "address",
        "details",
        "data",
        "erase",
    ]
    assert state("ann@example.com") == "active"


@pytest.mark.parametrize("purpose", [tokens.DETAILS, tokens.ADDRESS, tokens.DATA, tokens.ERASE, tokens.NEW_ADDRESS])
def test_a_link_for_one_thing_does_no_other_and_not_for_long(
    purpose: bytes, client: Client, active: Active, morning: List
) -> None:
    person_id = active("ann@example.com")
    path = link(purpose, person_id, minutes=-1)
    assert client.get(path).status_code == 410
    token = link(purpose, person_id).removeprefix("/me/")
    for other in ("/u/", "/p/", "/c/", "/s/"):
        assert client.get(f"{other}{token}").status_code == 404
        assert Client().post(f"{other}{token}").status_code in (403, 404)
    assert subscriber_lookup.get_subscriber(person_id).subscriptions[0].state == "active"


def test_how_often_and_pauses(client: Client, active: Active, morning: List) -> None:
    person_id = active("ann@example.com")
    path = f"/p/{footer(morning.id, person_id)}"
    saturday, sunday = date(2026, 11, 28), date(2026, 11, 29)

    def exclusion(on: date) -> str:
        (candidate,) = audience.list_audience_page(morning.id, after=0, upto=10**9, limit=9, on=on)
        return candidate.exclusion

    post(client, path, lists=str(morning.id), **{f"often-{morning.id}": "weekly"})
    assert (exclusion(saturday), exclusion(sunday)) == ("", "frequency")
    post(client, path, lists=str(morning.id), **{f"often-{morning.id}": "pause-30"})
    today = clock.now().date()
    assert (exclusion(today), exclusion(today + timedelta(days=31))) == ("paused", "")
    assert "Nothing before" in words(client.get(path))
    post(client, path, lists=str(morning.id), **{f"often-{morning.id}": "every"})
    assert exclusion(sunday) == ""
    assert [c.how for c in subscriber_lookup.get_subscriber(person_id).consents][:3] == ["preferences"] * 3


def test_an_address_is_changed_at_both_ends(client: Client, active: Active, morning: List, now: datetime) -> None:
    person_id = active("ann@example.com")
    path = link(tokens.ADDRESS, person_id)
    assert post(client, path, email="rubbish").status_code == 422
    assert "ann.new@example.org" in words(post(client, path, email="ann.new@example.org"))
    assert subscriber_lookup.get_subscriber(person_id).address == "ann@example.com"
    (mail,) = transactional.claim_mails(clock.now(), limit=9, lease=timedelta(minutes=1))
    assert (mail.kind, mail.address) == ("newaddress", "ann.new@example.org")
    new = mail.button_url[mail.button_url.index("/me/") :]
    assert "ann.new@example.org" in words(client.get(new))
    assert subscriber_lookup.get_subscriber(person_id).address == "ann@example.com"
    post(client, new)
    person = subscriber_lookup.get_subscriber(person_id)
    assert (person.address, person.former_addresses[0].address) == ("ann.new@example.org", "ann@example.com")
    (told,) = transactional.claim_mails(clock.now(), limit=9, lease=timedelta(minutes=1))
    assert (told.kind, told.address) == ("moved", "ann@example.com")
    assert post(client, new).status_code == 200  # twice is harmless
    post(client, path, email="ann.third@example.org")
    assert (
        post(client, new).status_code == 409
        or subscriber_lookup.get_subscriber(person_id).address == "ann.new@example.org"
    )


def test_an_address_in_use_is_refused_without_revealing_it(client: Client, active: Active, morning: List) -> None:
    person_id, _ = active("ann@example.com"), active("ben@example.com")
    page = post(client, link(tokens.ADDRESS, person_id), email="ben@example.com")
    assert page.status_code == 200
    wish = models.AddressChangeRequest.objects.get()
    assert post(client, link(tokens.NEW_ADDRESS, person_id, wish.id)).status_code >= 400
    assert subscriber_lookup.get_subscriber(person_id).address == "ann@example.com"


def test_my_data_is_all_there_is(client: Client, active: Active, morning: List) -> None:
    person_id = active("ann@example.com", first_name="Ann")
    path = link(tokens.DATA, person_id)
    assert "ann@example.com" in words(client.get(path))
    answer = post(client, path)
    document = json.loads(answer.content)
    assert (document["address"], document["subscriptions"][0]["list_name"]) == ("ann@example.com", "Morning Briefing")
    assert document["other_rooms"] == {"editions": []}
    assert "attachment" in answer["Content-Disposition"]


def test_erasing_asks_and_then_leaves_a_fingerprint_alone(client: Client, active: Active, morning: List) -> None:
    person_id = active("ann@example.com")
    path = link(tokens.ERASE, person_id)
    assert post(client, path).status_code == 422
    assert "erased" in words(post(client, path, sure="1"))
    assert subscriber_lookup.find_subscriber_by_address("ann@example.com") is None
    (row,) = models.Suppression.objects.all()
    assert row.address_key.startswith("#")
    assert client.get(path).status_code == 404


def test_why_somebody_left_is_asked_after_and_kept_with_it(client: Client, active: Active, morning: List) -> None:
    person_id = active("ann@example.com")
    path = f"/u/{footer(morning.id, person_id)}"
    assert "May we ask why?" not in words(client.get(path))
    assert "May we ask why?" in words(client.post(path, {"via": "page", "do": "leave"}))
    client.post(path, {"via": "page", "do": "why", "reason": "too-many", "text": " two a day "})
    client.post(path, {"via": "page", "do": "why", "reason": "<b>", "text": "x"})
    assert subscriber_lookup.get_subscriber(person_id).consents[0].reason == "too-many: two a day"


def test_a_page_speaks_the_language_of_the_list_or_of_the_subscriber(
    client: Client, active: Active, now: datetime
) -> None:
    german = lists.create_list("morgen", "Morgenpost", language="de", now=now)
    page = client.get("/join/morgen/").content.decode()
    assert 'lang="de"' in page
    assert "Ihre E-Mail-Adresse" in page
    person = people.add_subscriber("ann@example.com", german.id, by="test", now=now, confirmed=True)
    assert "Morgenpost" in words(client.get(f"/u/{footer(german.id, person.id)}"))
    assert "abbestellen" in words(client.get(f"/u/{footer(german.id, person.id)}"))
    assert "Schreiben Sie" in client.get("/which/", headers={"Accept-Language": "de-AT,de;q=0.9"}).content.decode()
    assert 'lang="en"' in client.get("/which/", headers={"Accept-Language": "fr"}).content.decode()


def test_of_two_wishes_for_a_new_address_the_newest_alone_counts(
    client: Client, active: Active, morning: List, now: datetime
) -> None:
    claims = tokens.Claims(tokens.FOOTER, morning.id, active("ann@example.com"))
    mails = []
    for address in ("first@example.com", "second@example.com"):
        self_service.request_address_change(claims, address, now=now)
        mails += transactional.claim_mails(now, limit=9, lease=timedelta(minutes=1))
    first, second = (
        subscriber_lookup.get_signer().read(mail.button_url.rpartition("/")[2], tokens.NEW_ADDRESS, now)
        for mail in mails
    )
    with pytest.raises(Refused, match="not the latest"):
        self_service.confirm_address_change(first, now=now)
    for _ in range(2):  # pressed twice it is done once
        assert self_service.confirm_address_change(second, now=now).address == "second@example.com"
    told = transactional.claim_mails(now, limit=9, lease=timedelta(minutes=1))
    assert [(mail.kind, mail.address) for mail in told] == [("moved", "ann@example.com")]
