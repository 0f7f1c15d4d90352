"""The verbs of this package, for the desk, the command line and the jobs."""

from __future__ import annotations

from subscribers.engagement import note_engagement
from subscribers.exporting import export
from subscribers.importing import bad_rows as bad_rows_of
from subscribers.importing import begin as begin_import
from subscribers.importing import begin_undo as begin_undo_import
from subscribers.importing import confirm as confirm_import
from subscribers.importing import discard as discard_import
from subscribers.importing import explain as explain_import
from subscribers.importing import forget_files, import_csv, import_next
from subscribers.importing import resume as resume_import
from subscribers.importing import run as import_run
from subscribers.importing import runs as import_runs
from subscribers.importing import waiting as imports_waiting
from subscribers.limits import sweep
from subscribers.owed import claim_owed, owed_failed, owed_sent, owed_unknown, owed_waiting
from subscribers.people import add, change_address, create_list, suppress, unsubscribe, unsuppress
from subscribers.readers import ask_which, confirm, leave, set_tracked, sign_up, undo_leave
from subscribers.reported import Report, apply_reports
from subscribers.staging import Options
from subscribers.undoing import Undone
from subscribers.undoing import undo as undo_import
from subscribers.values import Flag, ImportReport, ImportRun, Owed

__all__ = [
    "Flag",
    "ImportReport",
    "ImportRun",
    "Options",
    "Owed",
    "Report",
    "Undone",
    "add",
    "apply_reports",
    "ask_which",
    "bad_rows_of",
    "begin_import",
    "begin_undo_import",
    "change_address",
    "claim_owed",
    "confirm",
    "confirm_import",
    "create_list",
    "discard_import",
    "explain_import",
    "export",
    "forget_files",
    "import_csv",
    "import_next",
    "import_run",
    "import_runs",
    "imports_waiting",
    "leave",
    "note_engagement",
    "owed_failed",
    "owed_sent",
    "owed_unknown",
    "owed_waiting",
    "resume_import",
    "set_tracked",
    "sign_up",
    "suppress",
    "sweep",
    "undo_import",
    "undo_leave",
    "unsubscribe",
    "unsuppress",
]
