"""Templates of somebody else's: in a process of their own, with an end to everything."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from newsletter.catalog import newsletter_settings
from newsletter.curator.editions import approval
from newsletter.kernel.errors import BadInput
from newsletter.templater import render, sandbox
from newsletter.templater.briefing import Briefing, ProblemLevel, Rendered
from newsletter.templater.sandbox import render_sandboxed, to_briefing
from tests.actors import SYSTEM

BODY = """{% extends "_shared/base.mjml.j2" %}
{% import "_shared/parts.mjml.j2" as p with context %}
{% block body %}{{ p.open() }}<tr><td>{{ subject }} fine {{ email_html }}</td></tr>{{ p.close() }}{% endblock %}
{% block footer %}{% include "_shared/footer.mjml.j2" %}{% endblock %}
"""


@pytest.fixture
def own(tmp_path: Path) -> Callable[..., Path]:
    """Makes the template “mine” in a folder of its own."""

    def make(mjml: str = BODY, txt: str = "fine\n{{ unsubscribe_text }}\n{{ pub.postal }}") -> Path:
        folder = tmp_path / "own" / "mine"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (("mine.mjml.j2", mjml), ("mine.txt.j2", txt)):
            (folder / name).write_text(text, "utf-8")
        for name in ("head", "inline"):
            (folder / f"{name}.css.j2").write_text(f'{{% extends "_shared/{name}.css.j2" %}}', "utf-8")
        return folder.parent

    return make


def mine(briefing: Briefing, folder: Path) -> Rendered:
    return render_sandboxed(replace(briefing, template="mine"), folder)


def test_a_template_of_ones_own_gives_the_same_bytes_apart_as_here(
    briefing: Briefing, own: Callable[..., Path]
) -> None:
    folder = own()
    here = render(replace(briefing, template="mine"), folders=(folder,))
    assert here.problems == ()
    assert mine(briefing, folder) == here


def test_a_briefing_comes_back_as_it_was_taken_apart(briefing: Briefing) -> None:
    assert to_briefing(asdict(briefing)) == briefing


@pytest.mark.parametrize(
    ("mjml", "where"),
    [
        ("<mjml>\n{% if %}\n</mjml>", "template:mine/mine.mjml.j2:2"),
        ("<mjml>\n\n{{ nobody.name }}</mjml>", "template:mine/mine.mjml.j2:3"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_line(
    briefing: Briefing, own: Callable[..., Path], mjml: str, where: str
) -> None:
    made = mine(briefing, own(mjml))
    assert [problem.where for problem in made.problems] == [where]


@pytest.mark.parametrize(
    "mjml",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}{{ 'x' * 10000 }}{% endfor %}",
        "{{ 'x' * (10 ** 10) }}",
        "{% set a = ['x' * 10000] %}{% for b in range(99999) %}{{ a | join | upper }}{{ a * 1000 }}{% endfor %}",
    ],
    ids=["loops", "output", "string", "lists"],
)
def test_what_would_never_end_is_stopped_with_a_word(briefing: Briefing, own: Callable[..., Path], mjml: str) -> None:
    made = render_sandboxed(replace(briefing, template="mine"), own(mjml), seconds=1)
    assert made.html == ""
    (problem,) = made.problems
    assert problem.level == ProblemLevel.BLOCK
    assert problem.where.startswith("template")


def test_what_comes_back_may_be_as_large_as_the_limit_and_no_larger(
    briefing: Briefing, own: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = own()
    fits = len(json.dumps(asdict(mine(briefing, folder))).encode())
    monkeypatch.setattr(sandbox, "LARGEST", fits)
    assert mine(replace(briefing, signed=briefing.signed[::-1]), folder).problems == ()
    monkeypatch.setattr(sandbox, "LARGEST", fits - 1)
    (problem,) = mine(replace(briefing, signed=briefing.signed.upper()), folder).problems
    assert "wrote more than" in problem.message


def test_it_knows_no_secret_of_ours(
    briefing: Briefing, own: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.secret")
    sandbox.end_servers()
    mine(replace(briefing, subject="Looked at"), own())
    (server,) = sandbox._idle
    environment = Path(f"/proc/{server.process.pid}/environ").read_bytes().decode().strip("\0").split("\0")
    assert {each.partition("=")[0] for each in environment} == {"PATH", "PYTHONPATH", "PYTHONIOENCODING"}
    assert "SG.secret" in os.environ.values()


def test_the_next_mail_finds_a_server_ready_and_one_that_ended_is_replaced(
    briefing: Briefing, own: Callable[..., Path]
) -> None:
    sandbox.end_servers()
    folder = own()
    assert mine(replace(briefing, subject="One"), folder).problems == ()
    (first,) = sandbox._idle
    assert mine(replace(briefing, subject="Two"), folder).problems == ()
    assert sandbox._idle == [first]
    first.process.kill()
    first.process.wait()
    assert "Three fine" in mine(replace(briefing, subject="Three"), folder).html
    (second,) = sandbox._idle
    assert second is not first


def test_mails_at_once_do_not_wait_for_each_other(briefing: Briefing, own: Callable[..., Path]) -> None:
    folder = own("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}")
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(render_sandboxed, replace(briefing, template="mine", subject="Slow"), folder, seconds=4)
        time.sleep(1)
        (folder / "mine" / "mine.mjml.j2").write_text(BODY, "utf-8")
        assert "Quick fine" in mine(replace(briefing, subject="Quick"), folder).html
        assert not slow.done()
        assert slow.result().html == ""


def test_a_fixed_file_is_read_again(briefing: Briefing, own: Callable[..., Path]) -> None:
    assert mine(briefing, own("{{ nobody }}")).problems
    assert mine(briefing, own()).problems == ()


def test_a_newsletter_wears_a_template_of_its_own(
    edition: Any, own: Callable[..., Path], settings: Any, now: Any
) -> None:
    with pytest.raises(BadInput, match="no template “mine”"):
        newsletter_settings.change_newsletter(edition.newsletter_id, now=now, template="mine", seen=None, by=SYSTEM)
    settings.CONFIG = replace(settings.CONFIG, templates_dir=own())
    newsletter_settings.change_newsletter(edition.newsletter_id, now=now, template="mine", seen=None, by=SYSTEM)
    assert "The railway reaches the mill fine" in approval.preview(edition.id).html
