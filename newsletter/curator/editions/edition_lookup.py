"""Looks up editions and their snapshots."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from django.db.models import (
    Count,
    Exists,
    Expression,
    F,
    FilteredRelation,
    Func,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Window,
)
from django.db.models.functions import RowNumber

from newsletter.catalog.newsletters import list_sections, select_section_position
from newsletter.catalog.pictures import to_picture
from newsletter.catalog.states import ApprovalPolicy
from newsletter.curator.editions import models, variants
from newsletter.curator.editions.briefing import find_lead
from newsletter.curator.editions.states import OUT_STATES, BoxPlace, EditionState, PickSize, SnapshotPurpose
from newsletter.curator.editions.values import (
    Box,
    EarlierEdition,
    Edition,
    EditionFilter,
    EditionOfDay,
    EditionOutline,
    EditionRow,
    Pick,
    Snapshot,
    StoryClicks,
)
from newsletter.curator.editions.variants import Variant
from newsletter.kernel.errors import NotFound
from newsletter.kernel.sentences import phrase
from newsletter.kernel.text import list_spellings
from newsletter.templater.briefing import MergeField, Rendered


def get_edition(edition_id: int) -> Edition:
    """The edition with this id. Raises NotFound."""
    found = _to_editions(_edition_rows().filter(id=edition_id))
    if not found:
        raise _build_not_found(edition_id)
    return found[0]


def get_edition_to_edit(edition_id: int) -> tuple[Edition, bool]:
    """An edition that is there, and whether it has stories of sections that the newsletter no longer has."""
    row = _edition_rows().get(id=edition_id)
    return _to_edition(row), any(each.section_place is None for each in row.picks.all())


def get_outline(edition_id: int, *, planned: Expression) -> EditionOutline:
    """The outline of an edition in one query; `planned` says when a schedule wants it out. Raises NotFound."""
    rows = _outline_rows().annotate(approvals=F("newsletter__approvals"), planned_at=planned)
    row = rows.filter(id=edition_id).first()
    if row is None:
        raise _build_not_found(edition_id)
    return EditionOutline(
        id=row.id,
        newsletter_id=row.newsletter_id,
        state=EditionState(row.state),
        reason=row.reason,
        version=row.version,
        snapshot_id=row.standing_id,
        undecided=row.undecided or 0,
        undecided_at=row.undecided_at,
        publishes_itself=row.approvals == ApprovalPolicy.SELF,
        lost_approval=row.lost,
        planned_at=row.planned_at,
    )


def _build_not_found(edition_id: int) -> NotFound:
    return NotFound(
        phrase("There is no edition {edition}.", edition=str(edition_id)),
        command_hint="See them all with: newsletter editions list",
    )


def get_editions(edition_ids: Iterable[int]) -> dict[int, Edition]:
    """The editions with these ids, by id; those that are not there are left out."""
    return {each.id: each for each in _to_editions(_edition_rows().filter(id__in=set(edition_ids)))}


def find_editions(newsletter_ids: Iterable[int], days: Iterable[date]) -> dict[tuple[int, date], Edition]:
    """The first editions of these newsletters on these dates, by newsletter and date."""
    rows = _edition_rows().filter(newsletter_id__in=set(newsletter_ids), date__in=set(days), number=1)
    return {(each.newsletter_id, each.date): each for each in _to_editions(rows)}


def find_edition(newsletter_id: int, on: date, number: int = 1) -> Edition | None:
    """The edition of a newsletter on a date, if there is one; the first of that day, or another."""
    rows = _edition_rows().filter(newsletter_id=newsletter_id, date=on, number=number)
    return next(iter(_to_editions(rows)), None)


def list_ids_of_day(newsletter_id: int, on: date) -> tuple[int, ...]:
    """The editions of a newsletter on a date, in the order of the day."""
    rows = models.Edition.objects.filter(newsletter_id=newsletter_id, date=on).order_by("number")
    return tuple(rows.values_list("id", flat=True))


def find_last_out(newsletter_id: int, *, besides: int, **more: Subquery) -> Mapping[str, Any] | None:
    """The newest edition of a newsletter that went out: when it was approved, `out_since`, and what more is asked."""
    standing = models.Snapshot.objects.filter(edition=OuterRef("pk"), purpose=SnapshotPurpose.EDITION, voided_at=None)
    rows = models.Edition.objects.filter(newsletter_id=newsletter_id, state__in=OUT_STATES).exclude(id=besides)
    # As a subquery: from the newest on, until one is found. Joined, all there ever were would be sorted.
    found = rows.annotate(out_since=Subquery(standing.values("approved_at"))).exclude(out_since=None)
    row: dict[str, Any] | None = found.annotate(**more).order_by("-date", "-number").values("out_since", *more).first()
    return row


def list_editions(
    newsletter_id: int | None = None,
    *,
    newsletter_ids: Iterable[int] | None = None,
    states: Collection[EditionState] = (),
    limit: int = 30,
) -> tuple[Edition, ...]:
    """Editions by date, newest first; of one newsletter, of several, or (both None) of all."""
    rows = _edition_rows().order_by("-date", "-number", "-id")
    if newsletter_id is not None:
        rows = rows.filter(newsletter_id=newsletter_id)
    if newsletter_ids is not None:
        rows = rows.filter(newsletter_id__in=list(newsletter_ids))
    if states:
        rows = rows.filter(state__in=states)
    return _to_editions(rows[:limit])


def list_editions_of_days(
    newsletter_ids: Collection[int], first: date, last: date, *, besides: Collection[int] = ()
) -> tuple[EditionOfDay, ...]:
    """The editions of some newsletters on the days from `first` to `last`, and those with the ids in `besides`."""
    wanted = Q(newsletter_id__in=newsletter_ids, date__gte=first, date__lte=last) | Q(id__in=besides)
    rows = models.Edition.objects.filter(wanted).order_by("date", "number", "id")
    rows = rows.only("id", "newsletter_id", "date", "number", "state", "reason")
    return tuple(
        EditionOfDay(each.id, each.newsletter_id, each.date, each.number, EditionState(each.state), each.reason)
        for each in rows
    )


def list_edition_rows(wanted: EditionFilter, *, limit: int, after: int = 0) -> tuple[EditionRow, ...]:
    """Editions by date, newest first; those behind the edition `after` alone."""
    rows = _filter_rows(_outline_rows(), wanted)
    last = models.Edition.objects.filter(id=after).values_list("date", "number", "id").first() if after else None
    if last is not None:
        day, number, edition_id = last
        same_day = Q(date=day) & (Q(number__lt=number) | Q(number=number, id__lt=edition_id))
        rows = rows.filter(Q(date__lte=day) & (Q(date__lt=day) | same_day))
    return _to_edition_rows(rows.annotate(stories=_count_stories()).order_by("-date", "-number", "-id")[:limit])


def get_edition_row(edition_id: int) -> EditionRow:
    """An edition without its parts, for a page that is about something else of it. Raises NotFound."""
    found = _to_edition_rows(_outline_rows().annotate(stories=_count_stories()).filter(id=edition_id))
    if not found:
        raise _build_not_found(edition_id)
    return found[0]


def _to_edition_rows(rows: QuerySet[Any]) -> tuple[EditionRow, ...]:
    """The values of rows that came through `_outline_rows`."""
    return tuple(
        EditionRow(
            id=row.id,
            newsletter_id=row.newsletter_id,
            date=row.date,
            number=row.number,
            state=EditionState(row.state),
            reason=row.reason,
            subject=row.subject,
            snapshot_id=row.standing_id,
            lost_approval=row.lost,
            stories=row.stories or 0,
        )
        for row in rows
    )


def find_edition_span(
    newsletter_ids: Collection[int], states: Collection[EditionState] = ()
) -> tuple[date, date] | None:
    """The days of the first and of the last edition of some newsletters; None without any."""
    found = _filter_rows(models.Edition.objects.all(), EditionFilter(newsletter_ids, states))
    span = found.aggregate(first=Min("date"), last=Max("date"))
    return (span["first"], span["last"]) if span["first"] else None


def _filter_rows(rows: QuerySet[Any], wanted: EditionFilter) -> QuerySet[Any]:
    rows = rows.filter(newsletter_id__in=wanted.newsletter_ids)
    if wanted.states:
        rows = rows.filter(state__in=wanted.states)
    if wanted.month:
        rows = rows.filter(date__gte=wanted.month.first, date__lt=wanted.month.end)
    if wanted.text:
        rows = rows.filter(build_subject_condition(wanted.text))
    return rows


def build_subject_condition(text: str, prefix: str = "") -> Q:
    """That a subject has every word of this text somewhere, whatever its case; `prefix` leads to the edition."""
    condition = Q()
    for word in text.split():
        has_word = Q()
        for spelling in list_spellings(word):
            has_word |= Q(**{f"{prefix}subject__icontains": spelling})
        condition &= has_word
    return condition


def list_earlier(edition: Edition, *, limit: int) -> tuple[EarlierEdition, ...]:
    """What of its newsletter went out on days before, newest first, among the latest `limit` that went out at all."""
    rows = _outline_rows().filter(newsletter_id=edition.newsletter_id, state__in=OUT_STATES)
    frozen = models.Snapshot.objects.filter(id=OuterRef("standing_id")).annotate(n=_CountBytes("html"))
    counted = rows.annotate(stories=_count_stories(), bytes=Subquery(frozen.values("n")))
    return tuple(
        EarlierEdition(row.id, row.date, row.subject, row.stories or 0, row.bytes or 0)
        for row in counted.order_by("-date", "-number", "-id")[:limit]
        if row.id != edition.id and row.date < edition.date
    )


class _CountBytes(Func):
    """How many bytes a text has in UTF-8; the text itself stays in the database."""

    function = "OCTET_LENGTH"
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Called by Django; versions before 3.43 have no such function."""
        return self.as_sql(compiler, connection, template="LENGTH(CAST(%(expressions)s AS BLOB))", **context)


