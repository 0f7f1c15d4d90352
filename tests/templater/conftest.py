"""A briefing with one of everything, invented."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from newsletter.templater.briefing import (
    AlsoItem,
    Briefing,
    BriefingCut,
    BriefingPicture,
    BriefingSection,
    BriefingSponsor,
    BriefingStory,
    Publication,
)

PLACES = {640: 360, 132: 132, 268: 201, 560: 315}  # where our templates show pictures: width and height
CUTS = tuple(
    BriefingCut(
        width,
        f"http://testserver/pictures/a-{width}.jpg",
        width,
        height,
        f"http://testserver/pictures/a-{2 * width}.jpg",
    )
    for width, height in PLACES.items()
)
PICTURE = BriefingPicture(
    "http://testserver/pictures/a.jpg",
    1280,
    800,
    "A red car on a steep track",
    "The first run.",
    "Illustration: A. Example",
    CUTS,
)


def story(number: int, size: str = "m", **fields: object) -> BriefingStory:
    base: dict[str, object] = {
        "key": f"key{number}",
        "headline": f"Story {number}: the funicular returns to the upper town",
        "url": f"https://paper.example.org/{number}?from=feed",
        "blurb": f"For eleven winters the rails were silent. Number {number} says who waited.",
        "source": "The Upland Echo",
        "minutes": 3,
        "size": size,
    }
    return BriefingStory(**{**base, **fields})  # type: ignore[arg-type]


@pytest.fixture
def briefing() -> Briefing:
    """Twelve stories, with intro, lead picture, sponsor, list at the end and a correction."""
    return Briefing(
        newsletter="Morning Briefing",
        publication=Publication(
            "The Upland Echo", "https://paper.example.org", "1 High Street, Upland", "desk@example.com"
        ),
        subject="The funicular returns",
        preheader="Plus eleven more from the valley",
        strap="Cold and bright",
        intro="Good morning, {{ first_name | reader }}. "
        "*Twelve* stories, [one map](https://maps.example.org/?a=1&b=2).",
        signed="A. Example, morning editor",
        date_long="Tuesday 24 November 2026",
        base_url="https://news.example.com",
        web_url="https://news.example.com/archive/morning/2026-11-24/",
        signup_url="https://news.example.com/join/morning/",
        lead=story(1, "l", picture=PICTURE, label="Transport"),
        sections=(
            BriefingSection("Top stories", (story(2, picture=PICTURE), story(3, label="Analysis"), story(4, "s"))),
            BriefingSection("More news", tuple(story(n) for n in range(5, 9))),
            BriefingSection("Good to know", tuple(story(n, "s") for n in range(9, 13))),
        ),
        also=(AlsoItem("Bandstand concert moves indoors", "https://paper.example.org/also", "What's on"),),
        corrections=("Monday's briefing gave the gradient as *1 in 6*. It is 1 in 5.",),
        sponsor=BriefingSponsor(
            "Sponsored by a shop", "Boots that outlast the hill", "Resoled for ten years.", "https://shop.example.org"
        ),
        why="You asked for the Morning Briefing.",
    )


def fill_briefing(write: Callable[[str], Any]) -> Briefing:
    """A briefing of which every field has a value, made of the dataclasses: what is added to them is filled as well.

    `write` gives the value of a text by its path, such as lead.picture.alt. A part that can be many is there once.
    """
    made: Briefing = _fill(Briefing, "", write)
    return made


def _fill(kind: Any, path: str, write: Callable[[str], Any]) -> Any:
    name = path.rpartition(".")[2]
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(  # type: ignore[operator]
            **{each.name: _fill(hints[each.name], f"{path}.{each.name}".strip("."), write) for each in fields(kind)}
        )
    if kind is str:
        return write(path)
    if kind is bool:
        return False
    if kind is int:
        return {"width": 1280, "height": 800}.get(name, 7)
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _fill(inside[0], path, write)
    if origin is tuple and inside[0] is BriefingCut:
        cut = _fill(BriefingCut, path, write)
        return tuple(replace(cut, place=width, width=width, height=height) for width, height in PLACES.items())
    if origin is tuple:
        return (_fill(inside[0], path, write),)
    if origin is Literal:
        return "l" if path == "lead.size" else "m" if name == "size" else inside[0]
    if origin is Mapping:
        return {"light": {"accent": "#123456"}}
    raise AssertionError(f"Teach this function what to put into {path}: {kind}")
