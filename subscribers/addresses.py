"""E-mail addresses: checking, and the form in which two are compared. Pure.

An address is compared casefolded, its domain in IDNA; for sending it stays as it was typed. Dots and
plus tags are never taken out: to some servers they matter (SendGrid fact 62).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.kernel.errors import BadInput
from newsletter.kernel.patterns import LINE, compile_bounded

_PLAIN = compile_bounded(
    LINE,
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}",
)
# The same of many lines at once, each an address; stricter, so that it need not look ahead: what it takes is plain.
_PLAIN_LINES = re.compile(
    r"(?:(?=[^@\n]{1,64}@[^\n]{1,63}\n)"
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~]+(?:[.-][A-Za-z0-9!#$%&'*+/=?^_`{|}~]+)*"
    r"@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+(?!arpa|invalid|local|onion|test)[a-z]{2,24}\n)*"
)
_LINES_AT_ONCE = 64_000  # characters: a millisecond, in which no other thread of a process gets its turn
_NAME_AND_ADDRESS = re.compile(r"^[^<>]*<\s*([^<>\s]+)\s*>$")
LONGEST, LONGEST_LOCAL = 254, 64  # RFC 5321, 4.5.3.1; the second is the part before the @
_SPECIAL = ("arpa", "invalid", "local", "localhost", "onion", "test")  # RFC 6761 and its kin: no mail goes there


def unwrap_address(text: str) -> str:
    """The address in “Name <address>” or “mailto:address”."""
    flat = text.strip().strip("\u200b\ufeff\u00a0")
    named = _NAME_AND_ADDRESS.match(flat)
    return (named[1] if named else flat).removeprefix("mailto:").strip()


def check_address(text: str) -> str:
    """The address, fit for sending. Raises BadInput with the reason.

    A local part beyond ASCII is refused: SendGrid gives no promise for it (SendGrid fact 62).
    """
    address = unwrap_address(text)
    # The quick way agrees with the library on everything it takes (property test).
    return address if is_plain(address) else _check_sendable(address)


def is_sendable(address: str) -> bool:
    """Whether mail can be sent to an address that is stored."""
    if is_plain(address):
        return True
    try:
        return bool(_check_sendable(address))
    except BadInput:
        return False


def is_plain(address: str) -> bool:
    """Whether an address is fit at the first look: nearly all are, and the library takes ten times as long."""
    return (
        len(address) <= LONGEST
        and "--" not in address
        and _PLAIN.fullmatch(address) is not None
        and len(address.rpartition("@")[0]) <= LONGEST_LOCAL
        and address.rpartition(".")[2].lower() not in _SPECIAL
    )


def list_doubtful(lines: str) -> Iterator[str]:
    """Of addresses, each with an end of line, those that are not fit at the first look: a few, of a million.

    A fifth of the time that it takes to look at them one by one.
    """
    at = 0
    while at < len(lines):
        upto = lines.find("\n", at + _LINES_AT_ONCE) + 1 or len(lines)
        while (at := _end_of_plain(lines, at, upto)) < upto:
            end = lines.find("\n", at)
            yield lines[at:end]
            at = end + 1


def _end_of_plain(lines: str, at: int, upto: int) -> int:
    found = _PLAIN_LINES.match(lines, at, upto)
    return found.end() if found else at


def check_syntax(address: str) -> str:
    """An address that is right and still cannot be mailed: with letters beyond ASCII before the @. Raises BadInput."""
    return _validate(address)


def _check_sendable(address: str) -> str:
    checked = _validate(address)
    if not checked.rpartition("@")[0].isascii():
        raise BadInput(
            f"“{address[:100]}” has letters before the @ that mail cannot be sent to (only a–z, digits and signs).",
            "email",
        )
    return checked


def _validate(address: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    if not address:
        raise BadInput("There is no address.", "email")
    try:
        checked = validate_email(address, check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError as error:
        raise BadInput(f"“{address[:100]}” is not an e-mail address: {str(error)[:200]}", "email") from None
    if len(address) > LONGEST or len(checked.local_part) > LONGEST_LOCAL:
        raise BadInput(
            f"“{address[:40]}…” is longer than an address can be ({LONGEST} characters, {LONGEST_LOCAL} before the @).",
            "email",
        )
    return f"{checked.local_part}@{checked.domain}"


def to_key(address: str) -> str:
    """The form in which addresses are compared: casefolded, the domain in IDNA."""
    local, _, domain = address.rpartition("@")
    return f"{local.casefold()}@{_to_idna(domain)}"


def to_domain_key(text: str) -> str:
    """A domain as domains are compared. Raises BadInput for what is none."""
    domain = text.strip().removeprefix("@").rstrip(".")
    if not is_sendable(f"a@{_to_idna(domain)}"):
        raise BadInput(f"“{text[:100]}” is not a domain. Write it like example.com.", "domain")
    return _to_idna(domain)


def _to_idna(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    import idna

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return domain.casefold()


def to_sendable(address: str) -> str:
    """The address with its domain in IDNA: what providers take."""
    local, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{_to_idna(domain)}"
