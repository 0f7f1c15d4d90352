"""Whether the database is the one this installation was at, or went back in time: then sending is held.

    before mail leaves   the database commits that an attempt begins ─▶ the state folder notes it ─▶ the first byte
    now and then         the database's mark rises ─▶ the state folder remembers it
    a start, a doubt     the folder knows more than the database: the rows went back, or this is a copy ─▶ held

The folder is always behind the database or level with it, unless the rows went back. A hold is a row, so that every
process asks it where mail leaves; only a person ends it, and with that another history begins.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from newsletter.catalog import newsletters
from newsletter.delivery import alarms, models
from newsletter.delivery.providers.base import AnswerKind
from newsletter.delivery.state_folder import AttemptNote, Memory, StateFolder
from newsletter.kernel import ids
from newsletter.kernel.errors import Refused
from newsletter.kernel.iteration import batched

log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 5.0  # while sending is held: whether somebody has decided
MARK_SECONDS = 10.0  # mail to single people raises the mark so often at most
WITNESS_SECONDS = 50.0  # to see another machine at work: it raises the mark every 15 s
_KNOWN_ATTEMPTS = 100_000  # batches whose attempts this process remembers
HELD_ALARM = "Sending is held: the database may have gone back in time. See: newsletter database status"
_RAISE = """
    UPDATE delivery_installation SET mark = mark + 1, marked_at = %s
     WHERE id = 1 AND held_since IS NULL AND history = %s AND mark >= %s
 RETURNING mark
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far this process knows the installation to be, and why sending is held ("": it is not)."""

    identity: str
    history: str
    mark: int
    held: str = ""
    outbox_only: bool = False


@dataclass(frozen=True, slots=True)
class SendingLimits:
    """Since when all sending is held (None: it is not), and why; and whether mail goes to the outbox alone."""

    held_since: datetime | None = None
    held_reason: str = ""
    outbox_only: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of the installation, for people: of the database and of this machine's state folder."""

    identity: str
    history: str
    mark: int
    marked_at: datetime | None
    held_since: datetime | None
    held_reason: str
    outbox_only: bool
    remembered_mark: int | None
    remembered_at: str
    lost_attempts: int


class _Process:
    """What this process knows; one for all its threads."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.forget()

    def forget(self) -> None:
        self.standing: Standing | None = None
        self.checked_at = self.marked_at = 0.0
        self.begun: OrderedDict[str, int] = OrderedDict()  # by key of batch: how many attempts there were


_process = _Process()


def forget_standing() -> None:
    """Lets the next question be answered by the database and the folder."""
    _process.forget()


@lru_cache(maxsize=4)
def _open_folder(root: Path) -> StateFolder:
    return StateFolder(root)


def get_state_folder() -> StateFolder:
    """This machine's state folder."""
    return _open_folder(settings.CONFIG.state_dir)


def describe_nesting() -> str:
    """What is wrong where the state folder lies inside the data folder: it would go back in time with it. "": it does
    not, or nothing leaves anyway.
    """
    config = settings.CONFIG
    if config.provider == "outbox" or not config.state_dir.resolve().is_relative_to(config.data_dir.resolve()):
        return ""
    return (
        f"The state folder {config.state_dir} lies inside the data folder. Whoever restores or copies that takes it "
        "along, and nobody notices that the database went back in time."
    )


def get_standing(now: datetime) -> Standing:
    """How far the installation is and whether it may send, as this process knows; looked at when it does not."""
    with _process.lock:
        known = _process.standing
        if known is not None and (not known.held or time.monotonic() - _process.checked_at < LOOK_AGAIN_SECONDS):
            return known
        return check(now)


def require_sending(now: datetime) -> Standing:
    """The standing, with the mark raised a moment ago: before mail to single people. Raises Refused while held."""
    if time.monotonic() - _process.marked_at > MARK_SECONDS:
        raise_mark(now)
    if is_held(now):
        raise Refused(f"Sending is held, so nothing was sent: {get_standing(now).held}")
    return get_standing(now)


def is_held(now: datetime) -> bool:
    """Whether nothing may leave now. Asks the database: somebody else may have found out."""
    with _process.lock:
        standing = get_standing(now)
        if not standing.held:
            row = _find_row()
            if row is None or row.held_since or row.history != standing.history or row.mark < standing.mark:
                standing = check(now)
    return bool(standing.held)


