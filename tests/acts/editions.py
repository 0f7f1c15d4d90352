"""Acts of this package: see `tests.acts`."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from PIL import Image

from newsletter.curator.editions import (
    approval,
    boxes,
    corrections,
    edition_lookup,
    editions,
    models,
    page_checks,
    picks,
    picture_choice,
    revisions,
    rules,
    suggestions,
    unsaved_texts,
)
from newsletter.curator.editions.states import PageCheckState
from newsletter.curator.editions.values import Edition
from newsletter.fetching import FetchResponse
from newsletter.kernel.actors import Actor
from newsletter.kernel.errors import Conflict, Difference
from tests.actors import SYSTEM
from tests.acts import Act, Prepare, World
from tests.acts.articles import add_article
from tests.approving import approve


def make_edition(world: World) -> Edition:
    """A draft of the morning newsletter with two stories, a box and a subject."""
    made = editions.create_edition(world.morning.id, world.now.date(), by=SYSTEM, now=world.now)
    for number in range(2):
        article_id = add_article(world, f"https://paper.example.org/{number}")
        picks.add_pick(made.id, article_id, by=SYSTEM, now=world.now)
    boxes.set_box(made.id, title="A word", text="Of ours", seen=None, by=SYSTEM, now=world.now)
    return editions.edit_edition(made.id, seen=None, by=SYSTEM, now=world.now, subject="The ferry reaches the mill")


def make_approved_edition(world: World) -> Edition:
    """The same, approved."""
    made = make_edition(world)
    approve(made.id, now=world.now)
    return edition_lookup.get_edition(made.id)


def make_sent_edition(world: World) -> Edition:
    """The same, sent."""
    made = make_approved_edition(world)
    approval.mark_sending(made.id, now=world.now)
    return approval.mark_sent(made.id, now=world.now)


def _send_back(world: World) -> Act:
    made = make_edition(world)
    approval.request_review(made.id, by=SYSTEM, now=world.now)
    return lambda by: approval.send_back(made.id, note="The lead is old.", content_hash=None, by=by, now=world.now)


def _make_edition_with_page_check(world: World) -> Edition:
    """A draft whose first story's page has another headline now."""
    made = make_edition(world)
    models.PageCheck.objects.create(
        pick=models.Pick.objects.get(key=made.picks[0].key),
        state=PageCheckState.CHANGED,
        detail="The ferry is late",
        looked_at=world.now,
        next_at=world.now,
    )
    return made


def _with(make: Callable[[World], Edition], act: Callable[[World, Edition, Actor], object]) -> Prepare:
    def prepare(world: World) -> Act:
        edition = make(world)
        return lambda by: act(world, edition, by)

    return prepare


def _create_edition(world: World) -> Act:
    return lambda by: editions.create_edition(world.morning.id, None, by=by, now=world.now)


def _create_suggested_edition(world: World) -> Act:
    add_article(world)
    return lambda by: suggestions.create_suggested_edition(world.morning.id, None, by=by, now=world.now)


def _suggest_picks(world: World) -> Act:
    made = editions.create_edition(world.morning.id, None, by=SYSTEM, now=world.now)
    add_article(world)
    return lambda by: suggestions.suggest_picks(made.id, by=by, now=world.now)


def _add_pick(world: World) -> Act:
    made = make_edition(world)
    article_id = add_article(world, "https://paper.example.org/another")
    return lambda by: picks.add_pick(made.id, article_id, reason="They want it.", by=by, now=world.now)


def _undo(world: World) -> Act:
    made = make_edition(world)
    row = models.Revision.objects.filter(edition_id=made.id, field="subject").get()

    def act(by: Actor) -> object:
        models.Revision.objects.filter(id=row.id).update(by=by.name)
        return revisions.undo(made.id, row.act, by=by, now=world.now)

    return act


BOTH = Conflict("Somebody else changed it.", [Difference("subject", "Before", "Theirs", "Mine")])


