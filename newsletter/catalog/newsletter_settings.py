"""Creating newsletters and changing their settings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from email_validator import EmailNotValidError, validate_email

from newsletter.catalog import models, newsletters
from newsletter.catalog.states import NewsletterState
from newsletter.catalog.values import Newsletter, Picture
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, NotFound, Refused
from newsletter.kernel.resources import list_mail_templates
from newsletter.kernel.slugs import check_slug, is_slug
from subscribers.segments import service

DEFAULT_SECTIONS = (("top", "Top stories", 4), ("more", "More news", 4), ("good", "Good to know", 4))
_NUMBERS = {
    "stories_wanted": (1, 60),
    "stories_least": (0, 60),
    "late_after_minutes": (1, 10_080),
    "per_minute": (0, 10_000_000),
    "repair_after_minutes": (0, 10_080),
    "warm_up_first": (0, 100_000_000),
}
_SWITCHES = ("click_tracking", "open_tracking")
_TEXTS = {
    "name": 120,
    "strap": 200,
    "description": 2000,
    "publication": 120,
    "publication_url": 500,
    "from_name": 120,
    "postal_address": 300,
    "signed": 120,
    "template": 60,
}


def create_newsletter(
    *,
    slug: str,
    name: str,
    from_email: str,
    postal_address: str,
    list_id: int,
    zone: str,
    now: datetime,
    sections: Sequence[tuple[str, str, int]] = DEFAULT_SECTIONS,
    **fields: Any,
) -> Newsletter:
    """Creates a newsletter. `fields` are further settings of catalog.values.Newsletter.

    Raises BadInput naming the field for a value that cannot be, Refused when the slug is taken.
    """
    check_slug(slug)
    if models.Newsletter.objects.filter(slug=slug).exists():
        raise Refused(f"There is a newsletter {slug} already. See it with: newsletter newsletters show {slug}")
    given = {"name": name, "from_email": from_email, "postal_address": postal_address, "zone": zone, **fields}
    checked = _check_fields(given)
    checked["publication"] = checked.get("publication") or checked["name"]
    checked["from_name"] = checked.get("from_name") or checked["name"]
    with transaction.atomic():
        row = models.Newsletter.objects.create(slug=slug, list_id=list_id, created_at=now, **checked)
        _replace_sections(row, sections)
    return newsletters.get_newsletter(row.id)


def change_newsletter(newsletter_id: int, *, now: datetime, **fields: Any) -> Newsletter:
    """Changes settings of a newsletter. Raises BadInput naming the field, NotFound."""
    models.Newsletter.objects.filter(id=newsletter_id).update(**_check_fields(fields))
    return newsletters.get_newsletter(newsletter_id)


def set_sections(newsletter_id: int, sections: Sequence[tuple[str, str, int]]) -> Newsletter:
    """Replaces the sections, in order: (key, title, stories wanted). Raises BadInput."""
    row = models.Newsletter.objects.filter(id=newsletter_id).first()
    if row is None:
        raise NotFound(f"There is no newsletter {newsletter_id}.")
    with transaction.atomic():
        _replace_sections(row, sections)
    return newsletters.get_newsletter(newsletter_id)


def set_logos(newsletter_id: int, *, light: Picture | None, dark: Picture | None) -> Newsletter:
    """Sets the logo for light and for dark grounds; None takes them away."""
    models.Newsletter.objects.filter(id=newsletter_id).update(
        logo_light_id=light.id if light else None, logo_dark_id=dark.id if dark else None
    )
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
    if name in _TEXTS:
        return _check_text(name, str(value))
    if name in _NUMBERS:
        return _check_number(name, value)
    if name == "recall_minutes":
        return _check_recall_minutes(value)
    if name == "warm_up_from":
        return _parse_day(name, value)
    if name == "segment":
        return service.get_segment(str(value).strip()).slug if str(value).strip() else ""
    if name == "link_parameters":
        return _check_link_parameters(str(value).strip().lstrip("?&"))
    if name in _SWITCHES:
        return str(value).lower() in ("1", "true", "yes", "on")
    if name in ("from_email", "reply_to"):
        return _check_address(name, str(value))
    if name == "zone":
        return clock.get_zone(str(value)).key
    if name == "language":
        return _check_language(str(value))
    if name == "state":
        return _check_state(str(value))
    if name == "theme":
        return _check_theme(value)
    if name == "list_id":
        return int(value)
    known = ", ".join(
        sorted(
            [
                *_TEXTS,
                *_NUMBERS,
                *_SWITCHES,
                "from_email",
                "reply_to",
                "zone",
                "language",
                "state",
                "theme",
                "recall_minutes",
                "warm_up_from",
                "segment",
                "link_parameters",
            ]
        )
    )
    raise BadInput(f"There is no setting “{name}”. There are {known}.", name)


def _check_text(name: str, value: str) -> str:
    flat = " ".join(value.split()) if name != "description" else value.strip()
    if len(flat) > _TEXTS[name]:
        raise BadInput(f"{name} has {len(flat)} characters; {_TEXTS[name]} are the most.", name)
    if not flat and name in ("name", "postal_address", "template"):
        raise BadInput(f"{name} may not be empty.", name)
    if name == "template" and flat not in (known := list_mail_templates(settings.CONFIG.templates_dir)):
        raise BadInput(f"There is no template “{flat}”. There are {', '.join(known)}.", name)
    if name == "publication_url" and flat and not flat.startswith(("http://", "https://")):
        raise BadInput(f"“{flat}” is not a web address: it must begin with https://.", name)
    return flat


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
    if text and not re.fullmatch(
        r"[\w.~-]+=(?:[\w.~-]|\{date\}|\{newsletter\})*(?:&[\w.~-]+=(?:[\w.~-]|\{date\}|\{newsletter\})*)*",
        text,
        re.ASCII,
    ):
        raise BadInput(
            f"“{text[:80]}” cannot be added to links. "
            "Write it like utm_source=morning&utm_medium=email&utm_campaign={date}.",
            "link_parameters",
        )
    if len(text) > 200:
        raise BadInput("The parameters for links have at most 200 characters.", "link_parameters")
    return text


def _check_number(name: str, value: Any) -> int:
    least, most = _NUMBERS[name]
    text = str(value).strip()
    if not text.isdecimal() or not least <= int(text) <= most:
        raise BadInput(f"{name} is “{value}”. Give a number from {least} to {most}.", name)
    return int(text)


def _check_recall_minutes(value: Any) -> int:
    """Minutes, or 0 for no window. The last twelve are past recall, so a short one would be none."""
    text = str(value).strip()
    if not text.isdecimal() or not (int(text) == 0 or 20 <= int(text) <= 1440):
        raise BadInput(
            f"recall_minutes is “{value}”. Give a number from 20 to 1440, or 0 for no window.", "recall_minutes"
        )
    return int(text)


def _parse_day(name: str, value: Any) -> date | None:
    if not value:
        return None
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value).strip())
    except ValueError:
        raise BadInput(f"{name} is “{value}”. Write the day like 2026-11-24.", name) from None


def _check_address(name: str, value: str) -> str:
    if not value and name == "reply_to":
        return ""
    try:
        checked = validate_email(value, check_deliverability=False, allow_smtputf8=False)  # ASCII only: SendGrid fact 8
    except EmailNotValidError as error:
        raise BadInput(f"“{value}” is not a valid address: {error}", name) from None
    return checked.ascii_email or checked.normalized


def _check_language(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
        raise BadInput(f"“{value}” is not a language. Write it like en or de-AT.", "language")
    return value


def _check_state(value: str) -> NewsletterState:
    try:
        return NewsletterState(value)
    except ValueError:
        raise BadInput(f"“{value}” is not a state. It can be {', '.join(NewsletterState)}.", "state") from None


def _check_theme(value: Any) -> Any:
    if not isinstance(value, dict):
        raise BadInput('The theme is a table like {"light": {"accent": "#0b4f6c"}}.', "theme")
    return value
