"""The board: pool, running order, preview. Every change is one service call and returns the running order."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.accounts import audit_log
from newsletter.catalog import newsletters
from newsletter.checks import preflight
from newsletter.curator.articles import article_lookup, rights
from newsletter.curator.editions import edition_lookup, editions, page_checks, picks, pool, suggestions
from newsletter.curator.editions.editions import EditionTexts
from newsletter.curator.editions.picks import PickFields
from newsletter.curator.editions.states import PoolState
from newsletter.curator.editions.values import Edition, Pick
from newsletter.delivery.reports import edition_status
from newsletter.jobs import tasks, wiring
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, Conflict, NewsletterError, NotFound
from newsletter.web.access import desk_view, get_actor, require_permission
from newsletter.web.fields import read_number, require_content_hash, require_seen
from newsletter.web.views import boxes

EDITION_TEXTS = {
    "subject": "Subject",
    "second_subject": "Second subject, for half of the subscribers",
    "preheader": "Preheader",
    "intro": "Intro",
    "signed": "Signed by",
}
STORY_TEXTS = (
    "headline",
    "blurb",
    "label",
    "url",
    "publisher",
    "image_alt",
    "image_caption",
    "image_credit",
    "size",
    "shown_to",
)


@desk_view(Verb.VIEW)
def show_board(request: HttpRequest, edition_id: int) -> HttpResponse:
    """The board of one edition."""
    edition = _get_edition(request, Verb.VIEW, edition_id)
    if edition.is_out:
        return redirect("review", edition_id)
    return render(request, "pages/board.html", _board_context(edition, request))


@desk_view(Verb.VIEW, background=True)
def show_pool(request: HttpRequest, edition_id: int) -> HttpResponse:
    """The articles on offer."""
    edition = _get_edition(request, Verb.VIEW, edition_id)
    return render(request, "fragments/pool.html", build_pool_context(request, edition, read_pool_filter(request)))


@desk_view(Verb.VIEW, background=True)
def show_changes(request: HttpRequest, edition_id: int) -> HttpResponse:
    """What others changed since `version`: nothing (204), the board, or only a notice while a story is being edited."""
    edition = _get_edition(request, Verb.VIEW, edition_id)
    if str(edition.version) == request.GET.get("version"):
        return HttpResponse(status=204)
    context = _board_context(edition, request) | {"others": audit_log.find_last_entry(f"edition {edition_id}")}
    if request.GET.get("editing"):
        response = render(request, "fragments/others.html", context)
        response["HX-Retarget"], response["HX-Reswap"] = "#others", "innerHTML"
        return response
    response = render(request, "fragments/changes.html", context)
    response["HX-Trigger-After-Swap"] = '{"preview": "", "pool": ""}'
    return response


@desk_view(Verb.EDIT, methods=("POST",))
def save_text(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Saves one text of the edition. `was` is what the editor saw: if it changed since, both texts stay visible."""
    edition = _get_edition(request, Verb.EDIT, edition_id)
    name, value = request.POST.get("name", ""), request.POST.get("value", "")
    if name not in EDITION_TEXTS:
        raise BadInput(f"There is no field “{name}”.", "name")
    texts = cast(EditionTexts, {name: value})
    seen = cast(EditionTexts, {name: request.POST["was"]} if "was" in request.POST else {})
    try:
        edition = editions.edit_edition(edition_id, seen=seen, by=get_actor(request), now=clock.now(), **texts)
    except Conflict as refusal:
        context = _field_context(edition_lookup.get_edition(edition_id), name) | {
            "yours": value,
            "text_refusal": refusal,
        }
        return render(request, "fragments/field.html", context, status=refusal.http_status)
    return _render_field(request, edition, name)


