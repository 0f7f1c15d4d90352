"""What this machine remembers of an installation outside its database and data folder: the second witness.

    STATE_DIR/machine                        a random id of this machine
    STATE_DIR/ID.json                        how far the database was, the last time we saw it
    STATE_DIR/ID/erased                      hashes of erased addresses
    STATE_DIR/ID/HISTORY-20261129.jsonl      every attempt that may have let mail leave, and its answer, a line each

Rows can go back in time, with a backup or a copy; these files do not go with them. No Django, no database.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from newsletter.kernel.errors import SurroundingsError

JOURNAL_RETENTION = timedelta(days=4)  # a mailing that is older is held as too late, whatever is restored
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND
_SYNC_SECONDS = 1.0  # between writes of the journal to the disk; until then it outlives the process, not the machine


@dataclass(frozen=True, slots=True)
class Memory:
    """How far a database was when this machine last saw it."""

    installation: str
    history: str
    mark: int
    machine: str
    location: str
    at: str


@dataclass(frozen=True, slots=True)
class AttemptNote:
    """An attempt that was begun: who is in it, and of what. `begun` counts the attempts at its batch.

    `answer` is “accepted”, “refused”, or "" for one that nobody knows.
    """

    history: str
    at: str
    mailing: str
    kind: str
    newsletter_id: int
    edition_id: int
    edition_date: str
    snapshot_id: int
    batch: str
    number: int
    begun: int
    attempt: str
    stratum: int
    variant: str
    language: str
    tracking: bool
    format: int
    members: bytes
    places: tuple[int, ...] | None  # of the members that were in it; None: all
    answer: str = ""


class StateFolder:
    """The files of one installation on this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._synced_at = 0.0

    def read_machine_id(self) -> str:
        """The id of this machine: other for a copy of this folder on another. Raises SurroundingsError."""
        path = self.root / "machine"
        with self._reporting():
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                pass
            else:
                with os.fdopen(descriptor, "w") as file:
                    file.write(secrets.token_hex(16))
                    file.flush()
                    os.fsync(file.fileno())
            own = path.read_text("ascii").strip()
        return hashlib.sha256(f"{own} {_read_platform_id()}".encode()).hexdigest()[:32]

    def read(self, installation: str) -> Memory | None:
        """What is remembered of an installation. Raises SurroundingsError for a file that cannot be read."""
        path = self.root / f"{installation}.json"
        with self._reporting():
            try:
                stored = json.loads(path.read_text("utf-8"))
                return Memory(**{name: stored[name] for name in Memory.__slots__})
            except FileNotFoundError:
                return None
            except (ValueError, TypeError, KeyError) as error:
                raise SurroundingsError(f"{path} cannot be understood: {error}.") from None

    def find_by_location(self, location: str) -> Memory | None:
        """The installation that was at this place the last time, if one was."""
        with self._reporting():
            found = [self.read(path.stem) for path in sorted(self.root.glob("*.json"))]
        return next((each for each in found if each and each.location == location), None)

    def remember(self, memory: Memory) -> None:
        """Stores how far a database is, on the disk when this returns; of one history never less than was known."""
        path = self.root / f"{memory.installation}.json"
        with self._reporting(), self._exclusively(memory.installation):
            known = self.read(memory.installation)
            if known and known.history == memory.history and known.mark > memory.mark:
                return
            temporary = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.new")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(asdict(memory), file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            _sync_folder(self.root)

    def note_attempt(self, installation: str, note: AttemptNote, now: datetime) -> None:
        """Notes an attempt before its first byte leaves. Raises SurroundingsError: then nothing may leave."""
        line = {name: getattr(note, name) for name in AttemptNote.__slots__ if name != "answer"}
        line["members"] = base64.b64encode(note.members).decode()
        self._append(installation, note.history, line, now)

    def note_answer(self, installation: str, history: str, attempt: str, answer: str, now: datetime) -> None:
        """Notes that an attempt was accepted, or refused, for sure and as a whole."""
        self._append(installation, history, {"attempt": attempt, "answer": answer}, now)

    def note_erased(self, installation: str, hashes: Iterable[str]) -> None:
        """Stores hashes of erased addresses; on the disk when this returns."""
        path = self.root / installation / "erased"
        with self._reporting():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, _APPEND, 0o600)
            try:
                os.write(descriptor, "".join(f"{each}\n" for each in hashes).encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def list_erased(self, installation: str) -> frozenset[str]:
        """The hashes that were stored."""
        path = self.root / installation / "erased"
        with self._reporting():
            return frozenset(path.read_text("ascii").split()) if path.exists() else frozenset()

    def list_attempts(self, installation: str, now: datetime) -> list[AttemptNote]:
        """The attempts of the last days, of every history, in the order in which they were noted."""
        notes: dict[str, AttemptNote] = {}
        with self._reporting():
            for path in sorted((self.root / installation).glob("*.jsonl"), key=lambda path: path.stem[-8:]):
                if path.stem[-8:] < f"{now - JOURNAL_RETENTION:%Y%m%d}":
                    continue
                for line in path.read_bytes().splitlines():
                    _read_line(line, notes)
        return list(notes.values())

    def delete_old(self, installation: str, now: datetime) -> None:
        """Deletes the notes of days long past."""
        with self._reporting():
            for path in (self.root / installation).glob("*.jsonl"):
                if path.stem[-8:] < f"{now - JOURNAL_RETENTION:%Y%m%d}":
                    path.unlink(missing_ok=True)

    def _append(self, installation: str, history: str, line: dict[str, object], now: datetime) -> None:
        data = (json.dumps(line, separators=(",", ":")) + "\n").encode()
        path = self.root / installation / f"{history}-{now:%Y%m%d}.jsonl"
        with self._reporting():
            try:
                descriptor = os.open(path, _APPEND, 0o600)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                descriptor = os.open(path, _APPEND, 0o600)
            try:
                if os.write(descriptor, data) != len(data):  # one write, so that lines of many processes do not mix
                    raise SurroundingsError(f"{path} cannot be written: the disk is full.")
                if time.monotonic() - self._synced_at > _SYNC_SECONDS:
                    self._synced_at = time.monotonic()
                    os.fdatasync(descriptor)
            finally:
                os.close(descriptor)

    @contextmanager
    def take_turns(self) -> Iterator[None]:
        """Lets one process of this machine at a time compare the database with what is remembered."""
        with self._exclusively("check"):
            yield

    @contextmanager
    def _exclusively(self, name: str) -> Iterator[None]:
        with self._reporting():
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (self.root / f"{name}.lock").open("w")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SurroundingsError(
                f"The state folder {self.root} cannot be used: {error.strerror or error}. Without it nothing is sent. "
                "Set NEWSLETTER_STATE_DIR to a folder this user may write."
            ) from None


def _read_line(line: bytes, notes: dict[str, AttemptNote]) -> None:
    """Adds what one line says to the notes. A line that a crash cut short says nothing."""
    try:
        said = json.loads(line)
        if "answer" in said:
            if (known := notes.get(said["attempt"])) is not None:
                notes[known.attempt] = replace(known, answer=str(said["answer"]))
            return
        said["members"] = base64.b64decode(said["members"])
        said["places"] = None if said["places"] is None else tuple(said["places"])
        notes[said["attempt"]] = AttemptNote(**said)
    except (ValueError, TypeError, KeyError):
        return


def _read_platform_id() -> str:
    """The platform's id of this machine; "" in a container, where it comes and goes with the image."""
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return ""
    try:
        return Path("/etc/machine-id").read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
