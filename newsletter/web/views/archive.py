"""The public archive: sent editions, on the web and as a feed."""

from __future__ import annotations

import html
from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.curator.editions import correction_lookup, day_names, edition_lookup, variants
from newsletter.curator.editions.states import OUT_STATES
from newsletter.curator.editions.values import Edition, EditionFilter, Pick
from newsletter.delivery.reports import edition_status
from newsletter.kernel import clock
from newsletter.kernel.numbers import parse_whole_number
from newsletter.templater.archive_page import PageMetadata, build_archive_page
from newsletter.templater.briefing import Rendered
from newsletter.templater.corrections import add_corrections
from newsletter.templater.merge_fields import MergeRecipient, personalise_mail
from newsletter.templater.untrusted_text import clean_line as strip_unprintable
from newsletter.web.forms.filters import PAGE, FilterForm, list_month_choices
from newsletter.web.middleware import render_error_page
from subscribers import lists

FEED_LENGTH = 30  # editions
NOBODY = MergeRecipient("you", "", "archive")  # who reads the archive
ARCHIVE_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
)


@require_safe
@cache_control(max_age=300, public=True)
def show_archive(request: HttpRequest) -> HttpResponse:
    """The newsletters that have an archive."""
    return render(request, "readers/archive.html", {"newsletters": _public_newsletters()})


@require_safe
@cache_control(max_age=300, public=True)
def show_newsletter_archive(request: HttpRequest, slug: str) -> HttpResponse:
    """The sent editions of one newsletter, newest first: all of them, those of a month, or by a part of the subject."""
    newsletter = _find_public_newsletter(slug)
    if newsletter is None:
        return render_error_page(request, "There is no archive here.", 404)
    months = list_month_choices(edition_lookup.find_edition_span([newsletter.id], OUT_STATES))
    filters = FilterForm(request.GET, searched="Part of a subject", month=months)
    wanted = EditionFilter([newsletter.id], OUT_STATES, filters.month, filters.text)
    page = filters.cut_page(edition_lookup.list_edition_rows(wanted, limit=PAGE + 1, after=filters.after))
    sent = edition_status.list_left(page.rows, clock.now())
    subjects = edition_lookup.map_archived_subjects([each.snapshot_id for each in sent if each.snapshot_id])
    shown = [
        (each, personalise_mail(subjects[each.snapshot_id], NOBODY).subject)
        for each in sent
        if each.snapshot_id is not None and each.snapshot_id in subjects
    ]
    context = {"newsletter": newsletter, "editions": shown, "filters": filters, "page": page}
    return render(request, "readers/archive_of.html", context, status=filters.status)


@require_safe
@cache_control(max_age=300, public=True)
def show_archived_edition(request: HttpRequest, slug: str, day: str) -> HttpResponse:
    """One sent edition as it was mailed, with nothing of any subscriber in it."""
    newsletter = _find_public_newsletter(slug)
    on, number = _read_name_of_day(day)
    found = edition_lookup.find_edition(newsletter.id, on, number) if newsletter else None
    left = found is not None and edition_status.has_left(found, clock.now())
    if newsletter is None or found is None or not left or found.snapshot_id is None:
        return render_error_page(request, "This edition is not in the archive.", 404)
    mail = _render_neutral(found)
    assert mail is not None  # it has a snapshot
    corrected = [
        (
            day_names.format_day(each.at.astimezone(clock.get_zone(newsletter.zone)).date(), newsletter.language),
            each.text,
        )
        for each in correction_lookup.list_corrections(found.id)
    ]
    page = add_corrections(mail.html, corrected, newsletter.language)
    response = HttpResponse(build_archive_page(page, _page_about(found, newsletter, mail.subject, mail.preheader)))
    response["Content-Security-Policy"] = ARCHIVE_POLICY  # other people's texts, on a page without rights
    return response


