"""What a finding stops, and whether a reason helps."""

from __future__ import annotations

import pytest

from newsletter.checks.findings import NEVER_OVERRIDDEN, Finding, FindingLevel


def test_what_blocks_stops_until_somebody_overrides_it() -> None:
    finding = Finding(FindingLevel.BLOCK, "intro", "TK is left.", "placeholder")
    assert finding.blocks
    assert not Finding(FindingLevel.BLOCK, "intro", "TK is left.", "placeholder", overridden="TK is a poet.").blocks
    assert not Finding(FindingLevel.WARN, "intro", "TK is left.").blocks


@pytest.mark.parametrize("level", FindingLevel)
def test_only_a_warning_warns(level: FindingLevel) -> None:
    assert Finding(level, "intro", "Short.").warns == (level == FindingLevel.WARN)


def test_only_what_blocks_and_can_be_helped_may_be_overridden() -> None:
    assert Finding(FindingLevel.BLOCK, "intro", "TK is left.", "placeholder").may_be_overridden
    assert not Finding(FindingLevel.WARN, "intro", "Short.", "short").may_be_overridden
    for code in NEVER_OVERRIDDEN:
        assert not Finding(FindingLevel.BLOCK, "mail", "No.", code).may_be_overridden
