"""Stored pictures: adding one, looking them up, and finding the file to serve."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings

from newsletter.catalog import models, picture_files
from newsletter.catalog.values import Picture
from newsletter.confinement import run_confined
from newsletter.kernel.errors import NotFound


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
    row = models.Picture.objects.filter(id=picture_id).first() if picture_id else None
    return to_picture(row) if row else None


def find_pictures(ids: list[int]) -> dict[int, Picture]:
    """Several pictures at once."""
    return {row.id: to_picture(row) for row in models.Picture.objects.filter(id__in=ids)}


def get_picture_file(name: str) -> tuple[Path, str]:
    """The file and content type of a picture's public name. Raises NotFound."""
    stem, _, extension = name.partition(".")
    known = len(stem) == 16 and models.Picture.objects.filter(sha256__startswith=stem, extension=extension).exists()
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
        url=f"{settings.CONFIG.base_url}/pictures/{file_name}",
        width=row.width,
        height=row.height,
        size=row.size,
        content_type=picture_files.CONTENT_TYPES[row.extension],
    )