def _read_name_of_day(text: str) -> tuple[date, int]:
    """The date and number of an edition, of 2026-11-24 or 2026-11-24-2. Raises BadInput."""
    day, _, number = (text, "", "") if len(text) <= len("2026-11-24") else text.rpartition("-")
    return clock.parse_day(day), parse_whole_number(number) or 1


def _page_about(edition: Edition, newsletter: Newsletter, subject: str, preheader: str) -> PageMetadata:
    shown = next((each for each in _public_picks(edition) if each.picture_url), None)
    newsroom = newsletters.find_newsroom([newsletter.list_id])
    return PageMetadata(
        home=newsletter.publication_url,
        privacy=newsletter.privacy_url or (newsroom.privacy_url if newsroom else ""),
        imprint=newsletter.imprint_url or (newsroom.imprint_url if newsroom else ""),
        language=newsletter.language,
        canonical=_edition_url(newsletter, edition),
        title=subject,
        description=preheader or newsletter.strap or newsletter.name,
        publication=newsletter.publication,
        feed=settings.CONFIG.base_url + reverse("readers:archive-feed", args=[newsletter.slug]),
        picture=shown.picture_url if shown else "",
        picture_alt=shown.image_alt if shown else "",
        published=edition.approved_at.isoformat() if edition.approved_at else "",
    )


def _edition_url(newsletter: Newsletter, edition: Edition) -> str:
    return settings.CONFIG.base_url + reverse("readers:archive-edition", args=[newsletter.slug, edition.name_of_day])


@require_safe
@cache_control(max_age=300, public=True)
def show_feed(request: HttpRequest, slug: str) -> HttpResponse:
    """The sent editions of one newsletter as an Atom feed (RFC 4287), for feed readers."""
    newsletter = _find_public_newsletter(slug)
    if newsletter is None:
        return render_error_page(request, "There is no archive here.", 404)
    home = settings.CONFIG.base_url + reverse("readers:archive-of", args=[newsletter.slug])
    feed = Atom1Feed(
        title=newsletter.name,
        link=home,
        description=newsletter.strap,
        language=newsletter.language,
        feed_url=f"{home}feed.xml",
        author_name=newsletter.publication,
    )
    out = edition_lookup.list_editions(newsletter.id, states=OUT_STATES, limit=FEED_LENGTH)
    sent = [each for each in edition_status.list_left(out, clock.now()) if each.snapshot_id is not None]
    pages = edition_lookup.map_archived_subjects([each.snapshot_id for each in sent if each.snapshot_id])
    corrected = correction_lookup.map_last_corrected([each.id for each in sent])
    for each in sent:
        mail = personalise_mail(pages[each.snapshot_id or 0], NOBODY)
        stories = [pick.headline for pick in _public_picks(each)]
        feed.add_item(
            title=strip_unprintable(mail.subject),
            link=_edition_url(newsletter, each),
            # Django calls the summary type="html", so readers take it for markup (RFC 4287, 3.1.1.2).
            description=html.escape(strip_unprintable(" · ".join([mail.preheader, *stories]).strip(" ·")), quote=False),
            pubdate=each.approved_at,
            updateddate=max(each.approved_at, corrected.get(each.id, each.approved_at)) if each.approved_at else None,
            unique_id=_edition_url(newsletter, each),
        )
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def _public_picks(edition: Edition) -> list[Pick]:
    """The stories that everybody may read, in their order."""
    return sorted(variants.select_visible(edition, variants.PAGE).picks, key=lambda pick: pick.number)


def _render_neutral(edition: Edition) -> Rendered | None:
    """A sent edition with nothing of any subscriber in it."""
    if edition.snapshot_id is None:
        return None
    return personalise_mail(edition_lookup.get_archive_page(edition.snapshot_id), NOBODY)


def _public_newsletters() -> list[Newsletter]:
    shown = {each.id for each in lists.list_lists(public_only=True)}
    return [each for each in newsletters.list_newsletters() if each.list_id in shown]


def _find_public_newsletter(slug: str) -> Newsletter | None:
    return next((each for each in _public_newsletters() if each.slug == slug), None)
