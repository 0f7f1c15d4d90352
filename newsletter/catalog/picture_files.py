"""Pictures made safe and small: the real type checked, bombs refused, metadata dropped, at most 1280 px wide."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.kernel.errors import Refused, SurroundingsError

MOST_BYTES = 15 * 2**20
MOST_PIXELS = 40_000_000
MOST_PASSED = 400_000_000  # pixels times the passes over them: ten of a progressive JPEG of the largest size
MOST_ANIMATED = 20_000_000  # pixels of all frames, as we keep them; larger animations become a still
WIDEST = 1280  # pixels; twice the width of the mail
LARGEST_ANIMATION = 2**20  # bytes, as we keep it; larger ones become a still
CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}
_READ = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
_SCAN = b"\xff\xda"  # begins each pass of a JPEG; within the data of one, \xff is followed by a zero


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


def prepare(data: bytes, what: str = "The picture") -> PreparedPicture:
    """The picture as we keep it; `what` names it for people. It is a stranger's: call this in a confined process.

    Raises Refused for what is not a picture, too large, or a bomb.
    """
    if len(data) > MOST_BYTES:
        raise Refused(f"{what} has {len(data) / 2**20:.0f} MB; we take {MOST_BYTES // 2**20} MB at most.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged metadata, which is dropped anyway
            return _convert(data, what)
    except (Refused, MemoryError):
        raise
    except Exception:  # Pillow lets faults of its decoders through: IndexError, struct.error, TypeError …
        raise Refused(f"{what} is not a picture we can read. JPEG, PNG, GIF, WebP and AVIF are.") from None


def _refuse_pixels(problem: str) -> Refused:
    return Refused(f"{problem}; we take {MOST_PIXELS // 1_000_000} million at most. Make it smaller.")


def _convert(data: bytes, what: str) -> PreparedPicture:
    from PIL import Image, ImageOps

    try:
        picture: Image.Image = Image.open(io.BytesIO(data), formats=_READ)
    except Image.DecompressionBombError:
        raise _refuse_pixels(f"{what} has too many pixels") from None
    pixels = picture.width * picture.height
    if pixels > MOST_PIXELS:
        raise _refuse_pixels(f"{what} has {picture.width} × {picture.height} pixels")
    if picture.format == "JPEG":
        if pixels * data.count(_SCAN) > MOST_PASSED:
            raise Refused(f"{what} is painted in {data.count(_SCAN)} passes, which is too many for its size.")
        picture.draft(None, (2 * WIDEST, 2 * WIDEST))  # decoded at a part of its size, where that is enough
    if picture.format == "GIF" and (animation := _keep_animation(picture)):
        return animation
    picture = ImageOps.exif_transpose(picture)
    if picture.width > WIDEST:
        if picture.mode in ("1", "P"):  # palettes cannot blend: they would be resized by leaving dots out
            picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
        picture = picture.resize(_scale(picture.size))
    return _encode(picture)


def _scale(size: tuple[int, int]) -> tuple[int, int]:
    """The size at which a picture is kept."""
    width, height = size
    return (WIDEST, max(1, round(height * WIDEST / width))) if width > WIDEST else size


def _keep_animation(picture: object) -> PreparedPicture | None:
    """An animation at our size, frame by frame; None for a still, and for what becomes one: its first frame."""
    from PIL import Image, ImageSequence

    assert isinstance(picture, Image.Image)
    width, height = _scale(picture.size)
    most = min(MOST_ANIMATED // (width * height), MOST_PASSED // 4 // (picture.width * picture.height))
    frames: list[Image.Image] = []
    waits: list[int] = []
    for frame in ImageSequence.Iterator(picture):
        if len(frames) >= most:
            picture.seek(0)
            return None
        waits.append(int(frame.info.get("duration") or 100))
        kept = frame.convert("RGBA")
        frames.append(kept.resize((width, height)) if kept.size != (width, height) else kept)
        frames[-1].info = {}
    picture.seek(0)
    if len(frames) < 2:
        return None
    out = io.BytesIO()
    turns = {"loop": picture.info["loop"]} if "loop" in picture.info else {}
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=waits, comment=b"", **turns)
    return PreparedPicture(out.getvalue(), "gif", width, height) if out.tell() <= LARGEST_ANIMATION else None


def _encode(picture: object) -> PreparedPicture:
    from PIL import Image

    assert isinstance(picture, Image.Image)
    out = io.BytesIO()
    if _needs_png(picture):
        kept = picture.convert("RGBA") if picture.mode not in ("RGBA", "P", "L", "LA", "RGB") else picture
        kept.info = {name: value for name, value in kept.info.items() if name == "transparency"}  # Pillow keeps more
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


def cut(data: bytes, sizes: Sequence[tuple[int, int]], focus: tuple[int, int]) -> tuple[PreparedPicture, ...]:
    """Parts of a picture of our store in these sizes, as large as the picture allows: it is never enlarged.

    `focus` is in percent: as CSS has it for `object-position`, the point of the picture that lies at the same part of
    the cut. Call this in a confined process.
    """
    from PIL import Image

    picture: Image.Image = Image.open(io.BytesIO(data), formats=_READ)
    if picture.mode in ("1", "P"):  # palettes cannot blend
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    return tuple(_cut(picture, size, focus) for size in sizes)


def find_cut_size(picture: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """How large a cut of this shape comes out of a picture: `size`, or less where the picture is too small."""
    (across, down), (width, height) = picture, size
    scale = min(1.0, across / width, down / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _cut(picture: object, size: tuple[int, int], focus: tuple[int, int]) -> PreparedPicture:
    from PIL import Image, ImageOps

    assert isinstance(picture, Image.Image)
    target = find_cut_size(picture.size, size)
    return _encode(ImageOps.fit(picture, target, Image.Resampling.LANCZOS, centering=(focus[0] / 100, focus[1] / 100)))


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