def _count_stories() -> Subquery:
    stories = models.Pick.objects.filter(edition=OuterRef("pk")).order_by().values("edition")
    return Subquery(stories.annotate(n=Count("id")).values("n"))


def get_snapshot(snapshot_id: int) -> Snapshot:
    """The snapshot with this id, standing or voided. Raises NotFound."""
    row = models.Snapshot.objects.filter(id=snapshot_id).first()
    if row is None:
        raise NotFound(phrase("There is no snapshot {snapshot_id}.", snapshot_id=str(snapshot_id)))
    return to_snapshot(row)


def find_standing_snapshot(edition_id: int) -> Snapshot | None:
    """The snapshot that the present approval froze, if the edition is approved."""
    row = models.Snapshot.objects.filter(edition_id=edition_id, voided_at=None, purpose=SnapshotPurpose.EDITION).first()
    return to_snapshot(row) if row else None


def get_frozen_mail(snapshot_id: int, code: str) -> Rendered:
    """The mail of a variant, byte for byte. Raises NotFound: nobody gets another variant than theirs."""
    return map_frozen_mails(snapshot_id, [code])[code]


def map_frozen_mails(snapshot_id: int, codes: Collection[str]) -> dict[str, Rendered]:
    """The mails of variants by their codes, byte for byte. Raises NotFound for one that was not frozen.

    Older snapshots have no page of their own: theirs is the mail.
    """
    rows = models.SnapshotVariant.objects.filter(snapshot_id=snapshot_id, code__in=[each for each in codes if each])
    found = {
        row.code: Rendered(row.subject, row.preheader, row.html, row.text, (), _to_merge_fields(row.merge))
        for row in (rows if any(codes) else ())
    }
    if not found.keys() >= {*codes}:
        plain = get_snapshot(snapshot_id).to_rendered()
        found = {"": plain, variants.WEB: plain} | found
    for code in codes:
        if code not in found:
            raise NotFound(
                phrase("Snapshot {snapshot_id} has no variant “{code}”.", snapshot_id=str(snapshot_id), code=code)
            )
    return {code: found[code] for code in codes}