def _discard_text(world: World) -> Act:
    made = make_edition(world)
    unsaved_texts.keep_unsaved_text(made.id, "", "subject", "Mine", BOTH, by=SYSTEM, now=world.now)
    (kept,) = unsaved_texts.list_unsaved_texts(edition_lookup.get_edition(made.id))
    return lambda by: unsaved_texts.discard_text(made.id, kept.id, by=by, now=world.now)


def _settle_text(world: World) -> Act:
    made = make_edition(world)

    def act(by: Actor) -> object:
        models.UnsavedText.objects.create(edition_id=made.id, field="subject", by=by.name, at=world.now)
        return unsaved_texts.settle_text(made.id, "", "subject", by=by, now=world.now)

    return act


def _freeze_correction(world: World) -> Act:
    made = make_sent_edition(world)
    corrections.add_correction(made.id, "It is in Upland.", content_hash=None, by=SYSTEM, now=world.now)
    return lambda by: corrections.freeze_correction(made.id, by=by, now=world.now)


def _set_rule(world: World) -> Act:
    return lambda by: rules.set_rule(world.morning.id, "mute", phrase="gossip", seen=None, by=by, now=world.now)


def _remove_rule(world: World) -> Act:
    rule = rules.set_rule(world.morning.id, "mute", phrase="gossip", seen=None, by=SYSTEM, now=world.now)
    return lambda by: rules.remove_rule(rule.id, world.morning.id, content_hash=None, by=by, now=world.now)


def _reopen(world: World) -> Act:
    made = make_edition(world)
    approval.skip(made.id, reason="A holiday", content_hash=None, by=SYSTEM, now=world.now)
    return lambda by: approval.reopen(made.id, content_hash=None, by=by, now=world.now)


def _apply_edit(world: World) -> Act:
    made = make_edition(world)

    def change_subject(row: models.Edition, _before: Edition) -> None:
        models.Edition.objects.filter(id=row.id).update(subject="Another")

    return lambda by: editions.apply_edit(made.id, change_subject, action="edited", by=by, now=world.now)


def _draw_picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1280, 720), "teal").save(out, "JPEG")
    return out.getvalue()


def _fetch_page_with_picture(url: str, **_: Any) -> FetchResponse:
    return FetchResponse(url, 200, _draw_picture() if url.endswith(".jpg") else b"<article><img src=/a.jpg></article>")


