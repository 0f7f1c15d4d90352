"""CSS inlining by premailer, with the options that measuring showed to be right and fast."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Hashable
from functools import cache
from typing import Any

_CLASSES = re.compile(r'class="([^"<>]*)"')
_NAMED = re.compile(r"\.([A-Za-z][\w-]*)")

_OPTIONS: dict[str, Any] = {
    "strip_important": False,  # the default strips !important inside @media too: phone and dark rules would break
    "allow_network": False,
    "allow_loading_external_files": False,
    "disable_validation": True,
    "cssutils_logging_level": logging.CRITICAL,
    "keep_style_tags": False,
    "remove_classes": False,
    "exclude_pseudoclasses": True,
    "disable_leftover_css": True,
    "align_floating_images": False,
    "include_star_selectors": False,
    "disable_basic_attributes": [
        "align",
        "valign",
        "width",
        "height",
        "bgcolor",
        "background-color",
        "text-align",
        "vertical-align",
    ],
}


def inline_css(html: str, css: str) -> str:
    """`html` with the rules of `css` in style attributes; `css` itself does not appear in it."""
    result: str = _load_inliner()(html, css_text=_select_rules(css, html), **_OPTIONS).transform(pretty_print=False)
    return result


def _select_rules(css: str, html: str) -> str:
    """The rules of `css` (one to a line) whose classes occur in `html`: premailer searches the mail once for each."""
    present = {name for names in _CLASSES.findall(html) for name in names.split()}
    lines = ((line, line.partition("{")[0]) for line in css.split("\n"))
    return "\n".join(
        line for line, selector in lines if "," in selector or present.issuperset(_NAMED.findall(selector))
    )


def _merge_styles(inline: str, styles: list[list[tuple[str, str]]], *_: object, **__: object) -> str:
    """The declarations for one element in the order of the cascade, so that the browser decides as it would have.

    premailer's own leaves a declaration where its name first occurred: the `padding` of a later rule then stood before
    the `padding-left` of an earlier one, and lost to it.
    """
    from premailer.merge_style import csstext_to_pairs

    merged: dict[str, str] = {}
    for name, value in (pair for style in (*styles, csstext_to_pairs(inline or "")) for pair in style):
        if "!important" in merged.get(name, "") and "!important" not in value:
            continue
        merged.pop(name, None)
        merged[name] = value
    return "; ".join(f"{name}:{value}" for name, value in merged.items())


@cache
def _load_inliner() -> Any:
    """Imports premailer late: it takes a fifth of a second, and most commands never render."""
    # Its cache of 128 entries thrashes with a sheet like ours (47 ms instead of 11); it is read at import.
    os.environ.setdefault("PREMAILER_CACHE_MAXSIZE", "4096")
    import cssutils
    from premailer import Premailer, premailer

    cssutils.log.setLevel(logging.CRITICAL)
    premailer.merge_styles = _merge_styles

    class Inliner(Premailer):
        """premailer serialises every rule again on every call; the rules of a theme do not change."""

        _seen: dict[Hashable, tuple[list[Any], list[Any]]] = {}

        def _parse_style_rules(self, css_body: str, ruleset_index: int) -> tuple[list[Any], list[Any]]:
            key = (css_body, ruleset_index)
            parsed = self._seen.get(key)
            if parsed is None:
                if len(self._seen) > 64:  # a new theme on every preview must not fill the memory
                    self._seen.clear()
                parsed = self._seen[key] = super()._parse_style_rules(css_body, ruleset_index)
            rules, leftover = parsed
            return list(rules), list(leftover)

    return Inliner
