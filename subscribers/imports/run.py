"""Importing subscribers. One import is one record: it resumes after a crash, and can be undone as a whole (undo.py).

The file is kept and staged in a work file (staging.py), then merged in short chunks (chunks.py), each whole or not at
all, with its place recorded in the same transaction. A lease says which process runs it.

    from the command line:  running → done          (stopped, failed)
    from the desk:          checking → ready → waiting → running → done
                            checking → asks → checking   when a column is not understood
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q

from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.clock import compute_latest_end
from newsletter.kernel.errors import BadInput, Conflict, NewsletterError, Refused, SurroundingsError
from newsletter.kernel.text import remove_unstorable
from subscribers import import_files, lists, models, rights, tiers
from subscribers.imports import chunks, import_lookup, merge, questions, staging, undo
from subscribers.imports.chunks import LEASE, Clock, Progress
from subscribers.imports.csv import LARGEST_FILE
from subscribers.imports.questions import UnansweredError
from subscribers.imports.staging import ImportOptions, StagedFile
from subscribers.states import ImportState, QuestionKind
from subscribers.values import BadRow, ImportReport, ImportRun, List, Question

log = logging.getLogger(__name__)

FILE_RETENTION = timedelta(days=30)
_LIMITS = "changes_people_of"  # of the options
DRY_RUN_ROWS = 5_000  # rows of a dry run, which locks nothing
_ANSWERABLE = ("map", "status", "file", "dates", "tiers")  # fields of errors that another option can mend
_NO_ATTRIBUTE = "There is no such attribute. Leave the column out, or ask an administrator to make the attribute first."
_MEANS_SOMETHING_ELSE = (
    "Somebody changed what the columns of this file mean since you opened the page. Look at it again."
)
_UNDER_WAY = (ImportState.WAITING, ImportState.RUNNING, ImportState.UNDOING)


def import_csv(
    source: Path | BinaryIO,
    list_id: int,
    *,
    dry_run: bool,
    by: Actor,
    now: datetime,
    name: str = "",
    options: ImportOptions | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Imports a file into a list, at once. Good rows are kept, bad ones reported; nobody who left is signed up again.

    A file that cannot be taken (no addresses, an unknown status) changes nothing. `progress` hears of rows read, and
    then of addresses merged. Raises NotAllowed, BadInput, SurroundingsError.
    """
    require_right(by, Verb.SUBSCRIBERS, [list_id])
    options = options or ImportOptions()
    target = lists.get_present_list(list_id)
    name = name or (source.name if isinstance(source, Path) else "")
    with _open_source(source) as stream:
        if dry_run:
            return _dry_run(stream, target, name, options, by, now, progress)
        row = _create_import(stream, target, name, options, by, now)
    row.state, row.owner, row.lease_until = ImportState.RUNNING, by.name[:120], now + LEASE
    with transaction.atomic():
        row.save()
        by.record(ActionRecord("imported readers", target.name, now, detail=name, list_ids=[target.id]))
    try:
        _run_in_foreground(row, now, progress)
    except KeyboardInterrupt:
        models.ImportRun.objects.filter(id=row.id).update(state=ImportState.STOPPED, lease_until=None)
        raise Refused(
            f"Stopped. {row.merged} of {row.people} addresses are in. Resume it, or undo it.",
            command_hint=(
                f"Use: newsletter subscribers imports resume {row.id}, or: newsletter subscribers imports undo {row.id}"
            ),
        ) from None
    return import_lookup.get_import(row.id).report


def begin_import(
    stream: BinaryIO, list_id: int, *, by: Actor, now: datetime, name: str, options: ImportOptions | None = None
) -> ImportRun:
    """Keeps a file for the worker to look through (see `process_next_import`).

    Raises NotAllowed, BadInput, SurroundingsError.
    """
    require_right(by, Verb.SUBSCRIBERS, [list_id])
    target = lists.get_present_list(list_id)
    row = _create_import(stream, target, name, options or ImportOptions(), by, now)
    with transaction.atomic():
        models.ImportRun.objects.filter(id=row.id).update(state=ImportState.CHECKING)
        by.record(ActionRecord("uploaded import", target.name, now, detail=name, list_ids=[target.id]))
    return import_lookup.get_import(row.id)


