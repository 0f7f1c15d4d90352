"""Importing a file at the desk: questions are asked and answered, the numbers seen, and all of it undone."""

from __future__ import annotations

from typing import Any

from newsletter.jobs import worker_steps
from newsletter.kernel import clock
from subscribers import lists
from tests.browser.people import IN_A_BROWSER, list_complaints, sign_in

pytestmark = IN_A_BROWSER
FILE = (
    "email,status,Kunde\n"
    "ann@example.com,VIP,ja\n"
    "ben@example.com,gone for good,nein\n"
    "cleo@example.com,VIP,ja\n"
    "not an address,VIP,ja\n"
)


def work() -> None:
    """What a worker does next."""
    assert worker_steps.import_subscribers(clock.now())


def test_a_file_with_two_questions_is_answered_imported_and_undone(
    page: Any, live_server: Any, people: Any, newsroom: Any
) -> None:
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/readers/import/")
    page.select_option("[name=list]", "morning")
    page.set_input_files("[name=file]", {"name": "readers.csv", "mimeType": "text/csv", "buffer": FILE.encode()})
    page.click("main form button.btn--go")
    page.wait_for_selector(":text('The file is being checked.')")
    page.evaluate("window.loadedOnce = true")
    work()
    page.wait_for_selector(":text('Nothing is imported yet.')")
    assert page.evaluate("window.loadedOnce"), "the questions come without a reload"
    assert page.locator("fieldset:has-text('status')").count() == 1
    assert page.locator("fieldset:has-text('Kunde')").count() == 1

    page.locator("tr:has-text('VIP') select").select_option("active")
    page.locator("tr:has-text('gone for good') select").select_option("unsubscribed")
    page.click("button:has-text('Check again')")
    work()
    page.wait_for_selector("fieldset:has-text('Kunde')")
    page.wait_for_selector("fieldset:has-text('status')", state="detached")
    page.wait_for_selector("[role=alert]:has-text('So far:'):has-text('VIP')")
    page.locator("fieldset:has-text('Kunde') select").first.select_option("ignore")
    page.click("button:has-text('Check again')")
    work()
    page.wait_for_selector("button:has-text('Import file: 3 new')")
    columns = page.locator("section:has-text('Columns') >> nth=0 >> tbody tr").all_inner_texts()
    assert columns[0].startswith("Kunde"), "what nobody made out comes first"
    assert "ja · nein" in columns[0]
    assert "ann@example.com · ben@example.com" in columns[1]
    rows = {
        row.locator("th").inner_text(): row.locator("td").inner_text()
        for row in page.locator("section:has-text('Dry run') >> nth=-1 >> tr").all()
    }
    assert rows["Rows of the file"] == "4"
    assert rows["Bad rows, not imported"] == "1"
    assert lists.count_subscribers_by_state(newsroom.list.id) == {}

    page.click("button:has-text('Import file: 3 new')")
    work()
    page.wait_for_selector("button:has-text('Undo import of 3 addresses')")
    assert lists.count_subscribers_by_state(newsroom.list.id) == {"active": 2, "unsubscribed": 1}
    page.click("button:has-text('Undo import of 3 addresses')")
    work()
    page.wait_for_selector("#import :text('Undone')")
    assert lists.count_subscribers_by_state(newsroom.list.id) == {}
    assert not list_complaints(page)
