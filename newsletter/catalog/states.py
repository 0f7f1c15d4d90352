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


class ApprovalPolicy(LabelledEnum):
    """Who must approve an edition before it is sent by its schedule."""

    ONE = "one"
    TWO = "two"  # different people
    SELF = "self"  # nobody: when its time comes it publishes itself, unless something blocks it


class LatePolicy(LabelledEnum):
    """What becomes of an edition that would be sent too late."""

    HOLD = "hold"  # and somebody is asked
    SKIP = "skip"
