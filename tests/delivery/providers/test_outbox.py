from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from newsletter.delivery.providers import outbox
from newsletter.delivery.providers.base import SendRequest
from newsletter.delivery.providers.outbox import Outbox
from newsletter.kernel.errors import NotFound
from tests.actors import SYSTEM
from tests.delivery.providers.conftest import reader

Make = Callable[..., SendRequest]
NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path, request_for: Make) -> Path:
    """An outbox with one mailing of three messages."""
    assert Outbox(tmp_path).send_batch(request_for(), NOW).accepted
    return tmp_path


def test_one_message_lies_there_for_each_subscriber_and_nothing_half_written(root: Path) -> None:
    assert sorted(path.name for path in (root / "mailing").iterdir()) == [f"batchkey.{n}-attempt.eml" for n in range(3)]


def test_a_message_is_as_it_would_leave(root: Path) -> None:
    raw = (root / "mailing" / "batchkey.1-attempt.eml").read_bytes()
    assert max(map(len, raw.split(b"\r\n"))) <= 998, "RFC 5322, 2.1.1"
    message: Any = message_from_bytes(raw, policy=default)
    assert message["From"] == "The Upland Echo <news@example.com>"
    assert message["To"] == "reader1@example.com"
    assert message["Reply-To"] == "desk@example.com"
    assert message["Subject"] == "The ferry is back — at last"
    assert message["Message-ID"] == "<batchkey.1@example.com>"
    assert message["List-Id"] == "Morning <morning.example.com>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert "leave" in message.get_body(("html",)).get_content()
    assert "-nl_" not in raw.decode()


def test_a_message_sent_twice_would_lie_there_twice(root: Path, request_for: Make) -> None:
    second = SendRequest(request_for().envelope, [reader(0)], "mailing", "batch", "second-attempt")
    Outbox(root).send_batch(second, NOW)
    assert len(list((root / "mailing").glob("batchkey.0-*.eml"))) == 2


def test_a_full_disk_is_a_refusal_for_now_that_says_what_was_written(
    tmp_path: Path, request_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, room = outbox._write_file, iter((True,))

    def full(path: Path, data: bytes) -> None:
        if not next(room, False):
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, data)

    monkeypatch.setattr(outbox, "_write_file", full)
    answer = Outbox(tmp_path).send_batch(request_for(), NOW)
    assert (answer.kind, answer.permanent, answer.accepted_places) == ("refused", False, (0,))
    assert "No space left on device" in answer.message
    assert "NEWSLETTER_OUTBOX_DIR" in answer.message


def test_folders_and_letters_are_listed(root: Path) -> None:
    (folder,) = outbox.list_folders(root, by=SYSTEM)
    assert (folder.name, folder.messages) == ("mailing", 3)
    assert [each.to for each in outbox.list_messages(root, "mailing", by=SYSTEM)] == [
        f"reader{n}@example.com" for n in range(3)
    ]
    assert [each.to for each in outbox.list_messages(root, "mailing", query="READER2", by=SYSTEM)] == [
        "reader2@example.com"
    ]
    assert len(outbox.list_messages(root, "mailing", limit=2, by=SYSTEM)) == 2
    assert outbox.list_folders(root / "nowhere", by=SYSTEM) == ()


def test_a_letter_is_read(root: Path) -> None:
    assert outbox.get_message(root, "mailing", "batchkey.0-attempt.eml", by=SYSTEM)["To"] == "reader0@example.com"


@pytest.mark.parametrize("folder", ["..", "../mailing", "/etc", "", ".", "nowhere"])
def test_no_folder_outside_the_outbox_is_opened(root: Path, folder: str) -> None:
    with pytest.raises(NotFound):
        outbox.list_messages(root, folder, by=SYSTEM)


@pytest.mark.parametrize("name", ["../../secret.key", "batchkey.0-attempt.part", "", "x.eml", "a/b.eml"])
def test_no_file_outside_the_outbox_is_opened(root: Path, name: str) -> None:
    (root / "secret.key").write_text("secret")
    with pytest.raises(NotFound):
        outbox.get_message(root, "mailing", name, by=SYSTEM)