def change_import_options(
    import_id: int, options: ImportOptions, *, seen: str | None, by: Actor, now: datetime
) -> ImportRun:
    """Adds answers to what columns and words of a file mean; it is checked again. Answers given before stay.

    `seen` is the `seen` of the import shown.
    Raises NotFound, NotAllowed, Conflict, Refused.
    """
    row = _require_import(import_id, seen, by)
    before = asdict(_load_options(row))
    after = asdict(_load_options(row).add_answers(options))
    changed = [name for name in after if before[name] != after[name]]
    with transaction.atomic():
        _change_state(
            row,
            (ImportState.NEEDS_ANSWER, ImportState.READY),
            state=ImportState.CHECKING,
            options=after | _build_limits(by),
            error="",
            questions=None,
            lease_until=None,
        )
        by.record(
            ActionRecord(
                "changed import",
                row.list.name,
                now,
                detail=row.name,
                before={name: before[name] for name in changed},
                after={name: after[name] for name in changed},
                list_ids=[row.list_id],
            )
        )
    import_files.get_work_path(import_id).unlink(missing_ok=True)
    return import_lookup.get_import(import_id)


def confirm_import(import_id: int, *, seen: str | None, by: Actor, now: datetime) -> ImportRun:
    """Yes to what looking through the file has shown: the worker imports it. `seen` is the `seen` of the import shown.

    Raises NotFound, NotAllowed, Conflict, Refused.
    """
    row = _require_import(import_id, seen, by)
    with transaction.atomic():
        _change_state(
            row,
            (ImportState.READY,),
            state=ImportState.WAITING,
            counts={},
            options=row.options | _build_limits(by),
            lease_until=None,
        )
        by.record(
            ActionRecord(
                "imported readers",
                row.list.name,
                now,
                detail=f"{row.name}: {row.counts.get('new', 0)} new",
                list_ids=[row.list_id],
            )
        )
    return import_lookup.get_import(import_id)


def request_undo(import_id: int, *, by: Actor, now: datetime) -> ImportRun:
    """Has the worker undo an import (undo.py). Raises NotFound, NotAllowed, Refused."""
    undo.begin_undo(import_id, by=by, now=now)
    return import_lookup.get_import(import_id)


def discard_import(import_id: int, *, by: Actor, now: datetime) -> None:
    """No to it: the file goes, and the record with it. Raises NotFound, NotAllowed, Refused once anything is in."""
    row = _require_import(import_id, None, by)
    with transaction.atomic():
        _change_state(
            row,
            (ImportState.CHECKING, ImportState.NEEDS_ANSWER, ImportState.READY, ImportState.FAILED),
            state=ImportState.FAILED,
        )
        by.record(ActionRecord("discarded import", row.list.name, now, detail=row.name, list_ids=[row.list_id]))
    import_files.delete_file(import_id)
    models.ImportRun.objects.filter(id=import_id, merged=0).delete()


def _require_import(import_id: int, seen: str | None, by: Actor) -> models.ImportRun:
    """The import, if the actor may see to it and has seen what it is now."""
    row = import_lookup.get_import_row(import_id)
    require_right(by, Verb.SUBSCRIBERS, [row.list_id])
    if seen is not None and seen != import_lookup.compute_seen(row):
        raise Conflict(_MEANS_SOMETHING_ELSE)
    return row


def _build_limits(by: Actor) -> dict[str, list[int] | None]:
    """Whose people an import may change (`MergeTarget.list_ids`), kept with its options for the worker."""
    allowed = rights.find_changeable_lists(by)
    return {_LIMITS: None if allowed is None else sorted(allowed)}


def process_next_import(now: datetime, *, owner: str, clock: Clock) -> bool:
    """Checks, merges or undoes an import: the one that waits longest, or whose process died.

    False when there is none.
    """
    row = _find_next(now)
    if row is None or not _claim(row, now, owner, _build_unleased_filter(now)):
        return False
    try:
        if row.state == ImportState.CHECKING:
            _check_file(row, clock, now)
        elif row.state == ImportState.UNDOING:
            undo.finish_undo(row, now=now)
        else:
            _merge_rest(row, clock, now)
    except NewsletterError as error:
        asks = row.state == ImportState.CHECKING and isinstance(error, BadInput) and error.field in _ANSWERABLE
        _record_failure(row, error, clock(), state=ImportState.NEEDS_ANSWER if asks else ImportState.FAILED)
    except (OperationalError, InterfaceError):
        raise  # the database is away: its lease runs out, and it is taken up again
    except Exception as error:
        if row.state == ImportState.UNDOING:
            raise  # half undone, it is tried again when its lease has run out; others go on meanwhile
        log.exception("Import %s failed", row.id)
        what = remove_unstorable(f"{type(error).__name__}: {error}")[:300]
        failed = Refused(f"It failed inside this program ({what}); the log has the details. Resume it after an update.")
        _record_failure(row, failed, clock())
    return True


