"""Editions and what is in them, as values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from newsletter.curator.editions.states import OUT_STATES, BoxPlace, EditionState
from newsletter.curator.editions.values import Box, Edition, Snapshot
from newsletter.templater.briefing import MergeField

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
BOX = Box(1, "A word", "We are hiring.", "", BoxPlace.TOP)


@pytest.mark.parametrize(
    "change", [{"title": "x"}, {"text": "x"}, {"visibility": "members"}, {"place": BoxPlace.END}], ids=str
)
def test_the_hash_of_a_box_changes_with_all_that_an_editor_sees(change: dict[str, str]) -> None:
    assert replace(BOX, **change).content_hash != BOX.content_hash  # type: ignore[arg-type]


def test_the_hash_of_a_box_is_that_of_its_content_alone() -> None:
    assert replace(BOX, id=2).content_hash == BOX.content_hash


def test_a_snapshot_is_the_rendering_it_froze() -> None:
    merge = [MergeField("-nl_email_1h-", "email", "", True)]
    frozen = Snapshot(1, 2, "hash", "Subject", "Preheader", "<p>", "text", merge, NOW, "ann@example.com", None)
    rendered = frozen.to_rendered()
    assert (rendered.subject, rendered.preheader, rendered.html, rendered.text) == (
        "Subject",
        "Preheader",
        "<p>",
        "text",
    )
    assert (rendered.merge, rendered.problems) == (tuple(merge), ())


@pytest.mark.parametrize("state", EditionState)
def test_an_edition_is_out_once_its_mailing_has_begun(edition: Edition, state: EditionState) -> None:
    assert replace(edition, state=state).is_out == (state in OUT_STATES)
    assert EditionState.SENT in OUT_STATES
    assert EditionState.APPROVED not in OUT_STATES
