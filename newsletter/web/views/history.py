"""The history of an edition: who changed what, undoing one's own change, restoring what was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from newsletter.catalog import newsletters, pictures
from newsletter.catalog.values import Picture
from newsletter.curator.editions import edition_changes, revisions
from newsletter.curator.editions.edition_changes import STORY
from newsletter.curator.editions.revision_changes import ORDER
from newsletter.curator.editions.revisions import Revision
from newsletter.curator.editions.states import EDITABLE_STATES
from newsletter.curator.editions.values import Edition
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.web.access import desk_view, get_actor
from newsletter.web.fields import read_number
from newsletter.web.forms.base import DeskForm
from newsletter.web.forms.history import RestoreForm, UndoForm
from newsletter.web.fragments import is_partial_request
from newsletter.web.text_differences import Piece, mark_differences
from newsletter.web.views import board_parts

PICTURE = "picture_id"


@dataclass(frozen=True, slots=True)
class ShownDifference:
    """One field or part between two moments, with the words that differ."""

    address: str  # what the form sends
    label: str
    by: str
    revision: Revision
    before: list[Piece]
    after: list[Piece]
    picture_before: Picture | None = None
    picture_after: Picture | None = None


@desk_view(Verb.VIEW)
def show_history(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Who changed what and when; `from` and `to` choose what is compared, by default the last change with now."""
    return _render_history(request, board_parts.get_edition(request, Verb.VIEW, edition_id))


def _render_history(request: HttpRequest, edition: Edition, sent: DeskForm | None = None) -> HttpResponse:
    items = revisions.list_history(edition.id)
    last = items[0].sequence if items else 0
    since = read_number(request.GET, "from")
    if since is None:
        acts = [each for each in items if each.act]
        since = acts[0].act - 1 if acts else 0
    upto = read_number(request.GET, "to")
    is_now = upto is None or upto >= last
    found = revisions.compare_revisions(edition.id, since, None if is_now else upto)
    can_edit = (
        get_actor(request).may(Verb.EDIT, newsletter_id=edition.newsletter_id)
        and edition.snapshot_id is None
        and edition.state in EDITABLE_STATES
    )
    context = {
        "edition": edition,
        "newsletter": newsletters.get_newsletter(edition.newsletter_id),
        "items": items,
        "last": last,
        "since": since,
        "upto": last if is_now else upto,
        "is_now": is_now,
        "differences": _show_differences(found, edition),
        "can_edit": can_edit,
        "me": get_actor(request).name,
        "form": sent,
    }
    return render(request, "pages/history.html", context, status=sent.status if sent else 200)


@desk_view(Verb.EDIT, methods=("POST",))
def undo_change(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Undoes one's own change, on the board or in the history."""
    edition = board_parts.get_edition(request, Verb.EDIT, edition_id)
    form = UndoForm(request.POST)
    if is_partial_request(request):
        changed = _undo(request, edition_id, form.require_valid()["act"])
        return board_parts.render_parts(request, changed, announce=_("Undone."))
    if form.is_valid():
        with form.show_refusals():
            _undo(request, edition_id, form.cleaned_data["act"])
            return redirect("desk:history", edition_id)
    return _render_history(request, edition, form)


def _undo(request: HttpRequest, edition_id: int, act: int) -> Edition:
    return revisions.undo(edition_id, act, by=get_actor(request), now=clock.now(), keep_approval=True)


@desk_view(Verb.EDIT, methods=("POST",))
def restore_fields(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Restores one field or part as it was after a change, or all of them."""
    edition = board_parts.get_edition(request, Verb.EDIT, edition_id)
    form, by, now = RestoreForm(request.POST), get_actor(request), clock.now()
    if form.is_valid():
        with form.show_refusals():
            since, upto, wanted = form.cleaned_data["since"], form.cleaned_data["upto"], form.read_wanted()
            revisions.restore_values(edition_id, since, wanted=wanted, upto=upto, by=by, now=now, keep_approval=True)
            return redirect("desk:history", edition_id)
    return _render_history(request, edition, form)


def _show_differences(found: Sequence[Revision], edition: Edition) -> list[ShownDifference]:
    chosen = [each for each in found if each.field == PICTURE]
    stored = pictures.find_pictures({value for each in chosen for value in (each.before, each.after) if value})
    return [_show(each, edition, stored if each in chosen else {}) for each in found]


def _show(revision: Revision, edition: Edition, stored: Mapping[int, Picture]) -> ShownDifference:
    headlines = {each.key: each.headline for each in edition.picks}
    before, after = (_to_text(value, revision, headlines) for value in (revision.before, revision.after))
    was, now = mark_differences(before, after)
    address = f"{revision.part}|{revision.field}"
    found = (stored.get(value) if stored else None for value in (revision.before, revision.after))
    return ShownDifference(address, revision.label, revision.by, revision, was, now, *found)


def _to_text(value: Any, revision: Revision, headlines: dict[str, str]) -> str:
    """A value as people read it: an order as a list of headlines, a story by its headline and blurb."""
    if revision.field == ORDER and not revision.part:
        removed = _("(removed)")
        return "\n".join(f"{number} {headlines.get(key, removed)}" for number, (key, _section) in enumerate(value, 1))
    if revision.field == PICTURE:
        return _("A picture that is not kept any more") if value else ""  # where it is, it is shown instead
    if isinstance(value, dict):
        names = ("headline", "blurb") if revision.part.startswith(STORY) else ("title", "text")
        return "\n".join(str(value[name]) for name in names if value.get(name))
    return edition_changes.to_text(value)
