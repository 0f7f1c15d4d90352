"""What every page of the desk shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.test import Client, RequestFactory

from newsletter.delivery import installation
from newsletter.web import context


def names(user: Any, path: str = "/") -> dict[str, bool]:
    """The pages of the navigation, and which one is open."""
    request = RequestFactory().get(path)
    request.user = user
    return {name: here for _, name, here in context.add_desk_context(request).get("navigation", [])}


def test_public_pages_have_no_navigation(db: None) -> None:
    assert names(AnonymousUser()) == {}


def test_somebody_sees_the_pages_they_may_open(people: dict[str, Any]) -> None:
    assert "Users" in names(people["admin"])
    assert "Users" not in names(people["editor"])
    assert {"Sources", "Editions"} <= set(names(people["editor"]))
    assert "Sources" not in names(people["viewer"])


def test_the_open_page_and_what_lies_below_it_is_marked(people: dict[str, Any]) -> None:
    assert [name for name, here in names(people["admin"], "/editions/5/").items() if here] == ["Editions"]
    assert [name for name, here in names(people["admin"]).items() if here] == ["Today"]


def test_the_outbox_is_a_page_only_while_it_is_the_provider(people: dict[str, Any], settings: Any) -> None:
    assert "Outbox" in names(people["admin"])
    settings.CONFIG = replace(settings.CONFIG, provider="smtp")
    assert "Outbox" not in names(people["admin"])


def test_the_clock_is_in_the_zone_of_the_oldest_newsletter(db: None, request: Any) -> None:
    assert context.get_newsroom_zone() == "UTC"
    request.getfixturevalue("newsroom")
    assert context.get_newsroom_zone() == "Europe/London"


def test_the_desk_says_on_every_page_why_nothing_leaves_and_what_to_do(
    signed_in: Callable[[str], Client], newsroom: Any, now: datetime, settings: Any
) -> None:
    settings.CONFIG = replace(settings.CONFIG, provider="smtp")
    editor = signed_in("editor")
    assert "Sending is held" not in editor.get("/editions/").content.decode()

    installation.check(now)
    installation.hold("A backup was restored.", now)
    shown = editor.get("/editions/").content.decode()
    assert "Sending is held since Tue 24 Nov" in shown
    assert "A backup was restored." in shown
    assert "newsletter database status" in shown

    installation.become_copy(now)
    shown = editor.get("/editions/").content.decode()
    assert "Sending is held" not in shown
    assert "This is a copy: nothing leaves" in shown


def test_names_of_users_cost_a_page_one_query_and_one_without_them_none(
    people: dict[str, Any], django_assert_num_queries: Any
) -> None:
    request = RequestFactory().get("/")
    request.user = people["editor"]
    shown = Template("{% for each in who %}{% name_users each %}, {% endfor %}")
    given = Context({"user_names": context.add_desk_context(request)["user_names"], "who": ["schedule"]})
    with django_assert_num_queries(0):
        assert shown.render(given) == "schedule, "
    with django_assert_num_queries(1):
        given["who"] = ["editor@example.com", "by viewer@example.com", "<b>"]
        assert shown.render(given) == "Editor, by Viewer, &lt;b&gt;, "
