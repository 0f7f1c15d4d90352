"""Where an edition can go from where it is. Pure.

open ⇄ locked ⇄ in_review ─▶ approved ─▶ handed_over ─▶ sent
  ▲                                           │ recalled before it was sent
  └───────────────────────────────────────────┘
  └─────────┴────────┴──────────┴─▶ skipped · held · missed   (always with a reason)
"""

from __future__ import annotations

OPEN, LOCKED, IN_REVIEW, APPROVED = "open", "locked", "in_review", "approved"
HANDED_OVER, SENT, SKIPPED, HELD, MISSED = "handed_over", "sent", "skipped", "held", "missed"

NEXT: dict[str, frozenset[str]] = {
    OPEN: frozenset({LOCKED, IN_REVIEW, APPROVED, SKIPPED, HELD, MISSED}),
    LOCKED: frozenset({OPEN, IN_REVIEW, APPROVED, SKIPPED, HELD, MISSED}),
    IN_REVIEW: frozenset({OPEN, LOCKED, APPROVED, SKIPPED, HELD, MISSED}),
    APPROVED: frozenset({OPEN, HANDED_OVER, SKIPPED, HELD, MISSED}),
    HELD: frozenset({OPEN, LOCKED, IN_REVIEW, APPROVED, HANDED_OVER, SKIPPED, MISSED}),
    MISSED: frozenset({OPEN, APPROVED, HANDED_OVER, SKIPPED}),
    SKIPPED: frozenset({OPEN}),
    HANDED_OVER: frozenset({SENT, OPEN}),  # open again when it was recalled before it was sent
    SENT: frozenset(),
}
EDITABLE = frozenset({OPEN, LOCKED, IN_REVIEW, APPROVED, HELD, MISSED})
KEEPS_APPROVAL = frozenset({APPROVED, HANDED_OVER, SENT, HELD, MISSED})  # elsewhere a standing one is void
NEEDS_REASON = frozenset({SKIPPED, HELD, MISSED})


def may(state: str, to: str) -> bool:
    """Whether an edition may go from one state to another."""
    return to in NEXT[state]