def _find_next(now: datetime) -> models.ImportRun | None:
    """The import that waits longest, of those whose file is on this machine: another one may have been given it."""
    rows = models.ImportRun.objects.filter(_build_unleased_filter(now)).order_by("id")
    return next(
        (row for row in rows if row.state == ImportState.UNDOING or import_files.get_file_path(row.id).exists()), None
    )


def _build_unleased_filter(now: datetime) -> Q:
    put_back = Q(lease_until__gt=compute_latest_end(now, LEASE))  # of a clock; a live owner renews it by then
    nobody = Q(lease_until__isnull=True) | Q(lease_until__lt=now) | put_back
    return Q(state__in=(ImportState.WAITING, ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)) & nobody


def _change_state(row: models.ImportRun, states: Sequence[str], **values: Any) -> None:
    """Changes an import as it was read. Raises Refused in another state, Conflict where columns mean something else."""
    there = models.ImportRun.objects.filter(id=row.id, state__in=states)
    if there.filter(options=row.options).update(**values):
        return
    if there.exists():
        raise Conflict(_MEANS_SOMETHING_ELSE)
    raise Refused(f"Import {row.id} is {import_lookup.get_import_row(row.id).state} by now, so this cannot be done.")


def _check_file(row: models.ImportRun, clock: Clock, now: datetime) -> None:
    """Checks a file: what would become of its people. Changes none of them."""
    staged = _stage_kept_file(row, clock, now, None)
    _check_attributes(staged, _get_limits(row))
    counts = _judge_file(import_files.get_work_path(row.id), _build_target(row), now)
    _save_staging_result(row, staged, clock())
    models.ImportRun.objects.filter(id=row.id, owner=row.owner, state=ImportState.CHECKING).update(
        state=ImportState.READY, counts=row.counts | counts, lease_until=None
    )


def _judge_file(
    work: Path, target: merge.MergeTarget, now: datetime, progress: Progress | None = None
) -> dict[str, Any]:
    """What would become of everybody in a work file: counts by outcome, and by the state they would have."""
    counts: dict[str, Any] = dict.fromkeys(merge.OUTCOMES, 0)
    states: dict[str, int] = {}
    newly_active = 0
    for rows in staging.read_chunks(work, after="", size=lambda: DRY_RUN_ROWS):
        judged = merge.judge_chunk(rows, target, now)
        for outcome, count in judged.outcomes.items():
            counts[outcome] += count
        for state, count in judged.states.items():
            states[state] = states.get(state, 0) + count
        newly_active += judged.newly_active
        if progress:
            progress(len(rows))
    return counts | {"states": states, "newly_active": newly_active}


def resume_import(import_id: int, *, by: Actor, now: datetime, progress: Progress | None = None) -> ImportReport:
    """Goes on with an import that was stopped, or whose process died.

    Raises NotFound, NotAllowed, Refused, BadInput.
    """
    row = _require_import(import_id, None, by)
    free = (
        Q(state__in=(ImportState.STOPPED, ImportState.WAITING))
        | Q(state=ImportState.RUNNING, lease_until__lt=now)
        | Q(state=ImportState.FAILED, file_kept=True)
    )
    with transaction.atomic():
        if not _claim(row, now, by.name, free):
            raise Refused(_explain_refusal(import_lookup.get_import_row(import_id), now))
        row.options |= _build_limits(by)
        models.ImportRun.objects.filter(id=row.id).update(options=row.options)
        by.record(ActionRecord("imported readers", row.list.name, now, detail=row.name, list_ids=[row.list_id]))
    _run_in_foreground(row, now, progress)
    return import_lookup.get_import(row.id).report


def _explain_refusal(row: models.ImportRun, now: datetime) -> str:
    if row.state == ImportState.RUNNING and row.lease_until:
        left = max(int((row.lease_until - now).total_seconds()) + 1, 1)
        return f"Import {row.id} is under way. If its process has died, it can resume in {left} seconds."
    return f"Import {row.id} is {row.state}, so there is nothing to go on with."


def _run_in_foreground(row: models.ImportRun, now: datetime, progress: Progress | None) -> None:
    """Runs an import while somebody waits for it: what stops it is noted, and goes on to them."""
    try:
        _merge_rest(row, _clock_from(now), now, progress=progress)
    except NewsletterError as error:
        _record_failure(row, error, now)
        raise
    except DatabaseError:
        with suppress(DatabaseError):  # on a full disk this cannot be written either; then its lease runs out
            models.ImportRun.objects.filter(id=row.id, owner=row.owner).update(
                state=ImportState.STOPPED, lease_until=None
            )
        raise


