"""Thirty changes of a headline on the board, of a mail with twelve stories and pictures, until the new mail is shown.

    python -m benchmarks preview

In Chromium, from the last key and from when the field is sent (which waits for a pause in typing), with the two
requests between as the browser saw them, and the processor's time of the web process. On a machine that is shared with
other work the times say less than the processor's.
"""

from __future__ import annotations

import io
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import newsroom
from benchmarks.measuring import line
from benchmarks.pages import PORT, prepare, processor_ms, provider, sign_in, web

CHANGES, STORIES = 30, 12
# Notes when a key came, when the field was sent, and when the frame that shows the text was there.
WATCH = """
window.bench = {};
const send = window.fetch;
window.fetch = (...given) => {
    if (given[1]?.method === "POST" && String(given[0]).includes("/picks/")) window.bench.sent = performance.now();
    return send(...given);
};
document.addEventListener("input", () => { window.bench.typed = performance.now(); });
document.addEventListener("shown", () => {
    const mail = document.querySelector("#frames iframe:not([aria-hidden])").contentDocument.body;
    const isNew = mail.textContent.replaceAll("\\u00a0", " ").includes(window.bench.wanted);
    if (isNew && !window.bench.shown) window.bench.shown = performance.now();
}, true);
"""
READ = """() => {
    const took = (part) => performance.getEntriesByType("resource").findLast((each) => each.name.includes(part));
    const { sent, typed, shown } = window.bench;
    return {
        typed: shown - typed, sent: shown - sent,
        saving: took("/picks/").duration, rendering: took("/rendering/").duration,
    };
}"""
WORDS = {
    "typed": "last key to new mail shown",
    "sent": "field sent to new mail shown",
    "saving": "  the field saved",
    "rendering": "  the mail loaded",
}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-preview-") as folder, provider() as port:
        prepare(Path(folder), port)
        edition_id, key = _build(Path(folder))
        cookie = sign_in().cookies["sessionid"].value
        with web() as process:
            measured, spent = _measure(edition_id, key, cookie, process)
    print(f"{CHANGES} changes of a headline, {STORIES} stories with pictures; load {os.getloadavg()[0]:.1f}")
    for name, words in WORDS.items():
        _print(words, [each[name] for each in measured])
    line("processor of the web process, a change", spent)


def _print(words: str, times: Sequence[float]) -> None:
    line(words, statistics.median(times))
    line(f"{words}, 95th percentile", statistics.quantiles(times, n=20)[-1])


def _build(folder: Path) -> tuple[int, str]:
    """An edition with its stories and pictures, and the key of one of them."""
    from django.core.management import call_command
    from django.db import connection
    from PIL import Image

    from newsletter.catalog import pictures
    from newsletter.curator.articles.models import Article
    from newsletter.curator.editions import editions, picks
    from tests.actors import SYSTEM

    now = datetime.now(UTC)
    call_command("migrate", verbosity=0)
    newsroom.begin(folder, now)
    newsroom.add_articles(STORIES, now)
    edition = editions.create_edition(
        newsroom.get_newsletter().id, (now + timedelta(days=1)).date(), by=SYSTEM, now=now
    )
    for number, article_id in enumerate(Article.objects.order_by("-id").values_list("id", flat=True)[:STORIES]):
        edition = picks.add_pick(edition.id, article_id, reason="measured", by=SYSTEM, now=now)
        file = io.BytesIO()
        Image.effect_noise((1280, 720), 20 + number).convert("RGB").save(file, "JPEG")
        picture = pictures.store_picture(file.getvalue(), source_url="", now=now)
        story = next(each for each in edition.picks if each.article_id == article_id)
        picks.edit_pick(
            edition.id, story.key, picture=picture.name, image_credit="Bench", seen=None, by=SYSTEM, now=now
        )
    connection.close()
    return edition.id, story.key


def _measure(edition_id: int, key: str, cookie: str, process: int) -> tuple[list[dict[str, float]], float]:
    from playwright.sync_api import sync_playwright

    from tests.browser.people import CHROMIUM

    if not CHROMIUM:
        sys.exit("Debian's chromium is not installed (apt-get install chromium-headless-shell).")
    logging.disable(logging.WARNING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": f"http://127.0.0.1:{PORT}"}])
        page.add_init_script(WATCH)
        page.goto(f"http://127.0.0.1:{PORT}/editions/{edition_id}/")
        page.wait_for_selector("#preview-status:has-text('Updated')")
        page.click(f"#edit-{key}")
        page.wait_for_selector("#p-headline")
        _change(page, "Before it is measured")
        before = processor_ms(process)
        measured = [_change(page, f"Headline number {number} of those") for number in range(CHANGES)]
        spent = (processor_ms(process) - before) / CHANGES
        browser.close()
    return measured, spent


def _change(page: Any, text: str) -> dict[str, float]:
    page.evaluate("(wanted) => { window.bench = { wanted }; performance.clearResourceTimings(); }", text)
    page.locator("#p-headline").select_text()
    page.keyboard.type(text)
    until = time.monotonic() + 30
    while not page.evaluate("window.bench.shown"):
        assert time.monotonic() < until, "the new mail did not come"
        page.wait_for_timeout(20)
    page.wait_for_timeout(500)  # what the change set off has come to rest
    found: dict[str, float] = page.evaluate(READ)
    return found


if __name__ == "__main__":
    main()
