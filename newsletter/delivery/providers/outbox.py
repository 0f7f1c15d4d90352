"""The outbox: nothing leaves this machine. One .eml per message, in a folder per mailing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from newsletter.delivery.providers import mime
from newsletter.delivery.providers.base import Answer, AnswerKind, SendRequest
from newsletter.kernel.actors import Actor, Verb, require_right
from newsletter.kernel.errors import NotFound

_NAME = re.compile(r"[A-Za-z0-9._-]{1,120}")


class Outbox:
    """Writes messages as files. The name is of our own ids: a message sent twice would lie there twice."""

    name = "outbox"
    account = ""
    former_accounts: tuple[str, ...] = ()
    max_batch = 100
    can_schedule = False
    can_cancel = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send_batch(self, request: SendRequest, now: datetime) -> Answer:
        """Writes each message whole or not at all. A full disk is refused for now: what was written stays written."""
        folder = self._folder / request.mailing
        done: list[int] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for place, recipient in enumerate(request.recipients):
                message = mime.compose_message(
                    request.envelope, recipient, now=now, extra=mime.build_id_headers(request, recipient)
                )
                _write_file(folder / f"{recipient.delivery}-{request.attempt}.eml", message.as_bytes())
                done.append(place)
            _sync(folder)
        except OSError as error:
            return Answer(
                AnswerKind.REFUSED,
                f"The outbox {folder} cannot be written: {error.strerror}. Free some space or set "
                "NEWSLETTER_OUTBOX_DIR.",
                accepted_places=tuple(done),
            )
        return Answer(AnswerKind.ACCEPTED, provider_id=request.attempt)


def _write_file(path: Path, data: bytes) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class OutboxFolder:
    """One mailing's messages in the outbox."""

    name: str
    messages: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One message in the outbox, headers only."""

    name: str
    to: str
    subject: str
    date: str


def list_folders(root: Path, *, by: Actor) -> tuple[OutboxFolder, ...]:
    """The folders of an outbox, newest first. Raises NotAllowed: its messages hold addresses and links that work."""
    require_right(by, Verb.SUBSCRIBERS)
    if not root.is_dir():
        return ()
    found = [
        OutboxFolder(each.name, sum(1 for _ in each.glob("*.eml")), datetime.fromtimestamp(each.stat().st_mtime, UTC))
        for each in root.iterdir()
        if each.is_dir()
    ]
    return tuple(sorted(found, key=lambda each: each.changed_at, reverse=True))


def list_messages(
    root: Path, folder: str, *, query: str = "", limit: int = 100, by: Actor
) -> tuple[OutboxMessage, ...]:
    """Messages of a folder, by name; `query` is looked for in the receiver. Raises NotFound, NotAllowed."""
    require_right(by, Verb.SUBSCRIBERS)
    return tuple(_take(_find_matching(_get_folder(root, folder), query), limit))


def _take(items: Iterator[OutboxMessage], limit: int) -> Iterator[OutboxMessage]:
    for _, item in zip(range(limit), items, strict=False):
        yield item


def _find_matching(folder: Path, query: str) -> Iterator[OutboxMessage]:
    for path in sorted(folder.glob("*.eml")):
        with path.open("rb") as file:
            message = message_from_bytes(file.read(16384), policy=default)
        letter = OutboxMessage(
            path.name, str(message["To"] or ""), str(message["Subject"] or ""), str(message["Date"] or "")
        )
        if query.casefold() in letter.to.casefold():
            yield letter


def get_message(root: Path, folder: str, name: str, *, by: Actor) -> EmailMessage:
    """One message of the outbox. Raises NotFound, NotAllowed."""
    require_right(by, Verb.SUBSCRIBERS)
    path = _get_folder(root, folder) / name
    if not _NAME.fullmatch(name) or path.suffix != ".eml" or not path.is_file():
        raise NotFound("There is no such message in the outbox.")
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def delete_messages_to(root: Path, address: str) -> int:
    """Deletes every message to an address. Returns how many."""
    gone = 0
    for folder in root.iterdir() if root.is_dir() else ():
        for found in list(_find_matching(folder, address)) if folder.is_dir() else ():
            if address.casefold() in {part.strip(" <>").casefold() for part in found.to.replace("<", ",").split(",")}:
                (folder / found.name).unlink(missing_ok=True)
                gone += 1
    return gone


def _get_folder(root: Path, name: str) -> Path:
    if not _NAME.fullmatch(name) or not name.strip(".") or not (root / name).is_dir():
        raise NotFound("There is no such folder in the outbox.")
    return root / name
