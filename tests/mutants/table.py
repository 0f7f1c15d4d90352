"""Which modules are mutated, and the fast tests that have to notice. The one place that names their paths."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Target(NamedTuple):
    """A module, and the test files that have to notice every change to it."""

    path: str
    tests: tuple[str, ...]
    on_postgresql: bool = False

    @property
    def module(self) -> str:
        """Its dotted name."""
        return self.path.removesuffix(".py").replace("/", ".")

    @property
    def source(self) -> str:
        """Its text, as it stands."""
        return (ROOT / self.path).read_text("utf-8")


TARGETS = {
    "claims": Target(
        "newsletter/delivery/sending/claims.py",
        ("tests/delivery/sending/test_claims.py", "tests/delivery/sending/test_hand_over.py"),
    ),
    "hand_over": Target(
        "newsletter/delivery/sending/hand_over.py",
        (
            "tests/delivery/sending/test_hand_over.py",
            "tests/delivery/sending/test_answers.py",
            "tests/delivery/sending/test_prepared_batches.py",
            "tests/delivery/sending/test_late_mailings.py",
            "tests/delivery/test_installation.py",
        ),
    ),
    "prepared_batches": Target(
        "newsletter/delivery/sending/prepared_batches.py",
        (
            "tests/delivery/sending/test_prepared_batches.py",
            "tests/delivery/sending/test_hand_over.py",
            "tests/delivery/sending/test_answers.py",
            "tests/delivery/sending/test_envelopes.py",
            "tests/delivery/sending/test_freeze_variants.py",
        ),
    ),
    "answers": Target(
        "newsletter/delivery/sending/answers.py",
        (
            "tests/delivery/sending/test_answers.py",
            "tests/delivery/sending/test_hand_over.py",
            "tests/delivery/sending/test_probing.py",
        ),
    ),
    "expired_leases": Target(
        "newsletter/delivery/sending/expired_leases.py", ("tests/delivery/sending/test_expired_leases.py",)
    ),
    "freeze": Target(
        "newsletter/delivery/sending/freeze.py",
        (
            "tests/delivery/sending/test_send_times.py",
            "tests/delivery/sending/test_freeze.py",
            "tests/delivery/sending/test_mailings.py",
            "tests/delivery/sending/test_freeze_variants.py",
            "tests/delivery/sending/test_mailed_before.py",
            "tests/delivery/sending/test_reconsider.py",
            "tests/delivery/sending/test_witnessed_requests.py",
            "tests/delivery/sending/test_late_mailings.py",
            "tests/delivery/test_setup_problems.py",
            "tests/delivery/reports/test_recipients.py",
            "tests/delivery/reports/test_history.py",
        ),
    ),
    "mailed_before": Target(
        "newsletter/delivery/sending/mailed_before.py",
        ("tests/delivery/sending/test_mailed_before.py", "tests/delivery/sending/test_reconsider.py"),
    ),
    "reconsider": Target("newsletter/delivery/sending/reconsider.py", ("tests/delivery/sending/test_reconsider.py",)),
    "folding": Target("newsletter/delivery/events/folding.py", ("tests/delivery/events/test_folding.py",)),
    "machine_activity": Target(
        "newsletter/delivery/events/machine_activity.py", ("tests/delivery/events/test_machine_activity.py",)
    ),
    "recall": Target(
        "newsletter/delivery/sending/recall.py",
        ("tests/delivery/sending/test_recall.py", "tests/delivery/sending/test_recall_unconfirmed.py"),
    ),
    "recall_slots": Target(
        "newsletter/delivery/sending/recall_slots.py",
        (
            "tests/delivery/sending/test_recall_slots.py",
            "tests/delivery/sending/test_recall.py",
            "tests/delivery/sending/test_recall_unconfirmed.py",
        ),
    ),
    "policy": Target("subscribers/policy.py", ("tests/subscribers/test_policy.py",)),
    "merge": Target(
        "subscribers/imports/merge.py",
        (
            "tests/subscribers/imports/test_merge.py",
            "tests/subscribers/imports/test_chunks.py",
            "tests/subscribers/imports/test_undo.py",
        ),
    ),
    "merge_statements": Target(
        "subscribers/imports/merge_statements.py",
        (
            "tests/subscribers/imports/test_merge.py",
            "tests/subscribers/imports/test_chunks.py",
            "tests/subscribers/imports/test_run.py",
        ),
    ),
    "merge_sqlite": Target(
        "subscribers/imports/merge_sqlite.py",
        (
            "tests/subscribers/imports/test_merge.py",
            "tests/subscribers/imports/test_chunks.py",
            "tests/subscribers/imports/test_run.py",
        ),
    ),
    "merge_postgresql": Target(
        "subscribers/imports/merge_postgresql.py",
        (
            "tests/subscribers/imports/test_merge.py",
            "tests/subscribers/imports/test_chunks.py",
            "tests/subscribers/imports/test_run.py",
        ),
        on_postgresql=True,
    ),
    "merge_fields": Target("newsletter/templater/merge_fields.py", ("tests/templater/test_merge_fields.py",)),
}
