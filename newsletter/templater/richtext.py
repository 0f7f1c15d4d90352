"""What editors may mark up: a little Markdown, through an allow-list, out as well-formed XHTML."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from markupsafe import Markup, escape

from newsletter.templater.untrusted_text import clean_line, clean_lines, is_link, neutralise_url

_UNMARKED = re.compile(r"[^*_\[\]<>&\\]*")  # a line without these has nothing for inline Markdown to do
_SPECIAL = re.compile(r"[\\*_\[\]()<>&`{}]")
_TAGS = {"p", "em", "strong", "a", "br", "ul", "ol", "li", "h2", "h3", "blockquote"}
_QUOTE = (  # Word ignores padding and borders of a blockquote; those of a cell it keeps
    '<table role="presentation" border="0" cellpadding="0" cellspacing="0" width="100%"><tr><td class="quote-td">',
    "</td></tr></table>",
)


@lru_cache(maxsize=1024)  # a preview renders the same words again and again
def render_block(text: str) -> Markup:
    """Paragraphs, lists, emphasis and links of Markdown as XHTML; raw HTML stays text."""
    safe = _sanitise(_limit_headings(_markdown_parser().render(clean_lines(text))))
    return Markup(str(safe).replace("<blockquote>", _QUOTE[0]).replace("</blockquote>", _QUOTE[1]))  # noqa: S704  our own markup


def _limit_headings(html: str) -> str:
    """Headings one level down: the mail's own headline is the first level."""
    return re.sub(r"<(/?)h[1-6]>", lambda found: f"<{found[1]}h2>", html)


@lru_cache(maxsize=1024)
def render_inline(text: str) -> Markup:
    """Emphasis and links of Markdown as XHTML, without paragraphs."""
    if _UNMARKED.fullmatch(text):
        return escape(clean_line(text))
    return _sanitise(_markdown_parser().renderInline(clean_line(text)))


@lru_cache(maxsize=1024)
def block_to_plain(text: str) -> str:
    """The words of what `render_block` marks up; links become “text (address)”, list items keep their numbers."""
    out: list[str] = []
    for token in _markdown_parser().parse(clean_lines(text)):
        if token.type == "inline":
            out.append(_collect_words(token.children or []))
        elif token.type == "paragraph_close" and token.hidden:  # an item of a list without empty lines between them
            out.append("\n")
        elif token.type in ("paragraph_close", "heading_close", "bullet_list_close", "ordered_list_close"):
            out.append("\n\n")
        elif token.type == "list_item_open":
            out.append(f"{token.info}{token.markup} " if token.info else "* ")
    return re.sub(r"\n{3,}", "\n\n", "".join(out)).strip()


@lru_cache(maxsize=1024)
def inline_to_plain(text: str) -> str:
    """The words of what `render_inline` marks up."""
    if _UNMARKED.fullmatch(text):
        return clean_line(text).strip()
    return "".join(
        _collect_words(token.children or []) for token in _markdown_parser().parseInline(clean_line(text))
    ).strip()


def quote_text(text: str) -> str:
    """A text of strangers, written so that an editor's field shows it as it is: no markup, no link, no merge field."""
    flat = clean_line(text)
    if "{{" not in flat and inline_to_plain(flat) == flat:
        return flat
    return _SPECIAL.sub(r"\\\g<0>", flat)


def list_links(text: str) -> list[str]:
    """Where the links of a Markdown text lead, in their order, as the mail will link them."""
    if _UNMARKED.fullmatch(text):
        return []
    tokens = _markdown_parser().parse(clean_lines(text))
    children = (child for token in tokens for child in token.children or [] if child.type == "link_open")
    return [str(child.attrGet("href") or "") for child in children]


def _collect_words(children: list[Any]) -> str:
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


def _sanitise(html: str) -> Markup:
    import nh3

    safe = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
        strip_comments=True,
    )
    return Markup(safe.replace("<br>", "<br />").replace("&nbsp;", "\u00a0").rstrip("\n"))  # noqa: S704  sanitised above


@cache
def _markdown_parser() -> Any:
    from markdown_it import MarkdownIt
    from markdown_it.common.normalize_url import normalizeLink

    parser = MarkdownIt("zero", {"html": False, "xhtmlOut": True, "linkify": False})
    parser.validateLink = is_link  # type: ignore[method-assign]
    parser.normalizeLink = lambda url: neutralise_url(normalizeLink(url))  # type: ignore[method-assign]
    return parser.enable(
        ["emphasis", "link", "list", "newline", "escape", "entity", "autolink", "heading", "blockquote"]
    )
