"""Pictures taken in, named and found again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from newsletter.catalog import newsletter_settings, picture_files, pictures
from newsletter.catalog.values import CutSize, FocalPoint, Newsletter, Picture, WantedCuts
from newsletter.kernel.errors import NotFound, Refused
from tests.actors import SYSTEM
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db
Drawn = Callable[..., bytes]
SOURCE = "https://pictures.example.org/funicular.png"


def test_a_picture_is_named_by_its_hash_and_served_from_our_address(drawn: Drawn, now: datetime) -> None:
    made = picture_files.prepare(drawn())
    stored = pictures.store_picture(drawn(), source_url=SOURCE, now=now)
    assert stored.name == f"{made.sha256[:16]}.jpg"
    assert stored.url == f"http://testserver/pictures/{stored.name}"
    assert (stored.size, stored.content_type) == (len(made.data), "image/jpeg")


def test_the_same_picture_is_kept_once(drawn: Drawn, now: datetime, data_dir: Path) -> None:
    first = pictures.store_picture(drawn(), source_url=SOURCE, now=now)
    second = pictures.store_picture(drawn(), source_url="https://elsewhere.example.net/copy.png", now=now)
    assert first == second
    assert len(list(data_dir.rglob("*.jpg"))) == 1


def test_a_picture_that_two_store_at_the_same_moment_is_kept_once(drawn: Drawn, now: datetime) -> None:
    def store() -> Picture:
        return pictures.store_picture(drawn(), source_url=SOURCE, now=now)

    with just_before('INSERT INTO "catalog_picture"', store):
        stored = store()
    assert store() == stored


def test_a_picture_lost_from_the_disk_comes_back_when_it_is_stored_again(drawn: Drawn, now: datetime) -> None:
    stored = pictures.store_picture(drawn(), source_url=SOURCE, now=now)
    file, _ = pictures.get_picture_file(stored.name)
    file.unlink()
    pictures.store_picture(drawn(), source_url=SOURCE, now=now)
    assert pictures.get_picture_file(stored.name)[0].is_file()


def test_a_stored_picture_is_found_by_its_public_name(drawn: Drawn, now: datetime) -> None:
    stored = pictures.store_picture(drawn(mode="RGBA", colour=(1, 2, 3, 4)), source_url=SOURCE, now=now)
    file, content_type = pictures.get_picture_file(stored.name)
    assert (file.stat().st_size, content_type) == (stored.size, "image/png")


@pytest.mark.parametrize(
    "name",
    ["", "secret.key", "../secret.key", "%2e%2e/secret.key", "0123456789abcdef.jpg", "________________.jpg", "a/b.jpg"],
)
def test_no_other_file_can_be_asked_for(drawn: Drawn, now: datetime, data_dir: Path, name: str) -> None:
    pictures.store_picture(drawn(), source_url=SOURCE, now=now)
    (data_dir / "secret.key").write_text("secret")
    with pytest.raises(NotFound):
        pictures.get_picture_file(name)


def test_a_refused_picture_leaves_nothing_behind(now: datetime, data_dir: Path) -> None:
    with pytest.raises(Refused):
        pictures.store_picture(b"<html></html>", source_url=SOURCE, now=now)
    assert not list(data_dir.iterdir())
    assert pictures.find_pictures([1, 2, 3]) == {}


def test_logos_are_set_and_taken_away(create: Callable[..., Newsletter], drawn: Drawn, now: datetime) -> None:
    logo = pictures.store_picture(drawn(), source_url=SOURCE, now=now)
    made = create()
    with_logo = newsletter_settings.set_logos(made.id, light=logo, dark=None, by=SYSTEM, now=now)
    assert (with_logo.logo_light, with_logo.logo_dark) == (logo, None)
    assert newsletter_settings.set_logos(made.id, light=None, dark=None, by=SYSTEM, now=now).logo_light is None


def test_cuts_are_made_once_found_with_their_picture_and_served(
    drawn: Drawn, now: datetime, django_assert_num_queries: Any
) -> None:
    stored = pictures.store_picture(drawn(1000, 600), source_url=SOURCE, now=now)
    sizes, focus = (CutSize(132, 132), CutSize(264, 264)), FocalPoint(60, 44)
    made = pictures.make_cuts([WantedCuts(stored, sizes, focus)])[stored.id]
    found = pictures.find_pictures([stored.id])[stored.id]
    assert set(found.cuts) == set(made.cuts)
    with django_assert_num_queries(0):
        assert pictures.make_cuts([WantedCuts(found, sizes, focus)]) == {found.id: found}, "nothing is missing"
    cut = found.find_cut(CutSize(132, 132), focus)
    assert cut is not None
    assert (cut.width, cut.height) == (132, 132)
    assert found.find_cut(CutSize(132, 132), FocalPoint()) is None, "of another focal point"
    file, kind = pictures.get_picture_file(cut.url.rpartition("/")[2])
    assert file.is_file()
    assert kind == "image/jpeg"


def test_two_that_make_the_same_cut_make_one(drawn: Drawn, now: datetime) -> None:
    stored = pictures.store_picture(drawn(1000, 600), source_url=SOURCE, now=now)

    def make() -> Picture:
        return pictures.make_cuts([WantedCuts(stored, (CutSize(132, 132),), FocalPoint())])[stored.id]

    with just_before('INSERT OR IGNORE INTO "catalog_picturecut"', make):
        make()
    assert len(pictures.find_pictures([stored.id])[stored.id].cuts) == 1


def test_the_cuts_of_several_pictures_are_stored_at_once_and_one_that_is_lost_is_shown_whole(
    drawn: Drawn, now: datetime, django_assert_num_queries: Any, caplog: pytest.LogCaptureFixture
) -> None:
    lost, *others = (
        pictures.store_picture(drawn(1000, 600, colour=colour), source_url=SOURCE, now=now)
        for colour in ("teal", "navy", "maroon")
    )
    pictures.get_picture_file(lost.name)[0].unlink()
    focuses = (FocalPoint(), FocalPoint(60, 44))
    wanted = [WantedCuts(each, (CutSize(132, 132),), focus) for each in (lost, *others) for focus in focuses]
    with django_assert_num_queries(1):
        made = pictures.make_cuts(wanted)
    assert [len(each.cuts) for each in made.values()] == [0, 2, 2]
    assert "cannot be read" in caplog.text


def test_an_animation_is_shown_whole(drawn: Drawn, now: datetime) -> None:
    stored = pictures.store_picture(drawn(1000, 600), source_url=SOURCE, now=now)
    moving = replace(stored, content_type="image/gif")
    assert pictures.make_cuts([WantedCuts(moving, (CutSize(132, 132),), FocalPoint())])[stored.id].cuts == ()


def test_a_picture_is_found_by_its_public_name(drawn: Drawn, now: datetime) -> None:
    stored = pictures.store_picture(drawn(), source_url=SOURCE, now=now)
    assert pictures.find_picture_by_name(stored.name) == stored
    for name in ("", "x", stored.name.replace(".jpg", ".png"), stored.name[:8] + ".jpg"):
        assert pictures.find_picture_by_name(name) is None
