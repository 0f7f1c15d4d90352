"""Looking up newsletters."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery

from newsletter.catalog import models
from newsletter.catalog.pictures import to_picture
from newsletter.catalog.states import ApprovalPolicy, LatePolicy, NewsletterState, TrackingMode
from newsletter.catalog.values import Newsletter, Newsroom, Section
from newsletter.kernel.errors import NotFound


def get_newsletter(newsletter_id: int) -> Newsletter:
    """The newsletter with this id. Raises NotFound."""
    row = _rows().filter(id=newsletter_id).first()
    if row is None:
        raise NotFound(
            f"There is no newsletter {newsletter_id}.", command_hint="See them all with: newsletter newsletters list"
        )
    return to_newsletter(row)


def list_newsletter_ids_of_domain(domain: str) -> tuple[int, ...]:
    """The newsletters whose sender has an address of this domain: to receivers they are one sender."""
    return tuple(models.Newsletter.objects.filter(from_email__iendswith=f"@{domain}").values_list("id", flat=True))


def get_newsletter_by_slug(slug: str) -> Newsletter:
    """The newsletter with this slug. Raises NotFound; only the command line names those there are."""
    row = _rows().filter(slug=slug).first()
    if row is not None:
        return to_newsletter(row)
    slugs = list(models.Newsletter.objects.order_by("slug").values_list("slug", flat=True))
    near = get_close_matches(slug, slugs, n=3) or slugs[:5]
    hint = f"There is {', '.join(near)}." if near else "Make it with: newsletter newsletters create SLUG …"
    raise NotFound(f"There is no newsletter “{slug}”.", command_hint=hint)


def list_newsletters() -> tuple[Newsletter, ...]:
    """All newsletters, by name."""
    return tuple(to_newsletter(row) for row in _rows().order_by("name"))


def list_repairing() -> tuple[Newsletter, ...]:
    """The newsletters that let silent mailings be repaired by themselves."""
    return tuple(to_newsletter(row) for row in _rows().exclude(repair_after_minutes=0).order_by("id"))


def list_ids_without_approval() -> frozenset[int]:
    """The newsletters whose editions publish themselves where nothing blocks."""
    return frozenset(models.Newsletter.objects.filter(approvals=ApprovalPolicy.SELF).values_list("id", flat=True))


def list_cut_offs() -> dict[int, int]:
    """The minutes before their time at which newsletters close for late stories; without those that do not."""
    return dict(models.Newsletter.objects.exclude(cut_off_minutes=0).values_list("id", "cut_off_minutes"))


def find_longest_recall() -> int:
    """The most minutes before its time that any newsletter is submitted, so that it can be recalled."""
    return models.Newsletter.objects.aggregate(most=Max("recall_minutes"))["most"] or 0


def list_newsletters_of_list(list_id: int) -> tuple[Newsletter, ...]:
    """The newsletters that go to a list, oldest first."""
    return tuple(to_newsletter(row) for row in _rows().filter(list_id=list_id).order_by("id"))


def list_sections(newsletter_id: int) -> tuple[Section, ...]:
    """The sections of a newsletter, in their order; much quicker than the whole newsletter."""
    return tuple(map(_to_section, models.Section.objects.filter(newsletter_id=newsletter_id).order_by("position")))


def select_section_position(newsletter_id: OuterRef, key: OuterRef) -> Subquery:
    """For queries of what is in sections: the place of its section, NULL for one that the newsletter has no more."""
    return Subquery(models.Section.objects.filter(newsletter_id=newsletter_id, key=key).values("position")[:1])


def find_oldest_zone() -> str | None:
    """The time zone of the oldest newsletter; None before there is one."""
    return models.Newsletter.objects.order_by("id").values_list("zone", flat=True).first()


def find_newsroom(list_ids: Collection[int] = ()) -> Newsroom | None:
    """Who publishes the newsletters of these lists: the publication of the oldest; of all where no list has one.

    What that newsletter does not say, others of the same publication do. None before there is a newsletter.
    """
    rows = models.Newsletter.objects.exclude(state=NewsletterState.CANCELLED).order_by("id")
    rows = rows.select_related("logo_light", "logo_dark")
    found = list(rows.filter(list_id__in=list_ids) if list_ids else ()) or list(rows)
    if not found:
        return None
    ours = [row for row in found if row.publication == found[0].publication]
    with_logo = next((row for row in ours if row.logo_light), ours[0])
    return Newsroom(
        name=ours[0].publication,
        url=next((row.publication_url for row in ours if row.publication_url), ""),
        logo_light=to_picture(with_logo.logo_light) if with_logo.logo_light else None,
        logo_dark=to_picture(with_logo.logo_dark) if with_logo.logo_dark else None,
        privacy_url=next((row.privacy_url for row in ours if row.privacy_url), ""),
        imprint_url=next((row.imprint_url for row in ours if row.imprint_url), ""),
    )


def map_lists() -> dict[int, int]:
    """The list that each newsletter is sent to, by the newsletter's id."""
    return dict(models.Newsletter.objects.values_list("id", "list_id"))


