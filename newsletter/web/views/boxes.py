"""The boxes of an edition on its board: parts of it that are not stories."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.curator.editions import boxes, edition_lookup, visibility
from newsletter.curator.editions.boxes import BoxFields
from newsletter.curator.editions.states import BoxPlace
from newsletter.curator.editions.values import Edition
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, NotAllowed, Refused
from newsletter.web.access import desk_view, get_actor, require_permission
from newsletter.web.fields import read_number, require_content_hash, require_seen

PLACES = ((BoxPlace.TOP.value, "Below the intro"), (BoxPlace.END.value, "Below the stories"))


@desk_view(Verb.EDIT, methods=("POST",))
def save_box(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Adds a box, changes one (`box` is its id), or with `do=drop` removes it."""
    require_permission(request, Verb.EDIT, edition_lookup.get_edition(edition_id).newsletter_id)
    typed = {name: request.POST.get(name, "") for name in ("title", "text", "place")}
    typed["visibility"] = request.POST.get("shown_to", "")
    box, by, now = read_number(request.POST, "box"), get_actor(request), clock.now()
    partial = bool(request.headers.get("HX-Request"))
    try:
        if request.POST.get("do") == "drop":
            content_hash = require_content_hash(request.POST)
            edition = boxes.drop_box(edition_id, box or 0, content_hash=content_hash, by=by, now=now)
        else:
            seen = _read_seen(request) if box else None
            edition = boxes.set_box(edition_id, box_id=box, seen=seen, by=by, now=now, **typed)
    except NotAllowed:
        raise
    except (BadInput, Refused) as error:
        # What was typed is given back: nothing an editor wrote is lost.
        if not partial:
            raise
        context = build_boxes_context(edition_lookup.get_edition(edition_id))
        context |= {"box_refusal": error, "typed": typed, "opened": box}
        return render(request, "fragments/boxes.html", context)
    if not partial:
        return redirect("board", edition_id)
    response = render(request, "fragments/boxes.html", build_boxes_context(edition))
    response["HX-Trigger-After-Swap"] = '{"preview": ""}'
    return response


def _read_seen(request: HttpRequest) -> BoxFields:
    seen = {name: require_seen(request.POST, name) for name in ("title", "text", "place")}
    return cast(BoxFields, seen | {"visibility": require_seen(request.POST, "shown_to")})


def build_boxes_context(edition: Edition) -> dict[str, Any]:
    """The context of the fragment: each box with a description of its visibility, and the choices."""
    audiences = visibility.list_options()
    words = dict(audiences)
    return {
        "edition": edition,
        "boxes": [(box, words.get(box.visibility, box.visibility)) for box in edition.boxes],
        "audiences": audiences,
        "for_whom": words,
        "places": PLACES,
    }
