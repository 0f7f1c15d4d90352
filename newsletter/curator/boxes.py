"""The boxes of an edition: parts of it that are no stories."""

from __future__ import annotations

from datetime import datetime

from newsletter.curator import models, showing
from newsletter.curator.editions import changed
from newsletter.curator.values import Edition
from newsletter.kernel.errors import BadInput, NotFound, Refused

MOST, LONGEST_TITLE, LONGEST_TEXT = 6, 120, 5000


def set_box(
    edition_id: int,
    *,
    box_id: int | None = None,
    title: str,
    text: str,
    shown_to: str = "",
    place: str = "end",
    now: datetime,
    version: int | None = None,
) -> Edition:
    """Adds a box, or writes the box `box_id` anew. `text` is Markdown; `shown_to` as of a story; `place` is top or end.

    Raises BadInput, NotFound, Conflict, and Refused when there are enough.
    """
    flat, body = " ".join(title.replace("\0", "").split()), text.replace("\0", "").strip()
    if not body:
        raise BadInput("Write what stands in the box.", "text")
    for name, said, most in (("title", flat, LONGEST_TITLE), ("text", body, LONGEST_TEXT)):
        if len(said) > most:
            raise BadInput(f"The {name} has {len(said)} characters; {most} are the most.", name)
    if place not in models.Box.Place.values:
        raise BadInput(f"“{place[:20]}” is no place for a box. It can be top or end.", "place")
    values = {"title": flat, "text": body, "shown_to": showing.checked(shown_to), "place": place}

    def act(row: models.Edition) -> None:
        if box_id is not None:
            if not row.boxes.filter(id=box_id).update(**values):
                raise _missing(edition_id, box_id)
        elif row.boxes.count() >= MOST:
            raise Refused(f"This edition has {MOST} boxes, which is the most.")
        else:
            row.boxes.create(**values)
        showing.within_limit(row)

    return changed(edition_id, version, now, act)


def drop_box(edition_id: int, box_id: int, *, now: datetime, version: int | None = None) -> Edition:
    """Takes a box out. Raises NotFound, Conflict, Refused."""

    def act(row: models.Edition) -> None:
        if not row.boxes.filter(id=box_id).delete()[0]:
            raise _missing(edition_id, box_id)

    return changed(edition_id, version, now, act)


def _missing(edition_id: int, box_id: int) -> NotFound:
    return NotFound(f"Edition {edition_id} has no box {box_id}. See them with: newsletter editions show {edition_id}")
