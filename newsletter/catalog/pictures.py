"""Stored pictures: adding one, cutting it, looking them up, and finding the file to serve."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F, FilteredRelation, QuerySet

from newsletter.catalog import models, picture_files
from newsletter.catalog.values import CutSize, FocalPoint, Picture, PictureCut, WantedCuts
from newsletter.confinement import run_confined
from newsletter.kernel.errors import NotFound, Refused, SurroundingsError

log = logging.getLogger(__name__)
_STEM = 16  # characters of a hash in a public name
_CUT_COLUMNS = ("width", "height", "focus_x", "focus_y", "sha256", "extension", "file_width", "file_height")


def store_picture(data: bytes, *, source_url: str, now: datetime) -> Picture:
    """Stores a picture and returns it; the same bytes are stored once. Raises Refused, SurroundingsError."""
    prepared = run_confined(picture_files.prepare, data, what := _name_picture(source_url), what=what)
    picture_files.store(settings.CONFIG.data_dir, prepared)
    row, _ = models.Picture.objects.get_or_create(
        sha256=prepared.sha256,
        defaults={
            "extension": prepared.extension,
            "width": prepared.width,
            "height": prepared.height,
            "size": len(prepared.data),
            "source_url": source_url[:2000],
            "created_at": now,
        },
    )
    return to_picture(row)


def _name_picture(source_url: str) -> str:
    """What people call a picture: its file's name, where it has one."""
    name = source_url.partition("?")[0].rstrip("/").rpartition("/")[2]
    return f"The picture {name[:80]}" if name else "The picture"


def find_picture(picture_id: int | None) -> Picture | None:
    """The picture with this id, if there is one."""
    return find_pictures([picture_id]).get(picture_id) if picture_id else None


def find_picture_by_name(name: str) -> Picture | None:
    """The picture with this public name. Who knows the name has seen the picture: it is the hash of its bytes."""
    stem, _, extension = name.partition(".")
    if len(stem) != _STEM:
        return None
    row = models.Picture.objects.filter(sha256__startswith=stem, extension=extension).first()
    return to_picture(row) if row else None


def find_pictures(ids: Iterable[int]) -> dict[int, Picture]:
    """Several pictures at once, with the cuts that were made of them."""
    found: dict[int, Picture] = {}
    rows: QuerySet[Any] = models.Picture.objects.filter(id__in=list(ids)).annotate(cut=FilteredRelation("cuts"))
    for row in rows.annotate(**{f"cut_{name}": F(f"cut__{name}") for name in _CUT_COLUMNS}):
        picture = found.setdefault(row.id, to_picture(row))
        if row.cut_sha256 is not None:
            values = (getattr(row, f"cut_{name}") for name in _CUT_COLUMNS)
            found[row.id] = replace(picture, cuts=(*picture.cuts, _to_cut(*values)))
    return found


def make_cuts(wanted: Iterable[WantedCuts]) -> dict[int, Picture]:
    """The pictures, by id, with the cuts that are wanted of them; those that they lack are made, and stored at once.

    One that cannot be cut stays whole, as the log says: it keeps no other from being cut.
    """
    found: dict[int, Picture] = {}
    rows: list[models.PictureCut] = []
    for each in wanted:
        picture = found.setdefault(each.picture.id, each.picture)
        missing = [size for size in dict.fromkeys(each.sizes) if picture.find_cut(size, each.focus) is None]
        try:
            made = _cut(picture, missing, each.focus)
        except (Refused, SurroundingsError) as error:
            log.warning("A picture is shown whole: %s", error)
            continue
        rows += made
        cuts = (_to_cut(*(getattr(row, name) for name in _CUT_COLUMNS)) for row in made)
        found[picture.id] = replace(picture, cuts=(*picture.cuts, *cuts))
    if rows:
        models.PictureCut.objects.bulk_create(rows, ignore_conflicts=True)  # another process makes the same bytes
    return found


def _cut(picture: Picture, sizes: Sequence[CutSize], focus: FocalPoint) -> list[models.PictureCut]:
    """Cuts of a picture, their files stored and their rows not yet. Raises Refused, SurroundingsError."""
    if not sizes or picture.is_animated:
        return []
    data_dir = settings.CONFIG.data_dir
    try:
        data = picture_files.build_path(data_dir, picture.name).read_bytes()
    except OSError as error:
        raise SurroundingsError(f"The picture {picture.name} cannot be read: {error.strerror}.") from None
    made = run_confined(picture_files.cut, data, sizes, focus, what=f"The picture {picture.name}")
    for each in made:
        picture_files.store(data_dir, each)
    return [
        models.PictureCut(
            picture_id=picture.id,
            width=size.width,
            height=size.height,
            focus_x=focus.x,
            focus_y=focus.y,
            sha256=each.sha256,
            extension=each.extension,
            file_width=each.width,
            file_height=each.height,
        )
        for size, each in zip(sizes, made, strict=True)
    ]


def _to_cut(
    width: int,
    height: int,
    focus_x: int,
    focus_y: int,
    sha256: str,
    extension: str,
    file_width: int,
    file_height: int,
) -> PictureCut:
    url = _build_url(picture_files.build_name(sha256, extension))
    return PictureCut(CutSize(width, height), FocalPoint(focus_x, focus_y), url, file_width, file_height)


def get_picture_file(name: str) -> tuple[Path, str]:
    """The file and content type of a picture's public name. Raises NotFound."""
    stem, _, extension = name.partition(".")
    known = len(stem) == _STEM and any(
        kind.objects.filter(sha256__startswith=stem, extension=extension).exists()
        for kind in (models.Picture, models.PictureCut)
    )
    file = picture_files.build_path(settings.CONFIG.data_dir, name)
    if not known or not file.is_file():
        raise NotFound("There is no such picture.")
    return file, picture_files.CONTENT_TYPES[extension]


def to_picture(row: models.Picture) -> Picture:
    """The value of a row."""
    file_name = picture_files.build_name(row.sha256, row.extension)
    return Picture(
        id=row.id,
        name=file_name,
        url=_build_url(file_name),
        width=row.width,
        height=row.height,
        size=row.size,
        content_type=picture_files.CONTENT_TYPES[row.extension],
    )


def _build_url(file_name: str) -> str:
    return f"{settings.CONFIG.base_url}/pictures/{file_name}"
