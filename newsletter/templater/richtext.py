"""What editors may mark up: a little Markdown, through an allow-list, out as well-formed XHTML."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from markupsafe import Markup, escape

# mjml refuses control characters and lone surrogates; a newline in an attribute comes out as the two characters \n.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_UNMARKED = re.compile(r"[^*_\[\]<>&\\]*")  # a line without these has nothing for inline Markdown to do
_LINKS = ("http://", "https://", "mailto:")
_TAGS = {"p", "em", "strong", "a", "br", "ul", "ol", "li"}


def clean(text: str) -> str:
    """One line without anything that cannot be in a mail: control characters, lone surrogates."""
    return _UNPRINTABLE.sub("", re.sub(r"[\t\r\n\u2028\u2029]+", " ", text))


def clean_lines(text: str) -> str:
    """Like `clean`, but line breaks stay."""
    return _UNPRINTABLE.sub("", re.sub(r"\r\n?|[\u2028\u2029]", "\n", text).replace("\t", " "))


@lru_cache(maxsize=1024)  # a preview renders the same words again and again
def block(text: str) -> Markup:
    """Paragraphs, lists, emphasis and links of Markdown as XHTML; raw HTML stays text."""
    return _sanitised(_markdown().render(clean_lines(text)))


@lru_cache(maxsize=1024)
def inline(text: str) -> Markup:
    """Emphasis and links of Markdown as XHTML, without paragraphs."""
    if _UNMARKED.fullmatch(text):
        return escape(clean(text))
    return _sanitised(_markdown().renderInline(clean(text)))


@lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """The words of a piece of Markdown; links become “text (address)”."""
    if "\n" not in text and _UNMARKED.fullmatch(text):
        return clean(text).strip()
    out: list[str] = []
    for token in _markdown().parse(clean_lines(text)):
        if token.type == "inline":
            out.append(_inline_plain(token.children or []))
        elif token.type in ("paragraph_close", "list_item_close"):
            out.append("\n\n")
        elif token.type == "list_item_open":
            out.append("* ")
    return re.sub(r"\n{3,}", "\n\n", "".join(out)).strip()


def _inline_plain(children: list[Any]) -> str:
    out: list[str] = []
    address = ""
    for token in children:
        if token.type == "link_open":
            address = str(token.attrGet("href") or "")
        elif token.type == "link_close":
            if address and not (out and out[-1] == address):
                out.append(f" ({address.removeprefix('mailto:')})")
        elif token.type in ("softbreak", "hardbreak"):
            out.append("\n")
        else:
            out.append(token.content)
    return "".join(out)


def _sanitised(html: str) -> Markup:
    import nh3

    safe = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
        strip_comments=True,
    )
    return Markup(safe.replace("<br>", "<br />").replace("&nbsp;", "\u00a0").rstrip("\n"))  # noqa: S704  sanitised above


@cache
def _markdown() -> Any:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("zero", {"html": False, "xhtmlOut": True, "linkify": False})
    parser.validateLink = lambda url: url.lower().startswith(_LINKS)  # type: ignore[method-assign]
    return parser.enable(["emphasis", "link", "list", "newline", "escape", "entity", "autolink"])
