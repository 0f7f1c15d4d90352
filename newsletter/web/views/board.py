"""The board: pool, running order, preview. Every change is one service call and returns the parts of the board."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.curator.articles import rights
from newsletter.curator.editions import (
    approval,
    edition_changes,
    edition_lookup,
    editions,
    page_checks,
    picks,
    pool,
    presence,
    revisions,
    suggestions,
    unsaved_texts,
)
from newsletter.curator.editions.editions import EditionTexts
from newsletter.curator.editions.picks import PickFields
from newsletter.curator.editions.values import Edition, Pick
from newsletter.jobs import tasks, wiring
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, Conflict, NewsletterError, NotAllowed, NotFound
from newsletter.kernel.sentences import phrase
from newsletter.web.access import desk_view, get_actor
from newsletter.web.fields import get_form_status, read_act
from newsletter.web.forms.base import DecisionForm
from newsletter.web.forms.board import (
    AdoptHeadlineForm,
    MoveForm,
    PickForm,
    PoolFilterForm,
    PresenceForm,
    UnsavedTextForm,
)
from newsletter.web.forms.edition import DropStoryForm, EditionTextsForm, SeenForm, StoryForm
from newsletter.web.fragments import is_fragment_request, is_partial_request, is_value_request
from newsletter.web.text_differences import mark_differences
from newsletter.web.translated import describe_error
from newsletter.web.views import board_parts

Save = Callable[[dict[str, Any], dict[str, Any]], Edition]


@desk_view(Verb.VIEW)
def show_board(request: HttpRequest, edition_id: int) -> HttpResponse:
    """The board of one edition."""
    edition = board_parts.get_edition(request, Verb.VIEW, edition_id)
    if edition.is_out:
        return redirect("desk:review", edition_id)
    return render(request, "pages/board.html", board_parts.build_board_context(request, edition))


@desk_view(Verb.VIEW, background=True)
def show_pool(request: HttpRequest, edition_id: int) -> HttpResponse:
    """The articles on offer: for an open board; without scripts the board with them."""
    edition = board_parts.get_edition(request, Verb.VIEW, edition_id)
    if is_fragment_request(request):
        return render_pool(request, edition)
    if edition.is_out:
        return redirect("desk:review", edition_id)
    context = board_parts.build_board_context(request, edition)
    context |= build_pool_context(request, edition, newsletter=context["newsletter"], runs=context["runs"])
    return render(request, "pages/board.html", context)


@desk_view(Verb.VIEW, background=True)
def show_changes(request: HttpRequest, edition_id: int) -> HttpResponse:
    """What an open board has to be told since `mark`: nothing (204), or its parts; an open review, that it changed."""
    is_review = request.GET.get("of") == "review"
    if request.GET.get("mark") == board_parts.find_mark(request, edition_id, tells_presence=not is_review):
        return HttpResponse(status=204)
    edition = edition_lookup.get_edition(edition_id)
    if is_review:
        return render(request, "fragments/review_changed.html", {"edition": edition})
    return board_parts.render_parts(request, edition)


@desk_view(Verb.EDIT, methods=("POST",))
def save_text(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Saves texts of the edition: those that the form sends, with what was seen of each."""
    by, now = get_actor(request), clock.now()

    def save(values: dict[str, Any], seen: dict[str, Any]) -> Edition:
        given, known = cast(EditionTexts, values), cast(EditionTexts, seen)
        return editions.edit_edition(edition_id, seen=known, by=by, now=now, keep_approval=True, **given)

    return save_fields(request, edition_id, EditionTextsForm(request.POST), save, read=getattr)


@desk_view(Verb.EDIT, methods=("GET", "POST"))
def edit_story(request: HttpRequest, edition_id: int, key: str) -> HttpResponse:
    """The form of one story, and saving it."""
    if request.method == "GET":
        edition = board_parts.get_edition(request, Verb.EDIT, edition_id)
        _get_story(edition, key)
        if is_fragment_request(request):
            return board_parts.render_parts(request, edition, editing=key)
        return _render_board(request, edition, editing=key)
    by, now = get_actor(request), clock.now()

    def save(values: dict[str, Any], seen: dict[str, Any]) -> Edition:
        given, known = cast(PickFields, values), cast(PickFields, seen)
        return picks.edit_pick(edition_id, key, seen=known, by=by, now=now, keep_approval=True, **given)

    def read(edition: Edition, name: str) -> object:
        story = _get_story(edition, key)
        return story.picture_id is None if name == "no_picture" else getattr(story, name)

    part = f"{edition_changes.STORY}{key}"
    return save_fields(request, edition_id, StoryForm(request.POST), save, read=read, part=part, editing=key)


