"""The states of a newsletter. Pure."""

from __future__ import annotations

from newsletter.kernel.enums import LabelledEnum


class NewsletterState(LabelledEnum):
    """Where a newsletter is in its life: only a live one is sent."""

    PENDING = "pending"
    LIVE = "live"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class TrackingMode(LabelledEnum):
    """Whose opens and clicks a newsletter counts, as far as it counts any."""

    ON = "on"  # everybody's who did not refuse
    OPT_IN = "opt-in"  # those who agreed
    OFF = "off"
