"""Pictures made safe and small. Pure: bytes in, bytes out."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from newsletter.catalog import picture_files
from newsletter.kernel.errors import Refused, SurroundingsError

Drawn = Callable[..., bytes]
TURNED = 6  # the EXIF orientation of a picture taken with the phone upright


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_an_opaque_picture_becomes_jpeg_of_the_same_size(drawn: Drawn, form: str) -> None:
    made = picture_files.prepare(drawn(40, 30, form=form))
    assert (made.extension, made.width, made.height) == ("jpg", 40, 30)
    assert (opened(made.data).format, opened(made.data).size) == ("JPEG", (40, 30))


@pytest.mark.parametrize(("mode", "colour"), [("RGBA", (0, 90, 90, 100)), ("LA", (90, 100))])
def test_a_transparent_picture_stays_png(drawn: Drawn, mode: str, colour: tuple[int, ...]) -> None:
    made = picture_files.prepare(drawn(mode=mode, colour=colour))
    assert made.extension == "png"
    assert "A" in opened(made.data).getbands()


def test_an_alpha_channel_that_hides_nothing_does_not_count(drawn: Drawn) -> None:
    assert picture_files.prepare(drawn(mode="RGBA", colour=(0, 90, 90, 255))).extension == "jpg"


def test_a_wide_picture_is_brought_to_twice_the_width_of_the_mail(drawn: Drawn) -> None:
    made = picture_files.prepare(drawn(2560, 1000))
    assert (made.width, made.height) == opened(made.data).size == (1280, 500)


def test_a_picture_of_extreme_shape_keeps_at_least_one_row(drawn: Drawn) -> None:
    assert picture_files.prepare(drawn(9000, 1)).height == 1


def test_a_palette_is_smoothed_when_it_is_made_smaller() -> None:
    stripes = Image.new("L", (2560, 4))
    stripes.putdata([255 * (x % 2) for x in range(2560)] * 4)
    out = io.BytesIO()
    stripes.convert("P").save(out, "PNG")
    colours = opened(picture_files.prepare(out.getvalue()).data).convert("L").getextrema()
    assert isinstance(colours, tuple)
    assert 0 < colours[0] <= colours[1] < 255  # black and white stripes blend to grey


def test_the_orientation_of_the_camera_is_applied(drawn: Drawn) -> None:
    exif = Image.Exif()
    exif[0x0112] = TURNED
    made = picture_files.prepare(drawn(40, 30, form="JPEG", exif=exif))
    assert (made.width, made.height) == opened(made.data).size == (30, 40)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("alpha", [255, 100])
def test_nothing_of_the_photographer_travels_on(drawn: Drawn, form: str, alpha: int) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    mode, colour = ("RGB", "teal") if form == "JPEG" else ("RGBA", (0, 90, 90, alpha))
    how = {"exif": exif, "xmp": b"<x>SecretPlace</x>"} | ({"comment": b"SecretNote"} if form == "JPEG" else {})
    data = drawn(form=form, mode=mode, colour=colour, **how)
    assert b"Secret" in data
    assert b"Secret" not in picture_files.prepare(data).data


@pytest.mark.parametrize(("side", "kept"), [(20, 20), (1500, 1280)])
def test_an_animation_is_kept_at_our_size_without_its_metadata(side: int, kept: int) -> None:
    data = animation(4, side, comment=b"Secret")
    assert b"Secret" in data
    made = picture_files.prepare(data)
    assert (made.extension, made.width, made.height) == ("gif", kept, kept)
    picture = opened(made.data)
    assert (picture.n_frames, picture.size, picture.info["duration"]) == (4, (kept, kept), 80)  # type: ignore[attr-defined]
    assert b"Secret" not in made.data


def test_what_stands_behind_the_pixels_of_a_png_is_dropped() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (9, 7), (1, 2, 3, 4)).save(out, "PNG", icc_profile=b"Secret profile", dpi=(300, 300))
    assert opened(picture_files.prepare(out.getvalue()).data).info == {}


def test_an_animation_of_many_pixels_becomes_its_first_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_files, "MOST_ANIMATED", 3 * 20 * 20)
    made = picture_files.prepare(animation(4, 20))
    assert made.extension in ("jpg", "png")
    assert opened(made.data).convert("RGB").getpixel((5, 5)) == (0, 0, 0)
    assert picture_files.prepare(animation(3, 20)).extension == "gif"


@pytest.mark.parametrize("side", [6_400, 20_000])
def test_a_picture_of_too_many_pixels_is_called_so_before_it_is_decoded(side: int) -> None:
    """Of the larger Pillow itself refuses to read more than the head."""
    out = io.BytesIO()
    Image.new("1", (8, 8)).save(out, "PNG")
    head = b"IHDR" + struct.pack(">II", side, side) + out.getvalue()[24:29]
    data = out.getvalue()[:12] + head + struct.pack(">I", zlib.crc32(head)) + out.getvalue()[33:]
    with pytest.raises(Refused, match=r"pixels; we take 40 million at most\. Make it smaller\.$"):
        picture_files.prepare(data)


def test_a_jpeg_of_many_passes_is_refused_before_it_is_decoded(drawn: Drawn) -> None:
    """The work of decoding grows with the passes, of which each has a few bytes."""
    out = io.BytesIO()
    Image.new("L", (5000, 5000), 90).save(out, "JPEG", progressive=True)
    data = out.getvalue()
    last = data.rindex(b"\xff\xda")
    hostile = data[:last] + data[last:-2] * 20 + data[-2:]
    assert len(hostile) < picture_files.MOST_BYTES // 10
    with pytest.raises(Refused, match=r"^The picture is painted in \d+ passes, which is too many for its size\.$"):
        picture_files.prepare(hostile)
    assert picture_files.prepare(data).width == 1280


def test_a_large_animation_becomes_a_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_files, "LARGEST_ANIMATION", 100)
    assert picture_files.prepare(animation(4, 20)).extension in ("jpg", "png")


def animation(frames: int, side: int, **more: Any) -> bytes:
    out = io.BytesIO()
    first, *rest = [Image.new("RGB", (side, side), (index * 60, 0, 0)) for index in range(frames)]
    first.save(out, "GIF", save_all=True, append_images=rest, duration=80, **more)
    return out.getvalue()


def test_a_bomb_is_refused_by_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    data = png_that_claims(30_000, 30_000)
    assert len(data) < 200
    with pytest.raises(Refused):
        picture_files.prepare(data)
    with pytest.raises(Refused, match="7000 × 7000 pixels"):
        picture_files.prepare(png_that_claims(7_000, 7_000))


def test_as_many_pixels_as_the_limit_are_taken_and_no_more(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    data = drawn(40, 30)
    monkeypatch.setattr(picture_files, "MOST_PIXELS", 1200)
    assert (picture_files.prepare(data).width, picture_files.prepare(data).height) == (40, 30)
    monkeypatch.setattr(picture_files, "MOST_PIXELS", 1199)
    with pytest.raises(Refused, match="40 × 30 pixels"):
        picture_files.prepare(data)


def test_as_many_bytes_as_the_limit_are_taken(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    data = drawn()
    monkeypatch.setattr(picture_files, "MOST_BYTES", len(data))
    assert picture_files.prepare(data).width == 40


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_more_megabytes_than_we_take_are_refused_before_they_are_read() -> None:
    with pytest.raises(Refused, match="15 MB at most"):
        picture_files.prepare(bytes(picture_files.MOST_BYTES + 1))


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>not found</html>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff\xe0", b"GIF89a"],
)
def test_what_is_no_picture_is_refused_with_what_is(data: bytes) -> None:
    with pytest.raises(
        Refused, match=r"^The picture bridge\.jpg is not a picture we can read\. JPEG, PNG, GIF, WebP and AVIF are\.$"
    ):
        picture_files.prepare(data, "The picture bridge.jpg")


def test_a_picture_of_another_kind_is_refused_whatever_it_is_called(drawn: Drawn) -> None:
    with pytest.raises(Refused):
        picture_files.prepare(drawn(form="TIFF"))


def test_a_picture_that_breaks_off_is_refused(drawn: Drawn) -> None:
    with pytest.raises(Refused):
        picture_files.prepare(drawn(300, 300, form="JPEG")[:500])


SEEDS = [
    Image.new("RGB", (9, 7), "teal"),
    Image.new("RGBA", (9, 7), (1, 2, 3, 4)),
    Image.new("P", (9, 7), 3),
]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SEEDS), st.sampled_from(["PNG", "WEBP", "GIF", "JPEG"]), st.data())
def test_damaged_bytes_give_a_picture_or_a_refusal(seed: Image.Image, form: str, data: st.DataObject) -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = TURNED
    how = {"exif": exif} if form != "GIF" else {}
    (seed.convert("RGB") if form == "JPEG" else seed).save(out, form, **how)
    damaged = bytearray(out.getvalue())
    for _ in range(data.draw(st.integers(0, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        made = picture_files.prepare(bytes(damaged))
    except Refused:
        return
    assert opened(made.data).size == (made.width, made.height)


def test_a_file_is_written_whole_or_not_at_all(drawn: Drawn, tmp_path: Path) -> None:
    made = picture_files.prepare(drawn())
    picture_files.store(tmp_path, made)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files == [picture_files.build_path(tmp_path, picture_files.build_name(made.sha256, made.extension))]
    assert files[0].read_bytes() == made.data


def test_a_failing_disk_is_reported_with_its_path(drawn: Drawn, tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("a file where the folder should be")
    with pytest.raises(SurroundingsError, match="pictures"):
        picture_files.store(tmp_path, picture_files.prepare(drawn()))


def test_a_cut_keeps_the_focal_point_and_is_never_enlarged() -> None:
    halves = Image.new("RGB", (1000, 500), "red")
    halves.paste("blue", (500, 0, 1000, 500))
    out = io.BytesIO()
    halves.save(out, "PNG")
    for focus, colour in (((0, 50), (255, 0, 0)), ((100, 50), (0, 0, 255))):
        small, large = picture_files.cut(out.getvalue(), [(132, 132), (2000, 2000)], focus)
        assert (small.width, small.height) == opened(small.data).size == (132, 132)
        assert (large.width, large.height) == (500, 500), "as large as the picture allows"
        shown = opened(small.data).convert("RGB").getpixel((66, 66))
        assert isinstance(shown, tuple)
        assert all(abs(one - other) < 12 for one, other in zip(shown, colour, strict=True))


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_a_cut_of_a_transparent_picture_stays_transparent(mode: str) -> None:
    clear = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    out = io.BytesIO()
    clear.convert(mode).save(out, "PNG", **({"transparency": 0} if mode == "P" else {}))
    (made,) = picture_files.cut(out.getvalue(), [(132, 132)], (50, 50))
    assert made.extension == "png"
    assert opened(made.data).convert("RGBA").getchannel("A").getextrema() == (0, 0)


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 1300), st.integers(1, 1300))
def test_a_cut_has_its_shape_and_fits_into_the_picture(across: int, down: int, width: int, height: int) -> None:
    made = picture_files.find_cut_size((across, down), (width, height))
    assert 1 <= made[0] <= min(across, width)
    assert 1 <= made[1] <= min(down, height)
    assert made[0] * height == pytest.approx(made[1] * width, abs=max(width, height))
