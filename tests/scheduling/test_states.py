"""Where an occurrence can go."""

from __future__ import annotations

from newsletter.scheduling import states
from newsletter.scheduling.states import OccurrenceState


def test_every_state_but_the_last_leads_on() -> None:
    assert set().union(*states.TRANSITIONS.values()) <= set(states.TRANSITIONS)
    assert [state for state, following in states.TRANSITIONS.items() if not following] == [OccurrenceState.CLAIMED]
