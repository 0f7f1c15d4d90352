"""The verbs of delivery, for jobs, desk and command line.

create_mailing ─▶ freeze_next ─▶ hand_over_next … ─▶ finish
receive (a post of the provider) ─▶ apply_events;  repair · settle_unknown (by an operator)
"""

from __future__ import annotations

from newsletter.delivery.events import apply_next as apply_events
from newsletter.delivery.events import receive, sweep
from newsletter.delivery.freezing import freeze_next
from newsletter.delivery.handover import hand_over_next, recover
from newsletter.delivery.mailings import cancel, create_mailing, finish, pause, resume, stop_others
from newsletter.delivery.repairing import repair, settle_unknown
from newsletter.delivery.single import Mail, TestSent, compose_eml, send_notice, send_test

__all__ = [
    "Mail",
    "TestSent",
    "apply_events",
    "cancel",
    "compose_eml",
    "create_mailing",
    "finish",
    "freeze_next",
    "hand_over_next",
    "pause",
    "receive",
    "recover",
    "repair",
    "resume",
    "send_notice",
    "send_test",
    "settle_unknown",
    "stop_others",
    "sweep",
]