def find_limits() -> SendingLimits:
    """Whether sending is held, and whether this is a copy, as the database has it."""
    row = _find_row()
    if row is None:
        return SendingLimits()
    return SendingLimits(row.held_since, row.held_reason if row.held_since else "", row.outbox_only)


def check(now: datetime, *, wait: Callable[[float], object] | None = None) -> Standing:
    """Compares the database with what this machine remembers, and holds all sending where the rows went back.

    A machine that remembers nothing, of a database that has newsletters, is unknown. With `wait` (seconds) it looks
    whether another machine is at work on it right now, which would have noticed; without, nothing is decided. Raises
    SurroundingsError where the state folder cannot be used.
    """
    folder = get_state_folder()
    with _process.lock, _take_turns(folder):
        _process.checked_at = time.monotonic()
        row = _get_or_create_row(now)
        machine = folder.read_machine_id()
        memory = folder.read(row.identity)  # before the row is read again: the folder is never ahead of the row
        notes = folder.list_attempts(row.identity, now)
        row = _get_or_create_row(now)
        if row.held_since is None and memory is None and not row.machine:
            pass  # the first start, or the first with a version that knows of this
        elif row.held_since is None and (why := _find_doubt(row, memory, machine, notes, wait)):
            if why == _UNDECIDED:
                return _set(Standing(row.identity, row.history, row.mark, _UNDECIDED, row.outbox_only))
            hold(why, now)
            row = _get_or_create_row(now)
        if row.held_since is not None:
            return _set(Standing(row.identity, row.history, row.mark, row.held_reason, row.outbox_only))
        if row.machine != machine:
            models.Installation.objects.filter(id=1).update(machine=machine)
        _set(Standing(row.identity, row.history, row.mark, "", row.outbox_only))
        raise_mark(now)
        assert _process.standing is not None
        return _process.standing


def _take_turns(folder: StateFolder) -> AbstractContextManager[None]:
    """On SQLite, processes that start at once check one by one.

    Between the row and the folder that the first one writes, the next would find a machine that remembers nothing. On
    PostgreSQL it would then see the first one at work.
    """
    return folder.take_turns() if connection.vendor == "sqlite" else nullcontext()


_UNDECIDED = "This machine does not know the database yet: start “newsletter worker”, “scheduler” or “web” here."


def _find_doubt(
    row: models.Installation,
    memory: Memory | None,
    machine: str,
    notes: Iterable[AttemptNote],
    wait: Callable[[float], object] | None,
) -> str:
    """Why the database may not be the one that this installation was at, as a sentence; "" where it is."""
    if memory is not None and memory.machine != machine:
        memory = None  # the state folder was copied with everything else
    if memory is None:
        return _doubt_unknown(row, machine, wait)
    if connection.vendor == "sqlite" and row.machine not in ("", machine):
        return _COPIED
    if memory.location != get_location() and connection.vendor == "sqlite" and Path(memory.location).exists():
        return f"This is a copy of the installation in {memory.location}."
    if memory.history in row.former_histories:
        return ""  # somebody has decided about that
    if memory.history != row.history or memory.mark > row.mark:
        return f"The database went back in time: it was ahead at {_show(memory.at)} UTC. A backup was restored."
    lost = find_lost(row.history, notes)
    if lost:
        return (
            f"The database went back in time: it does not know of {len(lost)} requests that were sent from "
            f"{_show(lost[0].at)} UTC on. A backup was restored."
        )
    return ""


def _show(instant: str) -> str:
    return instant[:19].replace("T", " ")


_COPIED = "Another machine ran this database the last time: it was moved here, or this is a copy."
_NOT_REMEMBERED = (
    "This database was at work before, and this machine remembers nothing of it: it may have been restored or copied, "
    "or the state folder (NEWSLETTER_STATE_DIR) was lost."
)


def _doubt_unknown(row: models.Installation, machine: str, wait: Callable[[float], object] | None) -> str:
    if not _can_send():
        return ""
    if connection.vendor == "sqlite":
        return _NOT_REMEMBERED if row.machine == machine else _COPIED
    if wait is None:
        return _UNDECIDED
    return "" if _see_another_at_work(row, wait) else _NOT_REMEMBERED


