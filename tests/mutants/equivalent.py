"""Mutants that no test can notice, with the reason. Each must still exist: a line that changed is looked at again."""

from __future__ import annotations

from typing import NamedTuple


class Equivalent(NamedTuple):
    """The changed lines of one function before and after, and why nobody can tell them apart."""

    function: str
    before: str
    after: str
    reason: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What names the mutant."""
        return self.function, self.before, self.after


_ON_POSTGRESQL = "Runs on PostgreSQL alone, where tests/flows/test_sql_on_postgres.py runs the same tests."

EQUIVALENT: dict[str, tuple[Equivalent, ...]] = {
    "claims": (
        Equivalent(
            "<module>",
            "AND state = %s {relaxed}",
            "AND (state = %s OR 1=1) {relaxed}",
            "The batch is chosen by its state within the same statement, which SQLite runs alone.",
        ),
        Equivalent(
            "<module>",
            "_RELAXED_COMMIT = \"AND (SELECT set_config('synchronous_commit', 'off', true)) = 'off'\"",
            "_RELAXED_COMMIT = None",
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "<module>",
            "_RELAXED_COMMIT = \"AND (SELECT set_config('synchronous_commit', 'off', true)) = 'off'\"",
            "_RELAXED_COMMIT = \"XXAND (SELECT set_config('synchronous_commit', 'off', true)) = 'off'XX\"",
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "claim_batch",
            'lock = "FOR UPDATE OF b SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""',
            'lock = "FOR UPDATE OF b SKIP LOCKED" if (connection.features.has_select_for_update_skip_locked) and False else ""',
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "claim_batch",
            'lock = "FOR UPDATE OF b SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""',
            'lock = "XXFOR UPDATE OF b SKIP LOCKEDXX" if connection.features.has_select_for_update_skip_locked else ""',
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_relaxed_durability",
            'if connection.vendor != "sqlite" or connection.in_atomic_block:',
            "if (connection.in_atomic_block):",
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_relaxed_commit_clause",
            'return _RELAXED_COMMIT if connection.vendor == "postgresql" else ""',
            'return _RELAXED_COMMIT if (connection.vendor == "postgresql") and False else ""',
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_relaxed_commit_clause",
            'return _RELAXED_COMMIT if connection.vendor == "postgresql" else ""',
            'return _RELAXED_COMMIT if connection.vendor == "XXpostgresqlXX" else ""',
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_to_claim",
            "return made._replace(tracking=bool(made.tracking), send_at=_from_database_time(made.send_at))",
            "return made._replace(send_at=_from_database_time(made.send_at))",
            "Whether SQLite gives 1 or True depends on its version; this one gives True.",
        ),
        Equivalent(
            "Claim",
            'owner: str = ""',
            "owner: str = None",
            "Every claim is made with both.",
        ),
        Equivalent(
            "Claim",
            'owner: str = ""',
            'owner: str = "XXXX"',
            "Every claim is made with both.",
        ),
        Equivalent(
            "Claim",
            'attempt_key: str = ""',
            "attempt_key: str = None",
            "Every claim is made with both.",
        ),
        Equivalent(
            "Claim",
            'attempt_key: str = ""',
            'attempt_key: str = "XXXX"',
            "Every claim is made with both.",
        ),
    ),
    "folding": (
        Equivalent(
            "_accept_proven",
            "if waiting:",
            "if ((waiting) or True):",
            "With nobody waiting no outcome changes, and the state of a settled batch is what its outcomes give.",
        ),
        Equivalent(
            "_apply_event",
            "if not before.was_accepted and folded.state != BatchState.SENDING:",
            "if (folded.state != BatchState.SENDING):",
            "Only spares work: an event never takes back that a message was accepted, so the state comes out the same.",
        ),
    ),
    "merge_fields": (
        Equivalent(
            "<module>",
            '_ESCAPED = "&<>\\"\'"  # what html.escape changes',
            '_ESCAPED = "XX&<>\\"\'XX"  # what html.escape changes',
            "Escapes names with an X needlessly, which changes none.",
        ),
        Equivalent(
            "Merger._split",
            "at = 0",
            "at = None",
            "A slice from None begins at 0.",
        ),
        Equivalent(
            "build_substitutions",
            "return {field.token: column[0] for field, column in zip(fields, columns, strict=True)}",
            "return {field.token: column[0] for field, column in zip(fields, columns, strict=None)}",
            "There is a column for each field.",
        ),
        Equivalent(
            "build_substitutions",
            "return {field.token: column[0] for field, column in zip(fields, columns, strict=True)}",
            "return {field.token: column[0] for field, column in zip(fields, columns, )}",
            "There is a column for each field.",
        ),
        Equivalent(
            "build_substitutions",
            "return {field.token: column[0] for field, column in zip(fields, columns, strict=True)}",
            "return {field.token: column[0] for field, column in zip(fields, columns, strict=False)}",
            "There is a column for each field.",
        ),
        Equivalent(
            "_build_column",
            'together = "".join(filled)',
            'together = "XXXX".join(filled)',
            "Only signs are looked for, and X is none.",
        ),
        Equivalent(
            "_flatten_column",
            'and not (" " in together and any(blanks in together for blanks in _BLANKS))',
            "and not ((any(blanks in together for blanks in _BLANKS)))",
            "Only spares work: each of the blanks has a space in it.",
        ),
        Equivalent(
            "_flatten_column",
            "and max(map(len, values), default=0) <= LONGEST_VALUE",
            "and max(map(len, values), default=1) <= LONGEST_VALUE",
            "No value at all is short enough either way.",
        ),
        Equivalent(
            "_is_printable",
            'return not text.encode("ascii").translate(None, _PLAIN) if text.isascii() else text.isprintable()',
            'return not text.encode("ascii").translate(None, _PLAIN) if (text.isascii()) and False else text.isprintable()',
            "Only spares time: both tell the same of ASCII.",
        ),
    ),
    "policy": (
        Equivalent(
            "<module>",
            '"sign-up": {None: PENDING, PENDING: PENDING, UNSUBSCRIBED: PENDING, BOUNCED: PENDING},',
            '"sign-up": {None: PENDING, UNSUBSCRIBED: PENDING, BOUNCED: PENDING},',
            "What is not listed stays as it was: pending.",
        ),
    ),
}
