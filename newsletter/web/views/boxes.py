"""The boxes of an edition on its board: parts of it that are not stories."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from newsletter.curator.editions import boxes, edition_changes
from newsletter.curator.editions.boxes import BoxFields
from newsletter.curator.editions.values import Box, Edition
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import NewsletterError, NotAllowed, NotFound
from newsletter.web.access import desk_view, get_actor
from newsletter.web.fields import read_number
from newsletter.web.forms.boxes import BoxNumberForm, DropBoxForm
from newsletter.web.forms.edition import BoxForm
from newsletter.web.fragments import is_partial_request
from newsletter.web.views import board_parts
from newsletter.web.views.board import render_refused, save_fields


@desk_view(Verb.EDIT, methods=("POST",))
def save_box(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Adds a box, changes fields of one (`box` is its id), or with `do=drop` removes it."""
    by, now = get_actor(request), clock.now()
    meant = BoxNumberForm(request.POST).require_valid()
    if meant["do"] == "drop":
        board_parts.require_editor(request, edition_id)
        sent = DropBoxForm(request.POST).require_valid()
        number, content_hash = sent["box"] or 0, sent["content_hash"]
        edition = boxes.drop_box(edition_id, number, content_hash=content_hash, by=by, now=now, keep_approval=True)
        return board_parts.render_parts(request, edition)
    box_id = read_number(request.GET, "box") if meant["box"] is None else meant["box"]
    if box_id is None:
        board_parts.require_editor(request, edition_id)
        return _add_box(request, edition_id)

    def save(values: dict[str, Any], seen: dict[str, Any]) -> Edition:
        given, known = cast(BoxFields, values), cast(BoxFields, seen)
        return boxes.set_box(edition_id, box_id=box_id, seen=known, by=by, now=now, keep_approval=True, **given)

    def read(changed: Edition, name: str) -> object:
        return getattr(_get_box(changed, box_id), name)

    form = BoxForm(request.POST, number=box_id)
    return save_fields(request, edition_id, form, save, read=read, part=f"{edition_changes.BOX}{box_id}")


def _add_box(request: HttpRequest, edition_id: int) -> HttpResponse:
    by, now = get_actor(request), clock.now()
    form = BoxForm(request.POST)
    try:
        values = cast(BoxFields, form.read_fields()[0])
        edition = boxes.set_box(edition_id, seen=None, by=by, now=now, keep_approval=True, **values)
    except NotAllowed:
        raise
    except NewsletterError as refusal:
        if is_partial_request(request):
            raise
        return render_refused(request, edition_id, form, refusal)
    return board_parts.render_parts(request, edition)


def _get_box(edition: Edition, number: int | None) -> Box:
    box = next((each for each in edition.boxes if each.id == number), None)
    if box is None:
        raise NotFound(_("This box is no longer in the edition."))
    return box
