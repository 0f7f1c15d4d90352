"""Imports as values: one, the latest, and the rows that were refused."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.models import Max, Min, Q

from newsletter.kernel.errors import NotFound
from newsletter.kernel.text import list_spellings
from subscribers import import_files, models
from subscribers.imports import merge, questions, staging
from subscribers.imports.csv import CsvWriter
from subscribers.imports.staging import ImportOptions
from subscribers.states import ImportState
from subscribers.values import BadRow, ImportFilter, ImportFlag, ImportReport, ImportRow, ImportRun


def get_import(import_id: int) -> ImportRun:
    """One import. Raises NotFound."""
    return to_import_run(get_import_row(import_id))


def list_imports(list_ids: Sequence[int] | None = None, *, limit: int = 50) -> tuple[ImportRun, ...]:
    """The latest imports, newest first."""
    rows = models.ImportRun.objects.order_by("-id").select_related("list")
    if list_ids is not None:
        rows = rows.filter(list_id__in=list_ids)
    return tuple(to_import_run(row) for row in rows[:limit])


def list_import_rows(wanted: ImportFilter, *, limit: int, after: int = 0) -> tuple[ImportRow, ...]:
    """Imports, newest first; those behind the import `after` alone."""
    rows = models.ImportRun.objects.filter(list_id__in=wanted.list_ids)
    if after:
        rows = rows.filter(id__lt=after)
    if wanted.states:
        rows = rows.filter(state__in=wanted.states)
    if wanted.begun_between:
        first, end = wanted.begun_between
        rows = rows.filter(created_at__gte=first, created_at__lt=end)
    if wanted.text:
        is_named = Q()
        for spelling in list_spellings(wanted.text):
            is_named |= Q(name__icontains=spelling)
        rows = rows.filter(is_named)
    columns = ("id", "list__name", "name", "state", "by", "created_at", "counts")
    return tuple(
        ImportRow(run_id, list_name, name, ImportState(state), by, created_at, counts.get("new", 0))
        for run_id, list_name, name, state, by, created_at, counts in rows.order_by("-id").values_list(*columns)[:limit]
    )


def find_import_span(list_ids: Collection[int]) -> tuple[datetime, datetime] | None:
    """When the first and the last import into some lists were begun; None without any."""
    rows = models.ImportRun.objects.filter(list_id__in=list_ids)
    span = rows.aggregate(first=Min("created_at"), last=Max("created_at"))
    return (span["first"], span["last"]) if span["first"] else None


def list_bad_rows(import_id: int) -> Iterator[BadRow]:
    """Every bad row of an import whose file is kept on this machine; the first of them where it is on another."""
    work = import_files.get_work_path(import_id)
    if work.exists():
        yield from staging.read_bad_rows(work)
    else:
        yield from (BadRow(*each) for each in get_import_row(import_id).bad)


def stream_refused_csv(import_id: int) -> Iterator[str]:
    """The bad rows of an import as lines of CSV, the head first."""
    parts: list[str] = []
    writer = CsvWriter(parts.append)
    writer.write_row(("line", "field", "value", "reason"))
    for bad in list_bad_rows(import_id):
        yield "".join(parts)
        parts.clear()
        writer.write_row((bad.line, bad.field, bad.value, bad.reason))
    yield "".join(parts)


def get_import_row(import_id: int) -> models.ImportRun:
    row = models.ImportRun.objects.filter(id=import_id).select_related("list").first()
    if row is None:
        raise NotFound(
            f"There is no import {import_id}.", command_hint="See them all with: newsletter subscribers imports list"
        )
    return row


def to_import_run(row: models.ImportRun) -> ImportRun:
    staged = staging.load_staged(import_files.get_work_path(row.id)) if row.file_kept else None
    counts = {name: row.counts.get(name, 0) for name in (*merge.OUTCOMES, "rows", "refused", "skipped")}
    report = ImportReport(
        **counts,
        bad=tuple(BadRow(*each) for each in row.bad),
        id=row.id,
        tool=staged.title if staged else row.tool,
        columns=tuple((name, target) for name, target in staged.columns) if staged else (),
        flags=to_flags(row.flags),
        note=staged.note if staged else "",
        undated=staged.undated if staged else 0,
        states=row.counts.get("states", {}),
        newly_active=row.counts.get("newly_active", 0),
        examples=tuple(staged.examples) if staged else (),
        samples=staged.samples if staged else {},
    )
    return ImportRun(
        id=row.id,
        list_id=row.list_id,
        list_name=row.list.name,
        name=row.name,
        state=ImportState(row.state),
        by=row.by,
        created_at=row.created_at,
        finished_at=row.finished_at,
        people=row.people,
        merged=row.merged,
        report=report,
        error=row.error,
        file_kept=row.file_kept,
        seen=compute_seen(row),
        questions=tuple(questions.from_json(each) for each in row.questions or ()),
        answers=_list_answers(row.options),
    )


def compute_seen(row: models.ImportRun) -> str:
    """What stands for the file and for what its columns mean."""
    meaning = {name: row.options.get(name) for name in ImportOptions.__slots__}
    return sha256(json.dumps([row.sha256, meaning], sort_keys=True).encode()).hexdigest()[:16]


def to_flags(flags: Mapping[str, Any]) -> dict[str, ImportFlag]:
    return {
        kind: ImportFlag(flag["count"], tuple((line, address, meant) for line, address, meant in flag["first"]))
        for kind, flag in flags.items()
    }


def _list_answers(stored: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What was answered about a file: a column, or a column and a value of it, and what it is.

    Of options that cannot be read nothing: such an import has failed, and must be shown.
    """
    given = (stored.get(name) for name in ("mapping", "statuses", "tiers", "dates"))
    return tuple((asked, answer) for answers in given if isinstance(answers, dict) for asked, answer in answers.items())
