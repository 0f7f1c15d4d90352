"""Acts of this package: see `tests.acts`."""

from __future__ import annotations

import io
from datetime import date

from PIL import Image

from newsletter.catalog import newsletter_settings, pictures, sponsors
from newsletter.catalog.values import Sponsor
from newsletter.kernel.actors import Actor
from tests.actors import SYSTEM
from tests.acts import Act, Prepare, World


def _create_newsletter(world: World) -> Act:
    return lambda by: newsletter_settings.create_newsletter(
        slug="noon",
        name="Noon",
        from_email="noon@example.com",
        postal_address="1 High Street",
        zone="UTC",
        list_id=world.morning.list_id,
        by=by,
        now=world.now,
    )


def _change_newsletter(world: World) -> Act:
    return lambda by: newsletter_settings.change_newsletter(
        world.morning.id, strap="New", seen=None, by=by, now=world.now
    )


def _set_sections(world: World) -> Act:
    return lambda by: newsletter_settings.set_sections(
        world.morning.id, [("all", "All", 3)], seen=None, by=by, now=world.now
    )


def _set_logos(world: World) -> Act:
    out = io.BytesIO()
    Image.new("RGB", (40, 20), "teal").save(out, "PNG")
    logo = pictures.store_picture(out.getvalue(), source_url="", now=world.now)
    return lambda by: newsletter_settings.set_logos(world.morning.id, light=logo, dark=None, by=by, now=world.now)


def _add_sponsor_as(world: World, by: Actor) -> Sponsor:
    day = date(2026, 12, 1)
    box = {"label": "Sponsored by A", "headline": "Boots", "text": "", "url": "https://example.com"}
    return sponsors.add_sponsor(world.morning.id, first=day, last=day, **box, by=by, now=world.now)


def _add_sponsor(world: World) -> Act:
    return lambda by: _add_sponsor_as(world, by)


def _remove_sponsor(world: World) -> Act:
    made = _add_sponsor_as(world, SYSTEM)
    return lambda by: sponsors.remove_sponsor(made.id, world.morning.id, by=by, now=world.now)


ACTS: dict[str, Prepare] = {
    "newsletter.catalog.newsletter_settings.change_newsletter": _change_newsletter,
    "newsletter.catalog.newsletter_settings.create_newsletter": _create_newsletter,
    "newsletter.catalog.newsletter_settings.set_logos": _set_logos,
    "newsletter.catalog.newsletter_settings.set_sections": _set_sections,
    "newsletter.catalog.sponsors.add_sponsor": _add_sponsor,
    "newsletter.catalog.sponsors.remove_sponsor": _remove_sponsor,
}
