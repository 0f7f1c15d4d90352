"""Find: what is found by whom, in the dialog and on its page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import lxml.html
import pytest
from django.test import Client

from newsletter.catalog.newsletter_settings import change_newsletter
from newsletter.curator.editions import editions
from newsletter.web.views.find import COUNTED
from subscribers import people
from subscribers.models import Subscription
from tests.actors import SYSTEM
from tests.web.seen import flatten

HTMX = {"HX-Request": "true"}


def find(client: Client, text: str, **headers: str) -> list[str]:
    """The links of what was found."""
    answer = client.get("/find/", {"q": text}, headers=headers)
    assert answer.status_code == 200
    page = lxml.html.fromstring(f"<div>{answer.content.decode()}</div>" if headers else answer.content.decode())
    return [each.get("href") for each in page.cssselect("a.pal__r[id]")]


@pytest.fixture
def brook(newsroom: Any, edition: Any, now: datetime) -> dict[str, Any]:
    """Something of every kind with “brook” in its name, of both newsletters."""
    editions.edit_edition(edition.id, subject="Brook Lane reopens", seen=None, now=now, by=SYSTEM)
    theirs = editions.create_edition(newsroom.other.id, date(2026, 12, 1), now=now, by=SYSTEM)
    editions.edit_edition(theirs.id, subject="Ashbrook choir", seen=None, now=now, by=SYSTEM)
    for each in (newsroom.briefing, newsroom.other):
        change_newsletter(each.id, name=f"Brookside {each.slug}", seen=None, by=SYSTEM, now=now)
    add = {"reason": "asked in person", "by": SYSTEM, "now": now}
    tilda = people.add_subscriber("tilda@example.com", newsroom.list.id, last_name="Brook", **add).id
    helen = people.add_subscriber("helen.brook@example.com", newsroom.list.id, **add).id
    people.change_address(helen, "helen@example.com", seen=None, by=SYSTEM, now=now)
    other = people.add_subscriber("jo@brook.example.com", newsroom.other_list.id, **add).id
    return {"ours": edition.id, "theirs": theirs.id, "tilda": tilda, "helen": helen, "other": other}


def test_everything_is_found_by_any_part_of_its_name_or_of_a_former_address(
    admin: Client, brook: dict[str, Any], articles: Callable[..., list[int]]
) -> None:
    for headers in ({}, HTMX):
        found = find(admin, "BROOK", **headers)
        assert {each for each in found if each.startswith("/readers/")} == {
            f"/readers/{brook[name]}/" for name in ("tilda", "helen", "other")
        }
        assert {f"/editions/{brook['ours']}/", f"/editions/{brook['theirs']}/"} <= set(found)
        assert {"/newsletters/morning/", "/newsletters/evening/"} <= set(found)
    page = admin.get("/find/?q=brook").content.decode()
    assert "was helen.<mark>brook</mark>@example.com" in page
    assert any(each.startswith("/sources/articles/all/?q=") for each in find(admin, "harbour"))


def test_nobody_finds_what_they_may_not_see(
    signed_in: Callable[[str], Client], brook: dict[str, Any], articles: Callable[..., list[int]]
) -> None:
    ours = {f"/editions/{brook['ours']}/", "/newsletters/morning/"}
    theirs = {f"/editions/{brook['theirs']}/", "/newsletters/evening/"}
    people_of_ours = {f"/readers/{brook[name]}/" for name in ("tilda", "helen")}
    assert set(find(signed_in("editor"), "brook")) == ours | people_of_ours
    assert set(find(signed_in("stranger"), "brook")) == theirs | {f"/readers/{brook['other']}/"}
    assert set(find(signed_in("viewer"), "brook")) == ours
    assert find(signed_in("viewer"), "harbour") == [], "articles are for those who edit"
    assert find(signed_in("stranger"), "tilda") == []
    assert Client().get("/find/?q=brook").status_code == 302


def test_a_subscriber_of_two_lists_is_found_on_that_of_whoever_looks(
    signed_in: Callable[[str], Client], brook: dict[str, Any], newsroom: Any, now: datetime
) -> None:
    Subscription.objects.create(
        list_id=newsroom.other_list.id, subscriber_id=brook["tilda"], state="bounced", since=now, source=""
    )
    page = signed_in("stranger").get("/find/?q=tilda").content.decode()
    assert "Evening Letter" in page
    assert "Bounced" in page
    assert "Morning Briefing" not in page


def test_of_each_kind_a_few_are_shown_and_the_rest_is_a_link_away(
    admin: Client, newsroom: Any, readers: Callable[..., list[int]], django_assert_max_num_queries: Any
) -> None:
    readers(5)
    with django_assert_max_num_queries(30):
        found = find(admin, "reader", **HTMX)
    assert len(found) == 4
    assert found[-1] == "/readers/?q=reader&list="
    assert "Subscribers: all (5)" in flatten(admin.get("/find/?q=reader").content.decode())
    assert len(lxml.html.fromstring(admin.get(found[-1]).content.decode()).cssselect("#rows tr")) == 5


def test_the_dialog_says_how_much_was_found_to_those_who_do_not_see_it(
    admin: Client, newsroom: Any, readers: Callable[..., list[int]]
) -> None:
    def read(text: str) -> str:
        part = lxml.html.fromstring(f"<div>{admin.get('/find/', {'q': text}, headers=HTMX).content.decode()}</div>")
        return " ".join(part.get_element_by_id("found-count").text_content().split())

    readers(COUNTED + 1)
    assert read("reader") == "Subscribers: more than 50"
    assert read("reader0") == "Subscribers: 1"
    assert read("zqzq") == "No matches for “zqzq”"
    assert read("") == ""
    assert "found-count" not in admin.get("/find/?q=zqzq").content.decode().partition("<main")[2].partition("</main")[0]


def test_the_dialog_gets_a_part_and_the_page_is_whole(admin: Client, brook: dict[str, Any]) -> None:
    part = admin.get("/find/?q=brook", headers=HTMX).content.decode()
    assert "<html" not in part
    assert part.strip().startswith("<p id=")
    page = lxml.html.fromstring(admin.get("/find/?q=brook").content.decode())
    assert page.get_element_by_id("filter-q").value == "brook"
    assert [each.text.strip() for each in page.cssselect("#main .pal__h")] == [
        "Editions",
        "Newsletters",
        "Subscribers",
    ]


@pytest.mark.parametrize("text", ["%", "_", "'", '"', "zqzq", "*", "\\", "(", "ß"])
def test_what_stands_nowhere_is_not_found(admin: Client, brook: dict[str, Any], text: str) -> None:
    assert find(admin, text) == []
    assert "No matches for" in admin.get("/find/", {"q": text}).content.decode()


def test_a_text_that_is_too_long_is_refused_and_kept(admin: Client) -> None:
    answer = admin.get("/find/", {"q": "x" * 201})
    assert answer.status_code == 422
    assert "x" * 201 in answer.content.decode()
