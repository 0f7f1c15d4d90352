"""Where the templates show pictures: what they are cut for is what the mail asks for."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.kernel.resources import list_mail_templates
from newsletter.templater import picture_shapes, render
from newsletter.templater.briefing import Briefing, BriefingCut, BriefingPicture, BriefingSection
from tests.templater.conftest import story


@pytest.mark.parametrize("stories", [1, 2])
@pytest.mark.parametrize("template", list_mail_templates())
def test_every_picture_of_a_mail_is_shown_in_a_cut(briefing: Briefing, template: str, stories: int) -> None:
    shapes = picture_shapes.list_shapes(template, {}, ())

    def picture(size: str) -> BriefingPicture:
        cuts = tuple(BriefingCut(each.width, f"https://a.example/{each.name}", 9, 9) for each in shapes[size])
        return BriefingPicture("https://a.example/whole", 1280, 1280, cuts=cuts)

    assert briefing.lead is not None
    pictured = tuple(story(n, picture=picture("m")) for n in range(stories))
    made = replace(
        briefing,
        template=template,
        lead=replace(briefing.lead, picture=picture("l")),
        sections=(BriefingSection("One", pictured),),
    )
    sources = re.findall(r'<img[^>]* src="([^"]+)"', render(made).html)
    assert len(sources) == stories + 1
    assert "https://a.example/whole" not in sources


def test_the_sizes_follow_the_theme_of_the_newsletter() -> None:
    shapes = picture_shapes.list_shapes("briefing", {"layout": {"width": 600, "thumb": 100}}, ())
    assert [(each.width, each.height, each.sharp_size) for each in shapes["l"]] == [(600, 338, (1200, 676))]
    assert [(each.width, each.height) for each in shapes["m"]] == [(100, 100)]


def test_an_own_template_gets_every_shape_and_a_broken_one_none(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "own.mjml.j2").write_text("")
    assert len(picture_shapes.list_shapes("own", {}, (tmp_path,))["m"]) == 3
    (own / "theme.toml").write_text("this is no toml")
    assert picture_shapes.list_shapes("own", {}, (tmp_path,)) == {}
    assert picture_shapes.list_shapes("nowhere", {}, (tmp_path,)) == {}
