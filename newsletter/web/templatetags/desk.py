"""Template tags and filters of the desk: icons, states, times with their zone, the proof bar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from newsletter.catalog.states import NewsletterState
from newsletter.curator.articles.states import FetchState
from newsletter.curator.editions.states import EditionState
from newsletter.delivery.ledger.states import ExclusionReason, MailingState, Outcome
from newsletter.kernel import clock
from newsletter.scheduling.states import OccurrenceState
from subscribers.states import ImportState, SubscriptionState

register = template.Library()

# state → (colour, icon, label): a badge always has all three. A value that several things share is here once.
STATES: dict[str, tuple[str, str, str]] = {
    EditionState.DRAFT: ("go", "pen", "Draft"),
    OccurrenceState.OPENED: ("go", "pen", "Draft"),
    EditionState.LOCKED: ("go", "pen", "Locked"),
    EditionState.IN_REVIEW: ("warn", "eye", "In review"),
    EditionState.APPROVED: ("ok", "check", "Approved"),
    EditionState.SENDING: ("go", "plane", "Sending"),
    EditionState.SENT: ("ok", "check", "Sent"),
    EditionState.SKIPPED: ("mute", "skip", "Skipped"),
    EditionState.HELD: ("warn", "pause", "Held"),
    EditionState.MISSED: ("bad", "stop", "Missed"),
    OccurrenceState.PLANNED: ("mute", "clock", "Planned"),
    OccurrenceState.CLAIMED: ("go", "plane", "Sending"),
    MailingState.SCHEDULED: ("mute", "clock", "Scheduled"),
    MailingState.FREEZING: ("go", "plane", "Freezing audience"),
    MailingState.SENDING: ("go", "plane", "Sending"),
    MailingState.FINISHED: ("ok", "check", "Sent"),
    MailingState.PAUSED: ("warn", "pause", "Paused"),
    MailingState.CANCELLED: ("mute", "skip", "Cancelled"),
    Outcome.ACCEPTED.label: ("go", "plane", "Accepted"),
    Outcome.DELIVERED.label: ("ok", "check", "Delivered"),
    Outcome.DEFERRED.label: ("warn", "clock", "Deferred"),
    Outcome.BLOCKED.label: ("warn", "back", "Blocked"),
    Outcome.DROPPED.label: ("bad", "cross", "Dropped"),
    Outcome.REPAIRED.label: ("mute", "skip", "Repaired"),
    Outcome.UNKNOWN.label: ("unk", "unk", "Unknown"),
    Outcome.REFUSED.label: ("bad", "cross", "Refused"),
    Outcome.WITHDRAWN.label: ("mute", "struck", "Withdrawn"),
    SubscriptionState.ACTIVE: ("ok", "check", "Active"),
    SubscriptionState.PENDING: ("mute", "clock", "Pending"),
    SubscriptionState.UNSUBSCRIBED: ("mute", "struck", "Unsubscribed"),
    SubscriptionState.BOUNCED: ("bad", "back", "Bounced"),
    SubscriptionState.COMPLAINED: ("bad", "stop", "Complained"),
    ExclusionReason.SUPPRESSED: ("mute", "struck", "Suppressed"),
    ImportState.CHECKING: ("go", "clock", "Checking"),
    ImportState.NEEDS_ANSWER: ("warn", "warn", "Needs answers"),
    ImportState.READY: ("warn", "eye", "Dry run"),
    ImportState.WAITING: ("mute", "clock", "Waiting"),
    ImportState.RUNNING: ("go", "pen", "Importing"),
    ImportState.DONE: ("ok", "check", "Done"),
    ImportState.FAILED: ("bad", "cross", "Failed"),
    ImportState.STOPPED: ("warn", "pause", "Stopped"),
    ImportState.UNDOING: ("go", "back", "Undoing"),
    ImportState.UNDONE: ("mute", "skip", "Undone"),
    NewsletterState.LIVE: ("ok", "check", "Live"),
    FetchState.FRESH: ("ok", "check", "Fresh"),
    "late": ("warn", "clock", "Late"),
    "never": ("mute", "clock", "Not fetched yet"),
    "file": ("mute", "clock", "File"),
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite; text stands beside it, so screen readers skip it."""
    return format_html('<svg class="i" aria-hidden="true"><use href="/static/sprite.svg#{}"/></svg>', name)


