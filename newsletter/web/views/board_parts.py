"""The parts of the board: what each of them shows, and the response that brings an open board up to date."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter, Section
from newsletter.checks import preflight
from newsletter.curator.articles import article_lookup
from newsletter.curator.editions import (
    content_hash,
    decisions,
    edition_lookup,
    editions,
    page_checks,
    pool,
    presence,
    revisions,
    unsaved_texts,
    variants,
    visibility,
)
from newsletter.curator.editions.edition_changes import BOX, STORY
from newsletter.curator.editions.states import EDITABLE_STATES, PoolState
from newsletter.curator.editions.unsaved_texts import UnsavedText
from newsletter.curator.editions.values import Edition, EditionOutline, Pick
from newsletter.delivery.reports import edition_status
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.scheduling import occurrences
from newsletter.web.access import get_actor, require_permission
from newsletter.web.forms.edition import FORM_NAMES, Audiences, BoxForm, EditionTextsForm, SeenForm, StoryForm
from newsletter.web.fragments import is_fragment_request

PARTS = "X-Parts"  # a response with this header is parts of the board; the page takes those that changed
TEXTS = content_hash.TEXTS
_GROUPS = {
    variants.EVERYBODY: _("everybody"),
    variants.MAIL: _("the mail only"),
    variants.WEB: _("the web page only"),
    variants.MEMBERS: _("members only"),
    variants.FREE: _("subscribers who do not pay"),
}


def get_edition(request: HttpRequest, verb: Verb, edition_id: int) -> Edition:
    """The edition, for somebody who may `verb` it."""
    edition = edition_lookup.get_edition(edition_id)
    require_permission(request, verb, edition.newsletter_id)
    return edition


def require_editor(request: HttpRequest, edition_id: int) -> None:
    """Refuses whoever may not edit the edition, before what they sent is read. Raises NotFound, NotAllowed."""
    require_permission(request, Verb.EDIT, editions.get_newsletter_id(edition_id))


def build_board_context(request: HttpRequest, edition: Edition, *, editing: str = "") -> dict[str, Any]:
    """Everything the board shows; `editing` is the key of the story whose form is open."""
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    looks = page_checks.list_page_checks(edition.id)
    undecided = unsaved_texts.list_unsaved_texts(edition)
    runs = pool.list_runs(edition.date)
    findings = preflight.find_findings(edition, newsletter, looks, undecided, runs, now=clock.now())
    may_edit = get_actor(request).may(Verb.EDIT, newsletter_id=edition.newsletter_id)
    can_edit = may_edit and edition.snapshot_id is None and edition.state in EDITABLE_STATES
    status = edition_status.get_edition_status(edition, newsletter)
    story = next((each for each in edition.picks if each.key == editing), None) if can_edit else None
    audiences = list_audiences()
    present = _list_present(request, edition.id)
    me = get_actor(request).name
    return {
        "edition": edition,
        "status": status,
        "newsletter": newsletter,
        "sections": _list_sections(edition, newsletter),
        "findings": {
            each.key: [f for f in findings if f.where.startswith(f"story:{each.key}")] for each in edition.picks
        },
        "general": [f for f in findings if not f.where.startswith("story:") and f.where not in TEXTS],
        "texts_form": EditionTextsForm(initial={name: getattr(edition, name) for name in TEXTS}),
        "text_findings": {name: [f for f in findings if f.where == name] for name in TEXTS},
        "blocking": sum(f.blocks for f in findings),
        "looking": sum(f.warns or bool(f.overridden) for f in findings),
        "editing": story.key if story else "",
        "story_form": build_story_form(story, newsletter, audiences) if story else None,
        "looks": looks,
        "runs": runs,
        "states": tuple(PoolState),
        "sources": article_lookup.list_sources(),
        "may_edit": may_edit,
        "may_see_subscribers": get_actor(request).may(Verb.SUBSCRIBERS, newsletter_id=edition.newsletter_id),
        "can_edit": can_edit,
        "undecided": _describe_values(undecided, audiences),
        "me": me,
        "kept": [f"{each.part}/{FORM_NAMES.get(each.field, each.field)}" for each in undecided if each.by == me],
        "undoable": revisions.find_last_own_act(edition.id, me) if can_edit else None,
        # What an approved edition is withdrawn with; of others it would cost a rendering.
        "content_hash": decisions.find_content_hash(edition) if may_edit and edition.snapshot_id else "",
        "mark": compute_mark(edition, status, present),
        "version": get_version(edition),
        "present": present,
        "where": {each.part: each.name for each in present if each.part},
        "numbers": {f"story:{each.key}": each.number for each in edition.picks},
    } | _build_boxes_context(edition, audiences)


def _describe_values(undecided: tuple[UnsavedText, ...], audiences: Audiences) -> list[UnsavedText]:
    """Unsaved texts as people read them: of a choice its words."""
    forms: dict[str, SeenForm] = {STORY: StoryForm(audiences=audiences), BOX: BoxForm(audiences=audiences)}
    return [
        replace(each, yours=forms[kind].describe_value(each.field, each.yours)) if kind in forms else each
        for each, kind in ((each, each.part[: each.part.find(":") + 1]) for each in undecided)
    ]


def list_audiences() -> Audiences:
    """For whom a story or box can be, in the language of the page; a segment is called as the newsroom calls it."""
    return [(value, str(_GROUPS.get(value, words))) for value, words in visibility.list_options()]


def build_story_form(story: Pick, newsletter: Newsletter, audiences: Audiences) -> StoryForm:
    """The form of a story."""
    return StoryForm.of(
        story.content,
        link_parameters=newsletter.link_parameters,
        has_picture=bool(story.picture_url),
        audiences=audiences,
    )


def _build_boxes_context(edition: Edition, audiences: Audiences) -> dict[str, Any]:
    """The boxes: each with its form and a description of its visibility; and the form of a new one."""
    words = dict(audiences)
    return {
        "boxes": [
            (
                box,
                BoxForm(number=box.id, initial={**_box_values(box), "shown_to": box.visibility}, audiences=audiences),
                words.get(box.visibility, box.visibility),
            )
            for box in edition.boxes
        ],
        "new_box_form": BoxForm(audiences=audiences),
        "for_whom": words,
    }


def _box_values(box: Any) -> dict[str, str]:
    return {"title": box.title, "text": box.text, "place": box.place.value}


def render_parts(
    request: HttpRequest, edition: Edition, *, editing: str = "", announce: str = "", offers_undo: bool = False
) -> HttpResponse:
    """All parts of the board for a page that is open, with what was just done; without scripts the board itself."""
    if not is_fragment_request(request):
        return redirect("desk:board", edition.id)
    editing = editing or request.headers.get("X-Editing", "")
    context = build_board_context(request, edition, editing=editing)
    context |= {"announce": announce, "offers_undo": offers_undo}
    response = render(request, "fragments/board_parts.html", context)
    response[PARTS] = "1"
    return response


def compute_mark(
    edition: Edition | EditionOutline,
    status: edition_status.EditionStatus,
    present: tuple[presence.Presence, ...] = (),
) -> str:
    """Changes with whatever an open board must be told: edits, decisions, the mailing, undecided texts, colleagues.

    A review is told of the edition alone, not of who else is there.
    """
    undecided = (edition.undecided, edition.undecided_at)
    told = (edition.version, edition.state, edition.snapshot_id, edition.reason, undecided, status, present)
    return sha256(repr(told).encode()).hexdigest()[:12]


def get_version(edition: Edition) -> str:
    """Changes with what the mail of an edition says: by it an open board knows whether its preview is of today."""
    return f"{edition.version}.{edition.snapshot_id or 0}"


def find_mark(request: HttpRequest, edition_id: int, *, tells_presence: bool = True) -> str:
    """The mark of an edition, for whoever asks and may see it; its stories are not read for it."""
    planned = occurrences.select_planned_instant()
    outline = edition_lookup.get_outline(edition_id, planned=planned)
    require_permission(request, Verb.VIEW, outline.newsletter_id)
    present = _list_present(request, edition_id) if tells_presence else ()
    return compute_mark(outline, edition_status.find_outline_status(outline), present)


def _list_present(request: HttpRequest, edition_id: int) -> tuple[presence.Presence, ...]:
    return presence.list_present(edition_id, besides=get_actor(request).name, now=clock.now())


def _list_sections(
    edition: Edition, newsletter: Newsletter
) -> list[tuple[Section, list[tuple[Pick, str | None, str | None]]]]:
    """The sections with their stories, each with its places one up and one down; None where there is none.

    A place is the key of the story before it, or “#SECTION”: on top of that section. Up from the top of a section leads
    behind the last story of the one before, down from its end to the top of the next.
    """
    keys = [section.key for section in newsletter.sections]
    by_section = {key: [each for each in edition.picks if each.section == key] for key in keys}
    places = [place for key in keys for place in (f"#{key}", *(each.key for each in by_section[key]))]
    found = []
    for section in newsletter.sections:
        with_moves: list[tuple[Pick, str | None, str | None]] = []
        for story in by_section[section.key]:
            at = places.index(story.key)
            with_moves.append(
                (story, places[at - 2] if at > 1 else None, places[at + 1] if at + 1 < len(places) else None)
            )
        found.append((section, with_moves))
    return found
