"""Themes: the look of a template, its overrides by a newsletter, and the table of dark roles."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from newsletter.kernel.resources import get_templates_dir
from newsletter.templater.briefing import Problem, ProblemLevel

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_FONTS = re.compile(r"[A-Za-z0-9 ,'\-]{1,200}")

# Which text has which role. Both dark palettes (media query, Outlook's apps) are written from this table.
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
            ".intro h2",
            ".intro h3",
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
    ((".num", ".num-l", ".kick", ".intro .kick", ".corr-h"), "signal"),
    ((".btn-a",), "on_button"),
)


# What only one of our templates has, so that the others need not carry it.
MORE_COLOURS: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "goodnews": (
        ((".gn-hed", ".gn-hed a"), "ink"),
        ((".gn-title",), "accent"),
        ((".gn-strap", ".gn-b"), "muted"),
    ),
    "letter": (
        ((".lt-title", ".lt-sign", ".quote-td p"), "ink"),
        ((".lt-stand",), "text"),
        ((".lt-name", ".lt-b"), "muted"),
    ),
}


def load_theme(folder: Path, overrides: Mapping[str, Any], direction: str) -> tuple[dict[str, Any], list[Problem]]:
    """The theme of a template folder with a newsletter's overrides, and what is wrong with those.

    A template without a theme of its own, such as the notice, uses the briefing's. A wrong override is ignored.
    """
    merged = {name: dict(group) for name, group in _read_theme(_theme_path(folder)).items()}
    problems: list[Problem] = []
    rtl = merged.pop("rtl", {})
    if direction == "rtl":
        merged["type"] |= rtl
    for group, values in overrides.items():
        if group not in merged or not isinstance(values, Mapping):
            problems.append(
                Problem(
                    ProblemLevel.WARN, f"theme.{group}", f"The theme has no part “{group}”. It has {', '.join(merged)}."
                )
            )
            continue
        for name, value in values.items():
            wrong = _explain_fault(group, name, value, merged[group])
            if wrong:
                problems.append(Problem(ProblemLevel.WARN, f"theme.{group}.{name}", wrong))
            else:
                merged[group][name] = value
    return merged, [*problems, *check_contrast(merged)]


# What is read on what (WCAG 2.2, 1.4.3: at least 4.5 to 1 for text of this size).
_PAIRS = (
    *(("sheet", role) for role in ("ink", "text", "muted", "accent", "signal")),
    *(("tint", role) for role in ("text", "muted", "accent")),
    *(("page", role) for role in ("ink", "muted")),
    ("button", "on_button"),
)
LEAST_CONTRAST = 4.5


def check_contrast(look: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    """The pairs of colours of a theme that cannot be read on each other, in both palettes."""
    found = []
    for palette in ("light", "dark"):
        colours = look.get(palette, {})
        for ground, role in _PAIRS:
            if ground not in colours or role not in colours:
                continue  # a newsroom's own template has its own roles
            ratio = compute_contrast(str(colours[ground]), str(colours[role]))
            if ratio < LEAST_CONTRAST:
                found.append(
                    Problem(
                        ProblemLevel.WARN,
                        f"theme.{palette}.{role}",
                        f"{role} {colours[role]} on {ground} {colours[ground]} has a contrast of {ratio:.1f} to 1 "
                        f"in the {palette} palette; "
                        f"{LEAST_CONTRAST} is the least that everybody can read. Make one of them darker or lighter.",
                    )
                )
    return found


def compute_contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours like #0b4f6c, from 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def check_theme(template: str, overrides: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a newsletter's own values for the theme of one of our templates."""
    return load_theme(get_templates_dir() / "email" / template, overrides, "ltr")[1]


def _theme_path(folder: Path) -> Path:
    own = folder / "theme.toml"
    return own if own.is_file() else get_templates_dir() / "email" / "briefing" / "theme.toml"


@cache
def _read_theme(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def _explain_fault(group: str, name: str, value: Any, known: Mapping[str, Any]) -> str:
    if name not in known:
        return f"The theme’s part “{group}” has no “{name}”. It has {', '.join(known)}."
    if group in ("light", "dark") and not (isinstance(value, str) and _COLOUR.fullmatch(value)):
        return f"“{value}” is not a colour. Write it like #0b4f6c."
    if group == "type" and not (isinstance(value, str) and _FONTS.fullmatch(value)):
        return f"“{value}” is not a list of fonts. Write it like Georgia,serif."
    if group == "layout" and not (isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 900):
        return f"“{value}” is not a width in pixels."
    return ""
