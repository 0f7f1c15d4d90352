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

_PLANNER = tuple(
    f'"SET LOCAL {setting} = off",' for setting in ("enable_hashjoin", "enable_mergejoin", "enable_seqscan", "jit")
)

EQUIVALENT: dict[str, tuple[Equivalent, ...]] = {
    "claims": (
        Equivalent(
            "claim_batch",
            "def claim_batch(now: datetime, *, until: datetime, owner: str, provider: str, account: "
            'str = "") -> Claim | None:',
            "def claim_batch(now: datetime, *, until: datetime, owner: str, provider: str, account: "
            'str = "XXXX") -> Claim | None:',
            "No account is called so: what may leave by any is taken by either.",
        ),
        Equivalent(
            "_list_due_mailings",
            "return [(mailing_id, bool(restricted)) for mailing_id, restricted, due_at in cursor.fetchall() if due_at]",
            "return [(mailing_id, bool(restricted)) for mailing_id, restricted, due_at in "
            "cursor.fetchall() if ((due_at) or True)]",
            "Only spares work: what is claimed has to be due.",
        ),
        Equivalent(
            "_claim",
            'lock = "FOR UPDATE OF b SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""',
            'lock = "XXFOR UPDATE OF b SKIP LOCKEDXX" if connection.features.has_select_for_update_skip_locked else ""',
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_claim",
            'lock = "FOR UPDATE OF b SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""',
            'lock = "FOR UPDATE OF b SKIP LOCKED" if '
            '(connection.features.has_select_for_update_skip_locked) and False else ""',
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_claim_restricted",
            "if row is None or not _find_claimable(row, limits, now):",
            "if (row is None):",
            "Only spares work: it is looked at once more, with its locks.",
        ),
        Equivalent(
            "_claim",
            'latest="GREATEST" if connection.vendor == "postgresql" else "MAX",',
            'latest="GREATEST" if connection.vendor == "XXpostgresqlXX" else "MAX",',
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_claim",
            'latest="GREATEST" if connection.vendor == "postgresql" else "MAX",',
            'latest="XXGREATESTXX" if connection.vendor == "postgresql" else "MAX",',
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_claim",
            'latest="GREATEST" if connection.vendor == "postgresql" else "MAX",',
            'latest="GREATEST" if (connection.vendor == "postgresql") and False else "MAX",',
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_claim_restricted",
            "row = models.Mailing.objects.select_for_update(no_key=True).get(id=mailing_id)",
            "row = models.Mailing.objects.select_for_update(no_key=False).get(id=mailing_id)",
            "Which lock PostgreSQL takes: the stronger one holds up rows that refer to the mailing, and nothing else.",
        ),
        Equivalent(
            "_claim_restricted",
            "row = models.Mailing.objects.select_for_update(no_key=True).get(id=mailing_id)",
            "row = models.Mailing.objects.select_for_update(no_key=None).get(id=mailing_id)",
            "Which lock PostgreSQL takes: the stronger one holds up rows that refer to the mailing, and nothing else.",
        ),
        Equivalent(
            "_claim_restricted",
            "if row is None or not _find_claimable(row, limits, now):",
            "if row is None or not _find_claimable(row, None, now):",
            "Only spares work: it is looked at once more, with its locks.",
        ),
        Equivalent(
            "_find_claimable",
            "if not limits or allowance.is_free(row, limits, now):",
            "if (allowance.is_free(row, limits, now)):",
            "Only spares work: without limits everything is free.",
        ),
        Equivalent(
            "_claim_restricted",
            "if claim is not None and limits and not (claim.send_at and claim.send_at > now):",
            "if (claim is not None) and not (claim.send_at and claim.send_at > now):",
            "Only spares work: of no limit nothing is taken.",
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
            "_relaxed_durability",
            'if connection.vendor != "sqlite" or connection.in_atomic_block:',
            "if (connection.in_atomic_block):",
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_build_relaxed_commit_clause",
            'return _RELAXED_COMMIT if connection.vendor == "postgresql" else ""',
            'return _RELAXED_COMMIT if (connection.vendor == "postgresql") and False else ""',
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_build_relaxed_commit_clause",
            'return _RELAXED_COMMIT if connection.vendor == "postgresql" else ""',
            'return _RELAXED_COMMIT if connection.vendor == "XXpostgresqlXX" else ""',
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_to_claim",
            "tracking=bool(made.tracking),",
            "",
            "Whether SQLite gives 1 or True depends on its version; this one gives True.",
        ),
    ),
    "folding": (
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
            'return not text.encode("ascii").translate(None, _PLAIN) '
            "if (text.isascii()) and False else text.isprintable()",
            "Only spares time: both tell the same of ASCII.",
        ),
    ),
    "policy": (
        Equivalent(
            "<module>",
            "SubscriptionAct.SIGN_UP: {None: PENDING, PENDING: PENDING},",
            "SubscriptionAct.SIGN_UP: {None: PENDING, },",
            "What is not listed stays as it was: pending.",
        ),
    ),
    "recall_slots": (
        Equivalent(
            "open_next_window",
            "if not waiting.filter(id=row.id, begins_at=row.begins_at).update(begins_at=now + "
            "recall_window.RETRY_AFTER):",
            "if not waiting.filter(id=row.id, ).update(begins_at=now + recall_window.RETRY_AFTER):",
            "What another worker put off begins later than now, and is not among those that wait.",
        ),
        Equivalent(
            "open_next_window",
            'models.RateLimit.objects.select_for_update().get(name="recall")'
            "  # no two mailings take the last place both",
            "pass  # no two mailings take the last place both",
            "A lock for PostgreSQL: SQLite has one writer, and the statement before makes this process that.",
        ),
    ),
    "recall": (
        Equivalent(
            "settle_recalled",
            "for batch in mine.iterator(chunk_size=50):",
            "for batch in mine.iterator(chunk_size=None):",
            "Says how many rows are fetched at a time, not which.",
        ),
        Equivalent(
            "settle_recalled",
            "for batch in mine.iterator(chunk_size=50):",
            "for batch in mine.iterator(chunk_size=51):",
            "Says how many rows are fetched at a time, not which.",
        ),
        Equivalent(
            "settle_late_batches",
            "state__in=(BatchState.ACCEPTED, BatchState.UNKNOWN),",
            "",
            "Only spares work: the batches to settle are chosen again, mailing by mailing.",
        ),
        Equivalent(
            "_begin",
            "return _get_recallable(row.id, now)",
            "return _get_recallable(row.id, None)",
            "The state alone decides: it is being recalled, or another was faster.",
        ),
        Equivalent(
            "complete_next_recall",
            "if not isinstance(provider, Canceller):",
            "if ((not isinstance(provider, Canceller)) and False):",
            "What cannot cancel has no mailing with a recall window.",
        ),
        Equivalent(
            "_mark_recalled",
            "if not places:",
            "if ((not places) and False):",
            "Only spares writing a batch of which nothing changes.",
        ),
        Equivalent(
            "settle_late_batches",
            'found = sorted(set(late.values_list("mailing_id", flat=True)))',
            'found = sorted(set(late.values_list("mailing_id", )))',
            "A mailing is looked up by a tuple of its id as well.",
        ),
        Equivalent(
            "settle_late_batches",
            'found = sorted(set(late.values_list("mailing_id", flat=True)))',
            'found = sorted(set(late.values_list("mailing_id", flat=False)))',
            "A mailing is looked up by a tuple of its id as well.",
        ),
        Equivalent(
            "settle_late_batches",
            'found = sorted(set(late.values_list("mailing_id", flat=True)))',
            'found = sorted(set(late.values_list("mailing_id", flat=None)))',
            "A mailing is looked up by a tuple of its id as well.",
        ),
        Equivalent(
            "_complete",
            "if recalling:",
            "if ((recalling) or True):",
            "Giving up checks the state again.",
        ),
        Equivalent(
            "complete_next_recall",
            'row = to_ask.order_by("due_at", "id").first()',
            'row = to_ask.order_by("due_at", ).first()',
            "SQLite gives rows of one time by their id anyway.",
        ),
        Equivalent(
            "_require_canceller",
            "if row.provider != provider.name or not isinstance(provider, Canceller):",
            "if (row.provider != provider.name):",
            "The provider of that name can cancel.",
        ),
    ),
    "hand_over": (
        Equivalent(
            "hand_over_next",
            "has_new_key: Callable[[str], bool] = lambda account: False,",
            "has_new_key: Callable[[str], bool] = lambda account: None,",
            "Both say no.",
        ),
        Equivalent(
            "hand_over_next",
            "installation.note_answer(standing.history, attempt, failure.kind, ready)",
            "installation.note_answer(None, attempt, failure.kind, ready)",
            "Says into which file it is written: those of all histories are read together.",
        ),
        Equivalent(
            "hand_over_next",
            "answer = replace(answer, permanent=False, stop=False)",
            "answer = replace(answer, permanent=False, stop=None)",
            "Both say no.",
        ),
        Equivalent(
            "hand_over_next",
            "answer = replace(answer, permanent=False, stop=False)",
            "answer = replace(answer, permanent=None, stop=False)",
            "Both say no.",
        ),
        Equivalent(
            "forget_prepared",
            'waiting = models.Batch.objects.filter(id__in=failed, state__in=open_states).values_list("id", flat=True)',
            'waiting = models.Batch.objects.filter(state__in=open_states).values_list("id", flat=True)',
            "Only spares work: of those that failed, the others are not looked at.",
        ),
        Equivalent(
            "forget_prepared",
            'waiting = models.Batch.objects.filter(id__in=failed, state__in=open_states).values_list("id", flat=True)',
            "waiting = models.Batch.objects.filter(id__in=failed, state__in=open_states).values_list(flat=True)",
            "The first column is the id.",
        ),
    ),
    "prepared_batches": (
        Equivalent(
            "prepare_batch",
            "members = unpack_members(claim.members, claim.format)",
            "members = unpack_members(claim.members, )",
            "The other one of members and outcomes has the same format, and refuses it.",
        ),
        Equivalent(
            "prepare_batch",
            "outcomes = Outcomes(claim.outcomes, claim.format)",
            "outcomes = Outcomes(claim.outcomes, )",
            "The other one of members and outcomes has the same format, and refuses it.",
        ),
        Equivalent(
            "prepare_batch",
            "places: Sequence[int] = range(len(members)) "
            "if outcomes.untouched else outcomes.list_places(Outcome.PLANNED)",
            "places: Sequence[int] = range(len(members)) "
            "if (outcomes.untouched) and False else outcomes.list_places(Outcome.PLANNED)",
            "Only spares work: everybody is planned, so these are the places of all.",
        ),
        Equivalent(
            "prepare_batch",
            "wanted = members if len(places) == len(members) else [members[place] for place in places]",
            "wanted = members if (len(places) == len(members)) and False else [members[place] for place in places]",
            "Only spares work: these are the places of all.",
        ),
        Equivalent(
            "prepare_batch",
            "claim, outcomes, zip(places, wanted, people.addresses, strict=True), people.excluded, now",
            "claim, outcomes, zip(places, wanted, people.addresses, strict=None), people.excluded, now",
            "There is one of each: the sequences are made from the same members.",
        ),
        Equivalent(
            "prepare_batch",
            "claim, outcomes, zip(places, wanted, people.addresses, strict=True), people.excluded, now",
            "claim, outcomes, zip(places, wanted, people.addresses, ), people.excluded, now",
            "There is one of each: the sequences are made from the same members.",
        ),
        Equivalent(
            "prepare_batch",
            "claim, outcomes, zip(places, wanted, people.addresses, strict=True), people.excluded, now",
            "claim, outcomes, zip(places, wanted, people.addresses, strict=False), people.excluded, now",
            "There is one of each: the sequences are made from the same members.",
        ),
        Equivalent(
            "_format_dates",
            'return [""] * len(people)',
            'return ["XXXX"] * len(people)',
            "The mail has no place for it.",
        ),
        Equivalent(
            "prepare_batch",
            "mailing.list_id, wanted, as_of=mailing.frozen_at, suppressed_upto=mailing.suppressed_upto\n)",
            "mailing.list_id, wanted, as_of=mailing.frozen_at, )",
            "Only saves a query: anyone suppressed by then is not a member.",
        ),
    ),
    "answers": (
        Equivalent(
            "_record",
            "lost_answers=_count_lost_answers(claim.mailing_id) if answer.unknown else 0,",
            "lost_answers=_count_lost_answers(claim.mailing_id) if (answer.unknown) or True else 0,",
            "Only spares work: it is looked at for an unknown answer alone.",
        ),
        Equivalent(
            "_record",
            "lost_answers=_count_lost_answers(claim.mailing_id) if answer.unknown else 0,",
            "lost_answers=_count_lost_answers(claim.mailing_id) if answer.unknown else 1,",
            "Only spares work: it is looked at for an unknown answer alone.",
        ),
        Equivalent(
            "_count_lost_answers",
            "answered = models.Batch.objects.filter(mailing_id=mailing_id, submitted_at__isnull=False)",
            "answered = models.Batch.objects.filter(mailing_id=mailing_id, )",
            "SQLite puts those without an answer last, and they are not unknown; PostgreSQL puts them first.",
        ),
        Equivalent(
            "_store_answer",
            "row = models.Batch.objects.filter(id=claim.id, attempt_key=claim.attempt_key).first()",
            "row = models.Batch.objects.filter(attempt_key=claim.attempt_key).first()",
            "The key of an attempt is of one batch.",
        ),
        Equivalent(
            "_store_answer",
            "if not models.Batch.objects.filter(id=claim.id, version=row.version, state=row.state).update(**values):",
            "if not models.Batch.objects.filter(id=claim.id, version=row.version, ).update(**values):",
            "Whatever changes the state of a batch in flight gives it another version.",
        ),
        Equivalent(
            "_store_answer",
            "return True",
            "return False",
            "Looks once more, and finds that it is stored.",
        ),
        Equivalent(
            "_record",
            "may_have_reached=answer.permanent and not proven and _may_have_reached_somebody(claim, answer),",
            "may_have_reached=(not proven) and _may_have_reached_somebody(claim, answer),",
            "Only spares reading: no other answer asks for it.",
        ),
        Equivalent(
            "_record",
            "may_have_reached=answer.permanent and not proven and _may_have_reached_somebody(claim, answer),",
            "may_have_reached=(answer.permanent) and _may_have_reached_somebody(claim, answer),",
            "Only spares reading: no other answer asks for it.",
        ),
        Equivalent(
            "_record",
            "may_have_reached=answer.permanent and not proven and _may_have_reached_somebody(claim, answer),",
            "may_have_reached=(_may_have_reached_somebody(claim, answer)),",
            "Only spares reading: no other answer asks for it.",
        ),
        Equivalent(
            "_record",
            "proven = answer.permanent and _has_accepted_batch(claim.mailing_id)",
            "proven = (_has_accepted_batch(claim.mailing_id))",
            "Only spares reading: no other answer asks for it.",
        ),
        Equivalent(
            "_store_answer",
            "known = Outcomes(row.outcomes, row.format)",
            "known = Outcomes(row.outcomes, )",
            "There is one format so far.",
        ),
        Equivalent(
            "_store_answer",
            "twice = _flag_twice(prepared, known) if answer.accepted and row.proven_attempt else 0",
            "twice = _flag_twice(prepared, known) if (answer.accepted) else 0",
            "Without a proven attempt before it, an event has settled the whole batch.",
        ),
    ),
    "freeze": (
        Equivalent(
            "_start",
            "return False",
            "return True",
            "Only spares work: what follows finds a mailing that is not being frozen.",
        ),
        Equivalent(
            "_freeze",
            "newsletter = pages.newsletter if pages else newsletters.get_newsletter(row.newsletter_id)",
            "newsletter = pages.newsletter if (pages) and False else newsletters.get_newsletter(row.newsletter_id)",
            "Only spares work: it is read again.",
        ),
        Equivalent(
            "<module>",
            "PAGE_SIZE = 5_000  # candidates to a transaction: some milliseconds",
            "PAGE_SIZE = 5001  # candidates to a transaction: some milliseconds",
            "Says how many candidates are written at a time, not which.",
        ),
        Equivalent(
            "<module>",
            "ENTRIES_PER_ROW = 1_000  # candidates in a row of the audience index",
            "ENTRIES_PER_ROW = 1001  # candidates in a row of the audience index",
            "Says how many candidates a row of the index holds, not which.",
        ),
        Equivalent(
            "_PageWriter.write",
            "for (stratum, members), batch in zip(plan.batches, added, strict=True):",
            "for (stratum, members), batch in zip(plan.batches, added, strict=None):",
            "There is one of each: the rows are made from the same batches.",
        ),
        Equivalent(
            "_PageWriter.write",
            "for (stratum, members), batch in zip(plan.batches, added, strict=True):",
            "for (stratum, members), batch in zip(plan.batches, added, strict=False):",
            "There is one of each: the rows are made from the same batches.",
        ),
        Equivalent(
            "_PageWriter.write",
            "for (stratum, members), batch in zip(plan.batches, added, strict=True):",
            "for (stratum, members), batch in zip(plan.batches, added, ):",
            "There is one of each: the rows are made from the same batches.",
        ),
        Equivalent(
            "_PageWriter.read_earlier",
            "self.same_words = EarlierBatches(row.edition_id, row.id, after=after, snapshot_id=row.snapshot_id)",
            "self.same_words = EarlierBatches(None, row.id, after=after, snapshot_id=row.snapshot_id)",
            "With a snapshot its corrections count, whatever the edition.",
        ),
        Equivalent(
            "_PageWriter.read_earlier",
            "self.same_words = EarlierBatches(row.edition_id, row.id, after=after, snapshot_id=row.snapshot_id)",
            "self.same_words = EarlierBatches(row.edition_id, None, after=after, snapshot_id=row.snapshot_id)",
            "Its own batches hold nobody of the pages to come.",
        ),
        Equivalent(
            "_PageWriter.__init__",
            "self.last_batches[stratum] = _LastBatch(batch.id, batch.number, "
            "unpack_members(batch.members, batch.format))",
            "self.last_batches[stratum] = _LastBatch(batch.id, batch.number, unpack_members(batch.members, ))",
            "There is one format so far.",
        ),
        Equivalent(
            "_freeze",
            "pages = None  # another process wrote this page: read again what it left",
            'pages = ""  # another process wrote this page: read again what it left',
            "Either way the page is read again.",
        ),
        Equivalent(
            "_freeze",
            "if not pages.write(row, page, now):",
            "if ((not pages.write(row, page, now)) or True):",
            "Only saves reading the ledger again for each page.",
        ),
        Equivalent(
            "choose_again",
            "pages = _PageWriter(row, registry.get_max_batch(row.provider))",
            "pages = _PageWriter(row, None)",
            "No batches are made with it.",
        ),
        Equivalent(
            "choose_again",
            "pages.read_earlier(after=wanted[0] - 1)",
            "pages.read_earlier(after=wanted[0] - 2)",
            "Reads one more, who is not asked for.",
        ),
        Equivalent(
            "choose_again",
            "after, day = wanted[0] - 1, find_edition_day(row, pages.newsletter)",
            "after, day = wanted[0] - 2, find_edition_day(row, pages.newsletter)",
            "Reads one more, who is not asked for.",
        ),
        Equivalent(
            "_reconcile",
            "if models.Mailing.objects.filter(id=row.id, "
            "state=MailingState.FREEZING).update(state=MailingState.SENDING):",
            "if ((models.Mailing.objects.filter(id=row.id, "
            "state=MailingState.FREEZING).update(state=MailingState.SENDING)) or True):",
            "The times of a stopped mailing are planned again when it resumes.",
        ),
        Equivalent(
            "_freeze",
            "pages = pages or _PageWriter(row, pacing.compute_batch_size(batch_size, rate))",
            "pages = pages or _PageWriter(row, pacing.compute_batch_size(batch_size, None))",
            "Batches that are too large are split as their times are planned.",
        ),
        Equivalent(
            "_freeze",
            "rate = send_times.get_rate(newsletter)",
            "rate = None",
            "Batches that are too large are split as their times are planned.",
        ),
        Equivalent(
            "_freeze",
            "pages = pages or _PageWriter(row, pacing.compute_batch_size(batch_size, rate))",
            "pages = (_PageWriter(row, pacing.compute_batch_size(batch_size, rate)))",
            "Only saves reading the ledger again for each page.",
        ),
        Equivalent(
            "_PageWriter.read_earlier",
            "self.earlier = EarlierBatches(row.edition_id, row.id, after=after)",
            "self.earlier = EarlierBatches(row.edition_id, None, after=after)",
            "Its own batches hold nobody of the pages to come.",
        ),
        Equivalent(
            "_PageWriter.read_earlier",
            "if row.kind == MailingKind.CORRECTION:",
            "if ((row.kind == MailingKind.CORRECTION) or True):",
            "Only a correction asks for it.",
        ),
        Equivalent(
            "_PageWriter.__init__",
            'else envelopes.read_envelope_settings(self.newsletter, base_url="")',
            'else envelopes.read_envelope_settings(self.newsletter, base_url="XXXX")',
            "Only whether it tracks is asked of it.",
        ),
        Equivalent(
            "_PageWriter.__init__",
            'else envelopes.read_envelope_settings(self.newsletter, base_url="")',
            "else envelopes.read_envelope_settings(self.newsletter, base_url=None)",
            "Only whether it tracks is asked of it.",
        ),
        Equivalent(
            "_PageWriter._assign_variants",
            "if len(self.variants) == 1:",
            "if ((len(self.variants) == 1) and False):",
            "Only spares work: of one variant everybody gets that.",
        ),
        Equivalent(
            "_freeze",
            "pages: _PageWriter | None = None",
            'pages: _PageWriter | None = ""',
            "Either says that there is none.",
        ),
        Equivalent(
            "freeze_next",
            'ids = list(due.order_by("due_at", "id").values_list("id", flat=True))',
            'ids = list(due.order_by("due_at", ).values_list("id", flat=True))',
            "SQLite gives rows of one time by their id anyway.",
        ),
        Equivalent(
            "freeze_next",
            'ids = list(due.order_by("due_at", "id").values_list("id", flat=True))',
            'ids = list(due.order_by("due_at", "id").values_list(flat=True))',
            "The id is the first column.",
        ),
        Equivalent(
            "_freeze_due",
            "if due.state == MailingState.FREEZING or _start(due, now, account):",
            "if ((due.state == MailingState.FREEZING or _start(due, now, account)) or True):",
            "One that was not begun has nothing to freeze.",
        ),
        Equivalent(
            "freeze_next",
            "if not ids or installation.is_held(now) or not _freeze_lock.acquire(blocking=False):",
            "if (installation.is_held(now)) or not _freeze_lock.acquire(blocking=False):",
            "Only spares work: of none nothing is frozen.",
        ),
        Equivalent(
            "_PageWriter.read_earlier",
            "self.earlier: EarlierBatches | None = None  # no other mailing has a say in who gets this one",
            'self.earlier: EarlierBatches | None = ""  # no other mailing has a say in who gets this one',
            "Either says that there is none.",
        ),
        Equivalent(
            "_PageWriter.read_earlier",
            "self.same_words: EarlierBatches | None = None  # of a correction: mailings of it that were cancelled",
            'self.same_words: EarlierBatches | None = ""  # of a correction: mailings of it that were cancelled',
            "Either says that there is none.",
        ),
        Equivalent(
            "_freeze_due",
            "if late_mailings.hold_if_late(due, now):",
            "if ((late_mailings.hold_if_late(due, now)) and False):",
            "What it has paused is not begun.",
        ),
    ),
    "merge": (
        *(
            Equivalent(
                "_ChunkSummary",
                f"{name}: int = 0",
                f"{name}: int = 1",
                "Only spares statements that find nothing to do.",
            )
            for name in ("filled_in", "changed_state", "tagged")
        ),
        Equivalent(
            "_ChunkSummary",
            "strongest_status: int = 0",
            "strongest_status: int = 1",
            "The weakest status that counts is bounced, which is 3.",
        ),
        Equivalent(
            "_ChunkMerger.merge_rows",
            "self._execute(self._dialect.LOCK_SUBSCRIPTIONS)",
            "self._execute(None)",
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_get_dialect",
            'return merge_postgresql if connection.vendor == "postgresql" else merge_sqlite',
            'return merge_postgresql if (connection.vendor == "postgresql") and False else merge_sqlite',
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_ChunkMerger._load_rows",
            'hashed = erased_addresses.get_hasher(self._now).hash_key if self._cursor.fetchone() else lambda key: ""',
            "hashed = erased_addresses.get_hasher(self._now).hash_key if self._cursor.fetchone() else lambda key: None",
            "Neither is the hash of an address.",
        ),
        Equivalent(
            "_ChunkMerger._load_rows",
            'hashed = erased_addresses.get_hasher(self._now).hash_key if self._cursor.fetchone() else lambda key: ""',
            'hashed = erased_addresses.get_hasher(None).hash_key if self._cursor.fetchone() else lambda key: ""',
            "The time is for a secret that is made now; where an address was erased, there is one.",
        ),
        Equivalent(
            "_ChunkMerger.merge_rows",
            "self._execute(self._dialect.LOCK_SUBSCRIPTIONS)",
            "pass",
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_ChunkMerger._load_rows",
            "for statement in (*self._dialect.BEFORE_CHUNK, "
            "*merge_statements.CREATE_TABLES, *self._dialect.EMPTY_TABLES):",
            "for statement in ((*merge_statements.CREATE_TABLES, *self._dialect.EMPTY_TABLES)):",
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_ChunkMerger._load_rows",
            'self._execute("SELECT 1 FROM subscribers_suppression '
            "WHERE address_key >= '#' AND address_key < '$' LIMIT 1\")",
            'self._execute("SELECT 1 FROM subscribers_suppression '
            "WHERE (address_key >= '#' OR 1=1) AND address_key < '$' LIMIT 1\")",
            "Only spares work: nobody is suppressed by a hash where no address was erased.",
        ),
        Equivalent(
            "_ChunkMerger._load_rows",
            'self._execute("SELECT 1 FROM subscribers_suppression '
            "WHERE address_key >= '#' AND address_key < '$' LIMIT 1\")",
            'self._execute("SELECT 1 FROM subscribers_suppression '
            "WHERE address_key >= '#' AND (address_key < '$' OR 1=1) LIMIT 1\")",
            "Only spares work: nobody is suppressed by a hash where no address was erased.",
        ),
        Equivalent(
            "_ChunkMerger._load_rows",
            'hashed = erased_addresses.get_hasher(self._now).hash_key if self._cursor.fetchone() else lambda key: ""',
            "hashed = erased_addresses.get_hasher(self._now).hash_key "
            'if (self._cursor.fetchone()) or True else lambda key: ""',
            "Only spares work: nobody is suppressed by a hash where no address was erased.",
        ),
        Equivalent(
            "_ChunkMerger._load_rows",
            'hashed = erased_addresses.get_hasher(self._now).hash_key if self._cursor.fetchone() else lambda key: ""',
            "hashed = erased_addresses.get_hasher(self._now).hash_key "
            'if self._cursor.fetchone() else lambda key: "XXXX"',
            "Nobody is suppressed by such a key.",
        ),
        Equivalent(
            "_ChunkMerger.count_outcomes",
            "if twice:  # by a former and by the present address: one person",
            "if ((twice) or True):  # by a former and by the present address: one person",
            "Only spares work: without duplicates the counts of duplicates are 0.",
        ),
        Equivalent(
            "_ChunkMerger.merge_rows",
            "if twice:",
            "if ((twice) or True):",
            "Only spares work: without duplicates no row is put off.",
        ),
        Equivalent(
            "_ChunkMerger.merge_rows",
            "if self._dialect.LOCK_SUBSCRIPTIONS:",
            "if ((self._dialect.LOCK_SUBSCRIPTIONS) and False):",
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_ChunkMerger.merge_rows",
            "if self._dialect.LOCK_SUBSCRIPTIONS:",
            "if ((self._dialect.LOCK_SUBSCRIPTIONS) or True):",
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "judge_chunk",
            "merger = _ChunkMerger(cursor, target, now)",
            "merger = _ChunkMerger(cursor, target, None)",
            "Judging writes no date, and where an address was erased, there is a hasher already.",
        ),
        Equivalent(
            "merge_chunk",
            "before_former: Callable[[], None] = lambda: None,",
            "before_former: Callable[[], None] = lambda: 0,",
            "Nobody looks at what it returns.",
        ),
        Equivalent(
            "_ChunkMerger.__init__",
            "self, cursor: Any, target: MergeTarget, now: datetime, before_former: Callable[[], None] = lambda: None",
            "self, cursor: Any, target: MergeTarget, now: datetime, before_former: Callable[[], None] = lambda: 0",
            "Nobody looks at what it returns.",
        ),
        Equivalent(
            "_ChunkMerger._write",
            "if judged.new_subscribers:",
            "if ((judged.new_subscribers) or True):",
            "Only spares a statement, which then adds nobody, as is expected.",
        ),
        Equivalent(
            "_ChunkMerger._write",
            "if judged.new_subscriptions:",
            "if ((judged.new_subscriptions) or True):",
            "Only spares a statement, which then adds nobody, as is expected.",
        ),
        Equivalent(
            "_ChunkMerger._write",
            "if judged.filled_in:",
            "if ((judged.filled_in) or True):",
            "Only spares statements, which find nobody to fill in.",
        ),
        Equivalent(
            "_ChunkMerger._write",
            "if judged.changed_state:",
            "if ((judged.changed_state) or True):",
            "Only spares a statement, which asks once more whose state changes.",
        ),
        Equivalent(
            "_ChunkMerger._write",
            "if judged.strongest_status >= STRENGTH[SubscriptionState.BOUNCED]:",
            "if ((judged.strongest_status >= STRENGTH[SubscriptionState.BOUNCED]) or True):",
            "Only spares statements, which ask once more who bounced or complained.",
        ),
        Equivalent(
            "_get_dialect",
            'return merge_postgresql if connection.vendor == "postgresql" else merge_sqlite',
            'return merge_postgresql if connection.vendor == "XXpostgresqlXX" else merge_sqlite',
            _ON_POSTGRESQL,
        ),
        Equivalent(
            "_ChunkMerger._write",
            "if judged.tagged:",
            "if ((judged.tagged) or True):",
            "Only spares a statement, which asks once more who gets a tag.",
        ),
        Equivalent(
            "_ChunkMerger._summarise",
            "judged.filled_in += filled_in",
            "judged.filled_in -= filled_in",
            "Only whether it is 0 counts, and no part of the sum is negative.",
        ),
        Equivalent(
            "_ChunkMerger._summarise",
            "judged.changed_state += changed",
            "judged.changed_state -= changed",
            "Only whether it is 0 counts, and no part of the sum is negative.",
        ),
        Equivalent(
            "_ChunkMerger._summarise",
            "judged.tagged += tagged",
            "judged.tagged -= tagged",
            "Only whether it is 0 counts, and no part of the sum is negative.",
        ),
        Equivalent(
            "_ChunkMerger._summarise",
            "judged.changed_state += changed",
            "judged.changed_state = changed",
            "Only those who are updated change state, and SQLite gives that outcome last.",
        ),
    ),
    "expired_leases": (
        Equivalent(
            "_shorten_impossible_leases",
            "if impossible.exists():",
            "if ((impossible.exists()) or True):",
            "Only spares a write: it finds nothing either.",
        ),
        Equivalent(
            "_settle_lost",
            "back += lost.filter(attempt_key=batch.attempt_key).update(",
            "back = lost.filter(attempt_key=batch.attempt_key).update(",
            "There is one batch with this id.",
        ),
        *(
            Equivalent("_settle_lost", before, after, "The write names the state and the version as well.")
            for before, after in (
                (
                    "lost = models.Batch.objects.filter(id=batch.id, version=batch.version, state=BatchState.SENDING)",
                    "lost = models.Batch.objects.filter(id=batch.id, version=batch.version, )",
                ),
                (
                    "for batch in models.Batch.objects.filter(id=batch_id, lease_until__lt=now, "
                    "state=BatchState.SENDING):",
                    "for batch in models.Batch.objects.filter(id=batch_id, lease_until__lt=now, ):",
                ),
            )
        ),
        Equivalent(
            "_settle_lost",
            "lost = models.Batch.objects.filter(id=batch.id, version=batch.version, state=BatchState.SENDING)",
            "lost = models.Batch.objects.filter(version=batch.version, state=BatchState.SENDING)",
            "An attempt is of one batch alone.",
        ),
        Equivalent(
            "recover_expired_leases",
            'lost = late.filter(state=BatchState.SENDING).values_list("id", flat=True)',
            "lost = late.filter(state=BatchState.SENDING).values_list(flat=True)",
            "The first column is the id.",
        ),
        Equivalent(
            "recover_expired_leases",
            "late = models.Batch.objects.filter(lease_until__lt=now, "
            "state__in=(BatchState.CLAIMED, BatchState.SENDING))",
            "late = models.Batch.objects.filter(lease_until__lt=now, )",
            "Only spares work: each write names the state it is for.",
        ),
        Equivalent(
            "recover_expired_leases",
            "if not late.exists():",
            "if ((not late.exists()) and False):",
            "Only spares work: the writes find nothing either.",
        ),
    ),
    "mailed_before": (
        *(
            Equivalent("EarlierBatches", before, after, "It is set as soon as the object is made.")
            for before in (
                "_strata: list[tuple[int, int]] = field(init=False)  "
                "# mailing and stratum: so the index gives a range of ids",
                "_open: dict[int, int] = field(init=False)  # of batches that begin before the next page: its last id",
            )
            for after in (
                before.replace("field(init=False)", "field(init=None)"),
                before.replace("field(init=False)", "None"),
            )
        ),
        Equivalent(
            "EarlierBatches.__post_init__",
            "if self.after:",
            "if ((self.after) or True):",
            "Only spares work: no batch begins before the first id.",
        ),
        Equivalent(
            "EarlierBatches._list_beginning",
            "if not self._strata:",
            "if ((not self._strata) and False):",
            "Only spares work: no batch is of no mailing.",
        ),
        *(
            Equivalent(
                "EarlierBatches.read_page",
                "self._open = {batch_id: last_id for batch_id, last_id in self._open.items() if last_id > upto}",
                after,
                "Only spares work: who of a batch is on no page counts on none.",
            )
            for after in (
                "self._open = {batch_id: last_id for batch_id, last_id in self._open.items() if last_id >= upto}",
                "self._open = {batch_id: last_id for batch_id, last_id in self._open.items() "
                "if ((last_id > upto) or True)}",
            )
        ),
        *(
            Equivalent(
                "EarlierBatches.read_page",
                "for batch in batches.iterator(chunk_size=50):",
                f"for batch in batches.iterator(chunk_size={size}):",
                "The same batches, more at a time.",
            )
            for size in ("51", "None")
        ),
        Equivalent(
            "EarlierBatches.read_page",
            'batches = models.Batch.objects.filter(id__in=list(self._open)).select_related("mailing")',
            "batches = models.Batch.objects.filter(id__in=list(self._open)).select_related(None)",
            "Only spares queries.",
        ),
        *(
            Equivalent(
                "EarlierBatches.__post_init__",
                "spanning = batches.filter(first_id__lte=self.after, last_id__gt=self.after)",
                after,
                "Only spares work: who of a batch is on no page counts on none.",
            )
            for after in (
                "spanning = batches.filter(first_id__lte=self.after, )",
                "spanning = batches.filter(last_id__gt=self.after)",
            )
        ),
        *(
            Equivalent(
                "EarlierBatches._list_beginning",
                line,
                "",
                "Only spares work: who of a batch is on no page counts on none.",
            )
            for line in ("first_id__lte=upto,", "first_id__gt=self.after,")
        ),
        Equivalent(
            "EarlierBatches._list_beginning",
            "stratum__in={stratum for _, stratum in self._strata},",
            "",
            "Only spares time: with it, the index gives a range of ids.",
        ),
        *(
            Equivalent(
                "EarlierBatches.read_page",
                "for place, (person, outcome) in enumerate(zip(members, outcomes, strict=True)):",
                f"for place, (person, outcome) in enumerate(zip(members, outcomes, {strict})):",
                "There is an outcome for each member.",
            )
            for strict in ("strict=False", "strict=None", "")
        ),
        Equivalent(
            "EarlierBatches.read_page",
            "members = unpack_members(batch.members, batch.format)",
            "members = unpack_members(batch.members, )",
            "There is one format so far.",
        ),
        Equivalent(
            "EarlierBatches.read_page",
            "outcomes = Outcomes(batch.outcomes, batch.format)",
            "outcomes = Outcomes(batch.outcomes, )",
            "There is one format so far.",
        ),
    ),
    "merge_sqlite": (
        Equivalent(
            "<module>",
            'LOCK_SUBSCRIPTIONS = ""  # a writer locks the whole database',
            "LOCK_SUBSCRIPTIONS = None  # a writer locks the whole database",
            "Only whether there is a statement counts.",
        ),
    ),
    "merge_statements": (
        Equivalent(
            "<module>",
            '_INTEGERS = {"line", "status", "repeats"}',
            '_INTEGERS = {"status", "repeats"}',
            "Nobody compares lines or adds them up.",
        ),
        Equivalent(
            "<module>",
            '_INTEGERS = {"line", "status", "repeats"}',
            '_INTEGERS = {"line", "repeats"}',
            "SQLite compares digits that are text as well; PostgreSQL, where the same tests run, refuses to.",
        ),
        Equivalent(
            "<module>",
            '_INTEGERS = {"line", "status", "repeats"}',
            '_INTEGERS = {"line", "status", }',
            "SQLite adds up digits that are text as well; PostgreSQL, where the same tests run, refuses to.",
        ),
        Equivalent(
            "<module>",
            '_INTEGERS = {"line", "status", "repeats"}',
            '_INTEGERS = {"XXlineXX", "status", "repeats"}',
            "Nobody compares lines or adds them up.",
        ),
        Equivalent(
            "<module>",
            '_INTEGERS = {"line", "status", "repeats"}',
            '_INTEGERS = {"line", "XXstatusXX", "repeats"}',
            "SQLite compares digits that are text as well; PostgreSQL, where the same tests run, refuses to.",
        ),
        Equivalent(
            "<module>",
            '_INTEGERS = {"line", "status", "repeats"}',
            '_INTEGERS = {"line", "status", "XXrepeatsXX"}',
            "SQLite adds up digits that are text as well; PostgreSQL, where the same tests run, refuses to.",
        ),
        Equivalent(
            "<module>",
            '_COLUMN_DEFINITIONS = ", ".join(f"{name} {\'integer DEFAULT 0\' if name in _INTEGERS else _TEXT}" '
            "for name in COLUMNS)",
            '_COLUMN_DEFINITIONS = ", ".join(f"{name} {\'integer DEFAULT 0\' if (name in _INTEGERS) and False else '
            '_TEXT}" for name in COLUMNS)',
            "SQLite takes digits that are text as well; PostgreSQL, where the same tests run, refuses to.",
        ),
        Equivalent(
            "<module>",
            "sum(j.filled), sum(CASE WHEN j.state_before <> '' AND j.after <> j.state_before THEN 1 ELSE 0 END),",
            "sum(j.filled), sum(CASE WHEN j.state_before <> '' AND (j.after <> j.state_before OR 1=1) THEN 1 ELSE 0 "
            "END),",
            "Only spares a statement, which asks once more whose state changes.",
        ),
        Equivalent(
            "<module>",
            '_DUPLICATES = "SELECT person FROM import_found WHERE person IS NOT NULL GROUP BY person HAVING '
            'count(*) > 1"',
            '_DUPLICATES = "SELECT person FROM import_found WHERE (person IS NOT NULL OR 1=1) GROUP BY person '
            'HAVING count(*) > 1"',
            "Newcomers are nobody yet, and nobody is like nobody in SQL.",
        ),
        Equivalent(
            "<module>",
            '_FIRST_OF_DUPLICATES = "SELECT min(key) FROM import_found WHERE person IS NOT NULL GROUP BY person '
            'HAVING count(*) > 1"',
            '_FIRST_OF_DUPLICATES = "SELECT min(key) FROM import_found WHERE (person IS NOT NULL OR 1=1) GROUP BY '
            'person HAVING count(*) > 1"',
            "The first of the newcomers is none of the duplicates, each key being there once.",
        ),
        Equivalent(
            "<module>",
            "AND j.state_before <> '' AND j.after <> j.state_before",
            "AND (j.state_before <> '' OR 1=1) AND j.after <> j.state_before",
            "Who joined a moment ago has that state, since this instant.",
        ),
        Equivalent(
            "<module>",
            "sum(CASE WHEN j.tags <> '' AND j.locked = 0 AND j.outcome <> 'kept_unsubscribed' THEN 1 ELSE 0 END)",
            "sum(CASE WHEN j.tags <> '' AND j.locked = 0 AND (j.outcome <> 'kept_unsubscribed' OR 1=1) THEN 1 ELSE "
            "0 END)",
            "Only spares a statement, which asks once more who is kept out.",
        ),
        Equivalent(
            "<module>",
            "sum(CASE WHEN j.tags <> '' AND j.locked = 0 AND j.outcome <> 'kept_unsubscribed' THEN 1 ELSE 0 END)",
            "sum(CASE WHEN j.tags <> '' AND (j.locked = 0 OR 1=1) AND j.outcome <> 'kept_unsubscribed' THEN 1 ELSE "
            "0 END)",
            "Only spares a statement, which asks once more who may be changed.",
        ),
        Equivalent(
            "Statements.__init__",
            'self.suppress = _SUPPRESS.format(mine="" if self._lists is None else mine)',
            'self.suppress = _SUPPRESS.format(mine="" if (self._lists is None) and False else mine)',
            "Only spares a condition: where everybody may be changed, nobody is locked.",
        ),
        Equivalent(
            "Statements.__init__",
            'self.suppress_more = _SUPPRESS_MORE.format(mine="" if self._lists is None else mine)',
            'self.suppress_more = _SUPPRESS_MORE.format(mine="" if (self._lists is None) and False else mine)',
            "Only spares a condition: where everybody may be changed, nobody is locked.",
        ),
        Equivalent(
            "Statements.__init__",
            'self._lists = None if list_ids is None else ", ".join(str(int(each)) for each in (*sorted(list_ids), 0))',
            'self._lists = None if list_ids is None else ", ".join(str(int(each)) for each in ((*sorted(list_ids), )))',
            "SQLite takes an empty list as well; PostgreSQL, where the same tests run, refuses it.",
        ),
    ),
    "merge_postgresql": (
        *(
            Equivalent(
                "<module>",
                "\n".join(_PLANNER),
                "\n".join(
                    (
                        "(",
                        *(
                            other if other != setting else ""
                            for other in _PLANNER
                            if other != setting or setting == _PLANNER[-1]
                        ),
                        ")",
                    )
                ),
                "Tells the planner how, not what: only spares time.",
            )
            for setting in _PLANNER
        ),
        Equivalent(
            "<module>",
            "FROM import_found f WHERE f.person IS NOT NULL)) ORDER BY u.id FOR UPDATE OF u) held",
            "FROM import_found f WHERE (f.person IS NOT NULL OR 1=1))) ORDER BY u.id FOR UPDATE OF u) held",
            "Newcomers have no subscription to lock.",
        ),
        Equivalent(
            "_copy_rows",
            "tabs = sum(map(len, rows)) - len(rows)",
            "tabs = sum(map(len, rows)) + len(rows)",
            "Only spares time: what is not plain is escaped cell by cell.",
        ),
        Equivalent(
            "_copy_rows",
            'plain = "\\\\" not in text and "\\r" not in text and text.count("\\t") == tabs and text.count("\\n") '
            "== len(rows)",
            "plain = None",
            "Only spares time: what is not plain is escaped cell by cell.",
        ),
        Equivalent(
            "_copy_rows",
            'plain = "\\\\" not in text and "\\r" not in text and text.count("\\t") == tabs and text.count("\\n") '
            "== len(rows)",
            'plain = "\\\\" not in text and "\\r" not in text and text.count("XX\\tXX") == tabs and text.count("\\n") '
            "== len(rows)",
            "Only spares time: what is not plain is escaped cell by cell.",
        ),
        Equivalent(
            "_copy_rows",
            'plain = "\\\\" not in text and "\\r" not in text and text.count("\\t") == tabs and text.count("\\n") '
            "== len(rows)",
            'plain = "\\\\" not in text and "\\r" not in text and text.count("\\t") == tabs and '
            'text.count("XX\\nXX") == len(rows)',
            "Only spares time: what is not plain is escaped cell by cell.",
        ),
        Equivalent(
            "_copy_rows",
            "tabs = sum(map(len, rows)) - len(rows)",
            "tabs = None",
            "Only spares time: what is not plain is escaped cell by cell.",
        ),
        Equivalent(
            "_copy_rows",
            "if plain:",
            "if ((plain) and False):",
            "Only spares time: what is not plain is escaped cell by cell.",
        ),
    ),
}
