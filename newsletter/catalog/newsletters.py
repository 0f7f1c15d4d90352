"""Looking things up in the catalog."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from django.conf import settings

from newsletter.catalog import models, picture_files
from newsletter.catalog.values import Newsletter, Picture, Section
from newsletter.kernel.errors import NotFound

__all__ = [
    "STATES",
    "Newsletter",
    "Picture",
    "Section",
    "newsletter",
    "newsletter_by_slug",
    "newsletters",
    "newsletters_of_list",
    "picture",
    "picture_file",
]

STATES: tuple[str, ...] = tuple(models.Newsletter.State.values)


def get_newsletter(newsletter_id: int) -> Newsletter:
    """The newsletter with this id. Raises NotFound."""
    row = _rows().filter(id=newsletter_id).first()
    if row is None:
        raise NotFound(f"There is no newsletter {newsletter_id}. See them all with: newsletter newsletters list")
    return to_newsletter(row)


def list_newsletter_ids_of_domain(domain: str) -> tuple[int, ...]:
    """The newsletters whose sender has an address of this domain: to receivers they are one sender."""
    return tuple(models.Newsletter.objects.filter(from_email__iendswith=f"@{domain}").values_list("id", flat=True))


def get_newsletter_by_slug(slug: str) -> Newsletter:
    """The newsletter with this slug. Raises NotFound, naming those there are."""
    row = _rows().filter(slug=slug).first()
    if row is not None:
        return to_newsletter(row)
    slugs = list(models.Newsletter.objects.order_by("slug").values_list("slug", flat=True))
    near = get_close_matches(slug, slugs, n=3) or slugs[:5]
    hint = f" There is {', '.join(near)}." if near else " Make it with: newsletter newsletters create SLUG …"
    raise NotFound(f"There is no newsletter “{slug}”.{hint}")


def list_newsletters() -> tuple[Newsletter, ...]:
    """All newsletters, by name."""
    return tuple(to_newsletter(row) for row in _rows().order_by("name"))


def list_newsletters_of_list(list_id: int) -> tuple[Newsletter, ...]:
    """The newsletters that go to a list, oldest first."""
    return tuple(to_newsletter(row) for row in _rows().filter(list_id=list_id).order_by("id"))


def find_picture(picture_id: int | None) -> Picture | None:
    """The picture with this id, if there is one."""
    row = models.Picture.objects.filter(id=picture_id).first() if picture_id else None
    return to_picture(row) if row else None


def find_pictures(ids: list[int]) -> dict[int, Picture]:
    """Several pictures at once."""
    return {row.id: to_picture(row) for row in models.Picture.objects.filter(id__in=ids)}


def get_picture_file(name: str) -> tuple[Path, str]:
    """The file and content type of a picture's public name. Raises NotFound."""
    stem, _, extension = name.partition(".")
    known = (
        models.Picture.objects.filter(sha256__startswith=stem, extension=extension).exists()
        if len(stem) == 16
        else False
    )
    file = picture_files.build_path(settings.CONFIG.data_dir, name)
    if not known or not file.is_file():
        raise NotFound("There is no such picture.")
    return file, picture_files.CONTENT_TYPES[extension]


def _rows() -> models.models.QuerySet[models.Newsletter]:
    return models.Newsletter.objects.select_related("logo_light", "logo_dark").prefetch_related("sections")


def to_picture(row: models.Picture) -> Picture:
    """The value of a row."""
    file_name = picture_files.build_name(row.sha256, row.extension)
    return Picture(
        id=row.id,
        name=file_name,
        url=f"{settings.CONFIG.base_url}/pictures/{file_name}",
        width=row.width,
        height=row.height,
        size=row.size,
        content_type=picture_files.CONTENT_TYPES[row.extension],
    )


def to_newsletter(row: models.Newsletter) -> Newsletter:
    """The value of a row."""
    return Newsletter(
        id=row.id,
        slug=row.slug,
        name=row.name,
        strap=row.strap,
        description=row.description,
        state=row.state,
        publication=row.publication,
        publication_url=row.publication_url,
        from_email=row.from_email,
        from_name=row.from_name,
        reply_to=row.reply_to,
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
        recall_minutes=row.recall_minutes,
        segment=row.segment,
        link_parameters=row.link_parameters,
        test_addresses=row.test_addresses,
        per_minute=row.per_minute,
        repair_after_minutes=row.repair_after_minutes,
        warm_up_from=row.warm_up_from,
        warm_up_first=row.warm_up_first,
        created_at=row.created_at,
        sections=tuple(Section(s.key, s.title, s.position, s.quota) for s in row.sections.all()),
    )
