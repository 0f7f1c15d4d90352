"""Segments on the desk: blocks of conditions, counted while they are written, named, changed, and used again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, Conflict, Difference, NewsletterError
from newsletter.kernel.numbers import parse_whole_number
from newsletter.web.access import desk_view, get_actor
from newsletter.web.fields import get_form_status, read_seen
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

FIRST_ROWS, MOST_ROWS, MOST_BLOCKS = 3, 12, 6


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """A condition as the form has it: “about op” in one choice, the value, and a list where it is needed."""

    asked: str = ""
    value: str = ""
    list: str = ""


@dataclass(frozen=True, slots=True)
class ConditionBlock:
    """Some conditions, of which all, any or none hold."""

    kind: str
    rows: tuple[ConditionRow, ...]


@dataclass(frozen=True, slots=True)
class SegmentForm:
    """The form of a segment: blocks of conditions, of which all, any or none must hold. `slug`: the one to change."""

    group: str = "all"
    blocks: tuple[ConditionBlock, ...] = (ConditionBlock("all", (ConditionRow(),) * FIRST_ROWS),)
    name: str = ""
    slug: str = ""

    @property
    def is_grouped(self) -> bool:
        """Whether it matters how the blocks are joined."""
        return len(self.blocks) > 1 or self.group == "none"


@desk_view(Verb.SUBSCRIBERS, methods=("GET", "POST"), newsroom_wide=True)
def show_segments(request: HttpRequest) -> HttpResponse:
    """The segments, and the form for a new one. POST counts (by htmx), adds a row or a block, or saves."""
    if request.method != "POST":
        return _render_page(request, SegmentForm())
    form, do = _read_form(request), request.POST.get("do", "")
    if do.startswith("more"):
        return _render_page(request, _extend_form(form, do), seen=read_seen(request.POST))
    counting = bool(request.headers.get("HX-Request"))
    try:
        if counting:
            found = count_segment(to_definition(form, _attribute_kinds()), now=clock.now())
            return render(request, "fragments/segment_count.html", {"found": found})
        if do == "drop":
            drop_segment(form.slug, seen=read_seen(request.POST), by=get_actor(request), now=clock.now())
        else:
            _save_segment(request, form)
    except NewsletterError as error:
        if counting:
            return render(request, "fragments/segment_count.html", {"error": str(error)})
        if do == "drop":
            return _render_page(request, SegmentForm(), problem=error)
        return _render_page(request, form, problem=error, seen=read_seen(request.POST))
    return redirect("desk:segments")


@desk_view(Verb.SUBSCRIBERS, newsroom_wide=True)
def show_segment(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of a segment; one nested deeper than the form can show is given as text only."""
    segment = get_segment(slug)
    form = to_form(segment.definition)
    if form is None:
        messages.error(
            request,
            f"{segment.name} is nested deeper than this page can show. "
            f"Change it with: newsletter segments change {slug}",
        )
        return redirect("desk:segments")
    return _render_page(request, replace(form, name=segment.name, slug=segment.slug))


def _save_segment(request: HttpRequest, form: SegmentForm) -> None:
    definition, now = to_definition(form, _attribute_kinds()), clock.now()
    if form.slug:
        segment = change_segment(
            form.slug,
            name=form.name,
            definition=definition,
            seen=read_seen(request.POST),
            by=get_actor(request),
            now=now,
        )
    else:
        slug = re.sub(r"[^a-z0-9]+", "-", form.name.casefold()).strip("-")[:59]
        segment = create_segment(slug, form.name, definition, by=get_actor(request), now=now)
    messages.success(request, f"{segment.name} is saved: {segment.words}.")


def _attribute_kinds() -> dict[str, str]:
    return {each.slug: each.kind for each in list_attributes()}


def _read_form(request: HttpRequest) -> SegmentForm:
    blocks = []
    for n in range(MOST_BLOCKS):
        if f"kind-{n}" not in request.POST:
            break
        rows = []
        for m in range(MOST_ROWS):
            if f"asked-{n}-{m}" not in request.POST:
                break
            rows.append(ConditionRow(*(request.POST.get(f"{name}-{n}-{m}", "") for name in ("asked", "value", "list"))))
        blocks.append(ConditionBlock(request.POST[f"kind-{n}"], tuple(rows)))
    group, slug = request.POST.get("group", "all"), request.POST.get("slug", "")[:60]
    return SegmentForm(group, tuple(blocks) or SegmentForm().blocks, request.POST.get("name", "").strip(), slug)


