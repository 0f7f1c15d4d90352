"""What the board is sent besides texts."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from newsletter.curator.editions.pool import PoolFilter
from newsletter.curator.editions.states import PoolState
from newsletter.kernel.errors import BadInput
from newsletter.web.forms.board import (
    AdoptHeadlineForm,
    MoveForm,
    PickForm,
    PoolFilterForm,
    PresenceForm,
    UnsavedTextForm,
)


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ("", (None, None)),
        ("after=abc", ("abc", None)),
        ("section=top", (None, "top")),
        ("after=%23world&section=top", (None, "world")),
    ],
)
def test_an_article_goes_behind_a_story_or_into_a_section(sent: str, place: tuple[str | None, str | None]) -> None:
    form = PickForm(QueryDict(f"article=7&{sent}"))
    assert form.require_valid()["article"] == 7
    assert form.read_place() == place


@pytest.mark.parametrize("sent", ["", "article=", "article=seven", "article=" + "9" * 5000])
def test_a_pick_says_which_article(sent: str) -> None:
    with pytest.raises(BadInput, match="Say which article"):
        PickForm(QueryDict(sent)).require_valid()


@pytest.mark.parametrize(
    ("sent", "place"),
    [("", (None, None)), ("abc", ("abc", None)), ("%23world", (None, "world")), ("%23", (None, None))],
)
def test_a_move_says_where_to_if_only_to_the_top(sent: str, place: tuple[str | None, str | None]) -> None:
    form = MoveForm(QueryDict(f"after={sent}&number=3"))
    assert form.require_valid()["number"] == 3
    assert form.read_place() == place
    with pytest.raises(BadInput, match="behind which story"):
        MoveForm(QueryDict("number=3")).require_valid()


def test_a_headline_is_adopted_by_who_saw_the_present_one() -> None:
    assert AdoptHeadlineForm(QueryDict("content_hash=abc&seen_headline=")).is_valid()
    for missing in ("content_hash=abc", "seen_headline=Old"):
        assert not AdoptHeadlineForm(QueryDict(missing)).is_valid()


def test_a_text_is_given_up_by_its_field_or_its_number() -> None:
    own = UnsavedTextForm(QueryDict("part=story:abc&field=headline")).require_valid()
    assert own == {"text": None, "part": "story:abc", "field": "headline"}
    assert UnsavedTextForm(QueryDict("text=4")).require_valid()["text"] == 4


def test_somebody_is_at_a_part_or_gone() -> None:
    assert PresenceForm(QueryDict("part=story:abc")).require_valid() == {"part": "story:abc", "gone": False}
    assert PresenceForm(QueryDict("gone=1")).require_valid() == {"part": "", "gone": True}


def test_a_filter_of_the_pool_is_what_is_on_offer_unless_it_says_more() -> None:
    assert PoolFilterForm(QueryDict("")).read_filter() == PoolFilter(state=PoolState.OFFERED)
    asked = PoolFilterForm(QueryDict("q=+ferry+&state=ignored&source=5&tag=sea")).read_filter()
    assert asked == PoolFilter(query="ferry", state=PoolState.IGNORED, source_id=5, tag="sea")
    endless = PoolFilterForm(QueryDict(f"q={'x' * 5000}&source={'9' * 5000}")).read_filter()
    assert (len(endless.query), endless.source_id) == (100, None)