def save_fields(
    request: HttpRequest,
    edition_id: int,
    form: SeenForm,
    save: Save,
    *,
    read: Callable[[Edition, str], object],
    part: str = "",
    editing: str = "",
) -> HttpResponse:
    """Saves what was sent of a form. An open page is answered with values: what is stored now, or both texts.

    Without scripts the board comes back; where it is refused, with what was typed.
    """
    by, now = get_actor(request), clock.now()
    try:
        values, seen = form.read_fields()
        edition = save(values, seen)
    except NotAllowed:
        raise
    except NewsletterError as refusal:
        board_parts.require_editor(request, edition_id)  # what cannot be read is refused before the service asks
        if not is_partial_request(request):
            return render_refused(request, edition_id, form, refusal, editing=editing)
        if not is_value_request(request):
            raise
        return _render_unsaved(request, edition_id, part, form, refusal)
    for name in values if edition.undecided else ():
        unsaved_texts.settle_text(edition_id, part, name, by=by, now=now)
    if not is_value_request(request):
        return redirect("desk:board", edition_id)
    name = next(iter(values))
    return _render_saved(read(edition, name))


def _render_unsaved(
    request: HttpRequest, edition_id: int, part: str, form: SeenForm, refusal: NewsletterError
) -> HttpResponse:
    """What an open page is told of a text that its field did not take.

    It is kept, where two people changed the field; where it is refused, or its story is gone, once its author has left
    the field. Raises the refusal where nothing is kept.
    """
    by, now = get_actor(request), clock.now()
    if isinstance(refusal, Conflict) and refusal.differences:
        (difference,) = refusal.differences[:1]
        if revisions.was_saved(edition_id, part, difference, by.name):
            return _render_saved(difference.present)  # a colleague went on from it, and knew what they did
        unsaved_texts.keep_unsaved_text(edition_id, part, difference.name, difference.yours, refusal, by=by, now=now)
        return _render_conflict(request, edition_id, part, form, refusal)
    sent = form.list_sent_texts()
    is_refused = isinstance(refusal, BadInput) and form.is_left  # before that somebody is still writing
    if not sent or not (is_refused or isinstance(refusal, NotFound)):
        raise refusal
    if isinstance(refusal, NotFound):
        refusal = NotFound(phrase("What this was written for had been removed."))
    for name, text in sent.items():
        if not unsaved_texts.keep_unsaved_text(edition_id, part, name, text, refusal, by=by, now=now):
            raise refusal
    return JsonResponse({"error": describe_error(refusal), "kept": True}, status=refusal.http_status)


def _render_saved(stored: object) -> HttpResponse:
    """What is stored now."""
    value = ("1" if stored else "") if isinstance(stored, bool) else str(stored)
    return JsonResponse({"value": value})


def _render_conflict(
    request: HttpRequest, edition_id: int, part: str, form: SeenForm, conflict: Conflict
) -> HttpResponse:
    """Both texts of one field, for the page that sent one of them; of a choice its words, and no text to write."""
    difference = conflict.differences[0]
    form.offer_audiences(board_parts.list_audiences())
    words = [form.describe_value(difference.name, each) for each in (difference.yours, difference.present)]
    yours, theirs = mark_differences(*words)
    context = {
        "difference": difference,
        "yours": yours,
        "theirs": theirs,
        "before": form.describe_value(difference.name, difference.seen),
        "is_text": form.is_text(difference.name),
        "edition_id": edition_id,
        "part": part,
    }
    html = render_to_string("fragments/conflict.html", context, request)
    answer = {"error": describe_error(conflict), "present": difference.present, "html": html, "kept": True}
    return JsonResponse(answer, status=409)


