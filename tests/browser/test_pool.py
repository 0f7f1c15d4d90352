"""The pool: by mouse, keys, on a phone, and with scripts off."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from PIL import Image

from newsletter.catalog import pictures
from newsletter.catalog.models import Picture
from newsletter.curator.articles.models import Article, Story
from newsletter.curator.editions import edition_lookup, editions, picks
from newsletter.kernel import clock
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, list_complaints, open_board, sign_in, wait_until

pytestmark = IN_A_BROWSER


def list_sections(edition: Any) -> list[str]:
    return [each.section for each in edition_lookup.get_edition(edition.id).picks]


def test_keys_move_pick_into_a_section_and_search(
    page: Any, live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]]
) -> None:
    articles(9, at=clock.now())
    open_board(page, live_server, edition)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("theatre")
    page.wait_for_selector(".pool :text('Nothing matches')")
    page.fill("#q", "")
    page.wait_for_selector(".pool > li[tabindex] >> nth=5")
    page.evaluate("document.activeElement.blur()")
    rows = page.locator(".pool > li[tabindex]").evaluate_all("all => all.map(each => each.id)")
    for key, at in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.id") == rows[at]
    page.keyboard.press("2")
    page.wait_for_selector("#toast:has-text('Picked as story 4, in More news.')")
    page.wait_for_selector(f"[id='{rows[1]}'].used")
    assert page.evaluate("document.activeElement.id") == rows[1]
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#toast:has-text('in Top stories.')")
    page.keyboard.press("j")
    page.context.route("https://*.example.org/**", lambda route: route.fulfill(body="The story itself"))
    with page.expect_popup() as popup:
        page.keyboard.press("o")
    popup.value.wait_for_selector("text=The story itself")
    popup.value.close()
    assert sorted(list_sections(edition)) == ["more", "top", "top", "top", "top"]
    assert list_complaints(page) == []


def test_a_chip_picks_into_its_section_and_counts_follow(
    page: Any, live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]]
) -> None:
    article = articles(6, at=clock.now())[5]
    open_board(page, live_server, edition)
    assert page.locator("#count-new").inner_text() == "3"
    page.hover(f"[id='article-{article}'] h3")
    page.click(f"[id='article-{article}'] [data-section] >> nth=2")
    page.wait_for_selector("#toast:has-text('Picked as story 4, in Good to know.')")
    page.wait_for_selector("#count-new:text('2')")
    page.click(".chip:has-text('Picked')")
    page.wait_for_selector(f".pool > li[id='article-{article}']")
    assert list_sections(edition)[-1] == "good"
    assert page.complaints == []


def test_an_article_is_dragged_to_its_place(
    page: Any, live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]]
) -> None:
    article = articles(6, at=clock.now())[5]
    page.set_viewport_size({"width": 1280, "height": 2000})
    open_board(page, live_server, edition)
    grip = page.locator(f"[id='article-{article}'] [data-grip]").bounding_box()
    below = page.locator(f"[id='story-{edition.picks[0].key}']").bounding_box()
    page.mouse.move(grip["x"] + 5, grip["y"] + 5)
    page.mouse.down()
    page.mouse.move(below["x"] + 200, below["y"] + below["height"] - 5, steps=5)
    page.mouse.up()
    page.wait_for_selector("#toast:has-text('Picked as story 2, in Top stories.')")
    assert edition_lookup.get_edition(edition.id).picks[1].article_id == article
    assert page.complaints == []


def test_an_article_shows_its_picture_its_story_and_why_it_is_not_offered(
    page: Any, live_server: Any, people: Any, newsroom: Any, edition: Any, articles: Callable[..., list[int]]
) -> None:
    now = clock.now()
    old, _, _, pictured, told, other, empty, reserved, ignored = articles(9, at=now)
    out = io.BytesIO()
    Image.new("RGB", (640, 360), "teal").save(out, "PNG")
    pictures.store_picture(out.getvalue(), source_url="", now=now)
    Article.objects.filter(id=pictured).update(picture=Picture.objects.get())
    Article.objects.filter(id__in=(told, other)).update(story=Story.objects.create(created_at=now))
    Article.objects.filter(id=empty).update(text="")
    Article.objects.filter(id=ignored).update(standing="ignored")
    Article.objects.filter(id=old).update(added_at=now - timedelta(days=20))
    tomorrow = editions.create_edition(newsroom.other.id, edition.date + timedelta(days=1), by=SYSTEM, now=now)
    picks.add_pick(tomorrow.id, reserved, by=SYSTEM, now=now)

    open_board(page, live_server, edition)
    thumbnail = page.locator(f"[id='article-{pictured}'] .pool__img")
    thumbnail.scroll_into_view_if_needed()
    wait_until(page, lambda: thumbnail.evaluate("image => image.naturalWidth > 0"))
    assert page.locator(f"[id='article-{empty}'] .tag:has-text('No text')").is_visible()
    assert page.locator(f"[id='article-{reserved}'] .tag:has-text('reserved for Evening Letter')").is_visible()
    assert page.locator("#pool-most").inner_text().startswith("Left out: ")
    assert page.locator("#pool-most").inner_text().endswith("1 ignored.")

    title = Article.objects.get(id=other).title
    page.click(f"[id='told-{told}'] summary")
    page.wait_for_selector(f"[id='told-{told}'] a:has-text('{title}')")
    editions.edit_edition(edition.id, subject="From elsewhere", seen=None, by=SYSTEM, now=now)
    page.wait_for_selector(".inbox:has-text('From elsewhere')")
    picks.drop_pick(edition.id, edition.picks[2].key, content_hash=None, by=SYSTEM, now=now)
    page.wait_for_selector(".pick >> nth=2", state="detached")
    page.wait_for_load_state("networkidle")  # the pool has come anew, and what was opened in it is open
    assert page.locator(f"[id='told-{told}'] a:has-text('{title}')").is_visible()
    assert page.complaints == []


def test_what_was_suggested_or_removed_is_undone_in_one_press(
    page: Any, live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]]
) -> None:
    open_board(page, live_server, edition)
    page.click("text=Suggest stories")
    page.wait_for_selector("#toast:has-text('Nothing is suggested')")
    articles(6, at=clock.now())
    page.click("text=Suggest stories")
    page.wait_for_selector("#toast:has-text('Stories added:')")
    assert len(list_sections(edition)) > 3
    page.click("#toast >> text=Undo")
    page.wait_for_selector("#toast:has-text('Undone.')")
    assert len(list_sections(edition)) == 3
    key = edition.picks[1].key
    page.click(f"[id='edit-{key}']")
    page.click("text=Remove story")
    page.wait_for_selector("#toast:has-text('Story removed.')")
    page.wait_for_selector(f"[id='story-{key}']", state="detached")
    page.click("#toast >> text=Undo")
    page.wait_for_selector(f"[id='story-{key}']")
    assert [each.key for each in edition_lookup.get_edition(edition.id).picks] == [each.key for each in edition.picks]
    assert page.complaints == []


def test_on_a_phone_pool_order_and_preview_are_tabs(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]]
) -> None:
    articles(6, at=clock.now())
    page = open_page(viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True)
    open_board(page, live_server, edition)
    page.wait_for_selector(".pool > li[tabindex]", state="attached")
    assert page.locator("#tab-pool").inner_text() == f"{page.locator('.pool > li[tabindex]').count()} articles"
    shown = {"Pool": ".board__pool", "Order": ".board__order", "Preview": ".board__view"}
    for name, part in shown.items():
        page.tap(f".tabs label:has-text('{name}')")
        assert [each for each in shown.values() if page.locator(each).is_visible()] == [part]
    page.tap(".tabs label:has-text('Pool')")
    page.tap(".pool [data-pick-it] >> nth=0")
    page.wait_for_selector("#tab-order:has-text('4 of 12')")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.complaints == []


def test_without_scripts_an_edition_is_made(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]]
) -> None:
    articles(6, at=clock.now())
    page = open_page(java_script_enabled=False)
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/editions/{edition.id}/")
    page.click("text=Show the articles")
    page.fill("#q", "library")
    page.press("#q", "Enter")
    page.click(".pool [data-section]:has-text('More news') >> nth=0", force=True)
    key = edition_lookup.get_edition(edition.id).picks[-1].key
    page.click(f"[id='down-{key}']")
    assert list_sections(edition) == ["top", "top", "top", "good"]
    page.click(f"[id='edit-{key}']")
    page.fill("#p-headline", "Written without scripts")
    page.press("#p-headline", "Enter")
    page.wait_for_selector("h3:has-text('Written without scripts')")
    wait_until(page, lambda: edition_lookup.get_edition(edition.id).picks[-1].headline == "Written without scripts")
