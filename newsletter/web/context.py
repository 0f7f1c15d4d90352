"""What every page of the desk shows: navigation, the clock with its zone, and whether mail is sent at all."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext, gettext_noop

from newsletter.accounts import audit_access, user_names
from newsletter.accounts.permissions import is_signed_in, map_visible_newsletters
from newsletter.catalog.newsletters import find_oldest_zone
from newsletter.curator.articles.states import ArticleStanding
from newsletter.curator.editions.states import BoxPlace, EditionState, PageCheckState, PickSize, PoolState
from newsletter.delivery import installation
from newsletter.delivery.ledger.states import MailingKind, MailingState
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.enums import LabelledEnum
from newsletter.scheduling.states import OccurrenceState
from subscribers.states import (
    DomainVerdict,
    Frequency,
    ImportState,
    LeavingStatus,
    QuestionKind,
    SubscriptionState,
    SuppressionReason,
)

_NAVIGATION = (
    ("desk:today", gettext_noop("Today"), Verb.VIEW),
    ("desk:editions", gettext_noop("Editions"), Verb.VIEW),
    ("desk:calendar", gettext_noop("Calendar"), Verb.VIEW),
    ("desk:deliveries", gettext_noop("Deliveries"), Verb.VIEW),
    ("desk:readers", gettext_noop("Subscribers"), Verb.SUBSCRIBERS),
    ("desk:sources", gettext_noop("Sources"), Verb.EDIT),
    ("desk:newsletters", gettext_noop("Newsletters"), Verb.VIEW),
    ("desk:people", gettext_noop("Users"), Verb.USERS),
)


def add_desk_context(request: HttpRequest) -> dict[str, Any]:
    """Context for signed-in users; nothing on public pages."""
    if not is_signed_in(getattr(request, "user", None)):
        return {}
    visible = map_visible_newsletters(request.user)
    pages = [(reverse(view), gettext(name)) for view, name, verb in _NAVIGATION if _may_see(visible[verb], verb)]
    may_see_all_subscribers = visible[Verb.SUBSCRIBERS] is None
    if settings.CONFIG.provider == "outbox" and may_see_all_subscribers:
        pages.append((reverse("desk:outbox"), gettext("Outbox")))
    start = reverse("desk:today")
    return {
        "navigation": [
            (href, name, request.path == href or (href != start and request.path.startswith(href)))
            for href, name in pages
        ],
        "may_see_all_subscribers": may_see_all_subscribers,
        "may_read_audit": audit_access.may_read_some(visible),
        "now": clock.now(),
        "provider": settings.CONFIG.provider,
        "sending_limits": installation.find_limits(),
        "newsroom_zone": get_newsroom_zone(),
        "user_names": SimpleLazyObject(user_names.map_user_names),  # one query, and none where no page needs it
    }


# The enums that templates compare with, by their names there: {% if mailing.state == MailingState.PAUSED %}
_ENUMS_OF_TEMPLATES: tuple[type[LabelledEnum], ...] = (
    ArticleStanding,
    BoxPlace,
    DomainVerdict,
    EditionState,
    Frequency,
    ImportState,
    LeavingStatus,
    MailingKind,
    MailingState,
    OccurrenceState,
    PageCheckState,
    PickSize,
    PoolState,
    QuestionKind,
    SubscriptionState,
    SuppressionReason,
)
_ENUM_CONTEXT = {enum.__name__: enum.__members__ for enum in _ENUMS_OF_TEMPLATES}


def add_enums(request: HttpRequest) -> dict[str, Any]:
    """The members of our enums, for the desk and for the readers' pages."""
    return dict(_ENUM_CONTEXT)


def get_newsroom_zone() -> str:
    """The zone of the desk's clock: that of the oldest newsletter, UTC before there is one."""
    return find_oldest_zone() or "UTC"


def _may_see(visible: frozenset[int] | None, verb: Verb) -> bool:
    return visible is None or (bool(visible) and verb is not Verb.USERS)