def get_archive_page(snapshot_id: int) -> Rendered:
    """The page of the archive of an approved edition: what was frozen for it, in older snapshots the mail itself."""
    return get_frozen_mail(snapshot_id, variants.WEB)


def map_archived_subjects(snapshot_ids: Collection[int]) -> dict[int, Rendered]:
    """Subject and merge fields of the archive pages of some snapshots, by snapshot, without their mails."""
    columns = ("subject", "preheader", "merge")
    plain = models.Snapshot.objects.filter(id__in=snapshot_ids).values_list("id", *columns)
    pages = models.SnapshotVariant.objects.filter(snapshot_id__in=snapshot_ids, code=variants.WEB)
    return {
        key: Rendered(subject, preheader, "", "", (), _to_merge_fields(merge))
        for key, subject, preheader, merge in (*plain, *pages.values_list("snapshot_id", *columns))
    }


def list_frozen_variants(snapshot_id: int) -> tuple[Variant, ...]:
    """The variants of the mail that were frozen with a snapshot, the plain one first."""
    rows = models.SnapshotVariant.objects.filter(snapshot_id=snapshot_id).exclude(code=variants.WEB).order_by("id")
    others = rows.values_list("code", "audiences", "second_subject")
    return (variants.PLAIN, *(Variant(code, frozenset(groups), second) for code, groups, second in others))


