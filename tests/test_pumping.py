"""No pattern of the project can be made to work for long, whatever text it is shown."""

from __future__ import annotations

import re

import pytest

from newsletter.kernel.patterns import compile_bounded
from tests import pumping

# Patterns that see nothing of strangers but what is escaped, between markup that is ours or the newsroom's own.
OF_OURS = {
    "newsletter.checks.client_support._COMMENT": "comments of finished mails",
    "newsletter.checks.client_support._CSS_COMMENT": "style sheets of finished mails",
    "newsletter.checks.client_support._STYLE_ELEMENT": "style sheets of finished mails",
    "newsletter.cli.setting_options._LINK": "help texts of our settings",
    "newsletter.templater.minifying._STYLE_BLOCK": "style sheets of finished mails",
    "newsletter.templater.minifying._COMMENT": "comments of finished mails",
    "newsletter.templater.minifying._SHEET": "style sheets of finished mails",
}


PARTS = 4  # of the patterns, each a test: they are shared among the processes of a run


@pytest.mark.parametrize("part", range(PARTS))
def test_no_pattern_works_for_long_on_a_text_made_for_it(part: int) -> None:
    patterns = pumping.list_patterns()
    assert len(patterns) > 150
    assert not OF_OURS.keys() - {each.where for each in patterns}
    results = [pumping.pump(each) for each in patterns[part::PARTS] if each.where not in OF_OURS]
    slow = [f"{each.found.where}: {each.slow}" for each in results if each.slow]
    assert not slow, "not linear: bound it with newsletter.kernel.patterns, or rewrite it\n" + "\n".join(slow)


@pytest.mark.parametrize("pattern", [r"\s+x", r"\S*@\S*!", r"(?:a|a)*b", r"<[^>]*>", r"^(?:a+)+$", r"x.*?y", "[.]+$"])
def test_a_pattern_that_is_not_linear_is_found(pattern: str) -> None:
    assert pumping.pump(pumping.FoundPattern("", re.compile(pattern))).slow


def test_a_bound_makes_it_harmless() -> None:
    bounded = compile_bounded(300, r"\s+x")
    assert not pumping.pump(pumping.FoundPattern("", bounded.pattern, bounded.longest)).slow
