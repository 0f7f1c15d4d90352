"""Pictures made safe and small: the real type checked, bombs refused, metadata dropped, at most 1280 px wide."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from newsletter.kernel.errors import Refused, SurroundingsError

MOST_BYTES = 15 * 2**20
MOST_PIXELS = 40_000_000
WIDEST = 1280  # pixels; twice the width of the mail
LARGEST_ANIMATION = 2**20  # bytes; larger ones become a still
CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}
_READ = ("JPEG", "PNG", "GIF", "WEBP")


@dataclass(frozen=True, slots=True)
class PreparedPicture:
    """A picture ready for the store."""

    data: bytes
    extension: str
    width: int
    height: int

    @property
    def sha256(self) -> str:
        """The hash of the bytes, which is the picture's name."""
        return hashlib.sha256(self.data).hexdigest()


def prepare(data: bytes) -> PreparedPicture:
    """The picture as we keep it. Raises Refused for what is not a picture, too large, or a bomb."""
    if len(data) > MOST_BYTES:
        raise Refused(f"The picture has {len(data) / 2**20:.0f} MB; we take {MOST_BYTES // 2**20} MB at most.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged metadata, which is dropped anyway
            return _convert(data)
    except Refused:
        raise
    except Exception as error:  # Pillow lets faults of its decoders through: IndexError, struct.error, TypeError …
        raise Refused(f"This is not a picture we can read ({error}). JPEG, PNG, GIF and WebP are.") from None


def _convert(data: bytes) -> PreparedPicture:
    from PIL import Image, ImageOps

    picture: Image.Image = Image.open(io.BytesIO(data), formats=_READ)
    if picture.width * picture.height > MOST_PIXELS:
        raise Refused(f"The picture has {picture.width} × {picture.height} pixels, which is too many.")
    if picture.format == "GIF" and getattr(picture, "is_animated", False) and len(data) <= LARGEST_ANIMATION:
        return PreparedPicture(data, "gif", picture.width, picture.height)
    picture = ImageOps.exif_transpose(picture)
    if picture.width > WIDEST:
        if picture.mode in ("1", "P"):  # palettes cannot blend: they would be resized by leaving dots out
            picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
        picture = picture.resize((WIDEST, max(1, round(picture.height * WIDEST / picture.width))))
    return _encode(picture)


def _encode(picture: object) -> PreparedPicture:
    from PIL import Image

    assert isinstance(picture, Image.Image)
    out = io.BytesIO()
    if _needs_png(picture):
        kept = picture.convert("RGBA") if picture.mode not in ("RGBA", "P", "L", "LA", "RGB") else picture
        kept.save(out, "PNG", optimize=True)
        return PreparedPicture(out.getvalue(), "png", picture.width, picture.height)
    # Pillow keeps the comment unless it is given one.
    picture.convert("RGB").save(out, "JPEG", quality=82, optimize=True, progressive=True, comment=b"")
    return PreparedPicture(out.getvalue(), "jpg", picture.width, picture.height)


def _needs_png(picture: object) -> bool:
    """Transparent pictures stay PNG; an opaque alpha channel does not count."""
    from PIL import Image

    assert isinstance(picture, Image.Image)
    if picture.mode == "P" and "transparency" in picture.info:
        return True
    if picture.mode not in ("RGBA", "LA"):
        return False
    lowest = picture.getchannel("A").getextrema()[0]
    return isinstance(lowest, int | float) and lowest < 255


def build_name(sha256: str, extension: str) -> str:
    """The public file name."""
    return f"{sha256[:16]}.{extension}"


def build_path(data_dir: Path, file_name: str) -> Path:
    """Where a picture of this name is kept."""
    return data_dir / "pictures" / file_name[:2] / file_name


def store(data_dir: Path, picture: PreparedPicture) -> None:
    """Writes the file if it is not there: whole or not at all. Raises SurroundingsError when it cannot be written."""
    target = build_path(data_dir, build_name(picture.sha256, picture.extension))
    if target.exists():
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
            file.write(picture.data)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(target)
    except OSError as error:
        raise SurroundingsError(f"The picture cannot be kept in {target.parent}: {error.strerror}.") from None