def has_waiting_imports(now: datetime) -> bool:
    """Whether there is anything for `process_next_import`."""
    return _find_next(now) is not None


def delete_old_files(now: datetime) -> None:
    """Deletes the files of imports that are over for longer than they are kept."""
    over = models.ImportRun.objects.filter(file_kept=True, created_at__lt=now - FILE_RETENTION).exclude(
        state__in=_UNDER_WAY
    )
    for import_id in over.values_list("id", flat=True):
        import_files.delete_file(import_id)


def _dry_run(
    stream: BinaryIO,
    target: List,
    name: str,
    options: ImportOptions,
    by: Actor,
    now: datetime,
    progress: Progress | None,
) -> ImportReport:
    with tempfile.TemporaryDirectory(prefix="newsletter-", dir=import_files.create_folder()) as folder:
        work = Path(folder) / "dry.work"
        staged = _stage_stream(stream, work, name, options, now, progress)
        allowed = rights.find_changeable_lists(by)
        _check_attributes(staged, allowed)
        columns = staging.list_columns(work)
        into = merge.MergeTarget(0, target.id, by.name, name, options.overwrite, columns, allowed)
        counts = _judge_file(work, into, now, progress)
    return _build_report(staged, counts)


def _create_import(
    stream: BinaryIO, target: List, name: str, options: ImportOptions, by: Actor, now: datetime
) -> models.ImportRun:
    """The record of an import, and its file beside it. No worker takes it up before the caller says what it waits for,
    in the transaction in which that is recorded: a process may die in between.
    """
    row = models.ImportRun.objects.create(
        list_id=target.id,
        name=name[:200],
        sha256="",
        size=0,
        options=asdict(options) | _build_limits(by),
        state=ImportState.STOPPED,
        by=by.name[:254],
        created_at=now,
    )
    try:
        row.sha256, row.size = staging.keep_file(stream, import_files.get_file_path(row.id))
    except NewsletterError:
        import_files.get_file_path(row.id).unlink(missing_ok=True)
        row.delete()
        raise
    row.save(update_fields=["sha256", "size"])
    return row


def _claim(row: models.ImportRun, now: datetime, owner: str, free: Q) -> bool:
    """Takes an import; one that is looked through or taken back stays so, any other is under way from now on."""
    state = row.state if row.state in (ImportState.CHECKING, ImportState.UNDOING) else ImportState.RUNNING
    mine = models.ImportRun.objects.filter(free, id=row.id, state=row.state)
    taken = mine.update(state=state, owner=owner[:120], lease_until=now + LEASE)
    if taken:
        row.refresh_from_db()
    return bool(taken)


def _clock_from(now: datetime) -> Clock:
    """The time as it goes on from `now`."""
    started = perf_counter()
    return lambda: now + timedelta(seconds=perf_counter() - started)


def _stage_kept_file(row: models.ImportRun, clock: Clock, now: datetime, progress: Progress | None) -> StagedFile:
    """Reads the kept file of an import into its work file; the lease is kept up meanwhile."""
    with _open_source(import_files.get_file_path(row.id)) as stream:
        return _stage_stream(
            stream,
            import_files.get_work_path(row.id),
            row.name,
            _load_options(row),
            now,
            progress,
            alive=lambda: _renew_lease(row, clock()),
        )


def _merge_rest(row: models.ImportRun, clock: Clock, now: datetime, *, progress: Progress | None = None) -> None:
    """Merges what is not in yet. What was staged before a crash is used again; each chunk records where it ended."""
    work = import_files.get_work_path(row.id)
    staged = staging.load_staged(work) or _stage_kept_file(row, clock, now, progress)
    _save_staging_result(row, staged, clock())
    _check_attributes(staged, _get_limits(row))
    _create_tags_and_attributes(staged, now)
    chunks.merge_file(row, work, _build_target(row), now=now, clock=clock, progress=progress)
    models.ImportRun.objects.filter(id=row.id, owner=row.owner).update(
        state=ImportState.DONE, finished_at=clock(), lease_until=None
    )
    _refresh_statistics()


def _load_options(row: models.ImportRun) -> ImportOptions:
    return ImportOptions(**{name: row.options[name] for name in ImportOptions.__slots__ if name in row.options})


def _build_target(row: models.ImportRun) -> merge.MergeTarget:
    overwrite = bool(row.options.get("overwrite"))
    columns = staging.list_columns(import_files.get_work_path(row.id))
    return merge.MergeTarget(row.id, row.list_id, row.by, row.name, overwrite, columns, _get_limits(row))


def _get_limits(row: models.ImportRun) -> frozenset[int] | None:
    limits = row.options.get(_LIMITS)
    return None if limits is None else frozenset(limits)


