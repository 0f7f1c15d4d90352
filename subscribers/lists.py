"""Lists: what people subscribe to. Creating, changing and finding them."""

from __future__ import annotations

import re
from datetime import datetime

from django.db.models import Count

from newsletter.kernel.errors import BadInput, NotFound, Refused
from newsletter.kernel.slugs import check_slug
from subscribers import models, tokens
from subscribers.states import SubscriptionState
from subscribers.values import List

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?")


def create_list(
    slug: str,
    name: str,
    *,
    now: datetime,
    description: str = "",
    language: str = "en",
    double_opt_in: bool = True,
    public: bool = True,
) -> List:
    """Creates a list. Raises BadInput naming the field, Refused when the slug is taken."""
    check_slug(slug)
    if not name.strip() or len(name) > 120:
        raise BadInput("Give the list a name of at most 120 characters.", "name")
    check_language(language)
    if models.List.objects.filter(slug=slug).exists():
        raise Refused(f"There is a list {slug} already. See it with: newsletter lists show {slug}")
    row = models.List.objects.create(
        slug=slug,
        name=name.strip(),
        description=description.strip(),
        language=language,
        double_opt_in=double_opt_in,
        public=public,
        created_at=now,
    )
    return to_list(row)


_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def change_list(
    slug: str,
    *,
    name: str = "",
    description: str = "",
    language: str = "",
    opt_in: str = "",
    weekly_day: str = "",
    public: str = "",
) -> List:
    """Changes what is given of a list. Raises BadInput, NotFound."""
    found = get_list_by_slug(slug)
    changed: dict[str, object] = {}
    if name:
        if len(name) > 120:
            raise BadInput("Give the list a name of at most 120 characters.", "name")
        changed["name"] = name.strip()
    if description:
        changed["description"] = description.strip()[:1000]
    if language:
        check_language(language)
        changed["language"] = language
    if opt_in:
        changed["double_opt_in"] = _parse_choice("opt_in", opt_in, ("single", "double")) == 1
    if weekly_day:
        changed["weekly_day"] = _parse_choice("weekly_day", weekly_day.casefold(), _DAYS)
    if public:
        changed["public"] = _parse_choice("public", public, ("no", "yes")) == 1
    if not changed:
        raise BadInput("Say what to change.", "name")
    models.List.objects.filter(id=found.id).update(**changed)
    return get_list(found.id)


def _parse_choice(field: str, value: str, allowed: tuple[str, ...]) -> int:
    if value not in allowed:
        raise BadInput(f"“{value[:40]}” is not possible. It can be {', '.join(allowed)}.", field)
    return allowed.index(value)


def check_language(language: str) -> None:
    """Raises BadInput for what is no language tag."""
    if not _LANGUAGE.fullmatch(language):
        raise BadInput(f"“{language[:40]}” is no language. Write it like en or de-AT.", "language")


def list_lists(*, public_only: bool = False) -> tuple[List, ...]:
    """All lists, by name."""
    rows = models.List.objects.order_by("name")
    return tuple(to_list(row) for row in (rows.filter(public=True) if public_only else rows))


def get_list(list_id: int) -> List:
    """The list with this id. Raises NotFound."""
    row = models.List.objects.filter(id=list_id).first()
    if row is None:
        raise NotFound(f"There is no list {list_id}. See them all with: newsletter lists list")
    return to_list(row)


def get_list_by_slug(slug: str) -> List:
    """The list with this slug. Raises NotFound, naming those there are."""
    row = models.List.objects.filter(slug=slug).first()
    if row is not None:
        return to_list(row)
    known = ", ".join(models.List.objects.order_by("slug").values_list("slug", flat=True)[:10])
    hint = f" There is {known}." if known else " Make it with: newsletter lists create SLUG --name NAME"
    raise NotFound(f"There is no list “{slug}”.{hint}")


def get_lists_for_claims(claims: tokens.Claims) -> tuple[List, ...]:
    """The lists a link is about: the one it names, or with none named every list of the person. Raises NotFound."""
    if claims.list_id:
        return (get_list(claims.list_id),)
    rows = models.List.objects.filter(subscriptions__subscriber_id=claims.subscriber_id).order_by("name")
    return tuple(to_list(row) for row in rows)


def count_subscribers_by_state(list_id: int) -> dict[SubscriptionState, int]:
    """How many people a list has, by state."""
    rows = models.Subscription.objects.filter(list_id=list_id).values_list("state").annotate(n=Count("id"))
    return {SubscriptionState(state): n for state, n in rows.order_by("state")}


def to_list(row: models.List) -> List:
    """The value of a row."""
    return List(
        row.id, row.slug, row.name, row.description, row.language, row.double_opt_in, row.public, row.weekly_day
    )
