"""What comes out of a rendering."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import html as lxml_html

from newsletter.kernel.resources import list_mail_templates
from newsletter.templater import render
from newsletter.templater.briefing import Problem, ProblemLevel, Rendered
from tests.templater.conftest import fill_briefing

MAIL = Rendered("Subject", "Preheader", "<p>html</p>", "text")


@pytest.mark.parametrize("change", [{"subject": "x"}, {"html": "x"}, {"text": "x"}])
def test_the_hash_changes_with_what_is_mailed(change: dict[str, str]) -> None:
    assert replace(MAIL, **change).sha256 != MAIL.sha256  # type: ignore[arg-type]
    assert replace(MAIL, preheader="x").sha256 == MAIL.sha256, "which stands in the html"


def test_text_that_moves_from_one_part_to_the_next_is_another_mail() -> None:
    assert Rendered("ab", "", "c", "d").sha256 != Rendered("a", "", "bc", "d").sha256


def test_a_mail_is_blocked_by_one_problem_that_blocks() -> None:
    warning, blocking = Problem(ProblemLevel.WARN, "intro", "Long."), Problem(ProblemLevel.BLOCK, "intro", "Wrong.")
    assert not replace(MAIL, problems=(warning,)).blocked
    assert replace(MAIL, problems=(warning, blocking)).blocked


# What is not shown as it is written, and why. A new field must be shown by every template, or stand here.
BEHAVIOUR = "says how the mail is laid out or linked, and is no text"
ELSEWHERE = "the inbox shows it above the text"
NO_PICTURES = "a text has no pictures; their alternative text, caption and credit stand in it"
LOGO = "the publication's name is its alternative text, and it is shown whole"
CUT = "it is shown in its cuts"
NOT_SHOWN = {
    "language": BEHAVIOUR,
    "template": BEHAVIOUR,
    "sections.stories.button": "only the lead has a button",
    "lead.picture.src": CUT,
    "sections.stories.picture.src": CUT,
    **{
        f"publication.logo_{ground}.{name}": LOGO
        for ground in ("light", "dark")
        for name in ("alt", "caption", "credit", "cuts.src", "cuts.sharp_src")
    },
}
NOT_IN_TEXT = {
    "lead.picture.cuts.src": NO_PICTURES,
    "lead.picture.cuts.sharp_src": NO_PICTURES,
    "sections.stories.picture.cuts.src": NO_PICTURES,
    "sections.stories.picture.cuts.sharp_src": NO_PICTURES,
    "publication.logo_light.src": NO_PICTURES,
    "publication.logo_dark.src": NO_PICTURES,
    "subject": ELSEWHERE,
    "preheader": ELSEWHERE,
}
SHOWN_BY_LETTER = {"subject", "preheader"}


def write_mark(path: str) -> str:
    """A value that is found again, of the kind that the field's name promises."""
    name = path.rpartition(".")[2]
    mark = "zz" + path.replace(".", "-").replace("_", "-") + "zz"
    if path == "language":
        return "en-QQ"
    if path == "template":
        return "briefing"
    if path == "link_parameters":
        return f"mark={mark}"
    if name == "email":
        return f"{mark}@example.com"
    if name.endswith(("url", "src")):
        return f"https://{mark}.example/"
    return f"{mark} {{{{ list }}}}" if path == "intro" else mark


@pytest.mark.parametrize("template", list_mail_templates())
def test_every_template_shows_every_field_in_both_parts(template: str) -> None:
    paths: list[str] = []

    def write(path: str) -> str:
        paths.append(path)
        return write_mark(path)

    made = render(replace(fill_briefing(write), template=template))
    assert made.problems == ()
    tree = lxml_html.document_fromstring(made.html)
    for unseen in tree.xpath("//style|//comment()"):
        unseen.getparent().remove(unseen)
    html = " ".join([str(tree.text_content()), *map(str, tree.xpath("//@href|//@src|//@srcset|//@alt"))])
    lacks_text = set(NOT_IN_TEXT) - (SHOWN_BY_LETTER if template == "letter" else set())
    for shown, exempt in ((html, set(NOT_SHOWN)), (made.text, set(NOT_SHOWN) | lacks_text)):
        words = " ".join(shown.split()).casefold()
        missing = {path for path in paths if write_mark(path).partition(" ")[0].casefold() not in words}
        assert missing == exempt
    assert "#123456" in made.html
    for shown in (html, made.text):
        assert " ".join(shown.split()).count("7 min") == 2
