"""What the newsroom knows of a subscriber beyond the name: attributes, tags and the tier."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from newsletter.kernel.errors import BadInput, NotFound, Refused
from subscribers import models, subscriber_lookup
from subscribers.imports.attribute_values import LONGEST_TAG, convert_to_kind, to_attribute_slug
from subscribers.states import AttributeKind, Tier
from subscribers.values import Attribute


def list_attributes() -> tuple[Attribute, ...]:
    """What the newsroom knows of people beyond names, by name."""
    rows = models.Attribute.objects.order_by("name")
    return tuple(Attribute(row.slug, row.name, row.kind, tuple(row.choices)) for row in rows)


def create_attribute(
    name: str, *, kind: str = AttributeKind.TEXT, choices: Sequence[str] = (), now: datetime
) -> Attribute:
    """Makes an attribute. Raises BadInput, Refused when there is one."""
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
    row = models.Attribute.objects.create(slug=slug, name=name.strip(), kind=kind, choices=flat, created_at=now)
    return Attribute(row.slug, row.name, row.kind, tuple(row.choices))


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


def set_attribute(subscriber_id: int, slug: str, value: str) -> None:
    """Sets an attribute of a subscriber; "" removes it. Raises BadInput, NotFound."""
    attribute = models.Attribute.objects.filter(slug=slug).first()
    if attribute is None:
        raise NotFound(f"There is no attribute {slug[:60]}. See them with: newsletter segments attributes")
    key = f'$."{attribute.slug}"' if connection.vendor == "sqlite" else attribute.slug
    with connection.cursor() as cursor:
        if value.strip():
            try:
                converted = convert_to_kind(value.strip(), attribute.kind, attribute.choices)
            except ValueError as error:
                raise BadInput(str(error), slug) from None
            cursor.execute(_SET[connection.vendor], [key, json.dumps(converted), subscriber_id])
        else:
            cursor.execute(_REMOVE[connection.vendor], [key, subscriber_id])
        if not cursor.rowcount:
            raise NotFound(f"There is no subscriber {subscriber_id}.")


def set_tier(subscriber_id: int, tier: str) -> None:
    """Sets the tier of a subscriber: free, paid or comp. Raises BadInput, NotFound."""
    if tier not in list(Tier):
        raise BadInput(f"“{tier[:40]}” is not a tier. It can be {', '.join(Tier)}.", "tier")
    if not models.Subscriber.objects.filter(id=subscriber_id).update(tier=tier):
        raise NotFound(f"There is no subscriber {subscriber_id}.")


def add_tag(subscriber_id: int, name: str) -> None:
    """Adds a tag to a subscriber. Raises BadInput, NotFound."""
    flat = " ".join(name.split())
    if not flat or len(flat) > LONGEST_TAG:
        raise BadInput(f"Give a tag of at most {LONGEST_TAG} characters.", "tag")
    subscriber_lookup.get_subscriber(subscriber_id)
    row, _ = models.Tag.objects.get_or_create(name=flat)
    models.SubscriberTag.objects.get_or_create(tag=row, subscriber_id=subscriber_id)


def remove_tag(subscriber_id: int, name: str) -> None:
    """Removes a tag from a subscriber who may have it."""
    models.SubscriberTag.objects.filter(tag__name=name, subscriber_id=subscriber_id).delete()


def list_tags() -> tuple[str, ...]:
    """All tags, by name."""
    return tuple(models.Tag.objects.order_by("name").values_list("name", flat=True))