@desk_view(Verb.EDIT, methods=("POST",))
def suggest_stories(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Fills the free places."""
    _get_edition(request, Verb.EDIT, edition_id)
    edition = suggestions.suggest_picks(
        edition_id, fetch=wiring.build_fetcher(), by=get_actor(request), now=clock.now()
    )
    return _render_order(request, edition)


@desk_view(Verb.EDIT, methods=("POST",))
def pick_story(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Places an article."""
    _get_edition(request, Verb.EDIT, edition_id)
    edition = picks.add_pick(
        edition_id,
        _require_number(request, "article"),
        section=request.POST.get("section") or None,
        reason=request.POST.get("reason", ""),
        fetch=wiring.build_fetcher(),
        by=get_actor(request),
        now=clock.now(),
    )
    return _render_order(request, edition)


@desk_view(Verb.EDIT, methods=("GET", "POST"))
def edit_story(request: HttpRequest, edition_id: int, key: str) -> HttpResponse:
    """The form of one story, and saving it."""
    edition = _get_edition(request, Verb.EDIT, edition_id)
    story = next((each for each in edition.picks if each.key == key), None)
    if story is None:
        raise NotFound("This story is no longer in the edition.")
    if request.method == "GET":
        return _render_order(request, edition, editing=key)
    fields, seen = _read_story(request)
    try:
        edition = picks.edit_pick(edition_id, key, seen=seen, by=get_actor(request), now=clock.now(), **fields)
    except (BadInput, Conflict) as refusal:
        # What was typed is given back: nothing an editor wrote is lost.
        return _render_order(
            request, edition_lookup.get_edition(edition_id), editing=key, refusal=refusal, typed=fields
        )
    return _render_order(request, edition)


def _read_story(request: HttpRequest) -> tuple[PickFields, PickFields]:
    """The fields that the story's form showed, and what they held when it was loaded."""
    sent = request.POST
    fields: dict[str, Any] = {name: sent[name] for name in STORY_TEXTS if name in sent}
    seen: dict[str, Any] = {name: sent[f"seen_{name}"] for name in STORY_TEXTS if f"seen_{name}" in sent}
    for found in (fields, seen):
        if "shown_to" in found:
            found["visibility"] = found.pop("shown_to")
    if "seen_plain_link" in sent:
        fields["plain_link"], seen["plain_link"] = bool(sent.get("plain_link")), bool(sent["seen_plain_link"])
    if sent.get("no_picture"):
        fields["no_picture"], seen["no_picture"] = True, False  # the box is shown where there is a picture
    return cast(PickFields, fields), cast(PickFields, seen)


@desk_view(Verb.EDIT, methods=("POST",))
def move_story(request: HttpRequest, edition_id: int, key: str) -> HttpResponse:
    """Moves a story behind another one; `after` is empty for the top of its section."""
    _get_edition(request, Verb.EDIT, edition_id)
    after = request.POST.get("after")
    if after is None:
        raise BadInput("Say behind which story.", "after")
    section = request.POST.get("section") or None
    try:
        edition = picks.move_pick(
            edition_id, key, after=after or None, section=section, by=get_actor(request), now=clock.now()
        )
    except Conflict as refusal:
        return _render_order(request, edition_lookup.get_edition(edition_id), refusal=refusal)
    return _render_order(request, edition)


@desk_view(Verb.EDIT, methods=("POST",))
def drop_story(request: HttpRequest, edition_id: int, key: str) -> HttpResponse:
    """Removes a story."""
    _get_edition(request, Verb.EDIT, edition_id)
    content_hash = require_content_hash(request.POST)
    try:
        edition = picks.drop_pick(edition_id, key, content_hash=content_hash, by=get_actor(request), now=clock.now())
    except Conflict as refusal:
        return _render_order(request, edition_lookup.get_edition(edition_id), editing=key, refusal=refusal)
    return _render_order(request, edition)


@desk_view(Verb.EDIT, methods=("POST",))
def resolve_page_check(request: HttpRequest, edition_id: int, key: str) -> HttpResponse:
    """Resolves what was found on a story's page: override it, use the new headline, or check again now."""
    _get_edition(request, Verb.EDIT, edition_id)
    by, now = get_actor(request), clock.now()
    try:
        match request.POST.get("do"):
            case "stand":
                content_hash = require_content_hash(request.POST)
                page_checks.override_page_check(edition_id, key, content_hash=content_hash, by=by, now=now)
            case "headline":
                content_hash, seen = require_content_hash(request.POST), require_seen(request.POST, "headline")
                page_checks.adopt_headline(edition_id, key, content_hash=content_hash, seen=seen, by=by, now=now)
            case "again":
                tasks.check_pages_and_links_of_edition(edition_id, by=by, now=now)
            case _:
                raise BadInput("There is no such action.", "do")
    except Conflict as refusal:
        return _render_order(request, edition_lookup.get_edition(edition_id), refusal=refusal)
    return _render_order(request, edition_lookup.get_edition(edition_id))


def _is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asks for a fragment; otherwise whole pages are returned."""
    return bool(request.headers.get("HX-Request"))


def _get_edition(request: HttpRequest, verb: Verb, edition_id: int) -> Edition:
    edition = edition_lookup.get_edition(edition_id)
    require_permission(request, verb, edition.newsletter_id)
    return edition


def _require_number(request: HttpRequest, name: str) -> int:
    found = read_number(request.POST, name)
    if found is None:
        raise BadInput(f"The field {name} must be a number.", name)
    return found


def _render_order(
    request: HttpRequest,
    edition: Edition,
    *,
    editing: str = "",
    refusal: NewsletterError | None = None,
    typed: Mapping[str, object] = MappingProxyType({}),
) -> HttpResponse:
    """The running order for htmx, the board for others; with what was refused, and what was typed, if anything was."""
    if not _is_htmx(request) and not editing and refusal is None:
        return redirect("board", edition.id)
    context = _board_context(edition, request, editing=editing) | {"order_refusal": refusal}
    if editing:
        story = next((each for each in edition.picks if each.key == editing), None)
        context["form"] = {**(story.content if story else {}), **typed}
    if not _is_htmx(request):
        return render(request, "pages/board.html", context, status=refusal.http_status if refusal else 200)
    response = render(request, "fragments/order.html", context)
    if not editing:
        response["HX-Trigger-After-Swap"] = '{"preview": "", "pool": ""}'
    return response


def _board_context(edition: Edition, request: HttpRequest, *, editing: str = "") -> dict[str, Any]:
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    findings = preflight.check_edition(edition.id, now=clock.now())
    stories = {section.key: _list_with_moves(edition, section.key) for section in newsletter.sections}
    return {
        "edition": edition,
        "status": edition_status.get_edition_status(edition),
        "newsletter": newsletter,
        "sections": [(section, stories[section.key]) for section in newsletter.sections],
        "findings": {
            key: [f for f in findings if f.where.startswith(f"story:{key}")] for key in [p.key for p in edition.picks]
        },
        "general": [f for f in findings if not f.where.startswith("story:") and f.where not in EDITION_TEXTS],
        "of_words": {name: [f for f in findings if f.where == name] for name in EDITION_TEXTS},
        "blocking": sum(f.blocks for f in findings),
        "looking": sum(f.warns or bool(f.overridden) for f in findings),
        "editing": editing,
        "looks": page_checks.list_page_checks(edition.id),
        "fields": [(name, label, getattr(edition, name)) for name, label in EDITION_TEXTS.items()],
        "states": tuple(PoolState),
        "sources": article_lookup.list_sources(),
    } | boxes.build_boxes_context(edition)


def _list_with_moves(edition: Edition, section: str) -> list[tuple[Pick, str, str]]:
    """The stories of a section, each with the key of the story it comes behind when it goes up or down; "": on top."""
    found = [each for each in edition.picks if each.section == section]
    keys = ["", "", *(each.key for each in found), ""]
    return [(each, keys[place], keys[place + 3]) for place, each in enumerate(found)]


def read_pool_filter(request: HttpRequest) -> pool.PoolFilter:
    """The filter of the pool, from a query or a form."""
    asked = request.GET if request.method == "GET" else request.POST
    return pool.PoolFilter(
        query=asked.get("q", "")[:100],
        state=asked.get("state") or PoolState.OFFERED,
        source_id=read_number(asked, "source"),
        tag=asked.get("tag", "")[:40],
    )


def build_pool_context(request: HttpRequest, edition: Edition, wanted: pool.PoolFilter) -> dict[str, Any]:
    """What the pool's fragment shows."""
    found = pool.list_pool(edition.id, wanted, now=clock.now())
    by = get_actor(request)
    return {
        "edition": edition,
        "pool": found,
        "wanted": wanted,
        "most": pool.PAGE_SIZE,
        "may_edit": by.may(Verb.EDIT, newsletter_id=edition.newsletter_id),
        "may_change_for_all": rights.may_change_for_all(by),
    }


def _field_context(edition: Edition, name: str) -> dict[str, Any]:
    found = [f for f in preflight.check_edition(edition.id, now=clock.now()) if f.where == name]
    return {
        "edition": edition,
        "name": name,
        "label": EDITION_TEXTS[name],
        "value": getattr(edition, name),
        "found": found,
        "saved": clock.now(),
    }


def _render_field(request: HttpRequest, edition: Edition, name: str) -> HttpResponse:
    if not _is_htmx(request):
        return redirect("board", edition.id)
    response = render(request, "fragments/field.html", _field_context(edition, name))
    response["HX-Trigger-After-Swap"] = '{"preview": ""}'
    return response
