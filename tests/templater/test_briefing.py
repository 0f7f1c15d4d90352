"""What comes out of a rendering."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.templater.briefing import Problem, ProblemLevel, Rendered

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