@cache
def _outline_rows() -> QuerySet[Any]:
    """Editions without their parts, each with its standing approval and how many texts wait for a decision."""
    undecided = models.UnsavedText.objects.filter(edition=OuterRef("pk")).order_by().values("edition")
    lost = models.Snapshot.objects.filter(
        edition=OuterRef("pk"), purpose=SnapshotPurpose.EDITION, voided_at__isnull=False
    )
    is_standing = Q(snapshots__voided_at=None, snapshots__purpose=SnapshotPurpose.EDITION)
    return models.Edition.objects.annotate(
        standing=FilteredRelation("snapshots", condition=is_standing),
        standing_id=F("standing__id"),
        approved_by=F("standing__approved_by"),
        approved_at=F("standing__approved_at"),
        undecided=Subquery(undecided.annotate(n=Count("id")).values("n")),
        lost=Exists(lost),
        undecided_at=Subquery(undecided.annotate(last=Max("at")).values("last")),
    )


@cache
def _edition_rows() -> QuerySet[Any]:
    place = select_section_position(OuterRef("edition__newsletter_id"), OuterRef("section"))
    picks = models.Pick.objects.select_related("picture").annotate(section_place=place).order_by("position", "id")
    return _outline_rows().prefetch_related(Prefetch("picks", picks), "boxes")


def _to_editions(rows: QuerySet[Any]) -> tuple[Edition, ...]:
    """The values of rows that came through `_edition_rows`."""
    return tuple(map(_to_edition, rows))


def _to_edition(row: Any) -> Edition:
    """Picks in the order of the sections, numbered as in the mail; those of a section taken away end the last one."""
    rows = list(row.picks.all())
    placed = [pick for pick in rows if pick.section_place is not None]
    orphans = [pick for pick in rows if pick.section_place is None]
    last = list_sections(row.newsletter_id)[-1].key if orphans else ""
    placed.sort(key=lambda pick: (pick.section_place, pick.position, pick.id))
    picks = [_to_pick(pick, pick.section) for pick in placed] + [_to_pick(pick, last) for pick in orphans]
    lead = find_lead(picks)
    reading = [lead, *(pick for pick in picks if pick is not lead)] if lead else picks
    numbers = {pick.key: number for number, pick in enumerate(reading, 1)}
    return Edition(
        id=row.id,
        newsletter_id=row.newsletter_id,
        date=row.date,
        state=EditionState(row.state),
        reason=row.reason,
        subject=row.subject,
        preheader=row.preheader,
        intro=row.intro,
        signed=row.signed,
        version=row.version,
        created_at=row.created_at,
        changed_at=row.changed_at,
        picks=tuple(_with_number(pick, numbers[pick.key]) for pick in picks),
        snapshot_id=row.standing_id,
        approved_by=row.approved_by or "",
        approved_at=row.approved_at,
        second_subject=row.second_subject,
        number=row.number,
        boxes=tuple(
            Box(each.pk, each.title, each.text, each.visibility, BoxPlace(each.place)) for each in row.boxes.all()
        ),
        undecided=row.undecided or 0,
        undecided_at=row.undecided_at,
        lost_approval=row.lost,
    )


