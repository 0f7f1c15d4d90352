"""What the values of the catalog know of themselves."""

from __future__ import annotations

from newsletter.catalog.values import CutSize, FocalPoint, Picture, PictureCut

SIZE = CutSize(132, 132)
CUT = PictureCut(SIZE, FocalPoint(60, 44), "http://testserver/pictures/b.jpg", 132, 132)
PICTURE = Picture(1, "a.jpg", "http://testserver/pictures/a.jpg", 1280, 800, 900, "image/jpeg", (CUT,))


def test_a_cut_is_found_by_its_size_and_focal_point() -> None:
    assert PICTURE.find_cut(SIZE, FocalPoint(60, 44)) is CUT
    assert PICTURE.find_cut(SIZE, FocalPoint()) is None
    assert PICTURE.find_cut(CutSize(264, 264), FocalPoint(60, 44)) is None


def test_only_a_gif_moves() -> None:
    assert not PICTURE.is_animated
    assert Picture(1, "a.gif", "", 1, 1, 1, "image/gif").is_animated
