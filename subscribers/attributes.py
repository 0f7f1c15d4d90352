"""What the newsroom knows of a subscriber beyond the name: attributes, tags and the tier."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, TypedDict, Unpack

from django.db import connection, transaction

from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.changes import select_changes
from newsletter.kernel.errors import BadInput, NotFound, Refused
from subscribers import models, rights, tiers
from subscribers.imports.attribute_values import LONGEST_TAG, convert_to_kind, to_attribute_slug
from subscribers.states import AttributeKind, Tier
from subscribers.values import Attribute, Subscriber


def list_attributes() -> tuple[Attribute, ...]:
    """What the newsroom knows of people beyond names, by name."""
    rows = models.Attribute.objects.order_by("name")
    return tuple(Attribute(row.slug, row.name, row.kind, tuple(row.choices)) for row in rows)


def create_attribute(
    name: str, *, kind: str = AttributeKind.TEXT, choices: Sequence[str] = (), by: Actor, now: datetime
) -> Attribute:
    """Makes an attribute. Raises NotAllowed, BadInput, Refused when there is one."""
    require_right(by, Verb.SUBSCRIBERS)
    slug = to_attribute_slug(name)
    if not slug or len(name) > 100:
        raise BadInput("Give the attribute a name of letters, at most 100.", "name")
    if kind not in list(AttributeKind):
        raise BadInput(f"“{kind[:40]}” is not a kind. It can be {', '.join(AttributeKind)}.", "kind")
    flat = [choice.strip()[:100] for choice in choices if choice.strip()]
    if (kind == AttributeKind.CHOICE) != bool(flat):
        raise BadInput("A choice needs what can be chosen, and only a choice.", "choices")
    if models.Attribute.objects.filter(slug=slug).exists():
        raise Refused(f"There is an attribute {slug} already.")
    with transaction.atomic():
        row = models.Attribute.objects.create(slug=slug, name=name.strip(), kind=kind, choices=flat, created_at=now)
        by.record(ActionRecord("made attribute", slug, now, after={"kind": str(kind)}))
    return Attribute(row.slug, row.name, row.kind, tuple(row.choices))


LONGEST_NAME = 100
_NAMES: tuple[Literal["first_name"], Literal["last_name"]] = ("first_name", "last_name")
# One key is changed where it is stored: what others set at the same moment stays, however the database writes its JSON.
_SET = {
    "sqlite": "UPDATE subscribers_subscriber SET attributes = json_set(attributes, %s, json(%s)) WHERE id = %s",
    "postgresql": """
        UPDATE subscribers_subscriber SET attributes = attributes || jsonb_build_object(%s::text, %s::jsonb)
         WHERE id = %s
    """,
}
_REMOVE = {
    "sqlite": "UPDATE subscribers_subscriber SET attributes = json_remove(attributes, %s) WHERE id = %s",
    "postgresql": "UPDATE subscribers_subscriber SET attributes = attributes - %s::text WHERE id = %s",
}


class ProfileChanges(TypedDict, total=False):
    """What can be changed of what is known of a person."""

    first_name: str
    last_name: str
    tier: str
    tier_until: str  # as tiers.parse_end reads it, "" for good; without it a new tier is for good
    attributes: Mapping[str, str]  # by slug; "" removes the value
    add_tags: Sequence[str]
    remove_tags: Sequence[str]


def change_profile(
    subscriber_id: int, *, seen: Mapping[str, str] | None, by: Actor, now: datetime, **changes: Unpack[ProfileChanges]
) -> None:
    """Changes a person's name, tier, attributes and tags, as far as they are given.

    `seen` is what the actor saw of them (`describe_profile`). Raises NotAllowed, NotFound, BadInput, Conflict.
    """
    rights.require_person(by, subscriber_id)
    with transaction.atomic():
        person = models.Subscriber.objects.select_for_update().filter(id=subscriber_id).first()
        if person is None:
            raise NotFound(f"There is no subscriber {subscriber_id}.")
        kinds = {row.slug: row for row in models.Attribute.objects.filter(slug__in=changes.get("attributes", {}))}
        converted = {
            slug: _convert(slug, value, kinds.get(slug)) for slug, value in changes.get("attributes", {}).items()
        }
        given = {f"attribute_{slug}": _to_text(value) for slug, value in converted.items()}
        given |= {name: _check_name(name, changes.get(name, "")) for name in _NAMES if name in changes}
        if "tier" in changes:
            given["tier"] = tiers.to_name(tiers.to_code(changes["tier"]))
        if "tier_until" in changes:
            given["tier_until"] = tiers.format_end(tiers.parse_end(changes["tier_until"]))
        present = dict.fromkeys(given, "") | _describe(person, now)
        wanted = select_changes(present, given, seen, labels=_label_attributes(kinds.values()))
        if names := {name: wanted[name] for name in _NAMES if name in wanted}:
            models.Subscriber.objects.filter(id=person.id).update(**names)
        for slug, value in converted.items():
            if f"attribute_{slug}" in wanted:
                _write_attribute(person.id, slug, value)
        if "tier" in wanted or "tier_until" in wanted:
            code = tiers.to_code(wanted.get("tier", present["tier"]))
            until = given.get("tier_until", "") if "tier" in wanted else wanted["tier_until"]
            ends_at = None if code == Tier.FREE else tiers.parse_end(until)
            tiers.check_end(code, ends_at, now)
            tiers.write_change(person, code, ends_at, how="desk", actor=by.name, now=now)
        tags = _change_tags(person, changes.get("add_tags", ()), changes.get("remove_tags", ()))
        if wanted or tags[0] != tags[1]:
            before = {name: present[name] for name in wanted}
            by.record(
                ActionRecord(
                    "changed reader",
                    f"reader {person.id}",
                    now,
                    subscriber_id=person.id,
                    list_ids=rights.find_list_ids(person.id),
                    personal_before=before | ({"tags": tags[0]} if tags[0] != tags[1] else {}),
                    personal_after=wanted | ({"tags": tags[1]} if tags[0] != tags[1] else {}),
                )
            )


def describe_profile(person: Subscriber) -> dict[str, str]:
    """The name, the tier and the attributes of a person as `change_profile` compares them."""
    known = {f"attribute_{slug}": _to_text(value) for slug, value in person.attributes.items()}
    names = {"first_name": person.first_name, "last_name": person.last_name}
    return names | {"tier": person.tier, "tier_until": tiers.format_end(person.tier_ends_at)} | known


def _describe(person: models.Subscriber, now: datetime) -> dict[str, str]:
    tier = tiers.to_name(tiers.get_present(person.tier, person.tier_ends_at, now))
    over = person.tier_ends_at is not None and person.tier_ends_at <= now
    names = {"first_name": person.first_name, "last_name": person.last_name}
    return (
        names
        | {"tier": tier, "tier_until": tiers.format_end(None if over else person.tier_ends_at)}
        | {f"attribute_{slug}": _to_text(value) for slug, value in person.attributes.items()}
    )


def _label_attributes(rows: Iterable[models.Attribute]) -> dict[str, str]:
    names = {"first_name": "First name", "last_name": "Last name"}
    return names | {"tier": "Tier", "tier_until": "Tier until"} | {f"attribute_{row.slug}": row.name for row in rows}


def _check_name(field: str, text: str) -> str:
    name = " ".join(text.split())
    if len(name) > LONGEST_NAME:
        raise BadInput(f"A name can have {LONGEST_NAME} characters; this has {len(name)}. Shorten it.", field)
    return name


def _to_text(value: object) -> str:
    return "" if value is None else str(value)


def _convert(slug: str, value: str, attribute: models.Attribute | None) -> str | int | float | None:
    """A value as its attribute keeps it; None removes it. Raises BadInput, NotFound."""
    if attribute is None:
        raise NotFound(
            f"There is no attribute {slug[:60]}.", command_hint="See them with: newsletter segments attributes"
        )
    if not value.strip():
        return None
    try:
        converted: str | int | float = convert_to_kind(value.strip(), attribute.kind, attribute.choices)
    except ValueError as error:
        raise BadInput(str(error), slug) from None
    return converted


def _write_attribute(subscriber_id: int, slug: str, value: str | int | float | None) -> None:
    key = f'$."{slug}"' if connection.vendor == "sqlite" else slug
    with connection.cursor() as cursor:
        if value is None:
            cursor.execute(_REMOVE[connection.vendor], [key, subscriber_id])
        else:
            cursor.execute(_SET[connection.vendor], [key, json.dumps(value), subscriber_id])


def _change_tags(
    person: models.Subscriber, add: Sequence[str], remove: Sequence[str]
) -> tuple[Sequence[str], Sequence[str]]:
    """Adds tags and takes some off; all tags before and after."""
    wanted = [" ".join(name.split()) for name in add]
    if any(not name or len(name) > LONGEST_TAG for name in wanted):
        raise BadInput(f"Give a tag of at most {LONGEST_TAG} characters.", "tag")
    before = sorted(person.tagged.values_list("tag__name", flat=True))
    for name in wanted:
        row, _ = models.Tag.objects.get_or_create(name=name)
        models.SubscriberTag.objects.get_or_create(tag=row, subscriber=person)
    models.SubscriberTag.objects.filter(tag__name__in=remove, subscriber=person).delete()
    return before, sorted(person.tagged.values_list("tag__name", flat=True))


def list_tags() -> tuple[str, ...]:
    """All tags, by name."""
    return tuple(models.Tag.objects.order_by("name").values_list("name", flat=True))
