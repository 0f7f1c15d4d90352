"""The board: pool, running order, preview. Every change is one service call and returns the running order."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.accounts import audit_log
from newsletter.catalog import newsletters
from newsletter.checks import preflight
from newsletter.curator.articles import article_lookup
from newsletter.curator.editions import edition_lookup, editions, page_checks, picks, pool, suggestions
from newsletter.curator.editions.states import PoolState
from newsletter.curator.editions.values import Edition
from newsletter.jobs import wiring
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, Conflict, NotFound
from newsletter.web.access import desk_view, get_actor_email, record_audit, require_permission
from newsletter.web.fields import read_number
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
    return render(request, "pages/board.html", _board_context(edition))


@desk_view(Verb.VIEW, background=True)
def show_pool(request: HttpRequest, edition_id: int) -> HttpResponse:
    """The articles on offer."""
    edition = _get_edition(request, Verb.VIEW, edition_id)
    return render(request, "fragments/pool.html", build_pool_context(edition, read_pool_filter(request)))


@desk_view(Verb.VIEW, background=True)
def show_changes(request: HttpRequest, edition_id: int) -> HttpResponse:
    """What others changed since `version`: nothing (204), the board, or only a notice while a story is being edited."""
    edition = _get_edition(request, Verb.VIEW, edition_id)
    if str(edition.version) == request.GET.get("version"):
        return HttpResponse(status=204)
    context = _board_context(edition) | {"others": audit_log.find_last_entry(f"edition {edition_id}")}
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
    name = request.POST.get("name", "")
    if name not in EDITION_TEXTS:
        raise BadInput(f"There is no field “{name}”.", "name")
    value, was = request.POST.get("value", ""), request.POST.get("was", "")
    present = str(getattr(edition, name))
    if _is_same_text(present, value):
        return _render_field(request, edition, name)
    if not _is_same_text(present, was):
        return render(request, "fragments/field.html", _field_context(edition, name) | {"yours": value}, status=409)
    edition = editions.edit_edition(edition_id, now=clock.now(), version=None, **{name: value})
    record_audit(request, "edited", f"edition {edition_id}", newsletter_id=edition.newsletter_id, detail=name)
    return _render_field(request, edition, name)


def _is_same_text(one: str, other: str) -> bool:
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


@desk_view(Verb.EDIT, methods=("POST",))
def suggest_stories(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Fills the free places."""
    edition = _get_edition(request, Verb.EDIT, edition_id)
    edition = suggestions.suggest_picks(edition.id, now=clock.now(), fetch=wiring.build_fetcher())
    return _record_and_render(request, edition, "suggested stories")


