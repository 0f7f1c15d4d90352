"""All data of one person, to hand out to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from newsletter.kernel.actors import ActionRecord, Actor, Verb
from newsletter.kernel.numbers import parse_whole_number
from subscribers import hooks, models, rights, subscriber_lookup, tiers
from subscribers.consent import texts
from subscribers.tokens import Claims

HANDED_OUT = "handed out a reader's data"  # the action in the audit log


def collect_personal_data(subscriber_id: int, *, by: Actor, now: datetime) -> dict[str, Any]:
    """All that is known of a person who asked for it, here and in other packages, as plain values for JSON.

    But not which lists, of those that `by` may not see, have asked them to confirm: their own link tells them.
    Raises NotAllowed, NotFound.
    """
    rights.require_person(by, subscriber_id)
    document = _collect(subscriber_id, now, visible=by.list_visible_lists(Verb.SUBSCRIBERS))
    list_ids = rights.find_list_ids(subscriber_id)
    by.record(ActionRecord(HANDED_OUT, f"reader {subscriber_id}", now, list_ids=list_ids))
    return document


def collect_own_data(claims: Claims, *, now: datetime) -> dict[str, Any]:
    """The same for the person whose own link asks for it. Raises NotFound."""
    return _collect(claims.subscriber_id, now, visible=None)


def _collect(subscriber_id: int, now: datetime, *, visible: Collection[int] | None) -> dict[str, Any]:
    def is_shown(list_id: int | None) -> bool:
        return visible is None or not list_id or list_id in visible

    document = asdict(tiers.settle(subscriber_lookup.get_subscriber(subscriber_id), now))
    document["tier_changes"] = [asdict(each) for each in tiers.list_tier_changes(subscriber_id)]
    document["subscriptions"] = [each for each in document["subscriptions"] if is_shown(each["list_id"])]
    document["consents"] = [
        asdict(each) for each in subscriber_lookup.list_consent_events(subscriber_id) if is_shown(each.list_id)
    ]  # all of them, not only those a page shows
    shown = {each[name] for each in document["consents"] for name in ("form_hash", "notice_hash", "mail_hash")}
    document["texts"] = {digest: text.text for digest, text in texts.get_texts(shown).items()}
    document["mails_we_owed"] = [
        {"kind": row.kind, "state": row.state, "at": row.created_at}
        for row in models.TransactionalMail.objects.filter(subscriber_id=subscriber_id).order_by("id")
        if is_shown(row.list_id)
    ]
    document["sign_up_attempts"] = [
        {"at": row.at, "from": row.origin, "network": row.network, "verdict": row.verdict}
        for row in models.SignupAttempt.objects.filter(address__iexact=document["address"]).order_by("id")
        if any(is_shown(list_id) for list_id in map(parse_whole_number, row.lists.split(",")) if list_id is not None)
    ]
    document["other_rooms"] = hooks.collect_external_data(subscriber_id)
    document["as_of"] = now
    return {name: _to_json_document(value) for name, value in document.items()}


def _to_json_document(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(name): _to_json_document(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json_document(each) for each in value]
    return value
