"""SendGrid's own lists of addresses it will not mail: they have what its webhook missed (SendGrid facts 43 and 44)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from newsletter.delivery.providers.base import Event, EventType, ProviderError, RejectReason

PAGE_SIZE = 500  # the most SendGrid gives at a time (fact 43)
MAX_PAGES = 2_000  # of a list: a million addresses; more in one pull would be a fault of theirs or ours
# “blocks” are not among them: SendGrid does not suppress what was turned away for now (fact 44).
LISTS = {
    "bounces": (EventType.BOUNCED, RejectReason.HARD),
    "invalid_emails": (EventType.BOUNCED, RejectReason.HARD),
    "spam_reports": (EventType.COMPLAINED, RejectReason.COMPLAINED),
    "unsubscribes": (EventType.UNSUBSCRIBED, RejectReason.UNSUBSCRIBED),
}


def read_lists(
    fetch_page: Callable[[str, Mapping[str, int]], Any], since: datetime, until: datetime
) -> Iterator[Event]:
    """What came onto the lists between two instants. `fetch_page` asks for a list's page and raises ProviderError."""
    window = {"start_time": int(since.timestamp()), "end_time": int(until.timestamp()), "limit": PAGE_SIZE}
    for name, (event_type, reject_reason) in LISTS.items():
        for page in range(MAX_PAGES):
            entries = fetch_page(name, {**window, "offset": page * PAGE_SIZE})
            if not isinstance(entries, list):
                raise ProviderError(f"SendGrid’s list of {name} cannot be read.")
            yield from (_to_event(each, event_type, reject_reason) for each in entries if _is_valid(each))
            if len(entries) < PAGE_SIZE:
                break


def _is_valid(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("email"), str) and isinstance(entry.get("created"), int)


def _to_event(entry: Mapping[str, Any], event_type: EventType, reject_reason: RejectReason) -> Event:
    reason = str(entry.get("reason") or "on SendGrid’s list")[:500]
    return Event("", event_type, entry["created"], entry["email"][:320], reject_reason=reject_reason, reason=reason)
