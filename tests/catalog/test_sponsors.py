"""The paid box: labelled, one at a time, on its days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from newsletter.catalog import sponsors
from newsletter.curator.editions import approval
from newsletter.kernel.errors import BadInput, NotFound, Refused
from tests.actors import SYSTEM
from tests.conftest import NOW

BOX = {
    "label": "Sponsored by a shop",
    "headline": "Boots that outlast the hill",
    "text": "Resoled.",
    "url": "https://shop.example.org/",
}


def test_the_box_shows_on_its_days_alone(edition: Any, now: Any) -> None:
    day = edition.date
    made = sponsors.add_sponsor(edition.newsletter_id, first=day, last=day, **BOX, by=SYSTEM, now=now)
    rendered = approval.preview(edition.id)
    assert "Boots that outlast" in rendered.html
    assert "[Sponsored by a shop]" in rendered.text
    assert sponsors.find_sponsor(edition.newsletter_id, day) == made
    assert sponsors.find_sponsor(edition.newsletter_id, day + timedelta(days=1)) is None
    sponsors.remove_sponsor(made.id, edition.newsletter_id, by=SYSTEM, now=now)
    assert "Boots" not in approval.preview(edition.id).html
    with pytest.raises(NotFound):
        sponsors.remove_sponsor(made.id, edition.newsletter_id, by=SYSTEM, now=now)


def test_nobody_has_the_box_of_another(newsroom: Any) -> None:
    first = date(2026, 12, 1)
    sponsors.add_sponsor(newsroom.briefing.id, first=first, last=date(2026, 12, 7), **BOX, by=SYSTEM, now=NOW)
    with pytest.raises(Refused, match="reserved for “Boots"):
        sponsors.add_sponsor(
            newsroom.briefing.id, first=date(2026, 12, 7), last=date(2026, 12, 9), **BOX, by=SYSTEM, now=NOW
        )
    sponsors.add_sponsor(
        newsroom.briefing.id, first=date(2026, 12, 8), last=date(2026, 12, 9), **BOX, by=SYSTEM, now=NOW
    )
    sponsors.add_sponsor(newsroom.other.id, first=first, last=first, **BOX, by=SYSTEM, now=NOW)
    assert [each.first for each in sponsors.list_sponsors(newsroom.briefing.id)] == [first, date(2026, 12, 8)]


@pytest.mark.parametrize(
    ("field", "value"),
    [("label", " "), ("headline", ""), ("url", "shop.example.org"), ("text", "x" * 401), ("label", "x" * 61)],
)
def test_a_box_that_says_too_little_or_too_much_is_refused(newsroom: Any, field: str, value: str) -> None:
    with pytest.raises(BadInput):
        sponsors.add_sponsor(
            newsroom.briefing.id,
            first=date(2026, 12, 1),
            last=date(2026, 12, 1),
            **{**BOX, field: value},
            by=SYSTEM,
            now=NOW,
        )


def test_a_box_ends_after_it_begins(newsroom: Any) -> None:
    with pytest.raises(BadInput, match="never show"):
        sponsors.add_sponsor(
            newsroom.briefing.id, first=date(2026, 12, 2), last=date(2026, 12, 1), **BOX, by=SYSTEM, now=NOW
        )


def test_it_is_reserved_on_the_desk_by_who_may_configure(newsroom: Any, people: Any) -> None:
    page = "/newsletters/morning/sponsors/"
    form = {**BOX, "first": "2026-12-01", "last": ""}
    for who, status in (("editor", 403), ("admin", 302)):
        client = Client()
        client.force_login(people[who], backend="django.contrib.auth.backends.ModelBackend")
        assert client.post(page, form).status_code == status
    (made,) = sponsors.list_sponsors(newsroom.briefing.id)
    assert (made.first, made.last) == (date(2026, 12, 1), date(2026, 12, 1))
    assert b"Boots that outlast the hill" in client.get("/newsletters/morning/").content
    client.post(page, {"do": "remove", "sponsor_id": made.id})
    assert sponsors.list_sponsors(newsroom.briefing.id) == ()