@desk_view(Verb.EDIT, methods=("POST",))
def pick_story(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Places an article."""
    _get_edition(request, Verb.EDIT, edition_id)
    edition = picks.add_pick(
        edition_id,
        _require_number(request, "article"),
        section=request.POST.get("section") or None,
        reason=request.POST.get("reason", ""),
        by=get_actor_email(request),
        now=clock.now(),
        fetch=wiring.build_fetcher(),
    )
    return _record_and_render(request, edition, "picked", request.POST.get("reason", "")[:200])


@desk_view(Verb.EDIT, methods=("GET", "POST"))
def edit_story(request: HttpRequest, edition_id: int, key: str) -> HttpResponse:
    """The form of one story, and saving it."""
    edition = _get_edition(request, Verb.EDIT, edition_id)
    story = next((each for each in edition.picks if each.key == key), None)
    if story is None:
        raise NotFound("This story is no longer in the edition.")
    if request.method == "GET":
        return render(
            request,
            "fragments/order.html" if _is_htmx(request) else "pages/board.html",
            _board_context(edition, editing=key),
        )
    fields: dict[str, Any] = {name: request.POST[name] for name in STORY_TEXTS if name in request.POST}
    if "shown_to" in fields:
        fields["visibility"] = fields.pop("shown_to")
    version = _require_number(request, "version")
    try:
        edition = picks.edit_pick(
            edition_id,
            key,
            now=clock.now(),
            version=version,
            no_picture=bool(request.POST.get("no_picture")),
            plain_link=bool(request.POST.get("plain_link")),
            **fields,
        )
    except (BadInput, Conflict) as error:
        # What was typed is given back: nothing an editor wrote is lost.
        context = _board_context(edition_lookup.get_edition(edition_id), editing=key) | {
            "error": str(error),
            "typed": fields,
        }
        return render(
            request,
            "fragments/order.html" if _is_htmx(request) else "pages/board.html",
            context,
            status=200 if _is_htmx(request) else error.http_status,
        )
    return _record_and_render(request, edition, "edited", key)


@desk_view(Verb.EDIT, methods=("POST",))
def move_story(request: HttpRequest, edition_id: int, key: str) -> HttpResponse:
    """Moves a story."""
    _get_edition(request, Verb.EDIT, edition_id)
    edition = picks.move_pick(
        edition_id,
        key,
        section=request.POST.get("section") or None,
        position=max(1, _require_number(request, "position")),
        now=clock.now(),
    )
    return _record_and_render(request, edition, "moved", key)


@desk_view(Verb.EDIT, methods=("POST",))
def drop_story(request: HttpRequest, edition_id: int, key: str) -> HttpResponse:
    """Removes a story."""
    _get_edition(request, Verb.EDIT, edition_id)
    edition = picks.drop_pick(edition_id, key, now=clock.now())
    return _record_and_render(request, edition, "dropped", key)


@desk_view(Verb.EDIT, methods=("POST",))
def resolve_page_check(request: HttpRequest, edition_id: int, key: str) -> HttpResponse:
    """Resolves what was found on a story's page: override it, use the new headline, or check again now."""
    edition = _get_edition(request, Verb.EDIT, edition_id)
    who, now = get_actor_email(request), clock.now()
    match request.POST.get("do"):
        case "stand":
            page_checks.override_page_check(edition_id, key, by=who)
            return _record_and_render(request, edition, "let stand", key)
        case "headline":
            return _record_and_render(
                request, page_checks.adopt_headline(edition_id, key, by=who, now=now), "took headline", key
            )
        case "again":
            page_checks.check_due_pages(now, fetch=wiring.build_fetcher(), edition_id=edition_id)
            return _record_and_render(request, edition_lookup.get_edition(edition_id), "looked again", key)
    raise BadInput("There is no such action.", "do")


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


def _record_and_render(request: HttpRequest, edition: Edition, verb: str, detail: str = "") -> HttpResponse:
    record_audit(request, verb, f"edition {edition.id}", newsletter_id=edition.newsletter_id, detail=detail)
    if not _is_htmx(request):
        return redirect("board", edition.id)
    response = render(request, "fragments/order.html", _board_context(edition))
    response["HX-Trigger-After-Swap"] = '{"preview": "", "pool": ""}'
    return response


def _board_context(edition: Edition, editing: str = "") -> dict[str, Any]:
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    findings = preflight.check_edition(edition.id, now=clock.now())
    stories = {
        section.key: [each for each in edition.picks if each.section == section.key] for section in newsletter.sections
    }
    return {
        "edition": edition,
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


def read_pool_filter(request: HttpRequest) -> pool.PoolFilter:
    """The filter of the pool, from a query or a form."""
    asked = request.GET if request.method == "GET" else request.POST
    return pool.PoolFilter(
        query=asked.get("q", "")[:100],
        state=asked.get("state") or PoolState.OFFERED,
        source_id=read_number(asked, "source"),
        tag=asked.get("tag", "")[:40],
    )


def build_pool_context(edition: Edition, wanted: pool.PoolFilter) -> dict[str, Any]:
    """What the pool's fragment shows."""
    found = pool.list_pool(edition.id, wanted, now=clock.now())
    return {"edition": edition, "pool": found, "wanted": wanted, "most": pool.PAGE_SIZE}


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
