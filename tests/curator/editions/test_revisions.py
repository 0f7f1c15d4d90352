"""The history of an edition: one's own change is undone, what was is restored, and nobody's later work is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.checks import preflight
from newsletter.curator.editions import boxes, edition_lookup, editions, picks, revisions
from newsletter.curator.editions.content_hash import compute_content_part
from newsletter.kernel.errors import Conflict, NotFound, Refused

ADA, BEN = SystemActor("ada@example.com"), SystemActor("ben@example.com")
MINUTE = timedelta(minutes=1)


def read(edition: Any) -> Any:
    return edition_lookup.get_edition(edition.id)


def last_act(edition: Any, by: Any = ADA) -> int:
    found = revisions.find_last_own_act(edition.id, by.name)
    assert found is not None
    return found.act


@pytest.mark.parametrize(
    "what", ["subject", "headline", "size", "pick", "drop", "drop the lead", "move", "box", "no box"]
)
def test_whatever_one_did_is_undone(
    morning_edition: Any, articles: Any, readers: Any, now: datetime, what: str
) -> None:
    edition, one = morning_edition, {"by": ADA, "now": now}
    keys = [each.key for each in edition.picks]
    edition = boxes.set_box(edition.id, title="A word", text="Of ours", seen=None, **one)
    before = compute_content_part(read(edition))
    match what:
        case "subject":
            editions.edit_edition(edition.id, subject="Another", seen=None, **one)
        case "headline":
            picks.edit_pick(edition.id, keys[1], headline="Another", seen=None, **one)
        case "size":
            picks.edit_pick(edition.id, keys[1], size="l", seen=None, **one)  # the lead before becomes medium
        case "pick":
            picks.add_pick(edition.id, articles(5)[4], **one)
        case "drop":
            picks.drop_pick(edition.id, keys[1], content_hash=None, **one)
        case "drop the lead":
            picks.drop_pick(edition.id, keys[0], content_hash=None, **one)
        case "move":
            picks.move_pick(edition.id, keys[2], after=None, section="more", **one)
        case "box":
            boxes.set_box(edition.id, title="Two", text="Of ours", seen=None, **one)
        case "no box":
            boxes.drop_box(edition.id, edition.boxes[0].id, content_hash=None, **one)
    assert compute_content_part(read(edition)) != before
    act = last_act(edition)
    revisions.undo(edition.id, act, **one)
    assert compute_content_part(read(edition)) == before
    with pytest.raises(Refused, match="undone already"):
        revisions.undo(edition.id, act, **one)


def test_a_change_that_somebody_else_changed_again_is_not_undone(morning_edition: Any, now: datetime) -> None:
    key = morning_edition.picks[0].key
    picks.edit_pick(morning_edition.id, key, headline="Ada's", blurb="Ada's blurb", seen=None, by=ADA, now=now)
    picks.edit_pick(morning_edition.id, key, headline="Ben's", seen=None, by=BEN, now=now)
    with pytest.raises(Conflict, match="changed again since: Headline of") as refused:
        revisions.undo(morning_edition.id, last_act(morning_edition), by=ADA, now=now)
    (change,) = refused.value.differences
    assert (change.seen, change.present, change.by) == ("Ada's", "Ben's", BEN.name)
    assert read(morning_edition).picks[0].blurb == "Ada's blurb", "all of an act, or nothing"


def test_what_somebody_else_did_is_not_undone(morning_edition: Any, now: datetime) -> None:
    editions.edit_edition(morning_edition.id, subject="Ben's", seen=None, by=BEN, now=now)
    with pytest.raises(Refused, match="ben@example.com made this change"):
        revisions.undo(morning_edition.id, last_act(morning_edition, BEN), by=ADA, now=now)
    with pytest.raises(NotFound):
        revisions.undo(morning_edition.id, 9999, by=ADA, now=now)


def test_an_order_is_undone_around_stories_that_came_later(morning_edition: Any, articles: Any, now: datetime) -> None:
    keys = [each.key for each in morning_edition.picks]
    picks.move_pick(morning_edition.id, keys[2], after=None, by=ADA, now=now)
    picks.add_pick(morning_edition.id, articles(5)[4], section="top", by=BEN, now=now)
    revisions.undo(morning_edition.id, last_act(morning_edition), by=ADA, now=now)
    assert [each.key for each in read(morning_edition).picks][:3] == keys


def test_fields_and_stories_are_restored_as_they_were(morning_edition: Any, now: datetime) -> None:
    edition, keys = morning_edition, [each.key for each in morning_edition.picks]
    before = compute_content_part(read(edition))
    since = revisions.list_history(edition.id)[0].sequence
    editions.edit_edition(edition.id, subject="Ben's", preheader="Ben's too", seen=None, by=BEN, now=now)
    picks.edit_pick(edition.id, keys[1], headline="Ben's", seen=None, by=BEN, now=now)
    picks.drop_pick(edition.id, keys[1], content_hash=None, by=BEN, now=now)
    picks.move_pick(edition.id, keys[2], after=None, by=BEN, now=now)
    upto = revisions.list_history(edition.id)[0].sequence
    revisions.restore_values(edition.id, since, wanted=[("", "subject")], upto=upto, by=ADA, now=now)
    assert (read(edition).subject, read(edition).preheader) == (edition.subject, "Ben's too")
    upto = revisions.list_history(edition.id)[0].sequence
    revisions.restore_values(edition.id, since, wanted=None, upto=upto, by=ADA, now=now)
    assert compute_content_part(read(edition)) == before
    assert revisions.compare_revisions(edition.id, since) == ()
    with pytest.raises(NotFound, match="nothing to restore"):
        revisions.restore_values(edition.id, since, wanted=None, upto=99, by=ADA, now=now)


def test_what_changed_after_somebody_looked_is_not_restored(morning_edition: Any, now: datetime) -> None:
    since = revisions.list_history(morning_edition.id)[0].sequence
    editions.edit_edition(morning_edition.id, subject="Ben's", seen=None, by=BEN, now=now)
    with pytest.raises(Conflict, match="since you opened the history"):
        revisions.restore_values(morning_edition.id, since, wanted=None, upto=since, by=ADA, now=now)
    assert read(morning_edition).subject == "Ben's"


def test_approvals_are_in_the_history_and_cannot_be_undone(morning_edition: Any, now: datetime) -> None:
    editions.edit_edition(morning_edition.id, subject="Ada's", seen=None, by=ADA, now=now)
    preflight.approve_edition(morning_edition.id, content_hash=None, by=ADA, now=now + MINUTE)
    (approved, edited, *_) = revisions.list_history(morning_edition.id)
    assert approved.milestone is not None
    assert (approved.milestone.after, approved.by, approved.act) == ("approved", "ada@example.com", 0)
    assert approved.sequence == edited.sequence
    assert last_act(morning_edition) == edited.act
