"""The mail of an edition as it stands: composed, and rendered with its template, in each of its variants."""

from __future__ import annotations

from django.conf import settings

from newsletter import templater
from newsletter.catalog import newsletters, pictures, sponsors
from newsletter.curator.editions import briefing, corrections, day_names, variants
from newsletter.curator.editions.values import Edition
from newsletter.curator.editions.variants import Variant
from newsletter.templater import sandbox
from newsletter.templater.briefing import Briefing, Rendered
from subscribers import lists


def render_edition(edition: Edition, variant: Variant = variants.PLAIN) -> Rendered:
    """The mail as those of a variant get it, or the page of the archive. Never raises for content."""
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    to = lists.get_list(newsletter.list_id)
    seen = variants.select_visible(edition, variant)
    return _render_with_template(
        briefing.build_briefing(
            seen,
            newsletter,
            pictures.find_pictures([each.picture_id for each in seen.picks if each.picture_id]),
            base_url=settings.CONFIG.base_url,
            list_slug=to.slug,
            list_name=to.name,
            archived=to.public,
            web=variant.web,
            date_long=day_names.format_long_day(edition.date, newsletter.language),
            sponsor=sponsors.find_sponsor(newsletter.id, edition.date),
            corrections=corrections.format_lines(corrections.list_pending_corrections(edition), newsletter.language),
        )
    )


def _render_with_template(composed: Briefing) -> Rendered:
    """The mail, with one of our templates here, with one of the newsroom's own in a process of its own."""
    own = settings.CONFIG.templates_dir
    if own is not None and (own / composed.template / f"{composed.template}.mjml.j2").is_file():
        return sandbox.render_sandboxed(composed, own)
    return templater.render(composed)
