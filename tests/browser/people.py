"""What the browser tests share: a Chromium, and how somebody signs in."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from newsletter.accounts.models import User
from tests.conftest import PASSWORD

# Leaving a page aborts its requests: htmx logs that, and nothing is wrong.
ABANDONED = ("htmx:sendAbort", "htmx:afterRequest", "htmx:sendError")
# The shell lays out the same pages with half the work: it draws no window around them.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), "")
NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium-headless-shell is not installed, nor is chromium"),
]
IN_A_BROWSER = [*NEEDS_CHROMIUM, pytest.mark.django_db(transaction=True)]


@contextmanager
def open_browser() -> Iterator[Any]:
    """A Chromium of Playwright's."""
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as monkeypatch:
        # Playwright keeps an event loop in this thread.
        monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM,
                args=[
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--no-first-run",
                ],
            )
            yield browser
            browser.close()


def sign_in(page: Any, live_server: Any, who: str = "editor") -> None:
    """Signs somebody of the cast in on the browser of a page: with a cookie, which is quicker than the form."""
    client = Client()
    user = User.objects.get(email=f"{who}@example.com")
    client.force_login(user, backend="newsletter.accounts.user_backend.UserBackend")
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])


def sign_in_by_form(page: Any, live_server: Any, who: str = "editor") -> None:
    """The same as somebody does it; leaves the page at Today."""
    page.goto(f"{live_server.url}/login/")
    page.fill("#email", f"{who}@example.com")
    page.fill("#password", PASSWORD)
    page.click("text=Sign in >> nth=-1")
    page.wait_for_url(f"{live_server.url}/")


def open_board(page: Any, live_server: Any, edition: Any, who: str = "editor") -> None:
    """Signs somebody in and opens the board of an edition."""
    sign_in(page, live_server, who)
    page.goto(f"{live_server.url}/editions/{edition.id}/")
    page.wait_for_load_state("networkidle")


def wait_until(page: Any, is_so: Callable[[], bool]) -> None:
    """Until the database says so; the browser goes on meanwhile."""
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until, "it did not come to that"
        page.wait_for_timeout(100)


def list_complaints(page: Any) -> list[str]:
    """What the browser complained of, apart from the statuses that a test is about."""
    return [
        each
        for each in page.complaints
        if not re.search(r"status of (401|403|409|422|503)|Error Code (409|422)|ERR_", each)
    ]
