"""The boxes of an edition."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.curator.editions import approval, boxes, editions, picks, variants
from newsletter.curator.editions.values import Edition
from newsletter.curator.editions.variants import MEMBERS
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from tests import prepared
from tests.actors import SYSTEM
from tests.approving import approve
from tests.conftest import Newsroom

pytestmark = pytest.mark.django_db


ADA = SystemActor("ada@example.com")


@pytest.fixture
def edition(newsroom: Newsroom, articles: Callable[..., list[int]], now: datetime) -> Edition:
    """The morning briefing with three stories and a subject."""
    return prepared.prepare(_create_edition, newsroom.briefing.id, tuple(articles(3)), now)


def _create_edition(newsletter_id: int, article_ids: tuple[int, ...], now: datetime) -> Edition:
    made = editions.create_edition(newsletter_id, now.date(), now=now, by=ADA)
    for article_id in article_ids:
        picks.add_pick(made.id, article_id, now=now, by=SYSTEM)
    return editions.edit_edition(
        made.id, now=now, subject="The railway reaches the mill", preheader="And two more", seen=None, by=SYSTEM
    )


def test_a_box_has_markdown_fields_and_a_label_for_members(edition: Edition, now: datetime) -> None:
    edition = boxes.set_box(
        edition.id,
        title="Come to the <mill>",
        text="On *Friday*, {{ first_name | friend }}.",
        visibility=MEMBERS,
        now=now,
        seen=None,
        by=SYSTEM,
    )
    members = variants.list_variants(edition)[1]
    mail = approval.preview(edition.id, variant=members)
    assert "For members" in mail.html
    assert "Come to the &lt;mill&gt;" in mail.html
    assert "<em>Friday</em>" in mail.html
    assert "[For members]" in mail.text
    assert "Come to the <mill>" in mail.text
    assert "friend" in {field.fallback for field in mail.merge}
    assert "Come to the" not in approval.preview(edition.id).text


@pytest.mark.parametrize("place", ["top", "end"])
def test_a_box_stands_above_or_below_the_stories(edition: Edition, now: datetime, place: str) -> None:
    edition = boxes.set_box(edition.id, title="A word", text="Of ours.", place=place, now=now, seen=None, by=SYSTEM)
    for part in ("html", "text"):
        message = getattr(approval.preview(edition.id), part)
        first = message.index(f"nl={edition.picks[0].key}")
        assert (message.index("A word") < first) == (place == "top")


def test_a_box_is_rewritten_and_removed(edition: Edition, now: datetime) -> None:
    (box,) = boxes.set_box(edition.id, title="One", text="First", now=now, seen=None, by=SYSTEM).boxes
    (box,) = boxes.set_box(
        edition.id, box_id=box.id, title="Two", text="Second", place="top", now=now, seen=None, by=SYSTEM
    ).boxes
    assert (box.title, box.text, box.place) == ("Two", "Second", "top")
    assert boxes.drop_box(edition.id, box.id, now=now, content_hash=None, by=SYSTEM).boxes == ()
    with pytest.raises(NotFound):
        boxes.drop_box(edition.id, box.id, now=now, content_hash=None, by=SYSTEM)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": " "}, "text"),
        ({"text": "x" * 5001}, "text"),
        ({"title": "x" * 121}, "title"),
        ({"place": "middle"}, "place"),
        ({"visibility": "nobody"}, "shown_to"),
    ],
)
def test_a_wrong_box_is_refused_by_its_field(
    edition: Edition, now: datetime, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as error:
        boxes.set_box(edition.id, **({"title": "A", "text": "B"} | fields), now=now, seen=None, by=SYSTEM)
    assert error.value.field == field


def test_a_box_may_be_as_long_as_its_limits(edition: Edition, now: datetime) -> None:
    (box,) = boxes.set_box(edition.id, title="t" * 120, text="x" * 5000, now=now, seen=None, by=SYSTEM).boxes
    assert (len(box.title), len(box.text)) == (120, 5000)


def test_there_is_a_most_of_boxes(edition: Edition, now: datetime) -> None:
    for n in range(6):
        boxes.set_box(edition.id, title=str(n), text="Text", now=now, seen=None, by=SYSTEM)
    with pytest.raises(Refused, match="6 boxes"):
        boxes.set_box(edition.id, title="7", text="Text", now=now, seen=None, by=SYSTEM)


def test_an_edit_of_a_box_voids_the_approval(edition: Edition, now: datetime) -> None:
    approve(edition.id, by=ADA, now=now)
    assert boxes.set_box(edition.id, title="", text="Late", now=now, seen=None, by=SYSTEM).snapshot_id is None


def test_fields_of_a_box_are_saved_one_by_one_against_what_was_seen(edition: Edition, now: datetime) -> None:
    (box,) = boxes.set_box(edition.id, title="A word", text="Of ours", seen=None, by=ADA, now=now).boxes
    seen: boxes.BoxFields = {"title": "A word", "text": "Of ours", "visibility": "", "place": "end"}
    given = {"box_id": box.id, "seen": seen, "by": SYSTEM, "now": now}
    boxes.set_box(edition.id, title="A word", text="Of theirs", **given)
    (both,) = boxes.set_box(edition.id, title="A notice", text="Of ours", **given).boxes
    assert (both.title, both.text) == ("A notice", "Of theirs")
    with pytest.raises(Conflict) as refused:
        boxes.set_box(edition.id, title="A word", text="Of mine", **given)
    assert [(each.label, each.present, each.by) for each in refused.value.differences] == [
        ("Text", "Of theirs", SYSTEM.name)
    ]
    with pytest.raises(Conflict) as refused:
        boxes.drop_box(edition.id, box.id, content_hash=box.content_hash, by=ADA, now=now)
    assert [(each.seen, each.present) for each in refused.value.differences] == [("A word", "A notice")]
    boxes.drop_box(edition.id, box.id, content_hash=both.content_hash, by=ADA, now=now)
