"""The verbs of this package, for the desk, the command line and the jobs."""

from __future__ import annotations

from subscribers.attempts import (
    SignupAttemptCounts,
    count_attempts,
    list_domain_rules,
    remove_domain_rule,
    set_domain_rule,
)
from subscribers.cleaning import apply_retention
from subscribers.engagement import record_engagement
from subscribers.erasing import (
    collect_personal_data,
    complete_erasure,
    erase_subscriber,
    erase_unconfirmed,
    list_pending_erasures,
)
from subscribers.exporting import stream_export, write_export
from subscribers.hygiene import ask_inactive, compute_growth, count_inactive, unsubscribe_inactive
from subscribers.importing import (
    begin_import,
    confirm_import,
    delete_old_files,
    discard_import,
    import_csv,
    process_next_import,
    resume_import,
    stream_refused_csv,
)
from subscribers.importing import change_import_options as explain_import
from subscribers.importing import get_import as import_run
from subscribers.importing import has_waiting_imports as imports_waiting
from subscribers.importing import list_imports as import_runs
from subscribers.importing import request_undo as begin_undo_import
from subscribers.limits import delete_old_hits
from subscribers.owed import claim_mails, has_due_mails, mark_mail_failed, mark_mail_sent, mark_mail_unknown
from subscribers.people import add_subscriber, change_address, change_list, create_list, unsubscribe
from subscribers.readers import (
    change_details,
    confirm_address_change,
    confirm_interest,
    confirm_subscription,
    record_leaving_reason,
    request_address_change,
    request_address_reminder,
    request_link,
    set_frequency,
    sign_up,
    undo_unsubscribe,
    unsubscribe_by_link,
)
from subscribers.reported import ProviderReport, apply_reports
from subscribers.restoring import RestoreReport, restore_export
from subscribers.segmenting import (
    add_tag,
    change_segment,
    count_segment,
    create_attribute,
    create_segment,
    drop_segment,
    filter_matching,
    filter_members,
    get_segment,
    list_attributes,
    list_segments,
    list_tags,
    remove_tag,
    set_attribute,
    set_tier,
)
from subscribers.segmenting import list_segment_members as segment_members
from subscribers.staging import ImportOptions
from subscribers.suppressions import (
    import_suppressions,
    lift_expired,
    lift_suppression,
    list_suppressions,
    stream_suppressions,
    suppress,
    write_suppressions,
)
from subscribers.suspects import FLAG_LABELS
from subscribers.undoing import UndoReport, undo_import
from subscribers.values import ImportFlag, ImportReport, ImportRun, TransactionalMail

__all__ = [
    "ODD",
    "Flag",
    "ImportReport",
    "ImportRun",
    "Options",
    "Owed",
    "Report",
    "Restored",
    "Tries",
    "Undone",
    "add",
    "all_segments",
    "apply_reports",
    "ask_for_link",
    "ask_new_address",
    "ask_the_silent",
    "ask_which",
    "attributes",
    "begin_import",
    "begin_undo_import",
    "change_address",
    "change_list",
    "change_segment",
    "claim_owed",
    "confirm",
    "confirm_import",
    "count_segment",
    "create_attribute",
    "create_list",
    "create_segment",
    "discard_import",
    "drop_rule",
    "drop_segment",
    "erase",
    "erase_unconfirmed",
    "everything_about",
    "explain_import",
    "export",
    "export_suppressions",
    "exported",
    "exported_suppressions",
    "forget_files",
    "forgotten",
    "give_reason",
    "growth",
    "import_csv",
    "import_next",
    "import_run",
    "import_runs",
    "import_suppressions",
    "imports_waiting",
    "keep_clean",
    "keep_sending",
    "leave",
    "let_the_silent_go",
    "lift_expired",
    "note_engagement",
    "owed_failed",
    "owed_sent",
    "owed_unknown",
    "owed_waiting",
    "refused_csv",
    "restore",
    "resume_import",
    "rules",
    "segment",
    "segment_members",
    "set_attribute",
    "set_details",
    "set_frequency",
    "set_rule",
    "set_tier",
    "sign_up",
    "silence",
    "suppress",
    "suppressed",
    "sweep",
    "tag",
    "tags",
    "take_new_address",
    "to_forget",
    "tries",
    "undo_import",
    "undo_leave",
    "unsubscribe",
    "unsuppress",
    "untag",
    "who_answers",
    "who_is_in",
]
