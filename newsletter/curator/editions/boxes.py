"""The boxes of an edition: parts of it that are not stories."""

from __future__ import annotations

from datetime import datetime

from newsletter.curator.editions import edition_lookup, models
from newsletter.curator.editions.editions import apply_edit
from newsletter.curator.editions.states import BoxPlace
from newsletter.curator.editions.values import Edition
from newsletter.curator.editions.visibility import check_group_limit, check_visibility
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused

MOST_BOXES, LONGEST_TITLE, LONGEST_TEXT = 6, 120, 5000


def set_box(
    edition_id: int,
    *,
    box_id: int | None = None,
    title: str,
    text: str,
    visibility: str = "",
    place: str = BoxPlace.END,
    now: datetime,
    content_hash: str | None = None,
) -> Edition:
    """Adds a box, or replaces the box `box_id`. `text` is Markdown; `place` is top or end; `content_hash` is that of
    the box as the editor saw it.

    Raises BadInput, NotFound, Conflict, and Refused when there are enough.
    """
    flat, body = " ".join(title.replace("\0", "").split()), text.replace("\0", "").strip()
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
            _check_unchanged(edition_id, box_id, content_hash)
            row.boxes.filter(id=box_id).update(**values)
        elif row.boxes.count() >= MOST_BOXES:
            raise Refused(f"This edition has {MOST_BOXES} boxes, which is the most.")
        else:
            row.boxes.create(**values)
        check_group_limit(row)

    return apply_edit(edition_id, None, now, act)


def drop_box(edition_id: int, box_id: int, *, now: datetime, content_hash: str | None = None) -> Edition:
    """Takes a box out. Raises NotFound, Conflict, Refused."""

    def act(row: models.Edition) -> None:
        _check_unchanged(edition_id, box_id, content_hash)
        row.boxes.filter(id=box_id).delete()

    return apply_edit(edition_id, None, now, act)


def _check_unchanged(edition_id: int, box_id: int, content_hash: str | None) -> None:
    """Raises NotFound for an unknown box, Conflict for one that was changed since the editor saw it."""
    box = next((each for each in edition_lookup.get_edition(edition_id).boxes if each.id == box_id), None)
    if box is None:
        raise NotFound(
            f"Edition {edition_id} has no box {box_id}. See them with: newsletter editions show {edition_id}"
        )
    if content_hash is not None and content_hash != box.content_hash:
        raise Conflict("Somebody else changed this box since you opened it. Your version was not saved.")
