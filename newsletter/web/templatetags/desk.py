"""Template tags and filters of the desk: icons, states, times with their zone, the proof bar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from newsletter.kernel import clock

register = template.Library()

# stored state → (colour, icon, label): a badge always has all three
STATES = {
    "open": ("go", "pen", "Draft"),
    "opened": ("go", "pen", "Draft"),
    "locked": ("go", "pen", "Locked"),
    "in_review": ("warn", "eye", "In review"),
    "approved": ("ok", "check", "Approved"),
    "handed_over": ("go", "plane", "Sending"),
    "sent": ("ok", "check", "Sent"),
    "skipped": ("mute", "skip", "Skipped"),
    "held": ("warn", "pause", "Held"),
    "missed": ("bad", "stop", "Missed"),
    "planned": ("mute", "clock", "Planned"),
    "claimed": ("go", "plane", "Sending"),
    "scheduled": ("mute", "clock", "Scheduled"),
    "freezing": ("go", "plane", "Freezing audience"),
    "sending": ("go", "plane", "Sending"),
    "finished": ("ok", "check", "Sent"),
    "paused": ("warn", "pause", "Paused"),
    "cancelled": ("mute", "skip", "Cancelled"),
    "accepted": ("go", "plane", "Accepted"),
    "delivered": ("ok", "check", "Delivered"),
    "deferred": ("warn", "clock", "Deferred"),
    "blocked": ("warn", "back", "Blocked"),
    "dropped": ("bad", "cross", "Dropped"),
    "repaired": ("mute", "skip", "Repaired"),
    "unknown": ("unk", "unk", "Unknown"),
    "refused": ("bad", "cross", "Refused"),
    "withdrawn": ("mute", "struck", "Withdrawn"),
    "active": ("ok", "check", "Active"),
    "pending": ("mute", "clock", "Pending"),
    "unsubscribed": ("mute", "struck", "Unsubscribed"),
    "bounced": ("bad", "back", "Bounced"),
    "complained": ("bad", "stop", "Complained"),
    "suppressed": ("mute", "struck", "Suppressed"),
    "checking": ("go", "clock", "Checking"),
    "asks": ("warn", "warn", "Needs answers"),
    "ready": ("warn", "eye", "Dry run"),
    "waiting": ("mute", "clock", "Waiting"),
    "running": ("go", "pen", "Importing"),
    "done": ("ok", "check", "Done"),
    "failed": ("bad", "cross", "Failed"),
    "stopped": ("warn", "pause", "Stopped"),
    "undoing": ("go", "back", "Undoing"),
    "undone": ("mute", "skip", "Undone"),
    "live": ("ok", "check", "Live"),
    "fresh": ("ok", "check", "Fresh"),
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
