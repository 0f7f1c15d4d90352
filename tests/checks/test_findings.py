"""What a finding stops, and whether a reason helps."""

from __future__ import annotations

import pytest

from newsletter.checks.findings import NEVER_OVERRIDDEN, Finding


def test_what_blocks_stops_until_somebody_overrides_it() -> None:
    finding = Finding("block", "intro", "TK is left.", "placeholder")
    assert finding.blocks
    assert not Finding("block", "intro", "TK is left.", "placeholder", overridden="TK is a poet.").blocks
    assert not Finding("warn", "intro", "TK is left.").blocks


@pytest.mark.parametrize("level", ["block", "warn", "advise"])
def test_only_a_warning_warns(level: str) -> None:
    assert Finding(level, "intro", "Short.").warns == (level == "warn")  # type: ignore[arg-type]


def test_only_what_blocks_and_can_be_helped_may_be_overridden() -> None:
    assert Finding("block", "intro", "TK is left.", "placeholder").may_be_overridden
    assert not Finding("warn", "intro", "Short.", "short").may_be_overridden
    for code in NEVER_OVERRIDDEN:
        assert not Finding("block", "mail", "No.", code).may_be_overridden
