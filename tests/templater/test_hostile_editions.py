"""What attackers and typing errors put into fields: some editions of the corpus of `benchmarks hostile`."""

from __future__ import annotations

import random

import pytest

from benchmarks import hostile
from newsletter.kernel.resources import list_mail_templates
from newsletter.templater import render
from newsletter.templater.briefing import Rendered
from newsletter.templater.merge_fields import MergeRecipient, personalise_mail


@pytest.mark.parametrize("template", list_mail_templates())
def test_hostile_editions_render_or_say_why_not(template: str) -> None:
    dice = random.Random(hostile.SEED)
    for number in range(40):
        made = render(hostile._edition(dice, template))
        assert made.html or made.problems, number
        if made.html:
            assert (
                hostile._wrong(
                    personalise_mail(made, MergeRecipient("reader@example.com", hostile._text(dice), "t0ken"))
                )
                == []
            ), number


@pytest.mark.parametrize(
    "html",
    [
        "<p>x<script>alert(1)</script></p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<img src=x onerror=alert(1)>",
        "<p>-nl_first_name_3h-</p>",
    ],
)
def test_the_look_for_what_should_never_be_finds_it(html: str) -> None:
    assert hostile._wrong(Rendered("s", "", html, "text", (), ()))
