"""The mail of an edition as it stands: composed, and rendered with its template, in each of its variants."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import lru_cache, partial
from types import EllipsisType

from django.conf import settings

from newsletter import templater
from newsletter.catalog import newsletters, sponsors
from newsletter.catalog.values import Newsletter, Sponsor
from newsletter.curator.editions import briefing, correction_lookup, day_names, variants
from newsletter.curator.editions.picture_places import cut_pictures, find_shapes
from newsletter.curator.editions.values import Edition
from newsletter.curator.editions.variants import Variant
from newsletter.templater import sandbox
from newsletter.templater.briefing import Briefing, Rendered
from subscribers import lists

_RENDERINGS_KEPT = 32  # the variants of a few editions in work: board, checks and preview ask for the same one
_rendering = threading.Lock()  # who asks for what another thread is rendering waits for it


def render_edition(
    edition: Edition, variant: Variant = variants.PLAIN, newsletter: Newsletter | None = None
) -> Rendered:
    """The mail as those of a variant get it, or the page of the archive. Never raises for content."""
    return _render_with_template(_compose_variants(edition, [variant], newsletter)[variant])


def render_variants(
    edition: Edition, newsletter: Newsletter | None = None, sponsor: Sponsor | EllipsisType | None = ...
) -> dict[Variant, Rendered]:
    """The mail in all its variants, the plain one first; perhaps with its newsletter and its sponsor, once read."""
    return render_composed(_compose_variants(edition, variants.list_variants(edition), newsletter, sponsor))


def compose_edition(edition: Edition) -> dict[Variant, Briefing]:
    """All that goes into the mail in each of its variants, and into the page: what is equal renders the same."""
    return _compose_variants(edition, (*variants.list_variants(edition), variants.PAGE))


def render_composed(composed: Mapping[Variant, Briefing]) -> dict[Variant, Rendered]:
    """What was composed, rendered."""
    return {variant: _render_with_template(each) for variant, each in composed.items()}


def _compose_variants(
    edition: Edition,
    wanted: Iterable[Variant],
    newsletter: Newsletter | None = None,
    sponsor: Sponsor | EllipsisType | None = ...,
) -> dict[Variant, Briefing]:
    """Some variants of the mail; what is around its stories is read once for all of them."""
    newsletter = newsletter or newsletters.get_newsletter(edition.newsletter_id)
    to = lists.get_list(newsletter.list_id)
    pending = correction_lookup.list_pending_corrections(edition)
    shapes = find_shapes(newsletter)
    if sponsor is ...:
        sponsor = sponsors.find_sponsor(newsletter.id, edition.date)
    compose = partial(
        briefing.build_briefing,
        newsletter=newsletter,
        pictures=cut_pictures(edition.picks, shapes),
        shapes=shapes,
        base_url=settings.CONFIG.base_url,
        list_slug=to.slug,
        list_name=to.name,
        archived=to.public,
        date_long=day_names.format_long_day(edition.date, newsletter.language),
        sponsor=sponsor,
        corrections=correction_lookup.format_lines(pending, newsletter.language),
    )
    return {each: compose(variants.select_visible(edition, each), web=each.web) for each in wanted}


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
