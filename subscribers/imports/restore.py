"""Restores our own export format (export.py): exactly where nothing is, elsewhere as far as the policy allows.

Who is here already stays as they are, but for opt-outs: those are taken over, and nothing brings anybody back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.dateparse import parse_date, parse_datetime

from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput
from subscribers import addresses, models
from subscribers.bulk_writing import WritePacer
from subscribers.consent import erased_addresses, texts
from subscribers.consent.subscriptions import apply_act, find_by_former_address
from subscribers.imports.export import (
    ATTRIBUTE_FIELDS,
    CONSENT_FIELDS,
    CONSENT_HASHES,
    ENGAGEMENT_FIELDS,
    FORMER_ADDRESS_FIELDS,
    LIST_FIELDS,
    OWN_TIER_FIELDS,
    SUBSCRIBER_FIELDS,
    SUBSCRIPTION_FIELDS,
    TIER_CHANGE_FIELDS,
    VERSION,
)
from subscribers.lists import to_list
from subscribers.states import SubscriptionAct, SubscriptionState
from subscribers.values import BadRow

LONGEST_LINE = 4 * 2**20
MOST_BAD = 1000
_ACTS = {
    SubscriptionState.UNSUBSCRIBED: SubscriptionAct.IMPORT_UNSUBSCRIBED,
    SubscriptionState.BOUNCED: SubscriptionAct.IMPORT_BOUNCED,
    SubscriptionState.COMPLAINED: SubscriptionAct.COMPLAIN,
}
_TIMES = frozenset(
    {
        "since",
        "until",
        "created_at",
        "confirmed_at",
        "removed_at",
        "asked_at",
        "at",
        "claimed_at",
        "last_opened_at",
        "last_clicked_at",
        "as_of",
        "expires_at",
        "first_used_at",
        "tracking_agreed_at",
        "tier_ends_at",
        "ends_at",
        "before_ends_at",
        "engagement_as_of",
    }
)
_NEW_FIELDS = frozenset(
    {*CONSENT_HASHES, "privacy_notice", "removed_at", "tracking", "tracking_agreed_at", "tier_ends_at"}
)  # an export of a version before does not have them


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What came of it: people new, and people who were here already; lists, attributes and suppressions new."""

    people: int
    already_here: int
    lists: int
    attributes: int
    suppressions: int
    refused: int
    bad: tuple[BadRow, ...]


def restore_export(
    stream: BinaryIO, *, name: str, by: Actor, now: datetime, progress: Callable[[int], object] | None = None
) -> RestoreReport:
    """Restores an export of ours. A bad line is reported, the others are kept. `name` is that of the file.

    Raises NotAllowed, BadInput for another file.
    """
    require_right(by, Verb.SUBSCRIBERS)
    require_right(by, Verb.CONFIGURE)
    counts = dict.fromkeys(("people", "already_here", "lists", "attributes", "suppressions", "refused"), 0)
    bad: list[BadRow] = []
    lines = enumerate(_read_lines(stream), 1)
    _, first = next(lines, (0, b""))
    if not isinstance(_parse_line(first), dict) or _parse_line(first).get("newsletter_readers") != VERSION:
        raise BadInput(f"This is not our export: its first line is not {{“newsletter_readers”: {VERSION}}}.", "file")
    lists = {row.slug: row for row in models.List.objects.all()}
    pacer = WritePacer()
    while portion := pacer.take(lines):
        with pacer.transaction(len(portion)):
            if first:
                by.record(ActionRecord("restored readers", name, now))
                first = b""
            for number, line in portion:
                try:
                    with transaction.atomic():
                        kind = _restore_line(_parse_line(line), lists, by.name, now)
                    if kind:
                        counts[kind] += 1
                except (
                    BadInput,
                    KeyError,
                    TypeError,
                    ValueError,
                    AttributeError,
                    ValidationError,
                    IntegrityError,
                ) as error:
                    counts["refused"] += 1
                    if len(bad) < MOST_BAD:
                        bad.append(BadRow(number, "line", line[:60].decode("utf-8", "replace"), _explain_error(error)))
        if progress:
            progress(len(portion))
    return RestoreReport(**counts, bad=tuple(bad))