def _see_another_at_work(row: models.Installation, wait: Callable[[float], object]) -> bool:
    """Whether the mark rises twice under our eyes: only a process that knows the database raises it."""
    risen, mark, waited = 0, row.mark, 0.0
    while risen < 2 and waited < WITNESS_SECONDS:
        wait(1.0)
        waited += 1.0
        found = models.Installation.objects.get(id=1)
        if found.held_since is not None or found.history != row.history:
            return False
        risen, mark = risen + (found.mark > mark), found.mark
    return risen >= 2


def find_lost(history: str, notes: Iterable[AttemptNote]) -> list[AttemptNote]:
    """The attempts of a history, as noted, of which the database knows nothing."""
    mine = [note for note in notes if note.history == history]
    begun: dict[str, int] = {}
    for page in batched(dict.fromkeys(note.batch for note in mine), 500):
        begun.update(models.Batch.objects.filter(key__in=page).values_list("key", "begun"))
    return [note for note in mine if begun.get(note.batch, 0) < note.begun]


def find_unlearned(notes: Sequence[AttemptNote]) -> list[AttemptNote]:
    """The attempts of all histories that may have left and of which the database knows nothing."""
    lost = (each for history in {note.history: None for note in notes} for each in find_lost(history, notes))
    return [note for note in lost if note.answer != AnswerKind.REFUSED]


def hold(reason: str, now: datetime) -> None:
    """Holds all sending until a person decides. The first reason stays."""
    free = models.Installation.objects.filter(id=1, held_since=None)
    if free.update(held_since=now, held_reason=reason[:500]):
        alarms.raise_alarm(None, HELD_ALARM, now)
        log.critical("Sending is held: %s See what is known: newsletter database status", reason)


def raise_mark(now: datetime) -> None:
    """Raises the mark, and lets the state folder remember it. Nothing happens while sending is held.

    Raises SurroundingsError where the folder cannot be written.
    """
    with _process.lock:
        standing = get_standing(now)
        if standing.held:
            return
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite" and not connection.in_atomic_block:
                cursor.execute("PRAGMA synchronous = FULL")  # what the folder remembers must not be lost here
            cursor.execute(_RAISE, [connection.ops.adapt_datetimefield_value(now), standing.history, standing.mark])
            raised = cursor.fetchone()
        if raised is None:  # it is held by now, or the rows went back under this process
            check(now)
            return
        _process.marked_at = time.monotonic()
        _set(Standing(standing.identity, standing.history, raised[0], "", standing.outbox_only))
        _remember(now)


def _remember(now: datetime) -> None:
    standing = _process.standing
    assert standing is not None
    folder = get_state_folder()
    machine = folder.read_machine_id()
    folder.remember(
        Memory(standing.identity, standing.history, standing.mark, machine, get_location(), now.isoformat())
    )


def note_attempt(note: AttemptNote, now: datetime) -> None:
    """Notes outside the database that an attempt begins. Raises SurroundingsError: then nothing may leave."""
    standing = get_standing(now)
    get_state_folder().note_attempt(standing.identity, note, now)
    with _process.lock:
        _process.begun[note.batch] = note.begun
        if len(_process.begun) > _KNOWN_ATTEMPTS:
            _process.begun.popitem(last=False)


def note_answer(history: str, attempt: str, answer: AnswerKind, now: datetime) -> None:
    """Notes the answer to it, if that is sure. That it cannot be noted harms nothing: it is unknown then."""
    try:
        get_state_folder().note_answer(get_standing(now).identity, history, attempt, answer, now)
    except Exception:
        log.exception("The answer to attempt %s could not be noted in the state folder", attempt)


def delete_old_notes(now: datetime) -> None:
    """Deletes the notes of attempts of days long past."""
    get_state_folder().delete_old(get_standing(now).identity, now)


def note_erased(hashes: Iterable[str], now: datetime) -> None:
    """Remembers outside the database who was erased, by hashes: a backup has them still."""
    get_state_folder().note_erased(get_standing(now).identity, hashes)


def list_erased(now: datetime) -> frozenset[str]:
    """The hashes of those of whom this machine remembers that they were erased."""
    return get_state_folder().list_erased(get_standing(now).identity)