def _extend_form(form: SegmentForm, do: str) -> SegmentForm:
    """The form with one more row in the block “more-N”, or with one more block."""
    place = parse_whole_number(do.removeprefix("more-"))
    blocks = list(form.blocks)
    if place is not None and place < len(blocks):
        old = blocks[place]
        blocks[place] = ConditionBlock(old.kind, (*old.rows, ConditionRow())[:MOST_ROWS])
    elif len(blocks) < MOST_BLOCKS:
        blocks.append(ConditionBlock("any", (ConditionRow(),) * FIRST_ROWS))
    return replace(form, blocks=tuple(blocks))


def to_definition(form: SegmentForm, kinds: Mapping[str, str]) -> dict[str, Any]:
    """What the form says, as a definition; `kinds` are those of the attributes there are. Raises BadInput."""
    parts = []
    for block in form.blocks:
        conditions = [_to_condition(row, kinds) for row in block.rows if row.asked]
        if conditions:
            parts.append({_check_group_kind(block.kind): conditions})
    group = _check_group_kind(form.group)
    return parts[0] if len(parts) == 1 and group != "none" else {group: parts}


def _to_condition(row: ConditionRow, kinds: Mapping[str, str]) -> dict[str, Any]:
    about, _, op = row.asked.partition(" ")
    condition: dict[str, Any] = {"about": about, "op": op}
    if grammar.get_ops(about, kinds).get(op):
        condition["value"] = row.value
    if about in grammar.PER_LIST_SUBJECTS:
        condition["list"] = row.list
    return condition


def _check_group_kind(kind: str) -> str:
    if kind not in grammar.GROUPS:
        raise BadInput("Conditions are joined by all, any or none.", "group")
    return kind


def to_form(definition: Any) -> SegmentForm | None:
    """The form that says a definition; None where it is nested too deep, or too long."""
    group = next(iter(definition))
    parts = definition[group]
    plain = [part for part in parts if "about" in part]
    nested = [part for part in parts if "about" not in part]
    if not nested:
        found = SegmentForm(blocks=(_to_block(group, plain),))
    else:
        # None of some conditions and blocks: none of any of these conditions, and none of the blocks.
        first = (_to_block("all" if group == "all" else "any", plain),) if plain else ()
        if any("about" not in each for part in nested for each in next(iter(part.values()))):
            return None
        found = SegmentForm(
            group, (*first, *(_to_block(next(iter(part)), next(iter(part.values()))) for part in nested))
        )
    fits = len(found.blocks) <= MOST_BLOCKS and all(len(block.rows) <= MOST_ROWS for block in found.blocks)
    return found if fits else None


def _to_block(kind: str, conditions: list[dict[str, Any]]) -> ConditionBlock:
    rows = [
        ConditionRow(f"{each['about']} {each['op']}", _format_value(each.get("value")), each.get("list", ""))
        for each in conditions
    ]
    return ConditionBlock(kind, (*rows, ConditionRow()) if len(rows) < MOST_ROWS else tuple(rows))


def _format_value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _render_page(
    request: HttpRequest,
    form: SegmentForm,
    *,
    problem: NewsletterError | None = None,
    seen: Mapping[str, str] = MappingProxyType({}),
) -> HttpResponse:
    """The page; `seen` is what the form's segment was when the form was filled, unless it is refused for that."""
    if form.slug and (not seen or isinstance(problem, Conflict)):
        seen = describe_segment(get_segment(form.slug))
    asked = [
        (about.capitalize(), [(f"{about} {op}", _op_label(op)) for op in ops]) for about, ops in grammar.OPS.items()
    ]
    asked += [
        (each.name, [(f"attribute:{each.slug} {op}", _op_label(op)) for op in grammar.ATTRIBUTE_OPS[each.kind]])
        for each in list_attributes()
    ]
    context = {
        "segments": [(each, describe_segment(each)) for each in list_segments()],
        "form": form,
        "error": str(problem or ""),
        "differences": [_put_in_words(each) for each in getattr(problem, "differences", ())],
        "seen": seen,
        "asked": asked,
        "groups": grammar.GROUPS,
        "most_rows": MOST_ROWS,
        "most_blocks": MOST_BLOCKS,
        "lists": lists.list_lists(),
        "tags": list_tags()[:500],
    }
    return render(request, "pages/segments.html", context, status=get_form_status(problem))


def _put_in_words(difference: Difference) -> Difference:
    """A difference between definitions as people read it."""
    if difference.name != "definition":
        return difference
    texts = (difference.seen, difference.present, difference.yours)
    seen, present, yours = (describe_definition(json.loads(text)) if text else "" for text in texts)
    return replace(difference, seen=seen, present=present, yours=yours, label="Who is in it")


def _op_label(op: str) -> str:
    return grammar.OPERATOR_WORDS[op].rstrip(":")
