"""Header fields as bytes: what machines read is never encoded nor cut, what people read comes back as it was."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.delivery.providers.mime import compose_message
from tests.delivery.providers.conftest import envelope, reader

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200)


def write(address: str = "", **changes: Any) -> bytes:
    """The head of a message as it leaves."""
    message = compose_message(envelope(**changes), reader(1, address=address), now=NOW)
    return message.as_bytes().partition(b"\r\n\r\n")[0]


def read(head: bytes) -> EmailMessage:
    message = message_from_bytes(head + b"\r\n\r\n", policy=default)
    assert isinstance(message, EmailMessage)
    return message


def unfold(head: bytes, name: str) -> str:
    """A field as it was written, without its line ends."""
    (found,) = re.findall(rf"(?ims)^{name}: ?(.*?)\r\n(?![ \t])", (head + b"\r\n").decode("ascii"))
    return re.sub(r"\r\n(?=[ \t])", "", found).strip()


@given(st.integers(10, 900), st.sampled_from(["https://n.example.com/", "http://127.0.0.1:8000/a-b_c/", "https://"]))
def test_the_way_to_leave_is_whole_at_every_length_of_our_address(length: int, start: str) -> None:
    base = start + ("." if start.endswith("/") and length % 2 else "n") * (length - len(start))
    head = write(unsubscribe_base=f"{base}/u/")
    assert f"<{base}/u/token1>".encode() in head
    assert unfold(head, "List-Unsubscribe") == f"<{base}/u/token1>"
    assert unfold(head, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert max(map(len, head.split(b"\r\n"))) <= 998


def test_both_ways_to_leave_are_whole() -> None:
    base = f"https://{'n' * 900}"
    head = write(unsubscribe_base=f"{base}/u/", unsubscribe_email=f"{'l' * 60}@{'e' * 60}.example.com")
    mailto = f"<mailto:{'l' * 60}@{'e' * 60}.example.com?subject=unsubscribe%20token1>"
    assert unfold(head, "List-Unsubscribe") == f"<{base}/u/token1>, {mailto}"
    assert mailto.encode() in head


FIELDS = {
    "List-Id": "Morning Briefing <" + "m" * 90 + ".example.com>",
    "References": " ".join(f"<{'i' * 90}.{n}@example.com>" for n in range(3)),
    "In-Reply-To": f"<{'i' * 90}@example.com>",
    "List-Help": f"<https://n.example.com/{'h' * 200}>, <mailto:help@example.com>",
    "List-Archive": f"<https://n.example.com/{'a' * 400}/>",
    "Feedback-ID": "a:b:" + "c" * 100,
    "Precedence": "bulk",
    "X-NL-Delivery": "d" * 120,
}


@pytest.mark.parametrize("name", FIELDS)
def test_what_machines_read_is_written_as_it_is(name: str) -> None:
    head = write(headers=((name, FIELDS[name]),))
    assert unfold(head, name) == FIELDS[name]
    assert all(word.encode() in head for word in FIELDS[name].split())


@given(TEXTS)
@example("Ein ziemlich langer Betreff mit sehr vielen Wörtern, damit er umbricht 😀 und noch weiter geht 😀😀")
@example("x" * 59 + "😀")
@example("=?utf-8?q?not_encoded?= by us")
@example("=?utf-8?q?Hello=0D=0ABcc:_eve@example.com?=")
@example("a" * 1200)
def test_a_subject_comes_back_in_short_lines_without_an_empty_word(subject: str) -> None:
    head = write(subject=subject)
    assert str(read(head)["Subject"] or "").strip(" ") == subject.strip(" ")
    assert all(len(word) <= 75 for word in re.findall(rb"=\?[^ \r\n]*\?=", head))
    assert not re.search(rb"=\?utf-8\?[qb]\?\?=", head, re.I)
    written = unfold(head, "Subject")
    if "=?utf-8?" in written:
        assert all(isinstance(part, bytes) and part.decode("utf-8") for part, _ in decode_header(written))


@given(TEXTS)
@example('Upland, Echo "x" ' * 6)
@example("Ä" * 60)
@example("back\\slash (comment) <a@example.com>")
def test_a_senders_name_comes_back_whatever_is_in_it(name: str) -> None:
    address = f"{'a' * 60}@{'b' * 60}.example.com"
    head = write(from_name=name, from_email=address, reply_to=address)
    written = unfold(head, "From")
    (sender,) = read(head)["From"].addresses
    assert sender.addr_spec == address
    # The standard library reads a blank between two encoded words into a name, against RFC 2047.
    shown = sender.display_name
    if "=?utf-8" in written:
        shown = str(make_header(decode_header(written))).rpartition(" <")[0]
    assert shown.strip() == name.strip()
    assert unfold(head, "Reply-To") == address
    assert unfold(head, "Message-ID") == f"<batchkey.1@{'b' * 60}.example.com>"


def test_a_long_address_is_written_as_it_is() -> None:
    address = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.example.com"
    assert unfold(write(address), "To") == address


def test_a_domain_beyond_ascii_is_written_in_idna() -> None:
    assert unfold(write("ada@müller.example"), "To") == "ada@xn--mller-kva.example"
    assert "<news@xn--mller-kva.example>" in unfold(write(from_email="news@müller.example"), "From")
