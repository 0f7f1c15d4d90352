"""Where a newsletter's mail shows the pictures of stories, and whether a picture is large enough for that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.conf import settings

from newsletter.catalog import picture_files, pictures
from newsletter.catalog.values import Newsletter, Picture, WantedCuts
from newsletter.curator.editions.briefing import Shapes, list_cut_sizes
from newsletter.curator.editions.values import Pick
from newsletter.templater import picture_shapes
from newsletter.templater.picture_shapes import PictureShape


def find_shapes(newsletter: Newsletter) -> Shapes:
    """Where the newsletter's template shows pictures."""
    own = settings.CONFIG.templates_dir
    return picture_shapes.list_shapes(newsletter.template, newsletter.theme, (own,) if own else ())


def cut_pictures(picks: Iterable[Pick], shapes: Shapes) -> dict[int, Picture]:
    """The pictures of stories, by id, with all cuts that the mail shows; those that they lack are made."""
    shown = [(each, each.picture_id) for each in picks if each.picture_id]
    found = pictures.find_pictures(picture_id for _pick, picture_id in shown)
    return pictures.make_cuts(
        WantedCuts(found[picture_id], tuple(list_cut_sizes(shapes.get(pick.size, ()))), pick.focal_point)
        for pick, picture_id in shown
        if picture_id in found
    )


def find_sharp_width(picture: Picture, shape: PictureShape) -> int:
    """How many pixels wide a picture's cut for a place comes out, at most what sharp screens need."""
    return picture_files.find_cut_size((picture.width, picture.height), shape.sharp_size)[0]


def explain_too_small(picture: Picture, shapes: Sequence[PictureShape]) -> str:
    """Why a picture cannot be used in some places, in words; "" where it is large enough for one of them."""
    if picture.is_animated or not shapes:
        return ""
    if any(find_sharp_width(picture, each) >= each.width for each in shapes):
        return ""
    shape = min(shapes, key=lambda each: each.width)
    return (
        f"This picture has {picture.width} × {picture.height} pixels, and is never enlarged: the {shape.name} needs "
        f"{shape.width} × {shape.height}."
    )
