"""When what lasts is told: once an occurrence, and rarely when it flaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.jobs.notification_kinds import ConditionRule
from newsletter.jobs.notifications.conditions import ConditionState, Telling, advance_condition, compute_calm

START = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RULE = ConditionRule(patience=2 * MINUTE, calm=5 * MINUTE)


def follow(seen: list[bool], rule: ConditionRule = RULE, step: timedelta = MINUTE) -> list[tuple[int, Telling]]:
    """What is told, and after how many looks."""
    state: ConditionState | None = None
    told = []
    for place, present in enumerate(seen):
        state, telling = advance_condition(state, present=present, rule=rule, now=START + place * step)
        if telling:
            told.append((place, telling))
    return told


def test_it_is_told_once_it_has_lasted_and_its_end_once_it_is_calm() -> None:
    assert follow([True] * 20) == [(2, Telling.BEGUN)]
    assert follow([True] * 10 + [False] * 10) == [(2, Telling.BEGUN), (15, Telling.OVER)]


def test_what_is_over_before_anybody_heard_of_it_is_not_told() -> None:
    assert follow([True, True] + [False] * 30) == []


def test_a_short_break_is_no_end() -> None:
    assert follow([True] * 5 + [False] * 4 + [True] * 5 + [False] * 6) == [(2, Telling.BEGUN), (19, Telling.OVER)]


def test_what_flickers_faster_than_patience_is_told_all_the_same() -> None:
    assert follow([True, False] * 10)[0] == (2, Telling.BEGUN)


def test_after_an_end_it_is_told_again_and_each_time_a_day_its_end_takes_longer() -> None:
    state = ConditionState(3, START, tellings=(START, START + MINUTE, START + 2 * MINUTE))
    assert compute_calm(state, RULE, START + 3 * MINUTE) == 20 * MINUTE
    assert compute_calm(state, RULE, START + timedelta(days=2)) == 5 * MINUTE


def test_where_ends_are_not_told_it_begins_anew_silently() -> None:
    rule = ConditionRule(timedelta(), calm=timedelta(), tells_end=False)
    assert follow([True, False, True], rule) == [(0, Telling.BEGUN), (2, Telling.BEGUN)]


def test_a_clock_that_was_put_back_keeps_nobody_waiting() -> None:
    state = ConditionState(1, START + timedelta(days=1))
    state, _ = advance_condition(state, present=True, rule=RULE, now=START)  # type: ignore[assignment]
    _, telling = advance_condition(state, present=True, rule=RULE, now=START + 2 * MINUTE)
    assert telling is Telling.BEGUN


def test_nothing_new_is_the_same_object_so_that_nothing_is_written() -> None:
    state = ConditionState(1, START, told_at=START, tellings=(START,))
    assert advance_condition(state, present=True, rule=RULE, now=START + MINUTE)[0] is state
    assert advance_condition(None, present=False, rule=RULE, now=START) == (None, None)


@given(st.lists(st.booleans(), min_size=1, max_size=24 * 60))
def test_however_it_flaps_few_are_told_in_a_day_and_they_alternate(seen: list[bool]) -> None:
    told = [telling for _, telling in follow(seen)]
    assert told == [Telling.BEGUN, Telling.OVER] * (len(told) // 2) + [Telling.BEGUN] * (len(told) % 2)
    assert len(told) <= 16
