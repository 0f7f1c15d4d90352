"""The boxes of an edition: parts of it that are not stories."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from newsletter.curator.editions import edition_history, edition_lookup, models
from newsletter.curator.editions.edition_changes import BOX
from newsletter.curator.editions.editions import apply_edit, select_field_changes
from newsletter.curator.editions.states import BoxPlace
from newsletter.curator.editions.values import Box, Edition
from newsletter.curator.editions.visibility import check_group_limit, check_visibility
from newsletter.kernel.actors import Actor
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from newsletter.kernel.text import clean_name, remove_controls, remove_unstorable

MOST_BOXES, LONGEST_TITLE, LONGEST_TEXT = 6, 120, 5000


class BoxFields(TypedDict, total=False):
    """What a box holds. `text` is Markdown; `place` is top or end; `visibility` says for whom it is (`variants`)."""

    title: str
    text: str
    visibility: str
    place: str


def set_box(
    edition_id: int,
    *,
    box_id: int | None = None,
    title: str,
    text: str,
    visibility: str = "",
    place: str = BoxPlace.END,
    seen: BoxFields | None,
    by: Actor,
    now: datetime,
) -> Edition:
    """Adds a box, or changes the box `box_id`; `seen` holds it as the editor saw it.

    Raises BadInput, NotFound, Conflict with the differences, and Refused when there are enough.
    """
    flat, body = clean_name(title), remove_controls(remove_unstorable(text)).strip()
    if not body:
        raise BadInput("Write the text of the box.", "text")
    for name, value, most in (("title", flat, LONGEST_TITLE), ("text", body, LONGEST_TEXT)):
        if len(value) > most:
            raise BadInput(f"The {name} has {len(value)} characters; {most} are the most.", name)
    if place not in list(BoxPlace):
        raise BadInput(f"“{place[:20]}” is not a place for a box. Give top or end.", "place")
    values = {"title": flat, "text": body, "visibility": check_visibility(visibility), "place": place}

    def act(row: models.Edition) -> None:
        if box_id is not None:
            box = _get_box(edition_id, box_id)
            present = {name: getattr(box, name) for name in values}
            changes = select_field_changes(edition_id, present, values, seen, prefix=f"{BOX}{box_id} ")
            if changes:
                row.boxes.filter(id=box_id).update(**changes)
        elif row.boxes.count() >= MOST_BOXES:
            raise Refused(f"This edition has {MOST_BOXES} boxes, which is the most.")
        else:
            row.boxes.create(**values)
        check_group_limit(row)

    return apply_edit(edition_id, act, action="edited", detail="boxes", by=by, now=now)


def drop_box(edition_id: int, box_id: int, *, content_hash: str | None, by: Actor, now: datetime) -> Edition:
    """Takes a box out; `content_hash` is that of the box as the editor saw it. Raises NotFound, Conflict, Refused."""

    def act(row: models.Edition) -> None:
        box = _get_box(edition_id, box_id)
        if content_hash is not None and content_hash != box.content_hash:
            changes = edition_history.explain_box(edition_lookup.get_edition(edition_id), box_id)
            raise Conflict(
                "Somebody else changed this box since you opened it, so it stays. Look at it again.", changes
            )
        row.boxes.filter(id=box_id).delete()

    return apply_edit(edition_id, act, action="edited", detail="boxes", by=by, now=now)


def _get_box(edition_id: int, box_id: int) -> Box:
    box = next((each for each in edition_lookup.get_edition(edition_id).boxes if each.id == box_id), None)
    if box is None:
        raise NotFound(
            f"Edition {edition_id} has no box {box_id}. See them with: newsletter editions show {edition_id}"
        )
    return box
