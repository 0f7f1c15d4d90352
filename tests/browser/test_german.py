"""The board in German: nothing of ours is in English, whatever scripts put on the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from babel.messages.mofile import read_mo

from newsletter.accounts.models import User
from newsletter.catalog import newsletters
from newsletter.curator.editions import edition_lookup, editions
from newsletter.kernel import clock
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, list_complaints, sign_in, wait_until
from tests.web.messages import DESK
from tests.web.test_translations import read_translations

pytestmark = IN_A_BROWSER

# What is read: texts, and what stands in attributes for people. Texts of the newsroom are left out, and what checks
# find: service functions say that, in English.
READ = """() => {
  const found = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest("script, style, template, .serif, .finding, .pool h3, .pick h3, .blurb, textarea"))
      found.push(walker.currentNode.textContent);
  }
  for (const each of document.querySelectorAll("[title], [aria-label], [placeholder]"))
    for (const name of ["title", "aria-label", "placeholder"]) found.push(each.getAttribute(name) || "");
  return found.map((each) => each.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""


def list_english() -> list[re.Pattern[str]]:
    """The messages of the desk that read otherwise in German, as patterns: a gap is anything."""
    (path,) = DESK.list_catalogues()
    with path.with_suffix(".mo").open("rb") as file:
        translations = read_translations(read_mo(file))
    german = {each for translated in translations.values() for each in translated}
    english = {text for message in translations for text in ([message] if isinstance(message, str) else message)}
    parts = [re.split(r"%\(\w+\)s", text) for text in english - german]
    return [re.compile(".+".join(map(re.escape, each))) for each in parts if re.search(r"[a-z]{2}", "".join(each))]


ENGLISH = list_english()


def find_english(page: Any, own: set[str]) -> set[str]:
    """What stands on a page in English, besides the words of the newsroom."""
    return {text for text in page.evaluate(READ) if text not in own and any(each.fullmatch(text) for each in ENGLISH)}


def test_the_words_of_the_desk_are_found_on_an_english_page(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/editions/{edition.id}/")
    page.wait_for_load_state("networkidle")
    assert {"Suggest stories", "Running order", "Preheader"} <= find_english(page, set())


def test_an_editor_picks_edits_and_is_refused_in_german(
    page: Any, live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]]
) -> None:
    articles(6, at=clock.now())
    sign_in(page, live_server)
    User.objects.filter(email="editor@example.com").update(language="de")
    page.goto(f"{live_server.url}/editions/{edition.id}/")
    page.wait_for_selector(".pool > li[tabindex]")
    newsroom = edition_lookup.get_edition(edition.id)
    sections = {each.title for each in newsletters.list_sections(edition.newsletter_id)}
    own = {each.publisher for each in newsroom.picks} | sections | {"Editor"}
    assert find_english(page, own) == set()

    page.click("[data-pick-it] >> nth=0")
    page.wait_for_selector("#toast:has-text('Ausgewählt als Beitrag 4')")
    assert find_english(page, own) == set()

    key = newsroom.picks[0].key
    page.click(f"[id='edit-{key}']")
    page.fill("#p-headline", "Die Fähre kehrt zurück")
    page.keyboard.press("Tab")
    page.wait_for_selector("[data-field=headline] [data-state]:has-text('Gespeichert')")
    wait_until(page, lambda: edition_lookup.get_edition(edition.id).picks[0].headline == "Die Fähre kehrt zurück")
    assert find_english(page, own) == set()

    editions.edit_edition(edition.id, subject="Their subject", seen=None, by=SYSTEM, now=clock.now())
    page.fill("#w-subject", "Mein Betreff")
    page.keyboard.press("Tab")
    page.wait_for_selector("[data-clash] :text('geändert')")
    assert find_english(page, own) == set()
    assert list_complaints(page) == []
