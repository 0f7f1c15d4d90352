"""The verbs of delivery, for jobs, desk and command line.

create_mailing ─▶ freeze_next ─▶ hand_over_next … ─▶ finish
receive (a post of the provider) ─▶ apply_events;  repair · settle_unknown (by an operator)
"""

from __future__ import annotations

from newsletter.delivery.engagement import roll_up
from newsletter.delivery.events import apply_next as apply_events
from newsletter.delivery.events import delete_expired, receive
from newsletter.delivery.forgetting import erase_addresses
from newsletter.delivery.freezing import freeze_next
from newsletter.delivery.handover import hand_over_next, recover_expired_leases
from newsletter.delivery.leaving import mark_members
from newsletter.delivery.mailings import cancel, create_mailing, finish_settled, pause, pause_other_providers, resume
from newsletter.delivery.pulling import SyncResult, SyncStatus, find_status, sync_suppressions
from newsletter.delivery.recalling import RecallResult, free_next_slot, recall_mailing, settle_late_batches
from newsletter.delivery.recalling import open_next_window as open_windows
from newsletter.delivery.repairing import repair_mailing, repair_silent, settle_unknown
from newsletter.delivery.single import ComposedMail, TestResult, compose_eml, send_test_mails, send_transactional
from newsletter.delivery.waiting import Backlog, measure_backlog

__all__ = [
    "LastPull",
    "Mail",
    "Pulled",
    "Recalled",
    "TestSent",
    "Waiting",
    "apply_events",
    "cancel",
    "compose_eml",
    "create_mailing",
    "finish",
    "fold_down",
    "forget",
    "free_next",
    "freeze_next",
    "hand_over_next",
    "last_pull",
    "note_late_leavers",
    "open_windows",
    "pause",
    "pull_suppressions",
    "recall",
    "receive",
    "recover",
    "repair",
    "repair_silent",
    "resume",
    "send_notice",
    "send_test",
    "settle_stragglers",
    "settle_unknown",
    "stop_others",
    "sweep",
    "waiting",
]