def _read_lines(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    while line := stream.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise BadInput(f"A line is longer than {LONGEST_LINE // 2**20} MB, so this is not our export.", "file")
        if line.strip():
            yield line


def _parse_line(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _explain_error(error: Exception) -> str:
    if isinstance(error, BadInput):
        return str(error)
    return (
        f"“{error.args[0]}” is missing."
        if isinstance(error, KeyError)
        else "This line does not belong to our export, or is damaged."
    )


def _restore_line(document: Any, lists: dict[str, models.List], actor: str, now: datetime) -> str:
    """Takes one line; the count it belongs to, "" for what is here already."""
    if "person" in document:
        return _restore_subscriber(document["person"], lists, actor, now)
    if "list" in document:
        made = document["list"]
        if made["slug"] in lists:
            return ""
        lists[made["slug"]] = models.List.objects.create(**_pick_values(made, LIST_FIELDS))
        return "lists"
    if "attribute" in document:
        made = document["attribute"]
        if models.Attribute.objects.filter(slug=made["slug"]).exists():
            return ""
        models.Attribute.objects.create(**_pick_values(made, ATTRIBUTE_FIELDS))
        return "attributes"
    if "tier" in document:
        made = _pick_values(document["tier"], OWN_TIER_FIELDS)
        models.OwnTier.objects.get_or_create(name=made["name"], defaults=made)
        return ""
    if "text" in document:
        texts.keep_text(document["text"]["text"], _convert_value("first_used_at", document["text"]["first_used_at"]))
        return ""
    if "suppression" in document:
        made = _pick_values(document["suppression"], ("address_key", "reason", "source", "created_at", "expires_at"))
        _, new = models.Suppression.objects.get_or_create(address_key=made["address_key"], defaults=made)
        return "suppressions" if new else ""
    raise BadInput("This line holds no person, list, attribute, tier, text or suppression.", "line")


def _restore_subscriber(document: dict[str, Any], lists: dict[str, models.List], actor: str, now: datetime) -> str:
    key = document["address_key"]
    if addresses.to_key(document["address"]) != key:
        raise BadInput("The address and its key do not belong together.", "address")
    here = models.Subscriber.objects.filter(address_key=key).first() or find_by_former_address(document["address"])
    if here is not None:
        return _apply_opt_outs(here, document, lists, actor, now)
    if models.Suppression.objects.filter(address_key=erased_addresses.get_hasher(now).hash_key(key)).exists():
        raise BadInput("This person was erased here, so they are not taken back.", "address")
    person = models.Subscriber.objects.create(**_pick_values(document, SUBSCRIBER_FIELDS))
    for held in document["subscriptions"]:
        row = models.Subscription.objects.create(
            subscriber=person, list=_get_list(lists, held["list"]), **_pick_values(held, SUBSCRIPTION_FIELDS)
        )
        if "engagement" in held:
            models.Engagement.objects.create(subscription=row, **_pick_values(held["engagement"], ENGAGEMENT_FIELDS))
    _create_rows(models.FormerAddress, person, document["former_addresses"], FORMER_ADDRESS_FIELDS)
    _create_rows(models.TierChange, person, document.get("tier_changes", []), TIER_CHANGE_FIELDS)
    models.ConsentEvent.objects.bulk_create(
        models.ConsentEvent(
            subscriber=person,
            list=_get_list(lists, each["list"]) if each["list"] else None,
            **_pick_values(each, CONSENT_FIELDS),
        )
        for each in document["consents"]
    )
    for name in document["tags"]:
        models.SubscriberTag.objects.create(
            subscriber=person, tag=models.Tag.objects.get_or_create(name=str(name)[:60])[0]
        )
    return "people"


def _apply_opt_outs(
    person: models.Subscriber, document: dict[str, Any], lists: dict[str, models.List], actor: str, now: datetime
) -> str:
    for held in document["subscriptions"]:
        target = lists.get(held["list"])
        if target is not None and held["state"] in _ACTS:
            apply_act(
                person,
                to_list(target),
                _ACTS[held["state"]],
                how="import",
                actor=actor,
                origin="our own export",
                now=now,
            )
    return "already_here"


def _get_list(lists: dict[str, models.List], slug: str) -> models.List:
    if slug not in lists:
        raise BadInput(f"There is no list “{slug}”, and the file does not describe it.", "list")
    return lists[slug]


def _create_rows(model: type[Model], person: models.Subscriber, documents: list[Any], names: tuple[str, ...]) -> None:
    for each in documents:
        model._default_manager.create(subscriber=person, **_pick_values(each, names))


def _pick_values(document: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The values of a line, checked for what would break later: times and days are such, states are ours."""
    return {name: _convert_value(name, document[name]) for name in names if name in document or name not in _NEW_FIELDS}


def _convert_value(name: str, value: Any) -> Any:
    if name == "state" and value not in (*SubscriptionState, ""):
        raise BadInput(f"“{value}” is not a state.", "state")
    if value is None or name not in (*_TIMES, "paused_until"):
        return value
    read: datetime | date | None = parse_date(value) if name == "paused_until" else parse_datetime(value)
    if read is None or (isinstance(read, datetime) and read.tzinfo is None):
        raise BadInput(f"“{value}” is not a time with a zone.", name)
    return read
