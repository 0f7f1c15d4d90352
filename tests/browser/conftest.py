"""Browsers for people: `page` is one of them, `open_page` opens one more, with cookies of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.templatetags.static import static

from tests.browser.people import ABANDONED, open_browser

log = logging.getLogger(__name__)


@pytest.fixture(autouse=True)
def _plain_names(settings: Any) -> None:
    """Nothing was collected in this process: the tests' server has files by their plain names alone, as in use."""
    settings.WHITENOISE_AUTOREFRESH = False
    assert static("app.css") == "/static/app.css", "a test before this one collected static files, and left them so"


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """One Chromium for all: starting it takes longer than many a test."""
    with open_browser() as opened:
        yield opened


@pytest.fixture
def open_page(browser: Any, caplog: pytest.LogCaptureFixture) -> Iterator[Callable[..., Any]]:
    """Opens a page with cookies of its own that notes every complaint; takes what Playwright's contexts take."""
    caplog.set_level(logging.INFO, logger=__name__)
    contexts: list[Any] = []

    def open_one(**options: Any) -> Any:
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options))
        opened = contexts[-1].new_page()
        opened.set_default_timeout(10_000)
        complaints: list[str] = []
        opened.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type in ("error", "warning") and not message.text.startswith(ABANDONED)
                else None
            ),
        )
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        # Shown beside a failure: without them a page whose scripts did not load only times out.
        opened.on("console", lambda message: log.info("console: %s", message.text))
        opened.on("pageerror", lambda error: log.info("script: %s", error))
        opened.on("requestfailed", lambda sent: log.info("failed: %s %s", sent.url, sent.failure))
        opened.on("response", lambda got: log.info("%s %s", got.status, got.url) if got.status >= 400 else None)
        opened.complaints = complaints
        return opened

    yield open_one
    for each in contexts:
        each.close()


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Any:
    """A page of a browser that notes every complaint."""
    return open_page()
