"""Choosing the picture of a story on the board: where it comes from, its focal point, and what is refused."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from PIL import Image

from newsletter.catalog import pictures
from newsletter.checks import preflight
from newsletter.curator.editions import picks
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, list_complaints, open_board, sign_in, wait_until
from tests.browser.test_fields import open_story, read

pytestmark = IN_A_BROWSER

PASTE = """([name, bytes, how]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
    const options = { bubbles: true, cancelable: true };
    const event = how === "paste" ? new ClipboardEvent("paste", { clipboardData: data, ...options })
        : new DragEvent("drop", { dataTransfer: data, ...options });
    document.querySelector("#picture-form").dispatchEvent(event);
}"""


def draw(width: int = 1280, height: int = 720, colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


def sent_file(data: bytes, name: str = "harbour.png") -> Any:
    return {"name": name, "mimeType": "image/png", "buffer": data}


def list_faults(page: Any) -> list[str]:
    """What the browser complained of; the mail names pictures by the address of the real server."""
    return [
        each
        for each in list_complaints(page)
        if "http://testserver/pictures" not in each and "Response Status Error Code" not in each
    ]


def open_dialog(page: Any, live_server: Any, edition: Any) -> str:
    """Opens the dialog for the lead, and gives its key."""
    open_board(page, live_server, edition)
    key = str(edition.picks[0].key)
    open_story(page, key)
    page.click(f"#choose-{key}")
    page.wait_for_selector("#picture[open] #picture-form")
    return key


def test_a_picture_is_uploaded_pointed_at_used_and_undone(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    key = open_dialog(page, live_server, edition)
    page.set_input_files("#picture-file", sent_file(draw()))
    page.wait_for_selector("#candidates :checked", state="attached")
    wait_until(page, lambda: page.locator("[data-focal]").bounding_box()["height"] > 50)
    box = page.locator("[data-focal]").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.4)
    assert page.input_value("[name=focus]") == "60 40"
    page.focus("[data-focal] button")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert page.input_value("[name=focus]") == "61 50"
    assert page.evaluate("getComputedStyle(document.querySelector('.cut img')).objectPosition") == "61% 50%"
    assert page.locator(".cut figcaption").all_inner_texts()[0] == "Lead 1280 px"
    assert page.locator(".picture__credit .error").is_visible()
    page.fill("#image_credit", "Kim Example")
    assert not page.locator(".picture__credit .error").is_visible()
    page.fill("#image_alt", "The harbour")
    page.click("text=Use picture >> nth=-1")
    page.wait_for_selector("#picture", state="hidden")
    story = read(edition).picks[0]
    assert (story.focus, story.image_alt, story.image_credit) == ("61 50", "The harbour", "Kim Example")
    page.wait_for_selector(f"#picture-of-{key} img")
    mail = page.frame_locator("#frames iframe:not([aria-hidden])")
    mail.locator("img[alt='The harbour'][srcset][width='640']").wait_for()
    page.click("#undo-last")
    wait_until(page, lambda: read(edition).picks[0].picture_id is None)
    assert list_faults(page) == []


@pytest.mark.parametrize("how", ["paste", "drop"])
def test_a_picture_is_pasted_and_dropped(page: Any, live_server: Any, people: Any, edition: Any, how: str) -> None:
    open_dialog(page, live_server, edition)
    page.evaluate(PASTE, ["pasted.png", list(draw(700, 500)), how])
    page.wait_for_selector("#candidates :checked", state="attached")
    assert page.locator(".cut figcaption").all_inner_texts()[0] == "Lead 700 of 1280 px: soft on sharp screens"
    assert list_faults(page) == []


def test_a_picture_used_before_comes_with_its_words(
    page: Any, live_server: Any, people: Any, edition: Any, now: datetime
) -> None:
    used = pictures.store_picture(draw(), source_url="", now=now)
    words: Any = {"image_alt": "Two boats", "image_credit": "A. Example", "focus": "10 20"}
    picks.edit_pick(edition.id, edition.picks[1].key, picture=used.name, seen=None, by=SYSTEM, now=now, **words)
    open_dialog(page, live_server, edition)
    page.check(f"[name=picture][value='{used.name}']", force=True)
    assert page.input_value("#image_alt") == "Two boats"
    assert page.input_value("#image_credit") == "A. Example"
    page.click("text=Use picture >> nth=-1")
    page.wait_for_selector("#picture", state="hidden")
    assert read(edition).picks[0].focus == "10 20"
    assert list_faults(page) == []


def test_what_cannot_be_used_is_said_and_nothing_is_lost(
    page: Any, live_server: Any, people: Any, edition: Any, now: datetime
) -> None:
    open_dialog(page, live_server, edition)
    page.fill("#image_alt", "Typed before")
    page.set_input_files("#picture-file", sent_file(b"no picture at all"))
    page.wait_for_selector(".refusal:has-text('is not a picture we can read')")
    page.set_input_files("#picture-file", sent_file(b"0" * (15 * 2**20 + 1)))
    page.wait_for_selector("[data-too-large]:has-text('larger than 15 MB')")
    page.set_input_files("#picture-file", sent_file(draw(240, 180)))
    page.wait_for_selector("#candidates :disabled", state="attached")
    page.wait_for_selector("#candidates .st:has-text('never enlarged: the lead needs 640 × 360')")
    page.context.set_offline(True)
    page.set_input_files("#picture-file", sent_file(draw()))
    page.wait_for_selector(".refusal:has-text('the desk cannot be reached')")
    page.context.set_offline(False)
    page.click("#picture >> text=From the article’s page")
    page.wait_for_selector("#picture .refusal")
    assert page.input_value("#image_alt") == "Typed before"
    page.set_input_files("#picture-file", sent_file(draw()))
    page.wait_for_selector("#candidates :checked", state="attached")
    page.fill("#image_alt", "Typed again")
    page.set_input_files("#picture-file", sent_file(draw(241, 180)))
    wait_until(page, lambda: page.locator("#candidates :disabled").count() == 2)
    assert page.input_value("#image_alt") == "Typed again", "no other picture is chosen instead"
    assert read(edition).picks[0].picture_id is None
    assert [each for each in list_faults(page) if not re.search("422|400|502", each)] == []


def test_two_who_choose_a_picture_see_both(
    page: Any, live_server: Any, people: Any, edition: Any, now: datetime
) -> None:
    key = open_dialog(page, live_server, edition)
    page.set_input_files("#picture-file", sent_file(draw()))
    page.wait_for_selector("#candidates :checked", state="attached")
    mine = page.get_attribute("#candidates :checked", "value")
    theirs = pictures.store_picture(draw(colour="red"), source_url="", now=now)
    picks.edit_pick(edition.id, key, picture=theirs.name, seen=None, by=SYSTEM, now=now)
    page.fill("#image_alt", "Mine")
    page.click("text=Use picture >> nth=-1")
    page.wait_for_selector("#picture :text('The story has this picture now')")
    assert theirs.name in page.get_attribute(".picture__theirs", "src")
    assert page.input_value("#image_alt") == "Mine"
    assert read(edition).picks[0].picture_name == theirs.name
    page.click("text=Use picture >> nth=-1")
    page.wait_for_selector("#picture", state="hidden")
    assert read(edition).picks[0].image_alt == "Mine"
    assert read(edition).picks[0].picture_name == mine
    assert list_faults(page) == []


def test_an_edition_approved_meanwhile_keeps_its_picture(
    page: Any, live_server: Any, people: Any, edition: Any, now: datetime
) -> None:
    open_dialog(page, live_server, edition)
    page.set_input_files("#picture-file", sent_file(draw()))
    page.wait_for_selector("#candidates :checked", state="attached")
    preflight.approve_edition(edition.id, content_hash=None, by=SYSTEM, now=now)
    page.click("text=Use picture >> nth=-1")
    page.wait_for_selector("#picture [role=alert]:has-text('approved this edition')")
    assert read(edition).snapshot_id is not None
    assert read(edition).picks[0].picture_id is None
    assert list_faults(page) == []


def test_a_missing_credit_is_saved_and_blocks_approval(
    page: Any, live_server: Any, people: Any, edition: Any, now: datetime
) -> None:
    open_dialog(page, live_server, edition)
    page.set_input_files("#picture-file", sent_file(draw()))
    page.wait_for_selector("#candidates :checked", state="attached")
    page.click("text=Use picture >> nth=-1")
    page.wait_for_selector("#picture", state="hidden")
    assert read(edition).picks[0].picture_id is not None
    page.wait_for_selector("#order:has-text('has no credit')")


def test_on_a_phone_the_dialog_is_the_screen(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any
) -> None:
    page = open_page(viewport={"width": 390, "height": 844})
    open_dialog(page, live_server, edition)
    box = page.locator("#picture").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
    button = page.locator("#picture >> text=Use picture >> nth=-1").bounding_box()
    assert button["y"] + button["height"] <= 844
    assert page.evaluate("document.querySelector('#picture').scrollWidth") == 390
    page.keyboard.press("Escape")
    page.wait_for_selector("#picture", state="hidden")


def test_without_scripts_a_picture_is_chosen_on_a_page(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any
) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/editions/{edition.id}/picks/{edition.picks[0].key}/picture/")
    page.set_input_files("#file", sent_file(draw()))
    page.click("button:text-is('Upload')")
    page.fill("#image_alt", "Without scripts")
    page.click("text=Use picture >> nth=-1")
    page.wait_for_url(f"{live_server.url}/editions/{edition.id}/")
    assert read(edition).picks[0].image_alt == "Without scripts"
    assert read(edition).picks[0].picture_id is not None
