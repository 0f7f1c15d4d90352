"""Whatever the desk refuses is said where somebody pressed, and what is typed there stays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from newsletter.accounts.models import User
from newsletter.curator.editions import edition_lookup, picks
from newsletter.kernel import clock
from newsletter.web.sessions import USED_KEY
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, open_board, sign_in, sign_in_by_form
from tests.conftest import PASSWORD

pytestmark = IN_A_BROWSER


def end_session() -> None:
    (kept,) = Session.objects.all()
    session = SessionStore(kept.session_key)
    session[USED_KEY] -= 121 * 60
    session.save()


def test_what_another_editor_made_impossible_is_said_where_it_was_pressed(
    page: Any, live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]]
) -> None:
    article = articles(5, at=clock.now())[4]
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/editions/{edition.id}/")
    form = page.locator(f".pool form:has(> [name=article][value='{article}'])")
    form.wait_for()
    picks.add_pick(edition.id, article, now=clock.now(), by=SYSTEM)
    form.locator("[data-pick-it]").click()
    page.wait_for_selector(".pool .refusal:has-text('is in this edition already')")


def test_a_right_that_was_taken_away_is_said_and_the_text_stays(
    page: Any, live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]]
) -> None:
    articles(5, at=clock.now())
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/editions/{edition.id}/")
    page.click(".pool__more summary >> nth=0")
    note = page.locator(".pool__more [name=note]").first
    note.fill("Call the clerk")
    User.objects.get(email="editor@example.com").roles.update(name="viewer")
    page.click(".pool__more [value=note] >> nth=0")
    page.wait_for_selector(".pool .refusal:has-text('right')")
    assert note.input_value() == "Call the clerk"


def test_every_status_of_refusal_is_shown_beside_the_button(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/editions/{edition.id}/")
    for status in (400, 403, 404, 429, 500, 503):
        page.route("**/place/", partial(answer_with, status))
        page.click("[data-down] >> nth=0")
        page.wait_for_selector(f".pick .refusal:has-text('({status})')")
        assert page.locator("text=A page").count() == 0
        page.unroute("**/place/")


def answer_with(status: int, route: Any) -> None:
    route.fulfill(status=status, body="<!doctype html><h1>A page</h1>")


def test_a_press_while_the_network_is_gone_is_said_and_works_again(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/editions/{edition.id}/")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.click("[data-down] >> nth=0")
    page.wait_for_selector(".pick .refusal:has-text('cannot be reached')")
    page.context.set_offline(False)
    page.click("[data-down] >> nth=0")
    page.wait_for_selector(f"[id='story-{edition.picks[1].key}'] [data-up][disabled]")
    assert page.locator(".refusal").count() == 0
    assert edition_lookup.get_edition(edition.id).picks[1].key == edition.picks[0].key


def test_a_session_that_ends_asks_for_the_password_in_place(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/editions/{edition.id}/")
    page.wait_for_load_state("networkidle")  # what still comes in could write the session again
    end_session()
    page.click("[data-down] >> nth=0")
    page.wait_for_selector("#sign-in[open]")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(6_000)
    assert asked == [], "nothing is asked for while nobody is signed in"
    page.fill("#again-password", "not the password")
    page.click("#sign-in button.btn--go")
    page.wait_for_selector("#sign-in >> text=The address or the password is wrong.")
    page.fill("#again-password", "not the password, again")
    with page.expect_response("**/login/"):
        page.click("#sign-in button.btn--go")
    assert page.inner_text("#sign-in .error") == "The address or the password is wrong."
    page.fill("#again-password", PASSWORD)
    page.click("#sign-in button.btn--go")
    page.wait_for_selector("#sign-in:not([open])", state="attached")
    page.wait_for_selector(".pick .refusal:has-text('You were signed out')")
    page.click("[data-down] >> nth=0")
    page.wait_for_selector(f"[id='story-{edition.picks[1].key}'] [data-up][disabled]")
    assert page.locator(".refusal").count() == 0
    assert edition_lookup.get_edition(edition.id).picks[1].key == edition.picks[0].key
    assert page.locator("text=Sign in to the desk").count() == 0


def test_buttons_work_after_signing_in_again_in_another_tab(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    other = page.context.new_page()
    other.goto(f"{live_server.url}/")
    other.click("text=Sign out")
    sign_in_by_form(other, live_server)
    page.click("[data-down] >> nth=0")
    page.wait_for_selector(f"[id='story-{edition.picks[1].key}'] [data-up][disabled]")
    page.click("text=Sign out")  # a form that htmx does not send
    page.wait_for_url("**/login/**")
