"""Lists on the desk."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from newsletter.kernel import clock
from subscribers import lists, models, people
from tests.actors import SYSTEM
from tests.web.seen import flatten, read_seen


def test_a_list_is_created_changed_and_shows_its_growth_and_form(
    admin: Client, readers: Callable[..., list[int]], newsroom: Any, now: datetime
) -> None:
    assert admin.post("/readers/lists/", {"slug": "No Good", "name": "Weekly"}).status_code == 422
    admin.post("/readers/lists/", {"slug": "weekly", "name": "Weekly", "language": "de"})
    weekly = lists.get_list_by_slug("weekly")
    assert (weekly.language, weekly.double_opt_in) == ("de", True)
    page = "/readers/lists/weekly/"
    assert '/embed/weekly/" method="post"' in unescape(admin.get(page).content.decode())
    seen = read_seen(admin.get(page).content.decode())
    form = {"do": "change", "name": "Good News", "language": "de", "opt_in": "single", "weekly_day": "monday"}
    assert admin.post(page, form).status_code == 422  # without what they saw
    admin.post(page, form | seen)
    changed = lists.get_list_by_slug("weekly")
    assert (changed.name, changed.double_opt_in, changed.weekly_day, changed.public) == ("Good News", False, 0, False)
    assert admin.post(page, {"do": "change", "name": "x" * 121}).status_code == 422
    ids = readers(3)
    people.unsubscribe(ids[0], newsroom.list.id, by=SYSTEM, now=clock.now())
    shown = admin.get(f"/readers/lists/{newsroom.list.slug}/").content.decode()
    assert "<b>1</b>left" in flatten(shown)
    assert "nobody can be called inactive" in shown


def test_the_lists_show_how_many_are_in_each_state(
    admin: Client, readers: Callable[..., list[int]], newsroom: Any
) -> None:
    people.unsubscribe(readers(3)[0], newsroom.list.id, by=SYSTEM, now=clock.now())
    shown = flatten(admin.get("/readers/lists/").content.decode())
    assert re.search(r'data-l="Active"[^>]*>2<', shown)
    assert re.search(r'data-l="Unsubscribed"[^>]*>1<', shown)


def test_two_who_change_a_list_are_shown_each_others_words(admin: Client, newsroom: Any, now: datetime) -> None:
    page = "/readers/lists/morning/"
    seen = read_seen(admin.get(page).content.decode())
    lists.change_list("morning", name="Dawn Patrol", seen=None, by=SYSTEM, now=now)
    form = {"do": "change", "name": "Early Bird", "language": "en", "opt_in": "double", "weekly_day": "saturday"}
    refused = admin.post(page, form | {"public": "1"} | seen)
    shown = unescape(refused.content.decode())
    assert refused.status_code == 409
    assert all(name in shown for name in ("Morning Briefing", "Dawn Patrol", 'value="Early Bird"'))
    admin.post(page, form | {"public": "1"} | read_seen(refused.content.decode()))
    assert lists.get_list_by_slug("morning").name == "Early Bird"


def test_inactive_subscribers_are_asked_when_their_number_is_typed(
    admin: Client, readers: Callable[..., list[int]], newsroom: Any
) -> None:
    readers(3)
    now = clock.now()
    models.Subscription.objects.update(since=now - timedelta(days=400))
    models.Subscriber.objects.update(tracking_agreed_at=now - timedelta(days=400))
    models.List.objects.filter(id=newsroom.list.id).update(engagement_as_of=now)
    page = f"/readers/lists/{newsroom.list.slug}/"
    assert "<b>3</b> subscribers have neither opened nor clicked for 6 months" in admin.get(page).content.decode()
    wrong = admin.post(page, {"do": "ask", "months": "6", "number": "2"})
    assert wrong.status_code == 422
    assert "Type the number of subscribers who would be asked: 3." in wrong.content.decode()
    text = wrong.content.decode()
    assert re.search(r'id="number_error">Type the number.*?<input[^>]*name="number"[^>]*value="2"', text, re.S)
    assert not models.TransactionalMail.objects.filter(kind="stay").exists()
    admin.post(page, {"do": "ask", "months": "6", "number": "3"})
    assert models.TransactionalMail.objects.filter(kind="stay").count() == 3


@pytest.mark.parametrize(
    ("page", "sent", "field"),
    [
        ("/readers/lists/", {"slug": "No Good", "name": "Weekly", "language": "de"}, "slug"),
        ("/readers/lists/", {"slug": "weekly", "name": "Weekly", "language": "xx"}, "language"),
        ("/readers/lists/morning/", {"name": "", "description": "Six stories", "language": "de"}, "name"),
    ],
)
def test_what_is_refused_of_a_list_stands_at_its_field_with_what_was_typed(
    admin: Client, newsroom: Any, page: str, sent: dict[str, str], field: str
) -> None:
    refused = admin.post(page, {"opt_in": "double", "weekly_day": "friday"} | sent)
    shown = refused.content.decode()
    assert refused.status_code == 422
    assert re.search(
        rf'class="error" id="{field}_error">.*?<(?:input|select)[^>]*name="{field}"[^>]*invalid', shown, re.S
    )
    assert all(f'value="{value}"' in shown for value in sent.values() if value not in ("", "xx"))


def test_a_list_is_removed_once_that_is_confirmed_and_where_nothing_needs_it(
    admin: Client, editor: Client, newsroom: Any, now: datetime
) -> None:
    lists.create_list("noon", "Noon", by=SYSTEM, now=now)
    page = "/readers/lists/noon/"
    assert editor.post("/readers/lists/morning/", {"do": "remove", "sure": "1"}).status_code == 403
    assert "Remove list" not in editor.get("/readers/lists/morning/").content.decode()
    refused = admin.post(page, {"do": "remove"})
    assert refused.status_code == 422
    assert "Tick the box to confirm that this list is to be removed." in refused.content.decode()
    used = admin.post("/readers/lists/morning/", {"do": "remove", "sure": "1"}).content.decode()
    assert "Morning Briefing is the list of Morning Briefing. Give them another list first." in used
    shown = admin.post(page, {"do": "remove", "sure": "1"}, follow=True).content.decode()
    assert "Noon is removed. Its records are kept." in shown
    assert page not in shown
    assert admin.get(page).status_code == 404
