"""The states of a newsletter. Pure."""

from __future__ import annotations

from enum import StrEnum


class NewsletterState(StrEnum):
    """Where a newsletter is in its life: only a live one is sent."""

    PENDING = "pending"
    LIVE = "live"
    PAUSED = "paused"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """The state as people read it."""
        return self.value.capitalize()
