"""The mail of an edition as it stands: composed, and rendered with its template, in each of its variants."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache

from django.conf import settings

from newsletter import templater
from newsletter.catalog import newsletters, pictures, sponsors
from newsletter.catalog.values import Newsletter, Picture
from newsletter.curator.editions import briefing, correction_lookup, day_names, variants
from newsletter.curator.editions.briefing import Shapes, list_cut_sizes
from newsletter.curator.editions.picture_places import find_shapes
from newsletter.curator.editions.values import Edition
from newsletter.curator.editions.variants import Variant
from newsletter.kernel.errors import Refused, SurroundingsError
from newsletter.templater import sandbox
from newsletter.templater.briefing import Briefing, Rendered
from subscribers import lists

log = logging.getLogger(__name__)
_RENDERINGS_KEPT = 32  # the variants of a few editions in work: board, checks and preview ask for the same one
_rendering = threading.Lock()  # who asks for what another thread is rendering waits for it


def render_edition(
    edition: Edition, variant: Variant = variants.PLAIN, newsletter: Newsletter | None = None
) -> Rendered:
    """The mail as those of a variant get it, or the page of the archive. Never raises for content."""
    return _render_with_template(_compose_variant(edition, variant, newsletter))


def render_variants(edition: Edition) -> dict[Variant, Rendered]:
    """The mail in all its variants, the plain one first."""
    return {each: render_edition(edition, each) for each in variants.list_variants(edition)}


def compose_edition(edition: Edition) -> dict[Variant, Briefing]:
    """All that goes into the mail in each of its variants, and into the page: what is equal renders the same."""
    return {each: _compose_variant(edition, each) for each in (*variants.list_variants(edition), variants.PAGE)}


def render_composed(composed: Mapping[Variant, Briefing]) -> dict[Variant, Rendered]:
    """What was composed, rendered."""
    return {variant: _render_with_template(each) for variant, each in composed.items()}


def _compose_variant(edition: Edition, variant: Variant, newsletter: Newsletter | None = None) -> Briefing:
    newsletter = newsletter or newsletters.get_newsletter(edition.newsletter_id)
    to = lists.get_list(newsletter.list_id)
    seen = variants.select_visible(edition, variant)
    pending = correction_lookup.list_pending_corrections(edition)
    shapes = find_shapes(newsletter)
    return briefing.build_briefing(
        seen,
        newsletter,
        _find_pictures(seen, shapes),
        shapes=shapes,
        base_url=settings.CONFIG.base_url,
        list_slug=to.slug,
        list_name=to.name,
        archived=to.public,
        web=variant.web,
        date_long=day_names.format_long_day(edition.date, newsletter.language),
        sponsor=sponsors.find_sponsor(newsletter.id, edition.date),
        corrections=correction_lookup.format_lines(pending, newsletter.language),
    )


def _find_pictures(edition: Edition, shapes: Shapes) -> dict[int, Picture]:
    """The pictures of an edition with all cuts that its mail shows; those that they lack are made."""
    found = pictures.find_pictures(each.picture_id for each in edition.picks if each.picture_id)
    for each in edition.picks:
        stored = found.get(each.picture_id) if each.picture_id else None
        if stored:
            try:
                sizes = list_cut_sizes(shapes.get(each.size, ()))
                found[stored.id] = pictures.make_cuts(stored, sizes, each.focal_point)
            except (Refused, SurroundingsError) as error:
                log.warning("A picture is shown whole: %s", error)
    return found


def _render_with_template(composed: Briefing) -> Rendered:
    """The mail, with one of our templates here, with one of the newsroom's own in a process of its own."""
    own = settings.CONFIG.templates_dir
    if own is not None and (own / composed.template / f"{composed.template}.mjml.j2").is_file():
        return sandbox.render_sandboxed(composed, own)
    with _rendering:
        key = _Composed(json.dumps(asdict(composed), sort_keys=True))
        key.briefing = composed
        return _render_cached(key)


class _Composed(str):
    """All that goes into a mail as one text, by which its rendering is found again."""

    briefing: Briefing


@lru_cache(maxsize=_RENDERINGS_KEPT)
def _render_cached(composed: _Composed) -> Rendered:
    return templater.render(composed.briefing)
