"""SendGrid's own lists, read page by page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from newsletter.delivery.providers import sendgrid_suppressions
from newsletter.delivery.providers.base import EventType, ProviderError, RejectReason
from newsletter.delivery.providers.sendgrid_suppressions import LISTS, PAGE_SIZE, read_lists

SINCE = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=1)


def entry(n: int = 0, **more: Any) -> dict[str, Any]:
    return {"created": int(SINCE.timestamp()) + n, "email": f"r{n}@example.com", "reason": "550", **more}


def test_each_list_says_what_happened() -> None:
    events = list(read_lists(lambda name, window: [entry()], SINCE, UNTIL))
    assert [(event.type, event.reject_reason) for event in events] == list(LISTS.values())
    assert (EventType.COMPLAINED, RejectReason.COMPLAINED) in LISTS.values()
    assert "blocks" not in LISTS


def test_pages_are_asked_for_until_one_is_not_full() -> None:
    asked: list[Mapping[str, int]] = []

    def fetch(name: str, window: Mapping[str, int]) -> list[dict[str, Any]]:
        if name != "bounces":
            return []
        asked.append(window)
        return [entry(n) for n in range(PAGE_SIZE if len(asked) < 3 else 1)]

    assert len(list(read_lists(fetch, SINCE, UNTIL))) == 2 * PAGE_SIZE + 1
    assert [each["offset"] for each in asked] == [0, PAGE_SIZE, 2 * PAGE_SIZE]
    assert {(each["start_time"], each["end_time"], each["limit"]) for each in asked} == {
        (int(SINCE.timestamp()), int(UNTIL.timestamp()), PAGE_SIZE)
    }


def test_a_list_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sendgrid_suppressions, "MAX_PAGES", 2)
    full = [entry(n) for n in range(PAGE_SIZE)]
    assert len(list(read_lists(lambda name, window: full, SINCE, UNTIL))) == 2 * PAGE_SIZE * len(LISTS)


@pytest.mark.parametrize(
    "damaged", ["text", None, {"email": 5, "created": 1}, {"email": "a@example.com"}, entry(created="today")]
)
def test_a_damaged_entry_is_passed_over(damaged: Any) -> None:
    events = list(read_lists(lambda name, window: [damaged, entry(1)], SINCE, UNTIL))
    assert {event.address for event in events} == {"r1@example.com"}


def test_what_is_no_list_is_said_with_its_name() -> None:
    with pytest.raises(ProviderError, match="list of bounces cannot be read"):
        list(read_lists(lambda name, window: {"errors": []}, SINCE, UNTIL))


def test_long_words_are_cut_and_missing_ones_replaced() -> None:
    (long, bare, *_) = read_lists(lambda name, window: [entry(reason="x" * 501), entry(reason=None)], SINCE, UNTIL)
    assert (long.reason, bare.reason) == ("x" * 500, "on SendGrid’s list")
