"""Header fields as they are written.

The standard library encodes (RFC 2047) whatever has no blank and is longer than a line, a URL or an id as well, and
loses the quotes of a long name. Only text that people read may be encoded; all else is written as it is, and breaks
at its own blanks alone (RFC 5322, RFC 2369, RFC 8058).
"""

from __future__ import annotations

import re
from email.header import Header
from email.headerregistry import Address
from email.policy import EmailPolicy
from typing import Any

import idna

_LINE, _LONGEST_LINE = 76, 998  # characters: with encoded words (RFC 2047, 2), and at most (RFC 5322, 2.1.1)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_PIECE = re.compile(r"(?<![ \t])[ \t]*[^ \t]+")


class HeaderPolicy(EmailPolicy):
    """Writes header fields so; reading them, and the fields that describe the body, are the standard library's."""

    def fold(self, name: str, value: Any) -> str:
        """One field with its line ends."""
        kind = name.lower()
        if kind == "mime-version" or kind.startswith("content-"):
            written: str = super().fold(name, value)
            return written
        if hasattr(value, "addresses"):
            return _wrap(name, ", ".join(_format_mailbox(each, name) for each in value.addresses))
        text = str(value)
        return _wrap(name, text if _is_plain(text) else _encode_words(text, name))

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The same as bytes."""
        return self.fold(name, value).encode("ascii", "surrogateescape")


WIRE = HeaderPolicy(linesep="\r\n")


def encode_lookalikes(text: str) -> str:
    """Text for a field of the standard library's, which would decode what only looks like an encoded word."""
    return _encode_words(text, "") if "=?" in text else text


def _encode_words(text: str, name: str) -> str:
    """Text as encoded words of whole characters, none of them empty or longer than allowed."""
    return " ".join(Header(text, "utf-8", maxlinelen=_LINE, header_name=name).encode(linesep="\n").split())


def _is_plain(text: str) -> bool:
    """Whether text can stand in a field as it is. What looks like an encoded word would be read as one."""
    longest = max(map(len, text.split()), default=0)
    return text.isascii() and text.isprintable() and "=?" not in text and longest < _LONGEST_LINE


def _format_mailbox(address: Address, field: str) -> str:
    domain = address.domain if address.domain.isascii() else idna.encode(address.domain, uts46=True).decode("ascii")
    plain = Address(username=address.username, domain=domain).addr_spec
    name = address.display_name
    if not name:
        return plain
    if not _is_plain(name):
        return f"{_encode_words(name, field)} <{plain}>"
    quoted = name if _ATOMS.fullmatch(name) else '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{quoted} <{plain}>"


def _wrap(name: str, text: str) -> str:
    """The field in lines as short as its blanks allow; a value without a blank is never cut."""
    lines = [f"{name}:"]
    for number, piece in enumerate(_PIECE.findall(f" {text.strip(' ')}")):
        most = _LONGEST_LINE if number == 0 else _LINE
        if len(lines[-1]) + len(piece) > most:
            lines.append(piece)
        else:
            lines[-1] += piece
    return "".join(f"{line}\r\n" for line in lines)
