"""What a change did, part by part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from newsletter.curator.editions.revision_changes import list_differing_parts


def test_a_field_the_order_and_what_came_or_went_are_told_apart(morning_edition: Any) -> None:
    one, two, three = morning_edition.picks
    field = list_differing_parts(
        morning_edition, replace(morning_edition, picks=(replace(one, label="News"), two, three))
    )
    assert [(each.part, each.field, each.before, each.after) for each in field] == [
        (f"story:{one.key}", "label", "", "News")
    ]
    moved = list_differing_parts(morning_edition, replace(morning_edition, picks=(two, one, three)))
    assert [(each.part, each.field) for each in moved] == [("", "order")]
    gone = list_differing_parts(morning_edition, replace(morning_edition, picks=(one, three)))
    assert [(each.part, each.field, each.after) for each in gone] == [(f"story:{two.key}", "", None)]
    assert gone[0].label == f"Story “{two.headline}”"
    assert gone[0].before["headline"] == two.headline  # type: ignore[index]
    assert list_differing_parts(morning_edition, morning_edition) == []
