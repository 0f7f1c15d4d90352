"""The steps from templates and values to the two parts of a mail. Raises whatever the templates raise."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from newsletter.kernel.resources import get_templates_dir
from newsletter.templater import minifying, themes, untrusted_text
from newsletter.templater.inlining import inline_css

TEXT_WIDTH = 70

Folders = tuple[Path, ...]


def get_template_folder(template: str, folders: Folders) -> Path:
    """Where a template lives. Raises TemplateNotFound."""
    for base in (*folders, get_templates_dir() / "email"):
        if (base / template / f"{template}.mjml.j2").is_file():
            return base / template
    raise TemplateNotFound(f"{template}/{template}.mjml.j2")


def render_style_sheets(template: str, look: Mapping[str, Any], direction: str, folders: Folders) -> tuple[str, str]:
    """The sheet for the client (phone and dark rules), and the one to inline."""
    return _render_style_sheets(template, json.dumps(look), direction, folders)


@lru_cache(maxsize=64)
def _render_style_sheets(template: str, look: str, direction: str, folders: Folders) -> tuple[str, str]:
    parts = json.loads(look)
    values = {
        "t": parts,
        "c": parts["light"],
        "d": parts["dark"],
        "dir": direction,
        "dark_colours": (*themes.DARK_COLOURS, *themes.MORE_COLOURS.get(template, ())),
    }
    _, bare = _build_environments(folders)
    head, inlined = (bare.get_template(f"{template}/{name}.css.j2").render(values) for name in ("head", "inline"))
    return head, inlined


def render_mjml(template: str, context: Mapping[str, Any], folders: Folders) -> str:
    """The MJML of a mail: everything in it is escaped, unless it is Markup."""
    rich, _ = _build_environments(folders)
    return rich.get_template(f"{template}/{template}.mjml.j2").render(context)


def mjml_to_html(markup: str) -> str:
    """MJML as HTML that every client lays out. Raises ValueError where it is not MJML."""
    from mjml import mjml2html

    # mjml prints attributes with escapes of its own (alt="\u{651}"): it gets ASCII with character references.
    ascii_only = markup.replace("\\", "&#92;").encode("ascii", "xmlcharrefreplace").decode()
    html: str = mjml2html(ascii_only)
    return html.replace("<!doctype html>", "<!DOCTYPE html>", 1)  # or premailer drops it: quirks mode


def finish_html(html: str, sheet: str) -> str:
    """The finished HTML: the rules of `sheet` in style attributes, and small."""
    return minifying.minify(inline_css(minifying.protect_styles(html), sheet))


def render_text(template: str, context: Mapping[str, Any], folders: Folders) -> str:
    """The plain-text part, with at most one empty line between paragraphs."""
    _, bare = _build_environments(folders)
    written = bare.get_template(f"{template}/{template}.txt.j2").render(context)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in written.split("\n"))).strip() + "\n"


@cache
def _build_environments(folders: Folders) -> tuple[Environment, Environment]:
    """One environment for MJML, where everything is escaped, and one for plain text and style sheets."""
    loader = ChoiceLoader([FileSystemLoader(folder) for folder in (*folders, get_templates_dir() / "email")])
    return _build_environment(loader, escaping=True), _build_environment(loader, escaping=False)


def _build_environment(loader: BaseLoader, *, escaping: bool) -> Environment:
    environment = ImmutableSandboxedEnvironment(
        loader=loader,
        autoescape=escaping,  # select_autoescape() would be off for names like briefing.mjml.j2
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalise if escaping else _finalise_text,
    )
    environment.filters |= {
        "widont": prevent_widow,
        "wrap": wrap,
        "link": to_safe_link,
        "runs": group_runs,
        "cut": find_cut,
    }
    return environment


def _finalise(value: Any) -> Any:
    return untrusted_text.clean_line(value) if type(value) is str else value


def _finalise_text(value: Any) -> Any:
    return untrusted_text.clean_lines(value) if type(value) is str else value


def to_safe_link(url: str) -> str:
    """An address fit for href; anything but http, https and mailto leads nowhere."""
    return url if untrusted_text.is_link(url) else "#"


def prevent_widow(text: Any) -> str:
    """No lonely short word on the last line of a headline."""
    head, _, tail = str(text).rpartition(" ")
    return f"{head}\u00a0{tail}" if head.count(" ") > 2 and len(tail) < 9 else str(text)


def group_runs(stories: Iterable[Mapping[str, Any]]) -> list[tuple[bool, list[Mapping[str, Any]]]]:
    """Stories in their order, cut wherever those shown with a picture and those without follow each other."""
    shown = groupby(stories, lambda story: bool(story["picture"]) and story["size"] != "s")
    return [(with_picture, list(run)) for with_picture, run in shown]


def find_cut(picture: Mapping[str, Any], width: int) -> Mapping[str, Any]:
    """How a picture is shown where there are `width` pixels: cut for that place, or whole, no larger than its file."""
    for cut in picture.get("cuts") or ():
        if cut["place"] == width:
            found: Mapping[str, Any] = cut
            return found
    shown = min(width, picture["most"])
    height = round(shown * picture["height"] / picture["width"])
    return {"src": picture["src"], "width": shown, "height": height, "most": picture["most"], "sharp_src": ""}


def wrap(text: Any, indent: str = "", first: str | None = None) -> str:
    """Lines of at most 70 characters; every paragraph and line break of `render_text` stays."""
    lines = str(text).replace("\u00a0", " ").split("\n")
    return "\n".join(
        textwrap.fill(
            line,
            TEXT_WIDTH,
            initial_indent=indent if first is None else first,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines
    )