@desk_view(Verb.EDIT, methods=("POST",))
def discard_unsaved_text(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Gives a text up that was not saved: one's own, of a field of a part, or anybody's, by its number."""
    edition = board_parts.get_edition(request, Verb.EDIT, edition_id)
    by, now = get_actor(request), clock.now()
    sent = UnsavedTextForm(request.POST).require_valid()
    if sent["text"] is not None:
        unsaved_texts.discard_text(edition_id, sent["text"], by=by, now=now)
    else:
        unsaved_texts.settle_text(edition_id, sent["part"], sent["field"], by=by, now=now)
    return board_parts.render_parts(request, edition)


@desk_view(Verb.EDIT, methods=("POST",), background=True)
def note_presence(request: HttpRequest, edition_id: int) -> HttpResponse:
    """An open board says who is there and which story they edit (`part`), or with `gone` that they left."""
    board_parts.get_edition(request, Verb.EDIT, edition_id)
    who = get_actor(request).name
    sent = PresenceForm(request.POST).require_valid()
    if sent["gone"]:
        presence.end_presence(edition_id, who=who)
    else:
        name = request.user.name if request.user.is_authenticated else ""
        presence.note_presence(edition_id, sent["part"], who=who, name=name or who, now=clock.now())
    return HttpResponse(status=204)


@desk_view(Verb.EDIT, methods=("POST",))
def withdraw_to_edit(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Makes an approved edition a draft, for somebody who wants to edit it."""
    board_parts.get_edition(request, Verb.EDIT, edition_id)
    content_hash = DecisionForm(request.POST).require_valid()["content_hash"]
    edition = approval.withdraw_to_edit(edition_id, content_hash=content_hash, by=get_actor(request), now=clock.now())
    return board_parts.render_parts(request, edition)


@desk_view(Verb.EDIT, methods=("POST",))
def suggest_stories(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Fills the free places."""
    by, now = get_actor(request), clock.now()
    board_parts.require_editor(request, edition_id)
    before = len(edition_lookup.get_edition(edition_id).picks)
    edition = suggestions.suggest_picks(edition_id, fetch=wiring.build_fetcher(), by=by, now=now, keep_approval=True)
    added = len(edition.picks) - before
    if not added:
        return board_parts.render_parts(request, edition, announce=suggestions.explain_suggestions(edition_id, now=now))
    return board_parts.render_parts(
        request, edition, announce=_("Stories added: %(number)s.") % {"number": added}, offers_undo=True
    )


@desk_view(Verb.EDIT, methods=("POST",))
def pick_story(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Places an article."""
    board_parts.require_editor(request, edition_id)
    form = PickForm(request.POST)
    sent = form.require_valid()
    after, section = form.read_place()
    edition = picks.add_pick(
        edition_id,
        sent["article"],
        after=after,
        section=section,
        reason=sent["reason"],
        fetch=wiring.build_fetcher(),
        by=get_actor(request),
        now=clock.now(),
        keep_approval=True,
    )
    story = next(each for each in edition.picks if each.article_id == sent["article"])
    announce = _("Picked as story %(number)s, in %(section)s.") % {
        "number": story.number,
        "section": _find_section_title(edition, story),
    }
    return board_parts.render_parts(request, edition, announce=announce, offers_undo=True)


@desk_view(Verb.EDIT, methods=("POST",))
def move_story(request: HttpRequest, edition_id: int, key: str) -> HttpResponse:
    """Moves a story behind the one with the key `after`, or to the top of the section “#KEY”."""
    board_parts.require_editor(request, edition_id)
    form = MoveForm(request.POST)
    sent = form.require_valid()
    by, now = get_actor(request), clock.now()
    after, section = form.read_place()
    before = [(each.key, each.section) for each in edition_lookup.get_edition(edition_id).picks]
    edition = picks.move_pick(edition_id, key, after=after, section=section, by=by, now=now, keep_approval=True)
    story = _get_story(edition, key)
    beside = sum(each.section == story.section for each in edition.picks)
    announce = _("Story %(number)s is now %(position)s of %(count)s in %(section)s.") % {
        "number": sent["number"] or story.number,
        "position": story.position,
        "count": beside,
        "section": _find_section_title(edition, story),
    }
    has_moved = [(each.key, each.section) for each in edition.picks] != before
    return board_parts.render_parts(request, edition, announce=announce, offers_undo=has_moved)


@desk_view(Verb.EDIT, methods=("POST",))
def drop_story(request: HttpRequest, edition_id: int, key: str) -> HttpResponse:
    """Removes a story."""
    board_parts.require_editor(request, edition_id)
    content_hash, seen = DropStoryForm(request.POST).read_story_as_seen()
    by, now = get_actor(request), clock.now()
    edition = picks.drop_pick(
        edition_id, key, content_hash=content_hash, seen=cast(PickFields, seen), by=by, now=now, keep_approval=True
    )
    return board_parts.render_parts(request, edition, announce=_("Story removed."), offers_undo=True)


@desk_view(Verb.EDIT, methods=("POST",))
def resolve_page_check(request: HttpRequest, edition_id: int, key: str) -> HttpResponse:
    """Resolves what was found on a story's page: override it, use the new headline, or check again now."""
    board_parts.get_edition(request, Verb.EDIT, edition_id)
    read_act(request.POST, _PAGE_CHECK_ACTS)(request, edition_id, key)
    return board_parts.render_parts(request, edition_lookup.get_edition(edition_id))


def _override_page_check(request: HttpRequest, edition_id: int, key: str) -> None:
    sent = DecisionForm(request.POST).require_valid()
    page_checks.override_page_check(edition_id, key, **sent, by=get_actor(request), now=clock.now())


def _adopt_headline(request: HttpRequest, edition_id: int, key: str) -> None:
    sent = AdoptHeadlineForm(request.POST).require_valid()
    content_hash, seen = sent["content_hash"], sent["seen_headline"]
    by, now = get_actor(request), clock.now()
    page_checks.adopt_headline(
        edition_id, key, content_hash=content_hash, seen=seen, by=by, now=now, keep_approval=True
    )


def _check_again(request: HttpRequest, edition_id: int, _key: str) -> None:
    tasks.check_pages_and_links_of_edition(edition_id, by=get_actor(request), now=clock.now())


_PAGE_CHECK_ACTS: Mapping[str, Callable[[HttpRequest, int, str], None]] = {
    "stand": _override_page_check,
    "headline": _adopt_headline,
    "again": _check_again,
}


def _get_story(edition: Edition, key: str) -> Pick:
    story = next((each for each in edition.picks if each.key == key), None)
    if story is None:
        raise NotFound(_("This story is no longer in the edition."))
    return story


def _find_section_title(edition: Edition, story: Pick) -> str:
    titles = {each.key: each.title for each in newsletters.list_sections(edition.newsletter_id)}
    return titles.get(story.section, story.section)


def render_refused(
    request: HttpRequest, edition_id: int, sent: SeenForm, refusal: NewsletterError, *, editing: str = ""
) -> HttpResponse:
    """The board for a browser without scripts: the form that was refused holds what was typed, and why."""
    edition = edition_lookup.get_edition(edition_id)
    return _render_board(request, edition, editing=editing, sent=sent, refusal=refusal)


def _render_board(
    request: HttpRequest,
    edition: Edition,
    *,
    editing: str = "",
    sent: SeenForm | None = None,
    refusal: NewsletterError | None = None,
) -> HttpResponse:
    context = board_parts.build_board_context(request, edition, editing=editing) | {"refusal": refusal}
    shown = (context["texts_form"], context["story_form"], context["new_box_form"])
    forms = [form for form in (*shown, *(form for _box, form, _words in context["boxes"])) if form]
    meant = [form for form in forms if sent and form.auto_id == sent.auto_id] if context["can_edit"] else []
    for form in meant:
        if sent and refusal:
            form.show_refused(sent, refusal)
    context["lost_texts"] = sent.list_typed_texts() if sent and not meant else ()
    return render(request, "pages/board.html", context, status=get_form_status(refusal))


def render_pool(request: HttpRequest, edition: Edition, *, opened: int | None = None) -> HttpResponse:
    """The pool as its filter asks for it; `opened` is the article whose details stay open."""
    response = render(request, "fragments/pool.html", build_pool_context(request, edition, opened=opened))
    response[board_parts.PARTS] = "1"
    return response


def build_pool_context(
    request: HttpRequest,
    edition: Edition,
    *,
    newsletter: Newsletter | None = None,
    runs: Sequence[pool.Run] | None = None,
    opened: int | None = None,
) -> dict[str, Any]:
    """Everything the pool shows, perhaps with the newsletter, and what runs around its day, as they were read."""
    form = PoolFilterForm(request.GET) if request.method == "GET" else PoolFilterForm(request.POST)
    wanted = form.read_filter()
    by = get_actor(request)
    may_edit = by.may(Verb.EDIT, newsletter_id=edition.newsletter_id)
    newsletter = newsletter or newsletters.get_newsletter(edition.newsletter_id)
    scope = pool.find_scope(edition, newsletter, runs, now=clock.now())
    return {
        "edition": edition,
        "pool": pool.list_pool(scope, wanted),
        "pool_counts": pool.count_pool(scope, wanted),
        "pool_sections": newsletter.sections,
        "wanted": wanted,
        "most": pool.PAGE_SIZE,
        "may_edit": may_edit,
        "can_edit": may_edit and edition.snapshot_id is None,
        "may_change_for_all": rights.may_change_for_all(by),
        "opened": opened,
    }
