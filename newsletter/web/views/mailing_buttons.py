"""The buttons on the page of a mailing: which there are, and in which box each stands. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from newsletter.delivery.ledger.states import ACTIVE_MAILING_STATES, MailingState
from newsletter.delivery.reports.summary import Mailing


@dataclass(frozen=True, slots=True)
class Button:
    """What it sends as “do”, and how it reads; `look` are its classes."""

    act: str
    label: str
    look: str = "btn"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides which buttons there are, besides the mailing itself."""

    late: bool  # paused, and its time is past
    other_account: bool  # planned for another account with the provider than the one in use
    recallable: bool
    closable: bool
    repairable: bool
    over_ceiling: bool


Boxes = Mapping[str, list[Button]]
_ACTS = {
    "unknown": ("settle", "resend"),
    "closing": ("close",),
    "ceiling": ("ceiling",),
    "repair": ("repair",),
    "recall": ("recall", "recall_accept_account"),
    "state": ("pause", "resume", "resume_late", "accept_account", "accept_account_late", "cancel"),
}


def list_buttons(mailing: Mailing, given: Circumstances) -> Boxes:
    """The buttons of each box, by its name."""
    recalling = mailing.state == MailingState.RECALLING
    return {
        "unknown": _list_settling(mailing) if mailing.counts.get("unknown") else [],
        "closing": [Button("close", _("Close mailing"))] if given.closable else [],
        "ceiling": [Button("ceiling", _("Send to them now"))] if given.over_ceiling else [],
        "repair": [Button("repair", _("Send to those who did not get it"), "btn btn--go")] if given.repairable else [],
        "recall": _list_recalling(given, recalling=recalling) if given.recallable or recalling else [],
        "state": _list_moving(mailing, given),
    }


def find_box(boxes: Boxes, act: str) -> str:
    """The box in which what was pressed belongs; "" when the page has no such box any more."""
    box = next((name for name, acts in _ACTS.items() if act in acts), "")
    return box if boxes.get(box) else ""


def _list_settling(mailing: Mailing) -> list[Button]:
    again = (
        _("Count as not sent: the next mailing goes to them, and some may get it twice")
        if mailing.state == MailingState.CANCELLED
        else _("Send again: some may get it twice")
    )
    return [Button("settle", _("Count as accepted")), Button("resend", again, "btn btn--bad")]


def _list_recalling(given: Circumstances, *, recalling: bool) -> list[Button]:
    buttons = [Button("recall", _("Recall now") if recalling else _("Recall mailing"), "btn btn--bad")]
    if given.other_account:
        buttons.append(Button("recall_accept_account", _("Recall with the current provider account"), "btn btn--bad"))
    return buttons


def _list_moving(mailing: Mailing, given: Circumstances) -> list[Button]:
    moving = mailing.state in ACTIVE_MAILING_STATES
    buttons = [Button("pause", _("Pause"))] if moving else []
    if mailing.state in (MailingState.PAUSED, MailingState.RECALLING):
        buttons += _list_resuming(given)
    if not given.recallable and (moving or mailing.state in (MailingState.PAUSED, MailingState.HELD)):
        buttons.append(Button("cancel", _("Cancel mailing"), "btn btn--bad"))
    return buttons


def _list_resuming(given: Circumstances) -> list[Button]:
    if given.late:
        buttons = [Button("resume_late", _("Send late"), "btn btn--go")]
        other = Button("accept_account_late", _("Send late with the current provider account"))
    else:
        buttons = [Button("resume", _("Resume"), "btn btn--go")]
        other = Button("accept_account", _("Resume with the current provider account"))
    return [*buttons, other] if given.other_account else buttons
