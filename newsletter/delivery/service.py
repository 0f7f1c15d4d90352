"""The verbs of delivery, for jobs, desk and command line.

create_mailing ─▶ freeze_next ─▶ hand_over_next … ─▶ finish
"""

from __future__ import annotations

from newsletter.delivery.handover import hand_over_next, recover
from newsletter.delivery.mailings import cancel, create_mailing, finish, freeze_next, pause, resume
from newsletter.delivery.single import Mail, TestSent, compose_eml, send_notice, send_test

__all__ = [
    "Mail",
    "TestSent",
    "cancel",
    "compose_eml",
    "create_mailing",
    "finish",
    "freeze_next",
    "hand_over_next",
    "pause",
    "recover",
    "resume",
    "send_notice",
    "send_test",
]
