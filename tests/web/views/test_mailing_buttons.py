"""Which buttons a mailing has, and in which box."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from newsletter.delivery.ledger.states import MailingState
from newsletter.delivery.reports import summary
from newsletter.web.views.deliveries import _ACTS
from newsletter.web.views.mailing_buttons import Circumstances, find_box, list_buttons

PLAIN = Circumstances(
    late=False, other_account=False, recallable=False, closable=False, repairable=False, over_ceiling=False
)
ALL = Circumstances(late=False, other_account=True, recallable=True, closable=True, repairable=True, over_ceiling=True)


def list_acts(mailing: summary.Mailing, given: Circumstances) -> dict[str, list[str]]:
    boxes = list_buttons(mailing, given)
    return {name: [each.act for each in buttons] for name, buttons in boxes.items() if buttons}


@pytest.mark.parametrize(
    ("state", "given", "acts"),
    [
        (MailingState.SENDING, PLAIN, ["pause", "cancel"]),
        (MailingState.HELD, PLAIN, ["cancel"]),
        (MailingState.PAUSED, PLAIN, ["resume", "cancel"]),
        (MailingState.PAUSED, replace(PLAIN, late=True), ["resume_late", "cancel"]),
        (MailingState.PAUSED, replace(PLAIN, other_account=True), ["resume", "accept_account", "cancel"]),
        (
            MailingState.PAUSED,
            replace(PLAIN, late=True, other_account=True),
            ["resume_late", "accept_account_late", "cancel"],
        ),
    ],
)
def test_a_mailing_is_moved_as_its_state_allows(
    sent: Any, state: MailingState, given: Circumstances, acts: list[str]
) -> None:
    assert list_acts(replace(summary.get_mailing(sent.id), state=state), given) == {"state": acts}


def test_what_can_be_recalled_is_not_cancelled(sent: Any) -> None:
    mailing = replace(summary.get_mailing(sent.id), state=MailingState.SENDING)
    assert list_acts(mailing, replace(PLAIN, recallable=True)) == {"recall": ["recall"], "state": ["pause"]}


@pytest.mark.parametrize("state", [MailingState.PAUSED, MailingState.RECALLING, MailingState.SENDING])
@pytest.mark.parametrize("late", [True, False])
def test_the_view_does_what_every_button_says_and_finds_its_box(sent: Any, state: MailingState, late: bool) -> None:
    mailing = replace(summary.get_mailing(sent.id), state=state, counts={"unknown": 1})
    boxes = list_buttons(mailing, replace(ALL, late=late))
    for name, buttons in boxes.items():
        for each in buttons:
            assert each.act in _ACTS
            assert find_box(boxes, each.act) == name


def test_what_was_pressed_in_a_box_that_is_gone_has_none(sent: Any) -> None:
    boxes = list_buttons(summary.get_mailing(sent.id), PLAIN)
    assert find_box(boxes, "repair") == ""
    assert find_box({}, "pause") == ""
    assert find_box(boxes, "explode") == ""
