"""What a story lacks, and what two of them share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from newsletter.checks import stories, wording
from newsletter.checks.findings import Finding
from newsletter.curator.editions.states import PickSize
from newsletter.curator.editions.values import Pick

WHOLE: dict[str, Any] = {
    "key": "k1",
    "number": 1,
    "article_id": 1,
    "section": "top",
    "position": 1,
    "size": PickSize.MEDIUM,
    "headline": "The ferry gets a second boat",
    "blurb": "From May two boats will cross the lake between the mill and the castle.",
    "label": "",
    "url": "https://echo.example.org/ferry",
    "publisher": "The Upland Echo",
    "byline": "",
    "minutes": 3,
    "picture_id": None,
    "picture_url": "",
    "image_alt": "",
    "image_caption": "",
    "image_credit": "",
}
PICTURE = {"picture_id": 1, "image_alt": "Two boats", "image_credit": "Ann Example"}


def pick(**changes: Any) -> Pick:
    return Pick(**(WHOLE | changes))


def reported(found: Iterable[Finding]) -> dict[str, str]:
    return {each.code: each.level for each in found}


def check(story: Pick, ran: str = "") -> dict[str, str]:
    return reported(stories.check_story(story, ran=ran))


def test_a_whole_story_lacks_nothing() -> None:
    assert check(pick(**PICTURE, picture_bytes=stories.HEAVY_PICTURE)) == {}
    assert check(pick(blurb="", size=PickSize.SMALL)) == {}


@pytest.mark.parametrize(
    ("changes", "code", "level"),
    [
        ({"headline": " "}, "no-headline", "block"),
        ({"headline": "w" * (wording.LONGEST_HEADLINE + 1)}, "long-headline", "advise"),
        ({"url": ""}, "no-link", "warn"),
        ({"publisher": " "}, "no-source", "warn"),
        ({"blurb": " "}, "no-blurb", "advise"),
        ({"blurb": "word " * (wording.MAX_BLURB_WORDS + 1)}, "long-blurb", "advise"),
        ({"label": "TK"}, "placeholder", "block"),
        ({"again_reason": "ran on Monday; “readers missed it”"}, "already-ran", "advise"),
        (PICTURE | {"image_credit": " "}, "no-credit", "block"),
        (PICTURE | {"image_alt": " "}, "no-alt", "warn"),
        (PICTURE | {"image_alt": "the FERRY gets a second boat"}, "alt-repeats", "advise"),
    ],
)
def test_what_a_story_lacks_is_named(changes: dict[str, Any], code: str, level: str) -> None:
    assert check(pick(**changes)) == {code: level}


def test_limits_are_still_allowed() -> None:
    longest = {"headline": "w" * wording.LONGEST_HEADLINE, "blurb": "word " * wording.MAX_BLURB_WORDS}
    assert check(pick(**longest)) == {}


def test_a_story_that_ran_is_said_until_there_is_a_reason() -> None:
    assert check(pick(), ran="ran Mon in Morning Briefing") == {"already-ran": "warn"}


def test_a_heavy_picture_is_said() -> None:
    assert check(pick(**PICTURE, picture_bytes=stories.HEAVY_PICTURE + 1)) == {"heavy-picture": "warn"}
    assert reported(stories.check_picture_weight([stories.HEAVY_MAIL, 1])) == {"heavy-pictures": "warn"}
    assert reported(stories.check_picture_weight([stories.HEAVY_MAIL])) == {}


@pytest.mark.parametrize(("count", "found"), [(2, {"too-few-stories": "block"}), (3, {"few-stories": "warn"}), (5, {})])
def test_too_few_stories_block_and_few_are_said(count: int, found: dict[str, str]) -> None:
    assert reported(stories.check_count(count, 3, 5, "Morning Briefing")) == found


@pytest.mark.parametrize(
    ("changes", "events", "found"),
    [
        ({"url": f"{WHOLE['url']}?utm_source=x", "headline": "Another one"}, {}, {"same-address": "block"}),
        ({"url": "https://paper.example.org/1"}, {}, {"same-headline": "block"}),
        (
            {"url": "https://paper.example.org/1", "headline": "Boats for the lake"},
            {1: 7, 2: 7},
            {"same-event": "warn"},
        ),
        ({"url": "https://paper.example.org/1", "headline": "Boats for the lake"}, {1: 7, 2: 8}, {}),
        ({"url": "", "headline": ""}, {}, {}),
    ],
)
def test_the_same_story_twice_is_said_once(
    changes: dict[str, Any], events: dict[int, int], found: dict[str, str]
) -> None:
    both = [pick(), pick(key="k2", number=2, article_id=2, **changes)]
    assert reported(stories.check_duplicates(both, events)) == found


def test_two_stories_without_address_and_headline_are_not_the_same() -> None:
    assert reported(stories.check_duplicates([pick(url="", headline=""), pick(url="", headline="")], {})) == {}
