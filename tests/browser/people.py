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

from tests.conftest import PASSWORD

# Leaving a page aborts its requests: htmx logs that, and nothing is wrong.
ABANDONED = ("htmx:sendAbort", "htmx:afterRequest", "htmx:sendError")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed (apt-get install chromium)"),
    pytest.mark.django_db(transaction=True),
]


@contextmanager
def open_browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A Chromium of Playwright's."""
    monkeypatch.setitem(
        os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true"
    )  # playwright keeps an event loop in this thread
    from playwright.sync_api import sync_playwright

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
    """Signs somebody of the cast in on a page."""
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
