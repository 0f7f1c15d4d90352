"""The hash of what somebody decides on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from newsletter.curator.editions import edition_lookup, variants
from newsletter.curator.editions.content_hash import (
    compute_content_part,
    compute_mail_hash,
    join_parts,
    split_parts,
)
from newsletter.curator.editions.states import BoxPlace, EditionState
from newsletter.curator.editions.values import Box, Correction, Edition
from newsletter.curator.editions.variants import Variant
from newsletter.templater.briefing import Rendered

CHANGES: dict[str, Callable[[Edition], Edition]] = {
    **{
        name: lambda edition, name=name: replace(edition, **{name: "Other words"})  # type: ignore[misc]
        for name in ("subject", "second_subject", "preheader", "intro", "signed")
    },
    "headline": lambda edition: replace(
        edition, picks=(replace(edition.picks[0], headline="Other words"), *edition.picks[1:])
    ),
    "picture": lambda edition: replace(edition, picks=(replace(edition.picks[0], picture_id=9), *edition.picks[1:])),
    "section": lambda edition: replace(
        edition, picks=(*edition.picks[:-1], replace(edition.picks[-1], section="good"))
    ),
    "order": lambda edition: replace(edition, picks=(edition.picks[1], edition.picks[0], edition.picks[2])),
    "a story less": lambda edition: replace(edition, picks=edition.picks[1:]),
    "a box more": lambda edition: replace(edition, boxes=(Box(1, "A word", "Of ours", "", BoxPlace.END),)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_is_decided_on_changes_the_hash(filled: Edition, what: str) -> None:
    assert compute_content_part(CHANGES[what](filled)) != compute_content_part(filled)


def test_what_nobody_decides_on_does_not(filled: Edition, now: datetime) -> None:
    other = replace(filled, version=99, state=EditionState.IN_REVIEW, reason="Late", changed_at=now)
    assert compute_content_part(other) == compute_content_part(filled)
    assert compute_content_part(edition_lookup.get_edition(filled.id)) == compute_content_part(filled)


def test_a_correction_changes_the_hash_of_what_was_sent(filled: Edition, now: datetime) -> None:
    correction = Correction(1, filled.id, "", "It is in Upland.", "ada@example.com", now, None)
    assert compute_content_part(filled, [correction]) != compute_content_part(filled)


def test_the_mail_hash_covers_every_variant_but_the_page() -> None:
    plain, other = Rendered("A", "", "<p>a</p>", "a"), Rendered("B", "", "<p>b</p>", "b")
    members = Variant("a", frozenset({"members"}))
    assert compute_mail_hash({variants.PLAIN: plain, variants.PAGE: other}) == plain.sha256
    both = compute_mail_hash({variants.PLAIN: plain, members: other})
    assert both not in (plain.sha256, other.sha256)
    assert both != compute_mail_hash({variants.PLAIN: plain, Variant("a", frozenset({"free"})): other})


def test_a_hash_has_two_parts_and_is_read_with_blanks_around_it() -> None:
    whole = join_parts("0123456789abcdef", "f" * 64)
    assert whole == f"0123456789abcdef-{'f' * 16}"
    assert split_parts(f" {whole}\n") == ("0123456789abcdef", "f" * 16)
    assert split_parts("nonsense") == ("nonsense", "")
