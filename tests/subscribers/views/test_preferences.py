"""The readers' pages as a browser and a mail program use them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from newsletter.kernel import clock
from subscribers import audience, models, people, self_service, subscriber_lookup, tokens, transactional
from subscribers.rate_limits import get_limit
from subscribers.tokens import FOOTER, Claims
from subscribers.values import List
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.subscribers.views.conftest import footer, owed, post, words

Active = Callable[..., int]
Look = Callable[..., str | None]


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
    people.change_address(active("ann@example.com"), "ann@example.org", by=SYSTEM, seen=None, now=now)
    Client().post("/which/", {"email": "ann@example.com"})
    mails = transactional.claim_mails(clock.now(), limit=9, lease=timedelta(minutes=2))
    assert [mail.address for mail in mails if mail.kind == "which"] == ["ann@example.org"]


def test_too_many_tries_from_one_network_get_a_page_that_says_so(morning: List) -> None:
    for n in range(get_limit("which")):
        Client().post("/which/", {"email": f"r{n}@example.com"})
    response = Client().post("/which/", {"email": "late@example.com"})
    assert response.status_code == 429
    assert "Try again later" in words(response)


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


def link(purpose: bytes, person_id: int, about: int = 0, minutes: int = 30) -> str:
    expires = clock.now() + timedelta(minutes=minutes)
    return f"/me/{subscriber_lookup.get_signer().sign_expiring(purpose, about, person_id, expires)}"


def test_a_subscriber_may_not_be_tracked_and_may_change_their_mind(
    client: Client, active: Active, morning: List
) -> None:
    person_id = active("ann@example.com")
    path = link(tokens.DETAILS, person_id)
    post(client, path, asked="1", language="de", zone="Europe/Berlin")
    person = subscriber_lookup.get_subscriber(person_id)
    assert (person.tracked, person.language, person.zone) == (False, "de", "Europe/Berlin")
    assert "checked" not in words(client.get(path)).partition('name="tracked"')[2].partition(">")[0]
    (candidate,) = audience.list_audience_page(morning.id, after=0, upto=10**9, limit=9)
    assert (candidate.exclusion, candidate.tracked) == ("", False)
    refused = post(client, path, zone="Mars/Phobos", language="en", asked="1")
    assert refused.status_code == 422
    shown = words(refused)
    assert re.search(r'class="error" id="zone_error">[^<]+</p> <input[^>]*value="Mars/Phobos"[^>]*"zone_error"', shown)
    assert '<option value="en" selected>' in shown
    assert not re.search(r'name="tracked"[^>]*checked', shown), "what was typed stays, beside what is wrong"
    post(client, path, zone="", asked="1", tracked="1")
    assert subscriber_lookup.get_subscriber(person_id).tracked
    post(client, path, zone="", untracked="1")
    assert not subscriber_lookup.get_subscriber(person_id).tracked, "a page of the version before"
    assert [c.words for c in subscriber_lookup.get_subscriber(person_id).consents][-3:] != []


@pytest.mark.parametrize(("language", "name"), [("fr", "français"), ("en-GB", "British English"), ("tlh", "tlh")])
def test_saving_another_detail_keeps_a_language_of_which_there_are_no_pages(
    client: Client, active: Active, language: str, name: str
) -> None:
    person_id = active("ann@example.com")
    models.Subscriber.objects.filter(id=person_id).update(language=language)
    path = link(tokens.DETAILS, person_id)
    assert f'<option value="{language}" selected>{name}</option>' in words(client.get(path))
    refused = post(client, path, zone="Mars/Phobos", language=language, asked="1")
    assert f'<option value="{language}" selected>{name}</option>' in words(refused)


def test_who_is_asked_is_counted_only_while_they_agree(client: Client, newsroom: Newsroom, now: datetime) -> None:
    person_id = people.add_subscriber("ann@example.com", newsroom.list.id, by=SYSTEM, now=now, reason="asked").id
    path = link(tokens.DETAILS, person_id)
    for ticked, agreed in (({}, False), ({"tracked": "1"}, True), ({}, False)):
        post(client, path, zone="", asked="1", **ticked)
        (candidate,) = audience.list_audience_page(newsroom.list.id, after=0, upto=10**9, limit=9)
        assert (candidate.tracked and candidate.agreed) is agreed
    events = models.ConsentEvent.objects.exclude(tracking=None).order_by("id")
    assert [each.tracking for each in events] == [True, False]
    text = models.ConsentText.objects.get(hash=events[0].form_hash).text
    assert "You may count which mails I open and what I click" in text


def test_a_footer_may_not_do_more_than_leave_and_change_how_often(
    client: Client, active: Active, morning: List, state: Look
) -> None:
    person_id = active("ann@example.com")
    token = footer(morning.id, person_id)
    assert client.get(f"/me/{token}").status_code == 404
    post(client, f"/p/{token}", lists=str(morning.id), asked="1", language="de", zone="Europe/Berlin")
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


def test_a_link_is_on_its_way_only_when_one_is(client: Client, active: Active, morning: List) -> None:
    token = subscriber_lookup.get_signer().sign_footer(morning.id, active("ann@example.com"))
    for _ in range(get_limit("mail-to")):
        assert "on its way" in words(post(client, f"/p/{token}", mail="data"))
    answer = post(client, f"/p/{token}", mail="data")
    assert (answer.status_code, "on its way" in words(answer), "try again in an hour" in words(answer)) == (
        429,
        False,
        True,
    )
    answer = post(client, "/which/", email="ann@example.com")
    assert (answer.status_code, "on its way" in words(answer)) == (429, False)


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
    noted = models.ConsentEvent.objects.filter(subscriber_id=person_id, how="preferences").order_by("id")
    assert [event.words.partition(", ")[0] for event in noted] == [
        f"frequency: {w}" for w in ("weekly", "every", "every")
    ]
    form = models.ConsentText.objects.get(hash=noted[0].form_hash).text.splitlines()
    assert (form[:4], form[-1]) == (["Your newsletters", morning.name, "How often", "Every edition"], "Save")


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
    (reported,) = transactional.claim_mails(clock.now(), limit=9, lease=timedelta(minutes=1))
    assert (reported.kind, reported.address) == ("moved", "ann@example.com")
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
    unsure = post(client, path)
    assert unsure.status_code == 422
    assert re.search(r'class="error" id="sure_error">.*?<input[^>]*name="sure"[^>]*"sure_error"', words(unsure))
    assert "erased" in words(post(client, path, sure="1"))
    assert subscriber_lookup.find_subscriber_by_address("ann@example.com") is None
    (row,) = models.Suppression.objects.all()
    assert row.address_key.startswith("#")
    assert client.get(path).status_code == 404


def test_which_address_takes_the_same_work_whether_it_is_known_or_not(
    active: Callable[..., int], morning: List, django_assert_num_queries: Any
) -> None:
    active("known@example.com")
    for address in ("known@example.com", "unknown@example.com"):
        with django_assert_num_queries(6):
            assert Client().post("/which/", {"email": address}).status_code == 200


def test_who_takes_a_list_up_again_has_the_words_of_the_page_kept(
    client: Client, active: Active, morning: List, now: datetime
) -> None:
    person_id = active("ann@example.com")
    for path, fields in (
        (f"/p/{footer(morning.id, person_id)}", {"lists": str(morning.id)}),
        (f"/u/{footer(morning.id, person_id)}", {"via": "page", "do": "undo"}),
    ):
        self_service.unsubscribe_by_link(Claims(FOOTER, morning.id, person_id), how="page", network="", now=clock.now())
        post(client, path, **fields) if "/p/" in path else client.post(path, fields)
    taken_up = models.ConsentEvent.objects.filter(how="undo", state="active").order_by("id")
    texts = {row.hash: row.text for row in models.ConsentText.objects.all()}
    assert [texts[each.form_hash] for each in taken_up] == [
        "Your newsletters\nMorning Briefing\nSave",
        "Undo, keep sending it",
    ]
