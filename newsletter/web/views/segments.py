"""Segments on the desk: blocks of conditions, counted while they are written, named, changed, and used again."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import Difference, NewsletterError
from newsletter.web.access import desk_view, get_actor
from newsletter.web.forms.segments import (
    MOST_BLOCKS,
    MOST_ROWS,
    DropSegmentForm,
    SegmentForm,
    to_definition,
    to_draft,
)
from newsletter.web.fragments import is_fragment_request
from newsletter.web.translated import describe_error
from subscribers import lists
from subscribers.attributes import list_attributes, list_tags
from subscribers.segments import grammar
from subscribers.segments.service import (
    change_segment,
    count_segment,
    create_segment,
    describe_definition,
    describe_segment,
    drop_segment,
    get_segment,
    list_segments,
)
from subscribers.values import Segment


@desk_view(Verb.SUBSCRIBERS, methods=("GET", "POST"), newsroom_wide=True)
def show_segments(request: HttpRequest) -> HttpResponse:
    """The segments, and the form for a new one. POST counts (by htmx), adds a row or a block, saves or deletes."""
    if request.method != "POST":
        return _render_page(request, SegmentForm())
    form = SegmentForm(request.POST)
    if is_fragment_request(request):
        return _count(request, form)
    do = form.data.get("do", "")
    if do.startswith("more"):
        return _render_page(request, SegmentForm(request.POST, draft=form.extend(do)))
    return _drop(request) if do == "drop" else _save(request, form)


@desk_view(Verb.SUBSCRIBERS, newsroom_wide=True)
def show_segment(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of a segment; one nested deeper than the form can show is given as text only."""
    segment = get_segment(slug)
    draft = to_draft(segment.definition)
    if draft is None:
        messages.error(
            request,
            _("%(name)s is nested deeper than this page can show. Change it with: %(command)s")
            % {"name": segment.name, "command": f"newsletter segments change {slug}"},
        )
        return redirect("desk:segments")
    return _render_page(request, SegmentForm(draft=replace(draft, name=segment.name, slug=segment.slug)))


def _count(request: HttpRequest, form: SegmentForm) -> HttpResponse:
    """How many it is so far: nothing is refused while somebody writes."""
    try:
        found = count_segment(to_definition(form.draft, _attribute_kinds()), now=clock.now())
    except NewsletterError as error:
        return render(request, "fragments/segment_count.html", {"error": describe_error(error)})
    return render(request, "fragments/segment_count.html", {"found": found})


def _drop(request: HttpRequest) -> HttpResponse:
    form = DropSegmentForm(request.POST)
    if form.is_valid():
        with form.show_refusals():
            drop_segment(form.cleaned_data["slug"], seen=form.read_seen(), by=get_actor(request), now=clock.now())
            messages.success(request, _("The segment is deleted."))
            return redirect("desk:segments")
    return _render_page(request, SegmentForm(), drop_form=form)


def _save(request: HttpRequest, form: SegmentForm) -> HttpResponse:
    if form.is_valid() and form.check_conditions(_attribute_kinds()):
        with form.show_refusals():
            segment = _save_draft(request, form)
            messages.success(
                request, _("%(name)s is saved: %(words)s.") % {"name": segment.name, "words": segment.words}
            )
            return redirect("desk:segments")
    return _render_page(request, form)


def _save_draft(request: HttpRequest, form: SegmentForm) -> Segment:
    draft, by, now = form.draft, get_actor(request), clock.now()
    definition = to_definition(draft, _attribute_kinds())
    if draft.slug:
        return change_segment(draft.slug, name=draft.name, definition=definition, seen=form.read_seen(), by=by, now=now)
    slug = re.sub(r"[^a-z0-9]+", "-", draft.name.casefold()).strip("-")[:59]
    return create_segment(slug, draft.name, definition, by=by, now=now)


def _attribute_kinds() -> dict[str, str]:
    return {each.slug: each.kind for each in list_attributes()}


def _render_page(request: HttpRequest, form: SegmentForm, *, drop_form: DropSegmentForm | None = None) -> HttpResponse:
    present = describe_segment(get_segment(form.draft.slug)) if form.draft.slug else {}
    asked = [
        (about.capitalize(), [(f"{about} {op}", _op_label(op)) for op in ops]) for about, ops in grammar.OPS.items()
    ]
    asked += [
        (each.name, [(f"attribute:{each.slug} {op}", _op_label(op)) for op in grammar.ATTRIBUTE_OPS[each.kind]])
        for each in list_attributes()
    ]
    refused = drop_form or form
    context = {
        "segments": [(each, describe_segment(each)) for each in list_segments()],
        "form": form,
        "draft": form.draft,
        "problem": refused.non_field_errors(),
        "differences": [_put_in_words(each) for each in refused.differences],
        "seen": form.keep_seen(present),
        "asked": asked,
        "groups": grammar.GROUPS,
        "most_rows": MOST_ROWS,
        "most_blocks": MOST_BLOCKS,
        "lists": lists.list_lists(),
        "tags": list_tags()[:500],
    }
    return render(request, "pages/segments.html", context, status=refused.status)


def _put_in_words(difference: Difference) -> Difference:
    """A difference between definitions as people read it."""
    if difference.name != "definition":
        return difference
    texts = (difference.seen, difference.present, difference.yours)
    seen, present, yours = (describe_definition(json.loads(text)) if text else "" for text in texts)
    return replace(difference, seen=seen, present=present, yours=yours, label="Who is in it")


def _op_label(op: str) -> str:
    return grammar.OPERATOR_WORDS[op].rstrip(":")
