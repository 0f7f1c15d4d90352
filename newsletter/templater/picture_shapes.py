"""Where the templates show the picture of a story, and in which shape: what pictures are cut for."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateNotFound

from newsletter.templater import engine, themes

SHARP = 2  # pixels of the file to one of the mail, for sharp screens
WIDEST = 900  # pixels that a theme may give
CARD, WIDE_CARD = 268, 560  # pixels: two beside each other, and one alone, in goodnews


@dataclass(frozen=True, slots=True)
class PictureShape:
    """A place in a mail, `width` × `height` pixels. `name` is what people call it."""

    name: str
    width: int
    height: int

    @property
    def sharp_size(self) -> tuple[int, int]:
        """The size of its file for sharp screens."""
        return SHARP * self.width, SHARP * self.height


def list_shapes(
    template: str, overrides: Mapping[str, Any], folders: engine.Folders
) -> dict[str, tuple[PictureShape, ...]]:
    """The places of each size of story that shows a picture: l at the top of the mail, m further down.

    A newsroom's own template may show it in any of them. Empty where the theme of the template cannot be read.
    """
    try:
        folder = engine.get_template_folder(template, folders)
        layout = themes.load_theme(folder, overrides, "ltr")[0]["layout"]
        width, thumb_width = layout["width"], layout["thumb"]
    except (TemplateNotFound, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, OSError):
        return {}  # the rendering says so
    if not all(isinstance(each, int) and 0 < each <= WIDEST for each in (width, thumb_width)):
        return {}
    lead, thumb = _wide("lead", width), PictureShape("thumbnail", thumb_width, thumb_width)
    cards = (PictureShape("card", CARD, CARD * 3 // 4), _wide("wide card", WIDE_CARD))
    if any(folder.is_relative_to(own) for own in folders):
        return {"l": (lead,), "m": (thumb, *cards)}
    return {"l": (lead,), "m": cards if template == "goodnews" else (thumb,)}


def _wide(name: str, width: int) -> PictureShape:
    return PictureShape(name, width, round(width * 9 / 16))