def has_gone_back(batch: str, begun: int) -> bool:
    """Whether this process began more attempts at a batch than its row knows of: the rows went back under it."""
    return _process.begun.get(batch, 0) > begun


def sends_to_outbox_only() -> bool:
    """Whether this is a copy, from which nothing leaves by the provider, as far as this process knows."""
    if _process.standing is not None:
        return _process.standing.outbox_only
    try:
        with transaction.atomic():
            row = _find_row()
    except DatabaseError:
        return False  # it is not prepared, or away: nothing leaves then
    return row is not None and row.outbox_only


def read_status(now: datetime) -> Status:
    """What is known, and how many attempts were noted here that the database does not know."""
    row, folder = _get_or_create_row(now), get_state_folder()
    memory = folder.read(row.identity)
    notes = folder.list_attempts(row.identity, now)
    lost = find_unlearned(notes)
    return Status(
        row.identity,
        row.history,
        row.mark,
        row.marked_at,
        row.held_since,
        row.held_reason,
        row.outbox_only,
        memory.mark if memory else None,
        memory.at if memory else "",
        len(lost),
    )


def release(now: datetime) -> None:
    """Ends the hold: a person has decided. Another history begins; that of before counts as decided about."""
    with transaction.atomic():
        row = models.Installation.objects.select_for_update().get(id=1)
        if row.held_since is None:
            raise Refused("Sending is not held, so there is nothing to resume.")
        memory = get_state_folder().read(row.identity)
        former = {*row.former_histories, row.history, *([memory.history] if memory else [])}
        former |= {note.history for note in get_state_folder().list_attempts(row.identity, now)}
        row.former_histories = sorted(former)
        row.history, row.held_since, row.held_reason = ids.generate_id(), None, ""
        row.mark += 1
        row.machine = get_state_folder().read_machine_id()
        row.save()
    models.Alarm.objects.filter(mailing=None, message=HELD_ALARM).delete()
    _set(Standing(row.identity, row.history, row.mark, "", row.outbox_only))
    _remember(now)


def become_copy(now: datetime) -> str:
    """Makes this another installation, from which nothing leaves by the provider. Returns its id."""
    with transaction.atomic():
        _get_or_create_row(now)
        row = models.Installation.objects.select_for_update().get(id=1)
        row.identity, row.history, row.former_histories = ids.generate_id(), ids.generate_id(), []
        row.held_since, row.held_reason, row.outbox_only = None, "", True
        row.machine = get_state_folder().read_machine_id()
        row.mark += 1
        row.save()
    models.Alarm.objects.filter(mailing=None, message=HELD_ALARM).delete()
    _set(Standing(row.identity, row.history, row.mark, "", True))
    _remember(now)
    return row.identity


def clear_outbox_only() -> bool:
    """Lets mail leave by the provider again, from what was made a copy. Returns whether it did not before."""
    changed = bool(models.Installation.objects.filter(id=1, outbox_only=True).update(outbox_only=False))
    forget_standing()
    return changed


def get_location() -> str:
    """Where the database is, without who may use it: the file, or host and name."""
    if connection.vendor == "sqlite":
        return str(connection.settings_dict["NAME"])
    parts = urlsplit(settings.CONFIG.database_url)
    host = parts.hostname or dict(parse_qsl(parts.query)).get("host", "")  # a folder of sockets
    return f"{host}:{parts.port or ''}{parts.path}"


def _find_row() -> models.Installation | None:
    return models.Installation.objects.filter(id=1).first()


def _get_or_create_row(now: datetime) -> models.Installation:
    row = _find_row()
    if row is not None:
        return row
    known = get_state_folder().find_by_location(get_location()) if _can_send() else None
    row, made = models.Installation.objects.get_or_create(
        id=1, defaults={"identity": ids.generate_id(), "history": ids.generate_id(), "marked_at": now}
    )
    if made and known is not None:
        hold("The database is from before it was started here the first time: a backup was restored.", now)
        row.refresh_from_db()
    return row


def _can_send() -> bool:
    """Whether anything may leave from this database, or has. What it plans, another copy of it may have sent."""
    return bool(newsletters.list_newsletters())


def _set(standing: Standing) -> Standing:
    _process.standing = standing
    return standing
