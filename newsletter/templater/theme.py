"""Themes: the look of a template, its overrides by a newsletter, and the table of dark roles."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from newsletter.kernel.resources import templates_dir
from newsletter.templater.briefing import Problem

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_FONTS = re.compile(r"[A-Za-z0-9 ,'\-]{1,200}")

# Which text wears which role. Both dark palettes (media query, Outlook's apps) are written from this table.
DARK_COLOURS = (
    (
        (
            ".lead",
            ".lead a",
            ".hed",
            ".hed a",
            ".hed3",
            ".hed3 a",
            ".also-i a",
            ".sechead-h",
            ".foot-l a",
            ".foot-a",
            ".logo",
            ".logo-l",
            ".logo-d",
            ".mast-t",
        ),
        "ink",
    ),
    ((".dek", ".dek3", ".intro p", ".intro li", ".spon-t", ".corr-t"), "text"),
    (
        (
            ".meta",
            ".meta-i",
            ".cap",
            ".pic",
            ".sign",
            ".ear-l",
            ".ear-r a",
            ".band-t",
            ".spon-l",
            ".share",
            ".foot-t",
            ".foot-b",
            ".also-i",
        ),
        "muted",
    ),
    (
        (
            ".band-h",
            ".lab",
            ".dek a",
            ".dek3 a",
            ".intro a",
            ".corr-t a",
            ".spon-h a",
            ".spon-t a",
            ".share a",
        ),
        "accent",
    ),
    ((".num", ".num-l", ".kick", ".corr-h"), "signal"),
    ((".btn-a",), "on_button"),
)


def theme(folder: Path, overrides: Mapping[str, Any], direction: str) -> tuple[dict[str, Any], list[Problem]]:
    """The theme of a template folder with a newsletter's overrides, and what is wrong with those.

    A template without a theme of its own, such as the notice, wears the briefing's. A wrong override is left out: the template's own value stands.
    """
    merged = {name: dict(group) for name, group in _own(_path(folder)).items()}
    problems: list[Problem] = []
    rtl = merged.pop("rtl", {})
    if direction == "rtl":
        merged["type"] |= rtl
    for group, values in overrides.items():
        if group not in merged or not isinstance(values, Mapping):
            problems.append(
                Problem("warn", f"theme.{group}", f"The theme has no part “{group}”. It has {', '.join(merged)}.")
            )
            continue
        for name, value in values.items():
            wrong = _wrong(group, name, value, merged[group])
            if wrong:
                problems.append(Problem("warn", f"theme.{group}.{name}", wrong))
            else:
                merged[group][name] = value
    return merged, problems


def _path(folder: Path) -> Path:
    own = folder / "theme.toml"
    return own if own.is_file() else templates_dir() / "email" / "briefing" / "theme.toml"


@cache
def _own(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def _wrong(group: str, name: str, value: Any, known: Mapping[str, Any]) -> str:
    if name not in known:
        return f"The theme’s part “{group}” has no “{name}”. It has {', '.join(known)}."
    if group in ("light", "dark") and not (isinstance(value, str) and _COLOUR.fullmatch(value)):
        return f"“{value}” is no colour. Write it like #0b4f6c."
    if group == "type" and not (isinstance(value, str) and _FONTS.fullmatch(value)):
        return f"“{value}” is no list of fonts. Write it like Georgia,serif."
    if group == "layout" and not (isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 900):
        return f"“{value}” is no width in pixels."
    return ""
