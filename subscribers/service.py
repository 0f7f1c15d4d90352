"""The verbs of this package, for the desk, the command line and the jobs."""

from __future__ import annotations

from subscribers.engagement import note_engagement
from subscribers.exporting import export
from subscribers.importing import import_csv
from subscribers.limits import sweep
from subscribers.owed import claim_owed, owed_failed, owed_sent, owed_unknown, owed_waiting
from subscribers.people import add, change_address, create_list, suppress, unsubscribe, unsuppress
from subscribers.readers import ask_which, confirm, leave, set_tracked, sign_up, undo_leave
from subscribers.reported import Report, apply_reports
from subscribers.values import ImportReport, Owed

__all__ = [
    "ImportReport",
    "Owed",
    "Report",
    "add",
    "apply_reports",
    "ask_which",
    "change_address",
    "claim_owed",
    "confirm",
    "create_list",
    "export",
    "import_csv",
    "leave",
    "note_engagement",
    "owed_failed",
    "owed_sent",
    "owed_unknown",
    "owed_waiting",
    "set_tracked",
    "sign_up",
    "suppress",
    "sweep",
    "undo_leave",
    "unsubscribe",
    "unsuppress",
]
