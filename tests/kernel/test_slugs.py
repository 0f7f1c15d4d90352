"""Short names."""

from __future__ import annotations

import pytest

from newsletter.kernel.errors import BadInput
from newsletter.kernel.slugs import check_slug, is_slug


@pytest.mark.parametrize("text", ["a", "0", "morning-briefing", "a" * 59])
def test_small_letters_digits_and_hyphens_make_a_slug(text: str) -> None:
    check_slug(text)
    assert is_slug(text)


@pytest.mark.parametrize("text", ["", "-a", "A", "ä", "a_b", "a b", "a" * 60, "a\n"])
def test_anything_else_is_refused_with_what_makes_one(text: str) -> None:
    assert not is_slug(text)
    with pytest.raises(BadInput, match="small letters, digits and hyphens") as refused:
        check_slug(text)
    assert refused.value.field == "slug"
