"""Segments by name: creating, changing, counting, dropping."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.changes import select_changes
from newsletter.kernel.errors import BadInput, Conflict, Difference, Refused
from newsletter.kernel.slugs import check_slug
from newsletter.kernel.text import clean_name
from subscribers import models
from subscribers.segments import grammar, sql
from subscribers.sql_fragments import SqlFragment
from subscribers.values import Segment, SegmentCount


def create_segment(slug: str, name: str, definition: Any, *, by: Actor, now: datetime) -> Segment:
    """Creates a segment. Raises NotAllowed, BadInput, Refused when the slug is taken."""
    require_right(by, Verb.SUBSCRIBERS)
    check_slug(slug)
    if models.Segment.objects.filter(slug=slug).exists():
        raise Refused(f"There is a segment {slug} already.")
    group = _parse_checked(definition, now)
    with transaction.atomic():
        row = models.Segment.objects.create(
            slug=slug,
            name=_check_name(name),
            definition=grammar.to_document(group),
            created_at=now,
            changed_at=now,
            changed_by=by.name[:254],
        )
        by.record(ActionRecord("made segment", slug, now, after=_describe(row)))
    return _to_segment(row)


def change_segment(
    slug: str, *, name: str, definition: Any, seen: Mapping[str, str] | None, by: Actor, now: datetime
) -> Segment:
    """Changes a segment, for all who use it from now on. `seen` is what the actor saw (`describe_segment`).

    Raises NotAllowed, NotFound, BadInput, Conflict.
    """
    require_right(by, Verb.SUBSCRIBERS)
    group = _parse_checked(definition, now)
    document = grammar.to_document(group)
    given = {"name": _check_name(name), "definition": _to_text(document)}
    with transaction.atomic():
        row = sql.get_segment_row(slug)
        row = models.Segment.objects.select_for_update().get(id=row.id)
        present = _describe(row)
        wanted = select_changes(present, given, seen, labels={"name": "Name", "definition": "Who is in it"})
        if wanted:
            models.Segment.objects.filter(id=row.id).update(
                name=wanted.get("name", row.name),
                definition=document if "definition" in wanted else row.definition,
                changed_at=now,
                changed_by=by.name[:254],
            )
            before = {field: present[field] for field in wanted}
            by.record(ActionRecord("changed segment", slug, now, before=before, after=wanted))
    return get_segment(slug)


def drop_segment(slug: str, *, seen: Mapping[str, str] | None, by: Actor, now: datetime) -> None:
    """Deletes a segment. `seen` is what the actor saw (`describe_segment`). Raises NotAllowed, NotFound, Conflict."""
    require_right(by, Verb.SUBSCRIBERS)
    with transaction.atomic():
        row = sql.get_segment_row(slug)
        present = _describe(row)
        if seen is not None and {**seen} != present:
            raise Conflict(
                f"Somebody changed {row.name} since you opened it. Look at it again before you delete it.",
                [
                    Difference(field, seen.get(field, ""), value)
                    for field, value in present.items()
                    if seen.get(field) != value
                ],
            )
        row.delete()
        by.record(ActionRecord("dropped segment", slug, now, before=present))


def describe_segment(segment: Segment) -> dict[str, str]:
    """The name and the definition of a segment as `change_segment` compares them."""
    return {"name": segment.name, "definition": _to_text(segment.definition)}


def describe_definition(definition: Any) -> str:
    """A definition in words; why not, where it is not one."""
    try:
        return grammar.describe_group(grammar.parse_definition(definition, _attribute_kinds()))
    except BadInput as error:
        return str(error)


def _describe(row: models.Segment) -> dict[str, str]:
    return {"name": row.name, "definition": _to_text(row.definition)}


def _to_text(definition: Any) -> str:
    return json.dumps(definition, ensure_ascii=False, sort_keys=True)


def get_segment(slug: str) -> Segment:
    """A segment by its slug. Raises NotFound."""
    return _to_segment(sql.get_segment_row(slug))


def list_segments() -> tuple[Segment, ...]:
    """All segments, by name."""
    return tuple(_to_segment(row) for row in models.Segment.objects.order_by("name"))


def list_segments_of_list(slug: str) -> tuple[Segment, ...]:
    """The segments with a condition about a list, by name."""
    kinds, found = _attribute_kinds(), list[Segment]()
    for each in list_segments():
        try:
            conditions = grammar.list_conditions(grammar.parse_definition(each.definition, kinds))
        except BadInput:  # what cannot be read names no list
            continue
        named = {each.value if each.about == "list" else each.list for each in conditions}
        found += [each] if slug in named else []
    return tuple(found)


def count_segment(definition: Any, *, now: datetime, list_id: int | None = None) -> SegmentCount:
    """How many subscribers a definition has now. Raises BadInput."""
    group = grammar.parse_definition(definition, _attribute_kinds())
    asked = {each.list for each in grammar.list_conditions(group) if each.about in ("opened", "clicked")}
    as_of = (
        models.List.objects.filter(slug__in=asked)
        .order_by("engagement_as_of")
        .values_list("engagement_as_of", flat=True)
    )
    return SegmentCount(
        sql.count_members(group, now, list_id=list_id),
        grammar.describe_group(group),
        as_of.first() if asked else None,
    )


def list_segment_members(slug: str, *, now: datetime, list_id: int | None = None) -> Iterator[int]:
    """The ids of a segment's members, ascending. Raises NotFound, BadInput."""
    return sql.select_members(_load_group(slug), now, list_id=list_id)


def filter_members(slug: str, ids: Sequence[int], *, now: datetime) -> frozenset[int]:
    """Which of these subscribers are in a segment. Raises NotFound, BadInput."""
    return sql.select_among(_load_group(slug), now, ids)


def build_filter(slug: str, *, now: datetime) -> SqlFragment:
    """What a segment asks of a person `p`, for a query of another module. Raises NotFound, BadInput."""
    return sql.build_where(_load_group(slug), now)


def filter_matching(definition: Any, ids: Sequence[int], *, now: datetime) -> frozenset[int]:
    """Which of these subscribers match a definition. Raises BadInput."""
    return sql.select_among(grammar.parse_definition(definition, _attribute_kinds()), now, ids)


def _load_group(slug: str) -> grammar.Group:
    return grammar.parse_definition(sql.get_segment_row(slug).definition, _attribute_kinds())


def _parse_checked(definition: Any, now: datetime) -> grammar.Group:
    group = grammar.parse_definition(definition, _attribute_kinds())
    sql.build_where(group, now)  # a list that does not exist is refused at once
    return group


def _check_name(name: str) -> str:
    flat = clean_name(name)
    if not flat or len(flat) > 120:
        raise BadInput("Give the segment a name of at most 120 characters.", "name")
    return flat


def _to_segment(row: models.Segment) -> Segment:
    words = describe_definition(row.definition)
    return Segment(row.id, row.slug, row.name, row.definition, words, row.changed_at, row.changed_by)


def _attribute_kinds() -> dict[str, str]:
    return dict(models.Attribute.objects.values_list("slug", "kind"))