def is_tracking_asked(list_ids: Iterable[int]) -> bool:
    """Whether a newsletter of these lists counts opens or clicks of those who agree: then they are asked."""
    counts = Q(click_tracking=True) | Q(open_tracking=True)
    rows = models.Newsletter.objects.filter(counts, list_id__in=[*list_ids], tracking=TrackingMode.OPT_IN)
    return rows.exclude(state=NewsletterState.CANCELLED).exists()


def list_known_names() -> tuple[str, ...]:
    """What people know this newsroom by: its newsletters and publications. A password is not made of these."""
    rows = models.Newsletter.objects.order_by("id").values_list("name", "slug", "publication", "from_name")
    return tuple(name for row in rows for name in row if name)


def _rows() -> QuerySet[models.Newsletter]:
    return models.Newsletter.objects.select_related("logo_light", "logo_dark").prefetch_related("sections")


def to_newsletter(row: models.Newsletter) -> Newsletter:
    """The value of a row."""
    return Newsletter(
        id=row.id,
        slug=row.slug,
        name=row.name,
        strap=row.strap,
        description=row.description,
        state=NewsletterState(row.state),
        publication=row.publication,
        publication_url=row.publication_url,
        privacy_url=row.privacy_url,
        imprint_url=row.imprint_url,
        from_email=row.from_email,
        from_name=row.from_name,
        reply_to=row.reply_to,
        unsubscribe_email=row.unsubscribe_email,
        postal_address=row.postal_address,
        signed=row.signed,
        list_id=row.list_id,
        language=row.language,
        zone=row.zone,
        template=row.template,
        theme=row.theme,
        logo_light=to_picture(row.logo_light) if row.logo_light else None,
        logo_dark=to_picture(row.logo_dark) if row.logo_dark else None,
        stories_wanted=row.stories_wanted,
        stories_least=row.stories_least,
        late_after_minutes=row.late_after_minutes,
        click_tracking=row.click_tracking,
        open_tracking=row.open_tracking,
        tracking=TrackingMode(row.tracking),
        recall_minutes=row.recall_minutes,
        segment=row.segment,
        link_parameters=row.link_parameters,
        test_addresses=row.test_addresses,
        per_minute=row.per_minute,
        repair_after_minutes=row.repair_after_minutes,
        bounce_limit=row.bounce_limit,
        warm_up_from=row.warm_up_from,
        warm_up_first=row.warm_up_first,
        collects_from=row.collects_from,
        collects_until=row.collects_until,
        when_late=LatePolicy(row.when_late),
        approvals=ApprovalPolicy(row.approvals),
        cut_off_minutes=row.cut_off_minutes,
        remind_minutes=row.remind_minutes,
        created_at=row.created_at,
        sections=tuple(map(_to_section, row.sections.all())),
    )


def _to_section(row: models.Section) -> Section:
    return Section(row.key, row.title, row.position, row.quota)
