"""Segments on the desk: conditions in rows, counted while they are written, named, and used again."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, NewsletterError
from newsletter.web.access import by, desk, note
from subscribers import reads, segments, service

ROWS = 6


@desk("readers", methods=("GET", "POST"), house=True)
def index(request: HttpRequest) -> HttpResponse:
    """The segments there are, and the rows to write one in. POST counts (by htmx) or keeps it."""
    if request.method != "POST":
        return render(request, "pages/segments.html", _context(request))
    counting = bool(request.headers.get("HX-Request"))
    try:
        definition = _definition(request)
        if counting:
            return render(
                request, "fragments/segment_count.html", {"found": service.count_segment(definition, now=clock.now())}
            )
        if request.POST.get("do") == "drop":
            service.drop_segment(request.POST.get("slug", ""))
            note(request, "dropped segment", request.POST.get("slug", "")[:60])
        else:
            name = request.POST.get("name", "").strip()
            slug = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:59]
            made = service.create_segment(slug, name, definition, by=by(request), now=clock.now())
            note(request, "made segment", made.slug)
            messages.success(request, f"{made.name} is kept: {made.words}.")
    except NewsletterError as error:
        if counting:
            return render(request, "fragments/segment_count.html", {"error": str(error)})
        return render(request, "pages/segments.html", _context(request) | {"error": str(error)}, status=422)
    return redirect("segments")


def _definition(request: HttpRequest) -> dict[str, Any]:
    """What the rows of the form say: “about op” in one choice, the value, and a list where it is needed."""
    kinds = {each.slug: each.kind for each in service.attributes()}
    parts = []
    for row in range(ROWS):
        about, _, op = request.POST.get(f"asked-{row}", "").partition(" ")
        if not about:
            continue
        needs = segments.ops_of(about, kinds).get(op, "")
        condition: dict[str, Any] = {"about": about, "op": op}
        if needs:
            condition["value"] = request.POST.get(f"value-{row}", "")
        if about in segments.OF_A_LIST:
            condition["list"] = request.POST.get(f"list-{row}", "")
        parts.append(condition)
    group = request.POST.get("group", "all")
    if group not in segments.GROUPS:
        raise BadInput("Conditions are joined by all, any or none.", "group")
    return {group: parts}


def _context(request: HttpRequest) -> dict[str, Any]:
    asked = [(about.capitalize(), [(f"{about} {op}", _said(op)) for op in ops]) for about, ops in segments.OPS.items()]
    asked += [
        (each.name, [(f"attribute:{each.slug} {op}", _said(op)) for op in segments.ATTRIBUTE_OPS[each.kind]])
        for each in service.attributes()
    ]
    typed = [
        {
            "asked": request.POST.get(f"asked-{n}", ""),
            "value": request.POST.get(f"value-{n}", ""),
            "list": request.POST.get(f"list-{n}", ""),
        }
        for n in range(ROWS)
    ]
    return {
        "segments": service.all_segments(),
        "asked": asked,
        "rows": typed,
        "groups": segments.GROUPS,
        "group": request.POST.get("group", "all"),
        "name": request.POST.get("name", ""),
        "lists": reads.lists(),
        "tags": service.tags()[:500],
    }


def _said(op: str) -> str:
    return segments.SAID[op].rstrip(":")