def _check_attributes(staged: StagedFile, allowed: frozenset[int] | None) -> None:
    """Attributes are the newsroom's: whoever may not make them maps columns to those there are.

    Raises UnansweredError.
    """
    if allowed is None:
        return
    known = {*models.Attribute.objects.values_list("slug", flat=True)}
    missing = [name for slug, name in staged.attributes.items() if slug not in known]
    if missing:
        raise UnansweredError([Question(QuestionKind.COLUMN, name, _NO_ATTRIBUTE) for name in missing])


def _save_staging_result(row: models.ImportRun, staged: StagedFile, present: datetime) -> None:
    first = {"rows": staged.rows, "refused": staged.refused, "skipped": staged.skipped}
    row.tool, row.people, row.bad, row.flags = staged.tool, staged.people, list(staged.bad), dict(staged.flags)
    row.counts = dict.fromkeys(merge.OUTCOMES, 0) | row.counts | first
    models.ImportRun.objects.filter(id=row.id).update(
        tool=row.tool, people=row.people, bad=row.bad, flags=row.flags, counts=row.counts, lease_until=present + LEASE
    )


def _renew_lease(row: models.ImportRun, present: datetime) -> None:
    models.ImportRun.objects.filter(id=row.id, owner=row.owner).update(lease_until=present + LEASE)


def _create_tags_and_attributes(staged: StagedFile, now: datetime) -> None:
    """Makes the tags and attributes a file names that are not there yet."""
    models.Tag.objects.bulk_create(
        [models.Tag(name=name) for name in staged.tags], ignore_conflicts=True, batch_size=500
    )
    models.Attribute.objects.bulk_create(
        [models.Attribute(slug=slug, name=name[:100], created_at=now) for slug, name in staged.attributes.items()],
        ignore_conflicts=True,
    )


def _stage_stream(
    stream: BinaryIO,
    work: Path,
    name: str,
    options: ImportOptions,
    now: datetime,
    progress: Progress | None,
    alive: Callable[[], object] | None = None,
) -> StagedFile:
    kinds = {row.slug: (row.kind, tuple(row.choices)) for row in models.Attribute.objects.all()}
    last = perf_counter()

    def heard(rows: int) -> None:
        nonlocal last
        if progress:
            progress(rows)
        if alive and perf_counter() - last > 5:
            alive()
            last = perf_counter()

    known = replace(options, own_tiers=tiers.map_own_tiers())
    return staging.stage_file(stream, work, name=name, options=known, kinds=kinds, progress=heard)


def _record_failure(
    row: models.ImportRun, error: NewsletterError, now: datetime, state: str = ImportState.FAILED
) -> None:
    asked = error.questions if isinstance(error, UnansweredError) else ()
    models.ImportRun.objects.filter(id=row.id, owner=row.owner).update(
        state=state,
        error=str(error),
        questions=[questions.to_json(each) for each in asked] or None,
        finished_at=now,
        lease_until=None,
    )
    if (
        state == ImportState.FAILED and row.merged == 0 and isinstance(error, BadInput)
    ):  # nothing is in, and nothing ever can be
        import_files.delete_file(row.id)


def _build_report(staged: StagedFile, counts: Mapping[str, Any], import_id: int = 0) -> ImportReport:
    return ImportReport(
        rows=staged.rows,
        **{name: counts[name] for name in merge.OUTCOMES},
        refused=staged.refused,
        bad=tuple(BadRow(*each) for each in staged.bad),
        skipped=staged.skipped,
        id=import_id,
        tool=staged.title,
        columns=tuple((name, target) for name, target in staged.columns),
        flags=import_lookup.to_flags(staged.flags),
        note=staged.note,
        undated=staged.undated,
        states=counts.get("states", {}),
        newly_active=counts.get("newly_active", 0),
        examples=tuple(staged.examples),
        samples=staged.samples,
    )


def _refresh_statistics() -> None:
    """Lets the database know what the tables hold now: its plans for small tables are bad for large ones."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("PRAGMA optimize")
        else:
            cursor.execute(
                "ANALYZE subscribers_subscriber, subscribers_subscription, subscribers_consent, subscribers_tagged"
            )


@contextmanager
def _open_source(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    if not isinstance(source, Path):
        yield source
        return
    try:
        if source.stat().st_size > LARGEST_FILE:
            raise BadInput(f"{source} is larger than {LARGEST_FILE // 2**20} MB. Split it.", "file")
        with source.open("rb") as file:
            yield file
    except OSError as error:
        raise SurroundingsError(f"{source} cannot be read: {error.strerror}.") from None
