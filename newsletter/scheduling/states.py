"""Where an occurrence can go from where it is. Pure.

planned ─▶ opened ─▶ claimed          claimed: its mailing exists, made in the same transaction
   └─────────┴─▶ skipped · held · missed      always with a reason; held and missed can still be claimed
"""

from __future__ import annotations

PLANNED, OPENED, CLAIMED, SKIPPED, HELD, MISSED = "planned", "opened", "claimed", "skipped", "held", "missed"

TRANSITIONS: dict[str, frozenset[str]] = {
    PLANNED: frozenset({OPENED, CLAIMED, SKIPPED, HELD, MISSED}),
    OPENED: frozenset({CLAIMED, SKIPPED, HELD, MISSED}),
    HELD: frozenset({CLAIMED, SKIPPED, MISSED}),
    MISSED: frozenset({CLAIMED, SKIPPED}),
    SKIPPED: frozenset({PLANNED}),
    CLAIMED: frozenset(),
}
WAITING_STATES = (PLANNED, OPENED)


def list_predecessors(to: str) -> tuple[str, ...]:
    """The states from which an occurrence may go to `to`."""
    return tuple(state for state, following in TRANSITIONS.items() if to in following)
