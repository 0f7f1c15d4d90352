"""Where an occurrence can go from where it is. Pure.

planned ─▶ draft ──▶ claimed          claimed: its mailing exists, made in the same transaction
   └─────────┴─▶ skipped · held · missed      always with a reason; held and missed can still be claimed
"""

from __future__ import annotations

from newsletter.kernel.enums import LabelledEnum


class OccurrenceState(LabelledEnum):
    """Where an occurrence is."""

    PLANNED = "planned"
    DRAFT = "opened"  # its edition exists
    CLAIMED = "claimed"
    SKIPPED = "skipped"
    HELD = "held"
    MISSED = "missed"

    @classmethod
    def special_labels(cls) -> dict[str, str]:
        return {cls.CLAIMED: "Sending"}


class OnHoliday(LabelledEnum):
    """What a schedule does on a public holiday."""

    SKIP = "skip"
    EARLIER = "earlier"
    LATER = "later"

    @classmethod
    def special_labels(cls) -> dict[str, str]:
        return {cls.SKIP: "Skip it", cls.EARLIER: "Send before it", cls.LATER: "Send after it"}


TRANSITIONS: dict[OccurrenceState, frozenset[OccurrenceState]] = {
    OccurrenceState.PLANNED: frozenset(
        {
            OccurrenceState.DRAFT,
            OccurrenceState.CLAIMED,
            OccurrenceState.SKIPPED,
            OccurrenceState.HELD,
            OccurrenceState.MISSED,
        }
    ),
    OccurrenceState.DRAFT: frozenset(
        {OccurrenceState.CLAIMED, OccurrenceState.SKIPPED, OccurrenceState.HELD, OccurrenceState.MISSED}
    ),
    OccurrenceState.HELD: frozenset({OccurrenceState.CLAIMED, OccurrenceState.SKIPPED, OccurrenceState.MISSED}),
    OccurrenceState.MISSED: frozenset({OccurrenceState.CLAIMED, OccurrenceState.SKIPPED}),
    OccurrenceState.SKIPPED: frozenset({OccurrenceState.PLANNED}),
    OccurrenceState.CLAIMED: frozenset(),
}
WAITING_STATES = (OccurrenceState.PLANNED, OccurrenceState.DRAFT)


def list_predecessors(to: OccurrenceState) -> tuple[OccurrenceState, ...]:
    """The states from which an occurrence may go to `to`."""
    return tuple(state for state, following in TRANSITIONS.items() if to in following)
