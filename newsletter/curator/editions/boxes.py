"""The boxes of an edition: parts of it that are not stories."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, TypedDict, Unpack

from newsletter.curator.editions import edition_history, models
from newsletter.curator.editions.edition_changes import BOX, label_field
from newsletter.curator.editions.editions import apply_edit, select_field_changes
from newsletter.curator.editions.states import BoxPlace
from newsletter.curator.editions.values import Box, Edition
from newsletter.curator.editions.visibility import check_group_limit, check_visibility
from newsletter.kernel.actors import Actor
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from newsletter.kernel.sentences import label, phrase
from newsletter.kernel.text import clean_name, remove_controls, remove_unstorable

MOST_BOXES, LONGEST_TITLE, LONGEST_TEXT = 6, 120, 5000


class BoxFields(TypedDict, total=False):
    """What a box holds. `text` is Markdown; `place` is top or end; `visibility` says for whom it is (`variants`)."""

    title: str
    text: str
    visibility: str
    place: str


_NEW_BOX: BoxFields = {"title": "", "text": "", "visibility": "", "place": BoxPlace.END.value}


def set_box(
    edition_id: int,
    *,
    box_id: int | None = None,
    seen: BoxFields | None,
    by: Actor,
    now: datetime,
    keep_approval: bool = False,
    **fields: Unpack[BoxFields],
) -> Edition:
    """Adds a box, or changes fields of the box `box_id`; `seen` holds them as the editor saw them.

    Raises BadInput, NotFound, Conflict with the differences, and Refused when there are enough.
    """
    values = _check_fields(fields if box_id is not None else {**_NEW_BOX, **fields})

    def act(row: models.Edition, before: Edition) -> Edition | None:
        if box_id is not None:
            box = _get_box(before, box_id)
            present = {name: getattr(box, name) for name in values}
            changes: dict[str, Any] = select_field_changes(edition_id, present, values, seen, prefix=f"{BOX}{box_id} ")
            if changes:
                row.boxes.filter(id=box_id).update(**changes)
            if changes.keys() <= {"title", "text"}:
                changed = replace(box, **changes)
                return replace(before, boxes=tuple(changed if each is box else each for each in before.boxes))
        elif row.boxes.count() >= MOST_BOXES:
            raise Refused(phrase("This edition has {most} boxes, which is the most.", most=MOST_BOXES))
        else:
            row.boxes.create(**values)
        check_group_limit(row)
        return None

    return apply_edit(edition_id, act, action="edited", detail="boxes", by=by, now=now, keep_approval=keep_approval)


def _check_fields(fields: BoxFields) -> dict[str, str]:
    """The fields as they are stored. Raises BadInput."""
    values: dict[str, str] = {}
    if "title" in fields:
        values["title"] = clean_name(fields["title"])
    if "text" in fields:
        values["text"] = remove_controls(remove_unstorable(fields["text"])).strip()
        if not values["text"]:
            raise BadInput(phrase("Write the text of the box."), "text")
    for name, most in (("title", LONGEST_TITLE), ("text", LONGEST_TEXT)):
        if len(values.get(name, "")) > most:
            raise BadInput(
                phrase(
                    "“{field}” has {count} characters; {most} are the most.",
                    field=label(label_field(name)),
                    count=len(values[name]),
                    most=most,
                ),
                name,
            )
    if "visibility" in fields:
        values["visibility"] = check_visibility(fields["visibility"])
    if "place" in fields:
        values["place"] = fields["place"]
        if values["place"] not in list(BoxPlace):
            raise BadInput(
                phrase("“{place}” is not a place for a box. Give top or end.", place=values["place"][:20]), "place"
            )
    return values


def drop_box(
    edition_id: int, box_id: int, *, content_hash: str | None, by: Actor, now: datetime, keep_approval: bool = False
) -> Edition:
    """Takes a box out; `content_hash` is that of the box as the editor saw it. Raises NotFound, Conflict, Refused."""

    def act(row: models.Edition, before: Edition) -> None:
        box = _get_box(before, box_id)
        if content_hash is not None and content_hash != box.content_hash:
            changes = edition_history.explain_box(before, box_id)
            raise Conflict(
                phrase("Somebody else changed this box since you opened it, so it stays. Look at it again."), changes
            )
        row.boxes.filter(id=box_id).delete()

    return apply_edit(edition_id, act, action="edited", detail="boxes", by=by, now=now, keep_approval=keep_approval)


def _get_box(edition: Edition, box_id: int) -> Box:
    box = next((each for each in edition.boxes if each.id == box_id), None)
    if box is None:
        raise NotFound(
            phrase(
                "Edition {edition} has no box {box_id}.",
                edition=str(edition.id),
                box_id=str(box_id),
            ),
            command_hint=f"See them with: newsletter editions show {edition.id}",
        )
    return box
