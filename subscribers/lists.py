"""Lists: what people subscribe to. Creating, changing and finding them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction

from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.changes import select_changes
from newsletter.kernel.errors import BadInput, NotFound, Refused
from newsletter.kernel.slugs import check_slug
from newsletter.kernel.text import clean_name
from subscribers import models, subscription_counts, tokens
from subscribers.states import SubscriptionState
from subscribers.values import List

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?")


class ListChanges(TypedDict, total=False):
    """What can be changed of a list, as forms and options have it."""

    name: str
    description: str
    language: str
    opt_in: str  # double, or single: those who sign up need not confirm
    weekly_day: str  # monday … sunday
    privacy_notice: str
    public: str  # yes or no: shown on the sign-up page


def create_list(
    slug: str,
    name: str,
    *,
    by: Actor,
    now: datetime,
    description: str = "",
    language: str = "en",
    double_opt_in: bool = True,
    public: bool = True,
    privacy_notice: str = "",
) -> List:
    """Creates a list. Raises NotAllowed, BadInput naming the field, Refused when the slug is taken."""
    require_right(by, Verb.CONFIGURE)
    check_slug(slug)
    checked = _check_name(name)
    check_language(language)
    _check_length("privacy_notice", privacy_notice)
    there = models.List.objects.filter(slug=slug).first()
    if there is not None and there.removed_at:
        raise Refused(f"There was a list {slug}, whose records are kept. Choose another short name.")
    if there is not None:
        raise Refused(f"There is a list {slug} already.", command_hint=f"See it with: newsletter lists show {slug}")
    with transaction.atomic():
        row = models.List.objects.create(
            slug=slug,
            name=checked,
            description=description.strip(),
            language=language,
            double_opt_in=double_opt_in,
            public=public,
            privacy_notice=" ".join(privacy_notice.split()),
            created_at=now,
        )
        by.record(ActionRecord("made list", slug, now, after=describe_settings(to_list(row)), list_ids=[row.id]))
    return to_list(row)


def change_list(
    slug: str, *, seen: Mapping[str, str] | None, by: Actor, now: datetime, **changes: Unpack[ListChanges]
) -> List:
    """Changes what is given of a list; `seen` are its settings as the person saw them (`describe_settings`).

    Raises NotFound, NotAllowed without the right for every newsletter of the list, BadInput, Conflict.
    """
    found = get_list_by_slug(slug)
    require_right(by, Verb.CONFIGURE, [found.id])
    if not changes:
        raise BadInput("Say what to change.", "name")
    given = {name: clean_name(str(value)) for name, value in changes.items()}
    _parse_settings(given)
    with transaction.atomic():
        present = describe_settings(to_list(models.List.objects.select_for_update().get(id=found.id)))
        wanted = select_changes(present, given, seen, labels=SETTING_LABELS)
        if wanted:
            models.List.objects.filter(id=found.id).update(**_parse_settings(wanted))
            before = {name: present[name] for name in wanted}
            by.record(ActionRecord("changed list", slug, now, before=before, after=wanted, list_ids=[found.id]))
    return get_list(found.id)


SETTING_LABELS = {
    "name": "Name",
    "description": "Description",
    "language": "Language of its pages and mails",
    "opt_in": "Who signs up",
    "weekly_day": "Day of the edition that weekly subscribers get",
    "privacy_notice": "Privacy notice",
    "public": "Shown on the sign-up page",
}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST_NAME = 120
_LONGEST = {"description": 1000, "privacy_notice": 2000}  # characters


def describe_settings(found: List) -> dict[str, str]:
    """The settings of a list as `change_list` takes them."""
    return {
        "name": found.name,
        "description": found.description,
        "language": found.language,
        "opt_in": "double" if found.double_opt_in else "single",
        "weekly_day": DAYS[found.weekly_day],
        "privacy_notice": found.privacy_notice,
        "public": "yes" if found.public else "no",
    }


def _parse_settings(given: Mapping[str, str]) -> dict[str, object]:
    """Settings as columns have them. Raises BadInput."""
    columns: dict[str, object] = {}
    if "name" in given:
        columns["name"] = _check_name(given["name"])
    for name in _LONGEST.keys() & given.keys():
        columns[name] = _check_length(name, given[name])
    if "language" in given:
        check_language(given["language"])
        columns["language"] = given["language"]
    if "opt_in" in given:
        columns["double_opt_in"] = _parse_choice("opt_in", given["opt_in"], ("single", "double")) == 1
    if "weekly_day" in given:
        columns["weekly_day"] = _parse_choice("weekly_day", given["weekly_day"].casefold(), DAYS)
    if "public" in given:
        columns["public"] = _parse_choice("public", given["public"], ("no", "yes")) == 1
    return columns


def _check_name(name: str) -> str:
    flat = clean_name(name)
    if not flat or len(flat) > _LONGEST_NAME:
        raise BadInput(f"Give the list a name of at most {_LONGEST_NAME} characters.", "name")
    return flat


def _check_length(name: str, value: str) -> str:
    if len(value) > _LONGEST[name]:
        raise BadInput(f"A {SETTING_LABELS[name].lower()} can have {_LONGEST[name]} characters.", name)
    return value


def _parse_choice(field: str, value: str, allowed: tuple[str, ...]) -> int:
    if value not in allowed:
        raise BadInput(f"“{value[:40]}” is not possible. It can be {', '.join(allowed)}.", field)
    return allowed.index(value)


def check_language(language: str) -> None:
    """Raises BadInput for what is not a language tag."""
    if not _LANGUAGE.fullmatch(language):
        raise BadInput(f"“{language[:40]}” is not a language. Write it like en or de-AT.", "language")


def list_lists(*, public_only: bool = False) -> tuple[List, ...]:
    """All lists that were not removed, by name."""
    rows = models.List.objects.filter(removed_at=None).order_by("name")
    return tuple(to_list(row) for row in (rows.filter(public=True) if public_only else rows))


def map_list_names() -> dict[int, str]:
    """What lists are called, by id; those that were removed as well, for what happened on them."""
    return dict(models.List.objects.values_list("id", "name"))


def get_list(list_id: int) -> List:
    """The list with this id, also one that was removed. Raises NotFound."""
    row = models.List.objects.filter(id=list_id).first()
    if row is None:
        raise NotFound(f"There is no list {list_id}.", command_hint="See them all with: newsletter lists list")
    return to_list(row)


def get_present_list(list_id: int) -> List:
    """The list with this id, for what puts people or newsletters on it. Raises NotFound also for a removed one."""
    found = get_list(list_id)
    if found.removed_at:
        raise NotFound(
            f"The list {found.slug} was removed.", command_hint="See those there are with: newsletter lists list"
        )
    return found


def get_list_by_slug(slug: str) -> List:
    """The list with this slug. Raises NotFound; only the command line names those there are."""
    present = models.List.objects.filter(removed_at=None)
    row = present.filter(slug=slug).first()
    if row is not None:
        return to_list(row)
    known = ", ".join(present.order_by("slug").values_list("slug", flat=True)[:10])
    hint = f"There is {known}." if known else "Make it with: newsletter lists create SLUG --name NAME"
    raise NotFound(f"There is no list “{slug}”.", command_hint=hint)


def get_lists_for_claims(claims: tokens.Claims) -> tuple[List, ...]:
    """The lists a link is about: the one it names, or with none named every list of the person. Raises NotFound."""
    if claims.list_id:
        return (get_list(claims.list_id),)
    rows = models.List.objects.filter(subscriptions__subscriber_id=claims.subscriber_id).order_by("name")
    return tuple(to_list(row) for row in rows)


def count_subscribers_by_state(list_id: int) -> dict[SubscriptionState, int]:
    """How many people a list has, by state."""
    return count_subscribers_of_lists().get(list_id, {})


def count_subscribers_of_lists() -> Mapping[int, dict[SubscriptionState, int]]:
    """How many people each list has, by state; a list without any is not among them."""
    return {
        list_id: {SubscriptionState(state): n for state, n in counts.items()}
        for list_id, counts in subscription_counts.read_counts().items()
    }


def to_list(row: models.List) -> List:
    """The value of a row."""
    return List(
        row.id,
        row.slug,
        row.name,
        row.description,
        row.language,
        row.double_opt_in,
        row.public,
        row.weekly_day,
        row.privacy_notice,
        row.removed_at,
    )
