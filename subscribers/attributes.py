"""What the newsroom knows of a subscriber beyond the name: attributes, tags and the tier."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from subscribers import models, subscriber_lookup
from subscribers.imports.attribute_values import LONGEST_TAG, convert_to_kind, to_attribute_slug
from subscribers.states import AttributeKind, Tier
from subscribers.values import Attribute


def list_attributes() -> tuple[Attribute, ...]:
    """What the newsroom knows of people beyond names, by name."""
    rows = models.Attribute.objects.order_by("name")
    return tuple(Attribute(row.slug, row.name, row.kind, tuple(row.choices)) for row in rows)


def create_attribute(name: str, *, kind: str = AttributeKind.TEXT, choices: Sequence[str] = (), now: datetime) -> Attribute:
    """Makes an attribute. Raises BadInput, Refused when there is one."""
    slug = to_attribute_slug(name)
    if not slug or len(name) > 100:
        raise BadInput("Give the attribute a name of letters, at most 100.", "name")
    if kind not in list(AttributeKind):
        raise BadInput(f"“{kind[:40]}” is no kind. It can be {', '.join(AttributeKind)}.", "kind")
    flat = [choice.strip()[:100] for choice in choices if choice.strip()]
    if (kind == AttributeKind.CHOICE) != bool(flat):
        raise BadInput("A choice needs what can be chosen, and only a choice.", "choices")
    if models.Attribute.objects.filter(slug=slug).exists():
        raise Refused(f"There is an attribute {slug} already.")
    row = models.Attribute.objects.create(slug=slug, name=name.strip(), kind=kind, choices=flat, created_at=now)
    return Attribute(row.slug, row.name, row.kind, tuple(row.choices))


def set_attribute(subscriber_id: int, slug: str, value: str) -> None:
    """Sets an attribute of a person; "" takes it away. Raises BadInput, NotFound, Conflict when they changed meanwhile."""
    attribute = models.Attribute.objects.filter(slug=slug).first()
    if attribute is None:
        raise NotFound(f"There is no attribute {slug[:60]}. See them with: newsletter segments attributes")
    person = models.Subscriber.objects.filter(id=subscriber_id).first()
    if person is None:
        raise NotFound(f"There is no reader {subscriber_id}.")
    changed = {name: each for name, each in person.attributes.items() if name != slug}
    if value.strip():
        try:
            changed[slug] = convert_to_kind(value.strip(), attribute.kind, attribute.choices)
        except ValueError as error:
            raise BadInput(str(error), slug) from None
    if not models.Subscriber.objects.filter(id=subscriber_id, attributes=person.attributes).update(attributes=changed):
        raise Conflict("Somebody else changed this reader meanwhile. Look again.")


def set_tier(subscriber_id: int, tier: str) -> None:
    """Says whether a person reads for free, pays, or is let in. Raises BadInput, NotFound."""
    if tier not in list(Tier):
        raise BadInput(f"“{tier[:40]}” is no tier. It can be {', '.join(Tier)}.", "tier")
    if not models.Subscriber.objects.filter(id=subscriber_id).update(tier=tier):
        raise NotFound(f"There is no reader {subscriber_id}.")


def add_tag(subscriber_id: int, name: str) -> None:
    """Sticks a tag to a person. Raises BadInput, NotFound."""
    flat = " ".join(name.split())
    if not flat or len(flat) > LONGEST_TAG:
        raise BadInput(f"Give a tag of at most {LONGEST_TAG} characters.", "tag")
    subscriber_lookup.get_subscriber(subscriber_id)
    row, _ = models.Tag.objects.get_or_create(name=flat)
    models.SubscriberTag.objects.get_or_create(tag=row, subscriber_id=subscriber_id)


def remove_tag(subscriber_id: int, name: str) -> None:
    """Takes a tag off a person; harmless where it is not."""
    models.SubscriberTag.objects.filter(tag__name=name, subscriber_id=subscriber_id).delete()


def list_tags() -> tuple[str, ...]:
    """All tags, by name."""
    return tuple(models.Tag.objects.order_by("name").values_list("name", flat=True))
