"""Templates at fault: `render` never raises, and says in which file and line the fault is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.templater import render
from newsletter.templater.briefing import Briefing, Problem, ProblemLevel, Rendered

BODY = "<mjml><mj-body><mj-section><mj-column><mj-text>fine</mj-text></mj-column></mj-section></mj-body></mjml>"
THEME = "[light]\n[dark]\n[type]\n[layout]\n"

Trial = Callable[..., Rendered]


@pytest.fixture
def trial(briefing: Briefing, tmp_path: Path) -> Trial:
    """Renders a template of its own: `mjml`, `txt`, `head`, `inline` and `theme` are what its files say."""

    def run(mjml: str = BODY, txt: str = "fine", head: str = "", inline: str = "", theme: str = THEME) -> Rendered:
        folder = tmp_path / "mine"
        folder.mkdir()
        files = {"mine.mjml.j2": mjml, "mine.txt.j2": txt, "head.css.j2": head, "inline.css.j2": inline}
        for name, text in {**files, "theme.toml": theme}.items():
            (folder / name).write_text(text, "utf-8")
        return render(replace(briefing, template="mine"), folders=(tmp_path,))

    return run


def only(rendered: Rendered) -> Problem:
    (problem,) = rendered.problems
    assert problem.level == ProblemLevel.BLOCK
    assert (rendered.html, rendered.text) == ("", ""), "a mail is whole or not there"
    return problem


def test_a_small_template_of_ones_own_works(trial: Trial) -> None:
    rendered = trial()
    assert rendered.problems == ()
    assert "fine" in rendered.html
    assert rendered.text == "fine\n"


@pytest.mark.parametrize(
    ("fault", "where"),
    [
        ({"mjml": "<mjml>\n{% if %}\n</mjml>"}, "mine/mine.mjml.j2:2"),
        ({"mjml": "<mjml>\n\n{{ nobody.name }}</mjml>"}, "mine/mine.mjml.j2:3"),
        ({"mjml": "\n{{ e.nothing }}"}, "mine/mine.mjml.j2:2"),
        ({"mjml": "\n{{ 5 | link }}"}, "mine/mine.mjml.j2:2"),
        ({"mjml": "{{ 1 / 0 }}"}, "mine/mine.mjml.j2:1"),
        ({"mjml": "{{ cycler() }}"}, "mine/mine.mjml.j2:1"),
        ({"mjml": "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}"}, "mine/mine.mjml.j2:1"),
        ({"mjml": "{{ range(10 ** 9) }}"}, "mine/mine.mjml.j2:1"),
        ({"mjml": "{{ e.__class__ }}"}, "mine/mine.mjml.j2:1"),
        ({"mjml": "{% include 'gone.j2' %}"}, "mine/mine.mjml.j2:1"),
        ({"txt": "a\n{% bad %}"}, "mine/mine.txt.j2:2"),
        ({"txt": "a\n{{ no }}"}, "mine/mine.txt.j2:2"),
        ({"inline": "{% if %}"}, "mine/inline.css.j2:1"),
        ({"head": "a{color:{{ c.gone }}}"}, "mine/head.css.j2:1"),
        ({"theme": "[light"}, "mine/theme.toml"),
        ({"theme": "light = 1"}, "mine"),
        ({"mjml": ""}, "mine"),
        ({"mjml": "no mjml at all"}, "mine"),
        ({"mjml": BODY.replace("</mj-text>", "")}, "mine"),
        ({"mjml": BODY.replace("<mj-section>", '<mj-include path="/etc/passwd" /><mj-section>')}, "mine"),
    ],
)
def test_a_fault_is_named_with_its_place(trial: Trial, fault: dict[str, str], where: str) -> None:
    problem = only(trial(**fault))
    assert problem.where == f"template:{where}"
    assert problem.message.endswith(". Fix the template and try again.")
    assert "Traceback" not in problem.message


def test_a_file_that_is_not_there_is_named(trial: Trial) -> None:
    assert "“gone.j2”" in only(trial(mjml="{% include 'gone.j2' %}")).message


@pytest.mark.parametrize("name", ["absent", "../briefing", "/etc", "", "notice/../absent"])
def test_only_a_template_that_exists_is_used(briefing: Briefing, name: str, tmp_path: Path) -> None:
    only(render(replace(briefing, template=name), folders=(tmp_path,)))


def test_a_fault_is_mended_without_a_restart(trial: Trial, briefing: Briefing, tmp_path: Path) -> None:
    only(trial(mjml="{% if %}"))
    (tmp_path / "mine" / "mine.mjml.j2").write_text(BODY, "utf-8")
    assert render(replace(briefing, template="mine"), folders=(tmp_path,)).problems == ()


def test_faults_of_the_content_and_of_the_template_are_told_together(
    trial: Trial, briefing: Briefing, tmp_path: Path
) -> None:
    only(trial(mjml="{% if %}"))
    rendered = render(replace(briefing, template="mine", subject="{{ surname }}"), folders=(tmp_path,))
    assert [problem.where for problem in rendered.problems] == ["subject", "template:mine/mine.mjml.j2:1"]


def test_a_template_that_knows_of_no_page_gives_one_that_belongs_to_nobody(
    briefing: Briefing, trial: Trial, tmp_path: Path
) -> None:
    footer = (
        '<mj-text>{{ email_html }}<a href="{{ unsubscribe_html }}">x</a>'
        '<a href="{{ preferences_html }}">y</a></mj-text>'
    )
    trial(
        mjml=BODY.replace("<mj-text>fine</mj-text>", footer),
        txt="{{ email_text }} {{ unsubscribe_text }} {{ preferences_text }}",
    )
    page = render(replace(briefing, template="mine", web=True), folders=(tmp_path,))
    assert page.problems == ()
    assert not {field.field for field in page.merge} & {"email", "token"}
    for part in (page.html, page.text):
        assert part.count(briefing.signup_url) == 2
        assert "/u/" not in part
