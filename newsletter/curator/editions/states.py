"""Where an edition can go from where it is. Pure.

open ⇄ locked ⇄ in_review ─▶ approved ─▶ handed_over ─▶ sent
  ▲                                           │ recalled before it was sent
  └───────────────────────────────────────────┘
  └─────────┴────────┴──────────┴─▶ skipped · held · missed   (always with a reason)
"""

from __future__ import annotations

DRAFT, LOCKED, IN_REVIEW, APPROVED = "open", "locked", "in_review", "approved"
SENDING, SENT, SKIPPED, HELD, MISSED = "handed_over", "sent", "skipped", "held", "missed"

TRANSITIONS: dict[str, frozenset[str]] = {
    DRAFT: frozenset({LOCKED, IN_REVIEW, APPROVED, SKIPPED, HELD, MISSED}),
    LOCKED: frozenset({DRAFT, IN_REVIEW, APPROVED, SKIPPED, HELD, MISSED}),
    IN_REVIEW: frozenset({DRAFT, LOCKED, APPROVED, SKIPPED, HELD, MISSED}),
    APPROVED: frozenset({DRAFT, SENDING, SKIPPED, HELD, MISSED}),
    HELD: frozenset({DRAFT, LOCKED, IN_REVIEW, APPROVED, SENDING, SKIPPED, MISSED}),
    MISSED: frozenset({DRAFT, APPROVED, SENDING, SKIPPED}),
    SKIPPED: frozenset({DRAFT}),
    SENDING: frozenset({SENT, DRAFT}),  # open again when it was recalled before it was sent
    SENT: frozenset(),
}
EDITABLE = frozenset({DRAFT, LOCKED, IN_REVIEW, APPROVED, HELD, MISSED})
KEEPS_APPROVAL = frozenset({APPROVED, SENDING, SENT, HELD, MISSED})  # elsewhere a standing one is void
NEEDS_REASON = frozenset({SKIPPED, HELD, MISSED})


def can_transition(state: str, to: str) -> bool:
    """Whether an edition may go from one state to another."""
    return to in TRANSITIONS[state]