ACTS: dict[str, Prepare] = {
    "newsletter.curator.editions.picture_choice.upload_picture": _with(
        make_edition,
        lambda world, edition, by: picture_choice.upload_picture(
            edition.id, _draw_picture(), "boat.jpg", by=by, now=world.now
        ),
    ),
    "newsletter.curator.editions.picture_choice.copy_page_pictures": _with(
        make_edition,
        lambda world, edition, by: picture_choice.copy_page_pictures(
            edition.id, edition.picks[0].key, fetch=_fetch_page_with_picture, by=by, now=world.now
        ),
    ),
    "newsletter.curator.editions.approval.withdraw_to_edit": _with(
        make_approved_edition,
        lambda world, edition, by: approval.withdraw_to_edit(edition.id, content_hash=None, by=by, now=world.now),
    ),
    "newsletter.curator.editions.unsaved_texts.keep_unsaved_text": _with(
        make_edition,
        lambda world, edition, by: unsaved_texts.keep_unsaved_text(
            edition.id, "", "subject", "Mine", BOTH, by=by, now=world.now
        ),
    ),
    "newsletter.curator.editions.unsaved_texts.discard_text": _discard_text,
    "newsletter.curator.editions.revisions.undo": _undo,
    "newsletter.curator.editions.revisions.restore_values": _with(
        make_edition,
        lambda world, edition, by: revisions.restore_values(
            edition.id, 0, wanted=[("", "subject")], upto=99, by=by, now=world.now
        ),
    ),
    "newsletter.curator.editions.unsaved_texts.settle_text": _settle_text,
    "newsletter.curator.editions.editions.create_edition": _create_edition,
    "newsletter.curator.editions.editions.edit_edition": _with(
        make_edition,
        lambda world, edition, by: editions.edit_edition(
            edition.id, seen=None, by=by, now=world.now, subject="Another"
        ),
    ),
    "newsletter.curator.editions.editions.apply_edit": _apply_edit,
    "newsletter.curator.editions.suggestions.create_suggested_edition": _create_suggested_edition,
    "newsletter.curator.editions.suggestions.suggest_picks": _suggest_picks,
    "newsletter.curator.editions.picks.add_pick": _add_pick,
    "newsletter.curator.editions.picks.drop_pick": _with(
        make_edition,
        lambda world, edition, by: picks.drop_pick(
            edition.id, edition.picks[0].key, content_hash=None, by=by, now=world.now
        ),
    ),
    "newsletter.curator.editions.picks.move_pick": _with(
        make_edition,
        lambda world, edition, by: picks.move_pick(edition.id, edition.picks[1].key, after=None, by=by, now=world.now),
    ),
    "newsletter.curator.editions.picks.edit_pick": _with(
        make_edition,
        lambda world, edition, by: picks.edit_pick(
            edition.id, edition.picks[0].key, seen=None, by=by, now=world.now, headline="Another"
        ),
    ),
    "newsletter.curator.editions.boxes.set_box": _with(
        make_edition,
        lambda world, edition, by: boxes.set_box(
            edition.id, title="Another", text="Box", seen=None, by=by, now=world.now
        ),
    ),
    "newsletter.curator.editions.boxes.drop_box": _with(
        make_edition,
        lambda world, edition, by: boxes.drop_box(
            edition.id, edition.boxes[0].id, content_hash=None, by=by, now=world.now
        ),
    ),
    "newsletter.curator.editions.page_checks.override_page_check": _with(
        _make_edition_with_page_check,
        lambda world, edition, by: page_checks.override_page_check(
            edition.id, edition.picks[0].key, content_hash=None, by=by, now=world.now
        ),
    ),
    "newsletter.curator.editions.page_checks.adopt_headline": _with(
        _make_edition_with_page_check,
        lambda world, edition, by: page_checks.adopt_headline(
            edition.id, edition.picks[0].key, content_hash=None, seen=None, by=by, now=world.now
        ),
    ),
    "newsletter.curator.editions.rules.set_rule": _set_rule,
    "newsletter.curator.editions.rules.remove_rule": _remove_rule,
    "newsletter.curator.editions.approval.approve": _with(
        make_edition, lambda world, edition, by: approve(edition.id, by=by, now=world.now)
    ),
    "newsletter.curator.editions.approval.record_override": _with(
        make_edition,
        lambda world, edition, by: approval.record_override(
            edition, "placeholder", "intro", reason="TK is a poet.", by=by, now=world.now
        ),
    ),
    "newsletter.curator.editions.approval.withdraw_approval": _with(
        make_approved_edition,
        lambda world, edition, by: approval.withdraw_approval(edition.id, content_hash=None, by=by, now=world.now),
    ),
    "newsletter.curator.editions.approval.lock": _with(
        make_edition, lambda world, edition, by: approval.lock(edition.id, by=by, now=world.now)
    ),
    "newsletter.curator.editions.approval.reopen": _reopen,
    "newsletter.curator.editions.approval.request_review": _with(
        make_edition, lambda world, edition, by: approval.request_review(edition.id, by=by, now=world.now)
    ),
    "newsletter.curator.editions.approval.send_back": _send_back,
    "newsletter.curator.editions.approval.skip": _with(
        make_edition,
        lambda world, edition, by: approval.skip(
            edition.id, reason="A holiday", content_hash=None, by=by, now=world.now
        ),
    ),
    "newsletter.curator.editions.corrections.add_correction": _with(
        make_sent_edition,
        lambda world, edition, by: corrections.add_correction(
            edition.id, "It is in Upland.", content_hash=None, by=by, now=world.now
        ),
    ),
    "newsletter.curator.editions.corrections.freeze_correction": _freeze_correction,
}
