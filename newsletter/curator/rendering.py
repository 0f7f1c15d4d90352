"""The mail of an edition as it stands: composed, and rendered with its template, in each of its variants."""

from __future__ import annotations

from django.conf import settings

from newsletter import templater
from newsletter.catalog import reads as catalog
from newsletter.catalog import sponsors
from newsletter.curator import briefing, corrections, days, variants
from newsletter.curator.values import Edition
from newsletter.curator.variants import Variant
from subscribers import reads as subscribers


def render_edition(edition: Edition, variant: Variant = variants.PLAIN) -> templater.Rendered:
    """The mail as those of a variant get it, or the page of the archive. Never raises for content."""
    newsletter = catalog.get_newsletter(edition.newsletter_id)
    to = subscribers.get_list(newsletter.list_id)
    seen = variants.select_visible(edition, variant)
    return _render_with_template(
        briefing.build_briefing(
            seen,
            newsletter,
            catalog.find_pictures([each.picture_id for each in seen.picks if each.picture_id]),
            base_url=settings.CONFIG.base_url,
            list_slug=to.slug,
            list_name=to.name,
            archived=to.public,
            web=variant.web,
            date_long=days.format_long_day(edition.date, newsletter.language),
            sponsor=sponsors.find_sponsor(newsletter.id, edition.date),
            corrections=corrections.format_lines(corrections.list_pending_corrections(edition), newsletter.language),
        )
    )


def _render_with_template(composed: templater.Briefing) -> templater.Rendered:
    """The mail, with one of our templates here, with one of the newsroom's own in a process of its own."""
    own = settings.CONFIG.templates_dir
    if own is not None and (own / composed.template / f"{composed.template}.mjml.j2").is_file():
        return templater.render_sandboxed(composed, own)
    return templater.render(composed)