def _to_pick(row: models.Pick, section: str) -> Pick:
    return Pick(
        key=row.key,
        number=0,
        article_id=row.article_id,
        section=section,
        position=row.position,
        size=PickSize(row.size),
        headline=row.headline,
        blurb=row.blurb,
        label=row.label,
        url=row.url,
        publisher=row.publisher,
        byline=row.byline,
        minutes=row.minutes,
        picture_id=row.picture_id,
        picture_url=to_picture(row.picture).url if row.picture else "",
        picture_bytes=row.picture.size if row.picture else 0,
        image_alt=row.image_alt,
        image_caption=row.image_caption,
        image_credit=row.image_credit,
        focus=row.focus,
        plain_link=row.plain_link,
        because=row.because,
        again_reason=row.again_reason,
        visibility=row.visibility,
    )


def _with_number(pick: Pick, number: int) -> Pick:
    return replace(pick, number=number)


def list_overrides(edition_id: int) -> dict[tuple[str, str], str]:
    """Which findings of an edition may stand, by code and place, and why, in words."""
    rows = models.Override.objects.filter(edition_id=edition_id)
    return {(row.code, row.where): f"{row.reason} ({row.by}, {row.at:%d %b %Y, %H:%M} UTC)" for row in rows}


def get_subjects(edition_ids: Iterable[int]) -> dict[int, str]:
    """The subjects of editions."""
    return dict(models.Edition.objects.filter(id__in=list(edition_ids)).values_list("id", "subject"))


def get_days(edition_ids: Iterable[int]) -> dict[int, date]:
    """The days of editions."""
    return dict(models.Edition.objects.filter(id__in=list(edition_ids)).values_list("id", "date"))


class PickedIn(NamedTuple):
    """Where an article was picked: the latest editions, each with its newsletter and day, and how often in all."""

    latest: tuple[tuple[int, int, date], ...] = ()
    times: int = 0


def map_picked_in(article_ids: Collection[int], newsletter_ids: Collection[int], *, most: int) -> dict[int, PickedIn]:
    """Where articles were picked among some newsletters, newest first, at most so many editions of each."""
    rows = models.Pick.objects.filter(article_id__in=article_ids, edition__newsletter_id__in=newsletter_ids)
    latest_first = (F("edition__date").desc(), F("edition_id").desc())
    rows = rows.annotate(
        place=Window(RowNumber(), partition_by="article_id", order_by=latest_first),
        times=Window(Count("id"), partition_by="article_id"),
    ).filter(place__lte=most)
    columns = ("article_id", "times", "edition_id", "edition__newsletter_id", "edition__date")
    found = dict.fromkeys(article_ids, PickedIn())
    for article_id, times, *edition in rows.order_by("place").values_list(*columns):
        found[article_id] = PickedIn((*found[article_id].latest, tuple(edition)), times)
    return found


def list_story_clicks(edition_id: int) -> tuple[StoryClicks, ...]:
    """The stories of an edition by how often people clicked them, most first."""
    rows = models.Pick.objects.filter(edition_id=edition_id).order_by("-clicks", "position", "id")
    return tuple(StoryClicks(row.headline, row.clicks, row.machine_clicks, row.clicks_as_of) for row in rows)


def _to_merge_fields(fields: Iterable[Mapping[str, Any]]) -> tuple[MergeField, ...]:
    return tuple(MergeField(**field) for field in fields)


def to_snapshot(row: models.Snapshot) -> Snapshot:
    """The value of a row."""
    return Snapshot(
        id=row.id,
        edition_id=row.edition_id,
        sha256=row.sha256,
        subject=row.subject,
        preheader=row.preheader,
        html=row.html,
        text=row.text,
        merge=_to_merge_fields(row.merge),
        approved_at=row.approved_at,
        approved_by=row.approved_by,
        voided_at=row.voided_at,
    )
