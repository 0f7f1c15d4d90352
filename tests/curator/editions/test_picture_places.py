"""Where the mail of a newsletter shows pictures, and which pictures are too small for that."""

from __future__ import annotations

import pytest

from newsletter.catalog.values import Picture
from newsletter.curator.editions import picture_places
from newsletter.templater.picture_shapes import PictureShape
from tests.conftest import Newsroom

LEAD, THUMB = PictureShape("lead", 640, 360), PictureShape("thumbnail", 132, 132)


def picture(width: int, height: int, kind: str = "image/jpeg") -> Picture:
    return Picture(1, "a.jpg", "http://testserver/pictures/a.jpg", width, height, 900, kind)


@pytest.mark.django_db
def test_the_briefing_shows_a_lead_and_thumbnails(newsroom: Newsroom) -> None:
    shapes = picture_places.find_shapes(newsroom.briefing)
    assert [(each.width, each.height) for each in shapes["l"]] == [(640, 360)]
    assert [(each.width, each.height) for each in shapes["m"]] == [(132, 132)]


@pytest.mark.parametrize(
    ("size", "sharp"), [((1280, 720), 1280), ((4000, 3000), 1280), ((900, 600), 900), ((500, 2000), 500)]
)
def test_a_cut_is_as_wide_as_sharp_screens_need_or_as_the_picture_allows(size: tuple[int, int], sharp: int) -> None:
    assert picture_places.find_sharp_width(picture(*size), LEAD) == sharp


def test_a_picture_that_would_have_to_be_enlarged_everywhere_is_too_small() -> None:
    assert picture_places.explain_too_small(picture(639, 800), [LEAD]) == (
        "This picture has 639 × 800 pixels, and is never enlarged: the lead needs 640 × 360."
    )
    assert picture_places.explain_too_small(picture(640, 360), [LEAD]) == ""
    assert picture_places.explain_too_small(picture(200, 200), [LEAD, THUMB]) == ""
    assert picture_places.explain_too_small(picture(90, 90), []) == ""
    assert picture_places.explain_too_small(picture(90, 90, "image/gif"), [LEAD]) == "", "animations are shown whole"
