"""Browsers for people: `page` is one of them, `open_page` opens one more, with cookies of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.people import ABANDONED, CHROMIUM


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Opens a page of a browser of its own that notes every complaint; takes what Playwright's contexts take."""
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

        def open_one(**options: Any) -> Any:
            opened = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options).new_page()
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
            opened.complaints = complaints
            return opened

        yield open_one
        browser.close()


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Any:
    """A page of a browser that notes every complaint."""
    return open_page()
