"""The boxes of an edition on its board: parts of it that are not stories."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from newsletter.curator.editions import boxes, edition_changes
from newsletter.curator.editions.boxes import BoxFields
from newsletter.curator.editions.values import Box, Edition
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import NotFound
from newsletter.web.access import desk_view, get_actor
from newsletter.web.fields import read_number, require_content_hash
from newsletter.web.forms.edition import BoxForm
from newsletter.web.views import board_parts
from newsletter.web.views.board import save_fields


@desk_view(Verb.EDIT, methods=("POST",))
def save_box(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Adds a box, changes fields of one (`box` is its id), or with `do=drop` removes it."""
    edition = board_parts.get_editable_edition(request, edition_id)
    number, by, now = read_number(request.POST, "box"), get_actor(request), clock.now()
    if request.POST.get("do") == "drop":
        content_hash = require_content_hash(request.POST)
        edition = boxes.drop_box(edition_id, number or 0, content_hash=content_hash, by=by, now=now)
        return board_parts.render_parts(request, edition)
    if not request.POST.get("box"):
        values, _ = BoxForm().read_fields(request.POST)
        return board_parts.render_parts(
            request, boxes.set_box(edition_id, seen=None, by=by, now=now, **{"title": "", "text": ""} | values)
        )
    box = _get_box(edition, number)

    def save(values: dict[str, Any], seen: dict[str, Any]) -> Edition:
        # A field that was not sent is as it is: it cannot be in conflict.
        rest = {name: value for name, value in _list_values(box).items() if name not in values}
        known = cast(BoxFields, rest | seen)
        return boxes.set_box(edition_id, box_id=box.id, seen=known, by=by, now=now, **rest | values)

    def read(changed: Edition, name: str) -> object:
        return _list_values(_get_box(changed, box.id))[name]

    return save_fields(request, edition_id, BoxForm(), save, read=read, part=f"{edition_changes.BOX}{box.id}")


def _list_values(box: Box) -> dict[str, Any]:
    return {"title": box.title, "text": box.text, "visibility": box.visibility, "place": box.place.value}


def _get_box(edition: Edition, number: int | None) -> Box:
    box = next((each for each in edition.boxes if each.id == number), None)
    if box is None:
        raise NotFound("This box is no longer in the edition.")
    return box
