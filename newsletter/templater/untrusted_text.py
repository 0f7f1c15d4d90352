"""Text and addresses from outside made safe for a mail: nothing unprintable, nothing a provider takes for a token.

The order matters. A character that is dropped later could have hidden a token (`-n\\0l_…`), so it is
dropped before the marker is looked for; and what Markdown makes of escapes is looked at after Markdown.
"""

from __future__ import annotations

import re

from newsletter.kernel.text import DIRECTIONS

MARKER = "-nl_"  # every merge token begins so
_BROKEN_MARKER = "-\u2060nl_"  # a word joiner: invisible, and no longer the marker
_MARKER_IN_URL = "-nl%5F"  # the same address, written differently (RFC 3986, section 6.2.2.2)
LINKS = ("http://", "https://", "mailto:")

# mjml refuses control characters and lone surrogates; a newline in an attribute comes out as the two characters \n.
_UNPRINTABLE = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{DIRECTIONS}\ud800-\udfff\ufffe\uffff]")
_PRIVATE_USE = re.compile("[\ue000-\uf8ff]")


def clean_line(text: str) -> str:
    """One line without anything that cannot be in a mail: control characters, lone surrogates."""
    return _UNPRINTABLE.sub("", re.sub(r"[\t\r\n\u2028\u2029]+", " ", text))


def clean_lines(text: str) -> str:
    """Like `clean_line`, but line breaks stay."""
    return _UNPRINTABLE.sub("", re.sub(r"\r\n?|[\u2028\u2029]", "\n", text).replace("\t", " "))


def remove_private_use(text: str) -> str:
    """Clean text without the characters that stand in for merge fields while Markdown is at work."""
    return _PRIVATE_USE.sub("", clean_lines(text))


def break_markers(text: str) -> str:
    """Text in which nothing can be taken for a token."""
    return text.replace(MARKER, _BROKEN_MARKER)


def neutralise(text: str) -> str:
    """Foreign text, clean, in which nothing can be taken for a token."""
    if text.isprintable():  # nothing to drop: the usual case, and this runs for every value of every recipient
        return break_markers(text)
    return break_markers(remove_private_use(text))


def neutralise_url(url: str) -> str:
    """A foreign address in which nothing can be taken for a token: it still leads to the same place.

    A token in it would give each recipient's signed token to the owner of the address.
    """
    tight = _UNPRINTABLE.sub("", re.sub(r"[\t\r\n\u2028\u2029]", "", url)).strip()
    return tight.replace(" ", "%20").replace(MARKER, _MARKER_IN_URL)


def is_link(url: str) -> bool:
    """Whether an address is fit for href: http, https and mailto are."""
    return url.lower().startswith(LINKS)
