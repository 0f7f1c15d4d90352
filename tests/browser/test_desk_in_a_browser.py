"""The desk as an editor uses it, in a real browser: nothing refused by its own security policy, no script error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter.curator.editions import edition_lookup
from newsletter.kernel import clock
from subscribers import lists, subscriber_lookup, tokens
from subscribers.imports.run import process_next_import
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, sign_in
from tests.conftest import PASSWORD

pytestmark = IN_A_BROWSER


def test_an_editor_picks_edits_moves_and_approves(
    page: Any, live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]]
) -> None:
    articles(6, at=clock.now())
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/editions/{edition.id}/")
    page.click(".pool [data-pick-it] >> nth=0")
    page.wait_for_selector(".pick >> nth=3")
    page.click("[aria-label^='Edit'] >> nth=0")
    page.fill("#p-headline", "A headline written in a browser")
    page.click("[data-done]")
    page.wait_for_selector("h3:has-text('A headline written in a browser')")
    page.click("[data-down] >> nth=0")
    page.wait_for_selector(".pick >> nth=1 >> text=A headline written in a browser")
    page.fill("#w-subject", "A subject written in a browser")
    page.press("#w-subject", "Tab")
    page.wait_for_selector("[data-field=subject]:has-text('Saved')")
    page.wait_for_load_state("networkidle")  # the pool is being read anew: to leave now would break that off
    page.goto(f"{live_server.url}/editions/{edition.id}/review/")
    page.click("button:has-text('Approve')")
    page.wait_for_selector("text=Approved, frozen as")
    saved = edition_lookup.get_edition(edition.id)
    assert saved.subject == "A subject written in a browser"
    assert saved.picks[1].headline == "A headline written in a browser"
    assert len(saved.picks) == 4
    assert page.complaints == []


def test_two_editors_see_each_other_and_keep_what_they_write(
    page: Any, live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]], now: Any
) -> None:
    from newsletter.curator.editions import editions, picks

    sign_in(page, live_server, "admin")  # shortlisting acts on every newsletter's pool
    page.goto(f"{live_server.url}/editions/{edition.id}/")
    page.fill("#w-preheader", "Half a sentence that is still being")
    editions.edit_edition(edition.id, subject="A subject from elsewhere", now=now, seen=None, by=SYSTEM)
    picks.add_pick(edition.id, articles(9, at=clock.now())[8], now=now, by=SYSTEM)
    page.wait_for_selector(".pick >> nth=3", timeout=12_000)
    assert page.input_value("#w-subject") == "A subject from elsewhere"
    assert page.input_value("#w-preheader") == "Half a sentence that is still being"
    page.wait_for_selector(".pool > li >> nth=5")  # the pool has come anew, too: its first story is another now
    note = page.locator(".pool__more [name=note]").first
    page.click(".pool__more summary >> nth=0")
    note.fill("A note that is still being")
    editions.edit_edition(edition.id, subject="Another subject from elsewhere", now=now, seen=None, by=SYSTEM)
    page.wait_for_selector(".inbox:has-text('Another subject')")
    page.wait_for_timeout(2_000)  # the pool is asked for anew, and must not come
    assert note.input_value() == "A note that is still being"
    page.click(".pool__more [value=shortlisted] >> nth=0")
    page.wait_for_selector(".pool .tag:has-text('Shortlisted')")
    note.wait_for(timeout=5_000)  # what was open stays open
    page.evaluate("document.activeElement.blur()")
    editions.edit_edition(edition.id, subject="A third subject from elsewhere", now=now, seen=None, by=SYSTEM)
    page.wait_for_selector(".inbox:has-text('A third subject')")
    assert note.is_visible()
    assert page.complaints == []


def test_a_box_is_added_and_what_is_typed_outlasts_what_others_change(
    page: Any, live_server: Any, people: Any, edition: Any, now: Any
) -> None:
    from newsletter.curator.editions import editions

    sign_in(page, live_server)
    page.goto(f"{live_server.url}/editions/{edition.id}/")
    page.click("text=Add a box")
    page.fill("#b-text-new", "Come to the *mill*.")
    page.select_option("#b-shown_to-new", "members")
    page.click("#box-new >> text=Add >> nth=-1")
    page.wait_for_selector("#boxes summary:has-text('Come to the')")
    (box,) = edition_lookup.get_edition(edition.id).boxes
    assert (box.text, box.visibility, box.place) == ("Come to the *mill*.", "members", "top")
    page.click(f"#box-{box.id} summary")
    page.fill(f"#b-title-{box.id}", "Half a heading")
    page.evaluate("document.activeElement.blur()")
    editions.edit_edition(edition.id, subject="A subject from elsewhere", now=now, seen=None, by=SYSTEM)
    page.wait_for_selector(".inbox:has-text('A subject from elsewhere')")
    assert page.input_value(f"#b-title-{box.id}") == "Half a heading"
    assert page.complaints == []


@pytest.mark.parametrize("width", [320, 375, 1440])
def test_no_page_scrolls_sideways(page: Any, live_server: Any, people: Any, edition: Any, width: int) -> None:
    sign_in(page, live_server, "admin")
    page.set_viewport_size({"width": width, "height": 800})
    paths = [
        "/",
        "/editions/",
        f"/editions/{edition.id}/",
        f"/editions/{edition.id}/review/",
        "/calendar/",
        "/schedule/",
        "/deliveries/",
        "/readers/",
    ]
    for path in [
        *paths,
        "/readers/import/",
        "/readers/lists/",
        "/readers/lists/morning/",
        "/readers/suppressions/",
        "/readers/segments/",
        "/sources/",
        "/newsletters/",
        "/newsletters/morning/",
        "/newsletters/morning/rules/",
        "/sources/clip/?url=https://echo.example.org/a&text=Some+words",
        "/join/",
        "/which/",
        "/archive/",
    ]:
        page.goto(f"{live_server.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    assert page.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_mail_fits_a_phone_and_follows_the_dark(
    page: Any, edition: Any, tmp_path: Path, now: Any, scheme: str
) -> None:
    from newsletter.curator.editions import approval

    file = tmp_path / "mail.html"
    file.write_text(approval.preview(edition.id).html)
    page.emulate_media(color_scheme=scheme)
    for width in (320, 375, 700):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    ground = page.evaluate("getComputedStyle(document.querySelector('.sheet table, .sheet')).backgroundColor")
    assert ground == {"light": "rgb(253, 251, 247)", "dark": "rgb(26, 34, 38)"}[scheme]


def test_a_user_changes_the_own_password(page: Any, live_server: Any, people: Any) -> None:
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/account/")
    for new, shown in (("newsletter1", "It is easily guessed"), ("quite another password", "Your password is changed")):
        page.fill("#old_password", PASSWORD)
        page.fill("#new_password", new)
        page.click("text=Change password")
        page.wait_for_selector(f"text={shown}")
    page.click("text=Sign out")
    page.fill("#email", "editor@example.com")
    page.fill("#password", "quite another password")
    page.click("text=Sign in >> nth=-1")
    page.wait_for_url(f"{live_server.url}/")
    assert [each for each in page.complaints if "422" not in each] == []


def test_a_subscriber_downloads_their_data(page: Any, live_server: Any, readers: Any) -> None:
    (person_id,) = readers(1)
    token = subscriber_lookup.get_signer().sign_expiring(tokens.DATA, 0, person_id, clock.now() + timedelta(minutes=9))
    page.goto(f"{live_server.url}/me/{token}")
    with page.expect_download() as download:
        page.click("form button")
    assert "reader0@example.com" in download.value.path().read_text()


def test_an_import_is_answered_in_parts_and_none_is_lost(
    page: Any, live_server: Any, people: Any, newsroom: Any
) -> None:
    rows = "".join(
        f"p{n}@example.com;{('zib', 'zub')[n % 2]};{('ja', 'nein')[n % 3 == 0]};{n % 4}\n" for n in range(12)
    )
    pasted = f"E-Mail;Status;Newsletter;Stufe\n{rows}".encode()

    def look_again() -> list[str]:
        process_next_import(clock.now(), owner="worker", clock=clock.now)
        page.reload()
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0
        return [each.split()[0] for each in page.locator("legend, summary b").all_inner_texts()]

    sign_in(page, live_server, "admin")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{live_server.url}/readers/import/")
    page.select_option("#list", newsroom.list.slug)
    page.set_input_files("#file", {"name": "leser.csv", "mimeType": "text/csv", "buffer": pasted})
    page.click("text=Check file")
    page.wait_for_url("**/readers/import/*/")
    assert look_again() == ["Status", "Newsletter"]
    page.select_option("label:has-text('This column is') + select", "wanted")
    with page.expect_navigation():
        page.click("text=Check again")
    assert look_again() == ["Status"]
    assert page.locator("text=So far").count() == 1
    with page.expect_navigation():
        page.click("text=Check again")
    assert look_again() == ["Status"]
    for value, state in (("zib", "active"), ("zub", "unsubscribed")):
        page.select_option(f"[aria-label='{value} means']", state)
    with page.expect_navigation():
        page.click("text=Check again")
    assert look_again() == []
    page.click("text=Import file")
    look_again()
    page.wait_for_selector("text=Undo import of 12 addresses")
    assert lists.count_subscribers_by_state(newsroom.list.id) == {"active": 4, "unsubscribed": 8}
    assert page.complaints == []
