"""Creating newsletters and changing their settings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Unpack

from django.conf import settings
from django.db import transaction
from email_validator import EmailNotValidError, validate_email

from newsletter.catalog import models, newsletters
from newsletter.catalog.settings_fields import (
    LABELS,
    SETTINGS,
    NewsletterFields,
    NewsletterSetting,
    SettingKind,
    format_value,
)
from newsletter.catalog.values import Newsletter, Picture
from newsletter.kernel import clock
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.changes import select_changes
from newsletter.kernel.enums import LabelledEnum
from newsletter.kernel.errors import BadInput, Refused
from newsletter.kernel.numbers import parse_whole_number
from newsletter.kernel.patterns import NAME, compile_bounded
from newsletter.kernel.resources import list_mail_templates
from newsletter.kernel.slugs import check_slug, is_slug
from newsletter.kernel.text import clean_name, remove_controls, remove_unstorable
from subscribers import lists
from subscribers.segments import service

DEFAULT_SECTIONS = (("top", "Top stories", 4), ("more", "More news", 4), ("good", "Good to know", 4))
_SWITCHES = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("", "0", "false", "no", "off"), False)
_LINK_PARAMETERS = compile_bounded(
    NAME,
    r"[\w.~-]+=(?:[\w.~-]|\{date\}|\{newsletter\})*(?:&[\w.~-]+=(?:[\w.~-]|\{date\}|\{newsletter\})*)*",
    re.ASCII,
)
Sections = Sequence[tuple[str, str, int]]


def create_newsletter(
    *,
    slug: str,
    by: Actor,
    now: datetime,
    sections: Sections = DEFAULT_SECTIONS,
    **fields: Unpack[NewsletterFields],
) -> Newsletter:
    """Creates a newsletter; the settings name, from_email, postal_address, zone and list_id must be given.

    Raises NotAllowed, BadInput naming the field for a value that cannot be, Refused when the slug is taken.
    """
    require_right(by, Verb.CONFIGURE)
    check_slug(slug)
    if models.Newsletter.objects.filter(slug=slug).exists():
        raise Refused(
            f"There is a newsletter {slug} already.", command_hint=f"See it with: newsletter newsletters show {slug}"
        )
    for name in ("name", "from_email", "postal_address", "zone", "list_id"):
        if name not in fields:
            raise BadInput(f"{name} is missing.", name)
    checked = _check_fields(fields)
    checked["publication"] = checked.get("publication") or checked["name"]
    checked["from_name"] = checked.get("from_name") or checked["name"]
    with transaction.atomic():
        row = models.Newsletter.objects.create(slug=slug, created_at=now, **checked)
        _replace_sections(row, sections)
        by.record(ActionRecord("made newsletter", slug, now, row.id, after=_to_texts(checked)))
    return newsletters.get_newsletter(row.id)


def change_newsletter(
    newsletter_id: int,
    *,
    seen: Mapping[str, str] | None,
    by: Actor,
    now: datetime,
    **fields: Unpack[NewsletterFields],
) -> Newsletter:
    """Changes settings of a newsletter. Raises NotFound, NotAllowed, BadInput naming the field.

    `seen` is what the form was filled with, as `read_settings` gives it: Conflict where somebody else changed the same
    meanwhile.
    """
    require_right(by, Verb.CONFIGURE, newsletter_id=newsletters.get_newsletter(newsletter_id).id)
    checked = _check_fields(fields)
    if "list_id" in checked:  # who may see the subscribers of a list follows from its newsletters
        require_right(by, Verb.CONFIGURE, [checked["list_id"]])
    with transaction.atomic():
        models.Newsletter.objects.select_for_update().filter(id=newsletter_id).first()
        newsletter = newsletters.get_newsletter(newsletter_id)
        present = read_settings(newsletter, checked)
        wanted = select_changes(present, _to_texts(checked), seen, labels=LABELS)
        if wanted:
            models.Newsletter.objects.filter(id=newsletter_id).update(**{name: checked[name] for name in wanted})
            before = {name: present[name] for name in wanted}
            by.record(
                ActionRecord(
                    "changed newsletter",
                    newsletter.slug,
                    now,
                    newsletter_id,
                    ", ".join(wanted),
                    before=before,
                    after=wanted,
                )
            )
    return newsletters.get_newsletter(newsletter_id)


def read_settings(newsletter: Newsletter, names: Iterable[str]) -> dict[str, str]:
    """Settings by name, as a form shows them."""
    return {name: format_value(getattr(newsletter, name)) for name in names}


def _to_texts(checked: Mapping[str, object]) -> dict[str, str]:
    return {name: format_value(value) for name, value in checked.items()}


def set_sections(
    newsletter_id: int, sections: Sections, *, seen: Sections | None, by: Actor, now: datetime
) -> Newsletter:
    """Replaces the sections, in order: (key, title, stories wanted). Raises NotFound, NotAllowed, BadInput.

    Raises Conflict when they are not as they were `seen`.
    """
    newsletter = newsletters.get_newsletter(newsletter_id)
    require_right(by, Verb.CONFIGURE, newsletter_id=newsletter_id)
    with transaction.atomic():
        row = models.Newsletter.objects.select_for_update().get(id=newsletter_id)
        before = _format_sections((each.key, each.title, each.quota) for each in row.sections.all())
        _replace_sections(row, sections)
        after = _format_sections((each.key, each.title, each.quota) for each in row.sections.all())
        told = None if seen is None else {"sections": _format_sections(seen)}
        if select_changes({"sections": before}, {"sections": after}, told, labels={"sections": "Sections"}):
            by.record(
                ActionRecord(
                    "set sections",
                    newsletter.slug,
                    now,
                    newsletter_id,
                    before={"sections": before},
                    after={"sections": after},
                )
            )
    return newsletters.get_newsletter(newsletter_id)


def _format_sections(sections: Iterable[tuple[str, str, int]]) -> str:
    return "\n".join(f"{key}:{title}:{quota}" for key, title, quota in sections)


def set_logos(
    newsletter_id: int, *, light: Picture | None, dark: Picture | None, by: Actor, now: datetime
) -> Newsletter:
    """Sets the logo for light and for dark grounds; None takes them away. Raises NotFound, NotAllowed."""
    newsletter = newsletters.get_newsletter(newsletter_id)
    require_right(by, Verb.CONFIGURE, newsletter_id=newsletter_id)
    before = {"light": newsletter.logo_light and newsletter.logo_light.name}
    before["dark"] = newsletter.logo_dark and newsletter.logo_dark.name
    after = {"light": light and light.name, "dark": dark and dark.name}
    if before == after:
        return newsletter
    with transaction.atomic():
        models.Newsletter.objects.filter(id=newsletter_id).update(
            logo_light_id=light.id if light else None, logo_dark_id=dark.id if dark else None
        )
        by.record(ActionRecord("set logos", newsletter.slug, now, newsletter_id, before=before, after=after))
    return newsletters.get_newsletter(newsletter_id)


def _replace_sections(row: models.Newsletter, sections: Sequence[tuple[str, str, int]]) -> None:
    if not sections:
        raise BadInput("A newsletter needs at least one section.", "sections")
    keys = [key for key, _, _ in sections]
    if len(set(keys)) != len(keys):
        raise BadInput("Two sections have the same key.", "sections")
    for key, title, quota in sections:
        if not is_slug(key) or not title.strip() or not 0 <= quota <= 60:
            raise BadInput(
                f"“{key}:{title}:{quota}” is not a section. Give a short key, a title, and 0 to 60 stories.",
                "sections",
            )
    row.sections.all().delete()
    models.Section.objects.bulk_create(
        models.Section(newsletter=row, key=key, title=title.strip()[:120], position=position, quota=quota)
        for position, (key, title, quota) in enumerate(sections)
    )


def _check_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _check_value(name, value) for name, value in fields.items()}


def _check_value(name: str, value: Any) -> Any:
    """One checked setting. Raises BadInput naming it."""
    setting = SETTINGS.get(name)
    if setting is None:
        raise BadInput(f"There is no setting “{name}”. There are {', '.join(sorted(SETTINGS))}.", name)
    match setting.kind:
        case SettingKind.NUMBER:
            return _check_number(setting, value)
        case SettingKind.SWITCH:
            return _check_switch(setting, str(value).strip().casefold())
        case SettingKind.ADDRESS:
            return _check_address(setting, str(value))
        case SettingKind.CHOICE:
            return _check_choice(setting, str(value).strip())
        case SettingKind.ZONE:
            return clock.get_zone(str(value)).key
        case SettingKind.LANGUAGE:
            return _check_language(str(value))
        case SettingKind.DAY:
            return _parse_day(name, value)
        case SettingKind.SEGMENT:
            return service.get_segment(str(value).strip()).slug if str(value).strip() else ""
        case SettingKind.LINK_PARAMETERS:
            return _check_link_parameters(str(value).strip().lstrip("?&"))
        case SettingKind.THEME:
            return _check_theme(value)
        case SettingKind.LIST:
            return lists.get_present_list(_parse_id(name, value)).id
        case _:
            return _check_text(setting, str(value))


def _check_choice(setting: NewsletterSetting, value: str) -> LabelledEnum:
    assert setting.choices is not None
    try:
        return setting.choices(value)
    except ValueError:
        label = setting.label
        raise BadInput(f"“{value[:40]}” is not possible. {label}: {setting.limits}.", setting.name) from None


def _check_text(setting: NewsletterSetting, value: str) -> str:
    name = setting.name
    is_long = setting.kind is SettingKind.LONG_TEXT
    flat = remove_controls(remove_unstorable(value)).strip() if is_long else clean_name(value)
    if len(flat) > setting.most:
        raise BadInput(f"{name} has {len(flat)} characters; {setting.most} are the most.", name)
    if not flat and setting.required:
        raise BadInput(f"{name} may not be empty.", name)
    if setting.kind is SettingKind.TEMPLATE and flat not in (
        known := list_mail_templates(settings.CONFIG.templates_dir)
    ):
        raise BadInput(f"There is no template “{flat}”. There are {', '.join(known)}.", name)
    if setting.kind is SettingKind.WEB_ADDRESS and flat and not flat.startswith(("http://", "https://")):
        raise BadInput(f"“{flat}” is no web address: it must begin with https://.", name)
    return flat


def forget_test_addresses(addresses: Collection[str]) -> None:
    """Takes the addresses of somebody erased out of those that tests went to, in whatever case."""
    gone = {address.casefold() for address in addresses}
    for row in models.Newsletter.objects.exclude(test_addresses="").only("id", "test_addresses"):
        kept = [each for each in row.test_addresses.split(", ") if each.casefold() not in gone]
        if ", ".join(kept) != row.test_addresses:
            mine = models.Newsletter.objects.filter(id=row.id, test_addresses=row.test_addresses)
            mine.update(test_addresses=", ".join(kept))


def stop_collecting(newsletter_id: int, instant: datetime) -> None:
    """Begins a pause: what comes from now on until it ends is not offered to the newsletter."""
    models.Newsletter.objects.filter(id=newsletter_id).update(collects_until=instant)


def collect_from(newsletter_id: int, instant: datetime) -> None:
    """Ends a pause: what came while it lasted is not offered."""
    models.Newsletter.objects.filter(id=newsletter_id).update(collects_from=instant)


def remember_test_addresses(newsletter_id: int, addresses: Sequence[str]) -> None:
    """Stores where tests of a newsletter went, to offer the addresses again, as far as they fit."""
    kept = ""
    for address in dict.fromkeys(addresses):
        longer = f"{kept}, {address}" if kept else address
        if len(longer) <= 500:
            kept = longer
    models.Newsletter.objects.filter(id=newsletter_id).update(test_addresses=kept)


def _check_link_parameters(text: str) -> str:
    """Parameters for links: NAME=VALUE&…, of letters, digits and -_.~, and {date} or {newsletter}."""
    most = SETTINGS["link_parameters"].most
    if len(text) > most:
        raise BadInput(f"The parameters for links have at most {most} characters.", "link_parameters")
    if text and not _LINK_PARAMETERS.fullmatch(text):
        raise BadInput(
            f"“{text[:80]}” cannot be added to links. "
            "Write it like utm_source=morning&utm_medium=email&utm_campaign={date}.",
            "link_parameters",
        )
    return text


def _check_number(setting: NewsletterSetting, value: Any) -> int:
    number = parse_whole_number(str(value).strip())
    is_off = number == 0 and setting.or_zero
    if number is None or not (is_off or setting.least <= number <= setting.most):
        wanted = f"a number from {setting.least} to {setting.most}{', or 0 for off' if setting.or_zero else ''}"
        raise BadInput(f"{setting.name} is “{value}”. Give {wanted}.", setting.name)
    return number


def _parse_id(name: str, value: Any) -> int:
    number = parse_whole_number(str(value).strip())
    if number is None:
        raise BadInput(
            f"{name} is “{str(value)[:40]}”. Give the id of a list.",
            name,
            command_hint="See them with: newsletter lists list",
        )
    return number


def _check_switch(setting: NewsletterSetting, value: str) -> bool:
    if value not in _SWITCHES:
        raise BadInput(f"{setting.name} is “{value[:40]}”. It can be {setting.limits}.", setting.name)
    return _SWITCHES[value]


def _parse_day(name: str, value: Any) -> date | None:
    if not value:
        return None
    return value if isinstance(value, date) else clock.parse_day(str(value).strip(), name)


def _check_address(setting: NewsletterSetting, value: str) -> str:
    if not value and not setting.required:
        return ""
    try:
        checked = validate_email(value, check_deliverability=False, allow_smtputf8=False)  # ASCII only: SendGrid fact 8
    except EmailNotValidError as error:
        raise BadInput(f"“{value}” is not a valid address: {error}", setting.name) from None
    return checked.ascii_email or checked.normalized


def _check_language(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
        raise BadInput(f"“{value}” is not a language. Write it like en or de-AT.", "language")
    return value


def _check_theme(value: Any) -> Any:
    if not isinstance(value, dict):
        raise BadInput('The theme is a table like {"light": {"accent": "#0b4f6c"}}.', "theme")
    return value
