"""A page that was copied in a browser and pasted into the desk: its markup comes along."""

from __future__ import annotations

from typing import Any

from newsletter.curator.articles import article_lookup
from tests.browser.people import IN_A_BROWSER, sign_in

pytestmark = IN_A_BROWSER

PASTE = """(data) => {
  const area = document.querySelector("textarea[name=text]");
  area.focus();
  const clipboard = new DataTransfer();
  clipboard.setData("text/plain", data.text);
  clipboard.setData("text/html", data.html);
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: clipboard, bubbles: true }));
  area.value = data.text;
  area.dispatchEvent(new InputEvent("input", { inputType: "insertFromPaste", bubbles: true }));
}"""
FIRST = "From the first of May two boats will cross the lake between the mill and the castle, the harbour office said."
SECOND = "The second boat was built in 1961 for another lake, and it spent ten years in a barn before somebody asked."


def test_the_markup_of_what_was_copied_is_read(page: Any, live_server: Any, people: Any) -> None:
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/sources/")
    table = "<table><tr><td>Mill</td><td>7:00</td></tr><tr><td>Castle</td><td>7:20</td></tr></table>"
    html = f"<article><h1>Ferry gets a second boat</h1><p>{FIRST}</p>{table}<p>{SECOND}</p></article>"
    text = f"Ferry gets a second boat\n{FIRST}\nMill\t7:00\nCastle\t7:20\n{SECOND}"
    page.evaluate(PASTE, {"text": text, "html": html})
    page.click("button:has-text('Add article')")
    page.wait_for_selector("text=Added: Ferry gets a second boat")
    (article,) = article_lookup.list_articles()
    assert "Castle | 7:20" in article.text


def test_what_is_typed_after_a_paste_is_not_overruled_by_its_markup(page: Any, live_server: Any, people: Any) -> None:
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/sources/")
    page.evaluate(PASTE, {"text": "Ferry", "html": "<h1>Ferry</h1>"})
    assert page.input_value("input[name=html]") == "<h1>Ferry</h1>"
    page.type("textarea[name=text]", " today")
    assert page.input_value("input[name=html]") == ""
