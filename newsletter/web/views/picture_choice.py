"""Choosing the picture of a story: from its article's page, a file, the clipboard, or the pictures used before."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from newsletter.catalog import newsletters
from newsletter.catalog.picture_files import MOST_BYTES
from newsletter.catalog.pictures import find_picture_by_name
from newsletter.curator.editions import edition_lookup, picks, picture_choice, picture_places
from newsletter.curator.editions.values import Edition, Pick
from newsletter.jobs import wiring
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput
from newsletter.web.access import desk_view, get_actor
from newsletter.web.forms.picture import PictureForm, PictureSourceForm
from newsletter.web.fragments import is_fragment_request
from newsletter.web.views import board_parts

PLACES = {"lead": _("Lead"), "thumbnail": _("Thumbnail"), "card": _("Card"), "wide card": _("Wide card")}


@desk_view(Verb.EDIT, methods=("GET", "POST"))
def choose_picture(request: HttpRequest, edition_id: int, key: str) -> HttpResponse:
    """The dialog in which a picture is chosen, and using it."""
    board_parts.require_editor(request, edition_id)
    edition = edition_lookup.get_edition(edition_id)
    story = picture_choice.get_story(edition.picks, key)
    present = _read_present(story)
    if request.method == "GET":
        return _render_dialog(request, edition, story, PictureForm(initial=present))
    form = PictureForm(request.POST)
    if form.is_valid():
        with form.show_refusals():
            return board_parts.render_parts(request, _save(request, edition, story, form))
        edition = edition_lookup.get_edition(edition_id)
        story = picture_choice.get_story(edition.picks, key)
    return _render_dialog(request, edition, story, form)


def _save(request: HttpRequest, edition: Edition, story: Pick, form: PictureForm) -> Edition:
    by, now = get_actor(request), clock.now()
    values: dict[str, Any] = {name: form.cleaned_data[name] for name in form.VALUES}
    if form.cleaned_data["remove"]:
        values = {"picture": ""}
    seen: Any = {name: form.cleaned_data[f"seen_{name}"] for name in form.VALUES}
    return picks.edit_pick(edition.id, story.key, seen=seen, by=by, now=now, keep_approval=True, **values)


@desk_view(Verb.EDIT, methods=("POST",))
def add_pictures(request: HttpRequest) -> HttpResponse:
    """More pictures to choose from: the file that was sent, or without one those of the article's page."""
    form = PictureSourceForm(request.POST, request.FILES)
    if not form.is_valid():
        raise BadInput("Say for which story of which edition.", "story")
    edition_id, key, file = (form.cleaned_data[name] for name in ("edition", "story", "file"))
    board_parts.require_editor(request, edition_id)
    by, now = get_actor(request), clock.now()
    found: tuple[picture_choice.FoundPicture, ...]
    if file:
        found = (picture_choice.upload_picture(edition_id, file.read(), file.name, by=by, now=now),)
    else:
        found = picture_choice.copy_page_pictures(edition_id, key, fetch=wiring.build_fetcher(), by=by, now=now)
    if not is_fragment_request(request):
        address = reverse("desk:pick-picture", args=[edition_id, key])
        return redirect(f"{address}?picture={found[0].picture.name}")
    edition = edition_lookup.get_edition(edition_id)
    story = picture_choice.get_story(edition.picks, key)
    return render(request, "fragments/candidates.html", {"candidates": _describe(edition, story, found)})


def _read_present(story: Pick) -> dict[str, str]:
    """What the story has, by the names of the form."""
    return {
        "picture": story.picture_name,
        "focus": story.focus,
        "image_alt": story.image_alt,
        "image_caption": story.image_caption,
        "image_credit": story.image_credit,
    }


def _render_dialog(request: HttpRequest, edition: Edition, story: Pick, form: PictureForm) -> HttpResponse:
    by = get_actor(request)
    used = picture_choice.list_used_pictures(edition.id, by=by)
    # Just uploaded: without scripts it is named in the address, and a form that was refused had it chosen.
    chosen = request.GET.get("picture") or str(form["picture"].value() or "")
    if chosen not in {each.picture.name for each in used} and (new := find_picture_by_name(chosen)):
        used = (picture_choice.FoundPicture(new), *used)
    present = _read_present(story)
    shapes = picture_places.find_shapes(newsletters.get_newsletter(edition.newsletter_id))
    context = {
        "edition": edition,
        "story": story,
        "form": form,
        "seen": form.keep_seen(present),
        "chosen": chosen,
        "candidates": _describe(edition, story, used),
        "shapes": [(PLACES[each.name], each) for each in dict.fromkeys(chain.from_iterable(shapes.values()))],
        "most_bytes": MOST_BYTES,
        "most_megabytes": MOST_BYTES // 2**20,
    }
    name = "partials/picture_dialog.html" if is_fragment_request(request) else "pages/picture.html"
    return render(request, name, context, status=form.status)


def _describe(
    edition: Edition, story: Pick, found: tuple[picture_choice.FoundPicture, ...]
) -> list[tuple[picture_choice.FoundPicture, str]]:
    """Pictures, each with why it is too small for the story; "" where it is not."""
    shapes = picture_places.find_shapes(newsletters.get_newsletter(edition.newsletter_id)).get(story.size, ())
    return [(each, picture_places.explain_too_small(each.picture, shapes)) for each in found]