@register.simple_tag
def state_badge(state: str) -> SafeString:
    """A state: colour, icon and label."""
    colour, symbol, label = STATES.get(state, ("mute", "clock", state.replace("_", " ").capitalize()))
    return format_html('<span class="st st--{}">{}{}</span>', colour, icon(symbol), getattr(state, "label", label))


@register.filter
def at(instant: datetime | None, zone: str) -> str:
    """“Tue 24 Nov, 07:00 GMT”; the year only when it is not this year's."""
    if instant is None:
        return "never"
    local = instant.astimezone(clock.get_zone(zone))
    year = "" if local.year == clock.now().year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M %Z}"


@register.filter
def hours(instant: datetime, zone: str) -> str:
    """“07:00” in a zone; the zone's name stands beside it."""
    return f"{instant.astimezone(clock.get_zone(zone)):%H:%M}"


@register.filter
def zone_name(instant: datetime, zone: str) -> str:
    """“GMT” or “BST”: what the zone is called at that instant."""
    return f"{instant.astimezone(clock.get_zone(zone)):%Z}"


@register.filter
def until(instant: datetime, now: datetime) -> str:
    """“in 1 h 18 min” or “5 min ago”."""
    span = instant - now
    ahead = span >= timedelta(0)
    minutes = round(abs(span).total_seconds() / 60)
    days, rest = divmod(minutes, 1440)
    h, m = divmod(rest, 60)
    if not minutes:
        return "just now"
    words = f"{days} d {h} h" if days else f"{h} h {m} min" if h else f"{m} min"
    return f"in {words}" if ahead else f"{words} ago"


@register.filter
def thousands(number: int | None) -> str:
    """1,234"""
    return f"{number or 0:,}"


@register.filter
def get(mapping: Mapping[Any, Any], key: Any) -> Any:
    """mapping[key], or "" """
    return mapping.get(key, "")


_PARTS = (
    "delivered",
    "accepted",
    "deferred",
    "blocked",
    "bounced",
    "dropped",
    "complained",
    "refused",
    "unknown",
    "withdrawn",
    "planned",
    "excluded",
)
_LEAST = 0.6  # percent of the bar: one subscriber of 50,000 is still visible


@register.simple_tag
def proof_bar(mailing: Any, size: str = "") -> SafeString:
    """The proof bar of a mailing: every candidate in it, as a picture of the sentence beside it."""
    parts = {**mailing.counts, "excluded": sum(mailing.excluded.values())}
    shown = [(name, parts[name]) for name in _PARTS if parts.get(name)]
    total = sum(n for _, n in shown) or 1
    widths = [max(_LEAST, 100 * n / total) for _, n in shown]
    scale = 100 / (sum(widths) or 1)
    label = ", ".join(f"{n:,} {name}" for name, n in shown) or "nobody yet"
    x, bars = 0.0, []
    for (name, _), width in zip(shown, widths, strict=True):
        bars.append((f"{x:.2f}", f"{max(0.1, width * scale - 0.15):.2f}", name))
        x += width * scale
    drawn = format_html_join("", '<rect x="{}%" y="0" width="{}%" height="100%" class="p-{}"/>', bars)
    pattern = mark_safe(
        '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="1.2" height="5" fill="#87827a"/></pattern></defs>'
    )
    return format_html(
        '<svg class="proof {}" role="img" aria-label="{}">{}{}</svg>',
        f"proof--{size}" if size else "",
        label,
        pattern,
        drawn,
    )
