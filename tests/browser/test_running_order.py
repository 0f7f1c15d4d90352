"""The running order is changed by mouse, by finger and by keys alike, across sections, and says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from newsletter.curator.editions import edition_lookup
from newsletter.kernel import clock
from tests.browser.people import IN_A_BROWSER, open_board, wait_until
from tests.conftest import PASSWORD

pytestmark = IN_A_BROWSER


def list_places(edition: Any) -> list[tuple[str, str]]:
    return [(each.section, each.key) for each in edition_lookup.get_edition(edition.id).picks]


def center(page: Any, selector: str) -> tuple[float, float]:
    page.locator(selector).scroll_into_view_if_needed()
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_story_is_dragged_by_mouse_within_a_section_and_into_another(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    one, two, three = (each.key for each in edition.picks)
    page.set_viewport_size({"width": 1280, "height": 2000})
    open_board(page, live_server, edition)
    page.mouse.move(*center(page, f"[id='grip-{one}']"))
    page.mouse.down()
    x, y = center(page, f"[id='story-{three}']")
    page.mouse.move(x, y, steps=4)
    page.mouse.move(x, y + 10, steps=2)
    page.wait_for_selector(".drop")
    page.mouse.up()
    page.wait_for_selector("#toast:has-text('Story 1 is now 3 of 3 in Top stories.')")
    assert list_places(edition) == [("top", two), ("top", three), ("top", one)]
    assert page.evaluate("document.activeElement.id") == f"grip-{one}"

    page.mouse.move(*center(page, f"[id='grip-{two}']"))
    page.mouse.down()
    page.mouse.move(*center(page, "#order > [data-into] >> nth=1"), steps=4)
    page.mouse.up()
    page.wait_for_selector("#toast:has-text('is now 1 of 1 in More news.')")
    assert list_places(edition) == [("top", three), ("top", one), ("more", two)]

    page.mouse.move(*center(page, f"[id='grip-{two}']"))
    page.mouse.down()
    page.mouse.move(*center(page, f"[id='story-{one}']"), steps=4)
    page.keyboard.press("Escape")
    assert page.locator(".drop").count() == 0
    page.mouse.up()
    page.click("#toast >> text=Undo")
    page.wait_for_selector(f"[data-into=top] ~ [id='story-{two}'] ~ [data-into=more]")
    assert list_places(edition) == [("top", two), ("top", three), ("top", one)]
    assert page.complaints == []


def test_a_story_is_dragged_by_finger(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any
) -> None:
    one, two, three = (each.key for each in edition.picks)
    page = open_page(has_touch=True, viewport={"width": 1280, "height": 2000})
    open_board(page, live_server, edition)
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    send("touchStart", center(page, f"[id='grip-{three}']"))
    x, y = center(page, f"[id='story-{one}']")
    send("touchMove", (x, y + 5))
    send("touchMove", (x, y - 15))
    page.wait_for_selector(".drop")
    send("touchEnd")
    page.wait_for_selector("#toast:has-text('is now 1 of 3 in Top stories.')")
    assert list_places(edition) == [("top", three), ("top", one), ("top", two)]
    assert page.evaluate("document.activeElement.id") == f"grip-{three}"
    assert page.complaints == []


def test_keys_move_a_story_across_sections_and_the_focus_stays_on_its_handle(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    one, two, three = (each.key for each in edition.picks)
    open_board(page, live_server, edition)
    page.focus(f"[id='grip-{two}']")
    for key, said, expected in (
        ("ArrowDown", "is now 3 of 3 in Top stories.", [("top", one), ("top", three), ("top", two)]),
        ("ArrowDown", "is now 1 of 1 in More news.", [("top", one), ("top", three), ("more", two)]),
        ("ArrowUp", "is now 3 of 3 in Top stories.", [("top", one), ("top", three), ("top", two)]),
        ("ArrowUp", "is now 2 of 3 in Top stories.", [("top", one), ("top", two), ("top", three)]),
    ):
        page.keyboard.press(f"Alt+{key}")
        page.wait_for_selector(f"#toast[role=status]:has-text('{said}')")
        assert list_places(edition) == expected
        assert page.evaluate("document.activeElement.id") == f"grip-{two}"
    assert page.complaints == []


def test_quick_undos_wait_for_the_move_and_for_one_another(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    one, two, three = (each.key for each in edition.picks)
    open_board(page, live_server, edition)
    page.focus(f"[id='grip-{one}']")
    page.keyboard.press("Alt+ArrowDown")
    page.wait_for_selector("#toast:has-text('is now 2 of 3 in Top stories.')")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Control+z")  # before the second move is answered
    page.keyboard.press("Control+z")
    page.wait_for_selector("#undo-last", state="detached")
    assert [key for _, key in list_places(edition)] == [one, two, three]
    assert page.complaints == []


def test_a_board_is_worked_from_signing_in_to_undoing_by_keyboard_alone(
    page: Any, live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]]
) -> None:
    articles(6, at=clock.now())
    page.goto(f"{live_server.url}/editions/{edition.id}/")
    page.wait_for_selector("#email:focus")
    for key in ("editor@example.com", "Tab", PASSWORD, "Enter"):
        page.keyboard.press(key) if key in ("Tab", "Enter") else page.keyboard.type(key)
    page.wait_for_selector(".pool > li[tabindex]")

    for row, section, said in ((0, 1, "Top stories"), (1, 2, "More news")):
        page.keyboard.press("j")
        page.keyboard.press(str(section))
        page.wait_for_selector(f"#toast:has-text('in {said}.')")
        page.wait_for_selector(f".pool > li.used >> nth={row}")
    added = list_places(edition)[3][1]

    tab_to(page, f"grip-{added}")
    page.keyboard.press("Alt+ArrowDown")
    page.wait_for_selector("#toast:has-text('is now 1 of 2 in More news.')")
    page.keyboard.press("Alt+ArrowDown")
    page.wait_for_selector("#toast:has-text('is now 2 of 2 in More news.')")
    assert list_places(edition)[-1] == ("more", added)

    before = edition_lookup.get_edition(edition.id).picks[-1].headline
    tab_to(page, f"edit-{added}")
    page.keyboard.press("Enter")
    page.wait_for_selector("#p-headline:focus")
    page.keyboard.press("Control+a")
    page.keyboard.type("Written without a mouse")
    page.keyboard.press("Escape")
    page.wait_for_selector(f"[id='story-{added}'] h3:has-text('Written without a mouse')")
    assert page.evaluate("document.activeElement.id") == f"edit-{added}"
    page.keyboard.press("Control+z")
    page.wait_for_selector(f"[id='story-{added}'] h3:has-text('{before}')")
    assert page.complaints == []


def tab_to(page: Any, wanted: str) -> None:
    """Goes on by Tab until an element has the focus."""
    for _ in range(300):
        if page.evaluate("document.activeElement.id") == wanted:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {wanted}")


def test_what_was_done_is_said_for_ten_seconds_with_its_undo(
    page: Any, live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]]
) -> None:
    article = articles(5, at=clock.now())[4]
    open_board(page, live_server, edition)
    page.click(f"[id='article-{article}'] [data-pick-it]")
    page.wait_for_selector("#toast:has-text('Picked as story 4, in Top stories.')")
    page.wait_for_timeout(8_000)  # polls come meanwhile
    assert page.locator("#toast-text").is_visible()
    page.wait_for_selector("#toast-text", state="hidden", timeout=4_000)
    page.keyboard.press("Control+z")
    wait_until(page, lambda: len(list_places(edition)) == 3)
    assert page.complaints == []
