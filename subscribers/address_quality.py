"""Addresses that look wrong without being bad: mistyped, throw-away, or of an office instead of a person. Pure.

They are pointed out, never changed and never refused: only their owner knows.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache, lru_cache

# How such addresses are reported, and those that are valid but cannot be mailed.
FLAG_LABELS = {
    "typo": "look mistyped and are taken as they are; only their owner knows",
    "disposable": "are at domains that throw mail away",
    "role": "belong to an office, not to a person",
    "quarantined": "are kept but cannot be mailed: letters beyond a–z before the @",
}
# What most mistyped addresses were meant to be.
_COMMON_DOMAINS_TEXT = """
    gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.fr yahoo.de hotmail.com hotmail.co.uk hotmail.fr
    hotmail.de outlook.com outlook.de live.com live.co.uk msn.com icloud.com me.com mac.com aol.com gmx.de
    gmx.net gmx.at web.de t-online.de freenet.de orange.fr wanadoo.fr free.fr laposte.net btinternet.com sky.com
    virginmedia.com ntlworld.com talktalk.net comcast.net verizon.net att.net protonmail.com proton.me
    fastmail.com mail.com bluewin.ch libero.it telia.com bigpond.com rogers.com sympatico.ca
"""
_REAL_LOOKALIKES_TEXT = """
    email.com gmx.ch gmx.com hotmail.es hotmail.it live.de live.fr mail.de outlook.fr yahoo.es yahoo.it
    ymail.com
"""
_OFFICE_NAMES = """
    abuse accounts admin administrator all billing buchhaltung contact enquiries feedback ftp hello help
    hostmaster hr info information jobs kontakt legal mail mailer-daemon marketing media news newsletter
    newsroom no-reply noc noreply office orders postmaster press presse privacy redaktion root sales security
    service shop spam support team usenet uucp verwaltung webmaster www
"""
_COMMON_DOMAINS = tuple(_COMMON_DOMAINS_TEXT.split())
_REAL_LOOKALIKES = frozenset(_REAL_LOOKALIKES_TEXT.split())
_OFFICES = frozenset(_OFFICE_NAMES.split())  # RFC 2142, and what else is common


def assess_address(address: str) -> tuple[str, str]:
    """What is odd about an address: ("typo", what may have been meant), ("disposable" or "role", ""), or ("", "")."""
    local, _, domain = address.rpartition("@")
    kind, meant = _assess_domain(domain.lower())
    if kind:
        return kind, f"{local}@{meant}" if meant else ""
    return ("role", "") if local.partition("+")[0].lower() in _OFFICES else ("", "")


@lru_cache(maxsize=65_536)
def _assess_domain(domain: str) -> tuple[str, str]:
    if domain in _COMMON_DOMAINS or domain in _REAL_LOOKALIKES:
        return "", ""
    near = get_close_matches(domain, _COMMON_DOMAINS, n=1, cutoff=0.85)
    if near and _is_one_slip(domain, near[0]):
        return "typo", near[0]  # first: squatters of slips like gmial.com are on the lists of throw-away domains too
    return ("disposable", "") if is_disposable(domain) else ("", "")


def is_disposable(domain: str) -> bool:
    """Whether mail to a domain is read by nobody after an hour, by the list of a well-kept project."""
    known = _disposable_domains()
    parts = domain.lower().split(".")
    return any(".".join(parts[start:]) in known for start in range(len(parts) - 1))


@cache
def _disposable_domains() -> frozenset[str]:
    from disposable_email_domains import blocklist

    return frozenset(blocklist)


def _is_one_slip(typed: str, meant: str) -> bool:
    """Whether one slip of the finger parts the two: a letter too many, too few, wrong, or two in the wrong order."""
    if typed == meant:
        return False
    start = 0
    while start < min(len(typed), len(meant)) and typed[start] == meant[start]:
        start += 1
    rest, want = typed[start:], meant[start:]
    swapped = rest[:2] == want[1::-1] and rest[2:] == want[2:] and len(want) > 1
    return rest[1:] == want[1:] or rest[1:] == want or rest == want[1:] or swapped
