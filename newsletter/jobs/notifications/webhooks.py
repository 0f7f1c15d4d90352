"""Webhooks that notifications are posted to: adding, removing, and the secrets that sign what is posted.

A webhook's address may be a secret itself, as those of Slack are: it is sealed with the secret, and only its host is
ever shown.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from newsletter import fetching
from newsletter.accounts import sealing
from newsletter.jobs import models
from newsletter.jobs.notification_kinds import KIND_RULES, NotificationKind, Scope, WebhookForm
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, NotFound, Refused

SECRET_PREFIX = "whsec_"  # noqa: S105  as Standard Webhooks writes secrets
SECRET_BYTES = 32
LONGEST_ADDRESS = 2_000


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as it may be shown. `newsletter_id` None: of all newsletters and the service; no `kinds`: all."""

    id: int
    name: str
    host: str
    form: WebhookForm
    newsletter_id: int | None
    kinds: tuple[NotificationKind, ...]
    allows_private: bool
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True, repr=False)
class WebhookTarget:
    """Where and how to post: holds secrets, and shows none."""

    address: str
    secret: str
    allows_private: bool


def add_webhook(
    name: str,
    address: str,
    *,
    form: str = WebhookForm.JSON,
    newsletter_id: int | None = None,
    kinds: Collection[str] = (),
    allows_private: bool = False,
    by: Actor,
    now: datetime,
) -> tuple[Webhook, str]:
    """A new webhook, and the secret that signs what is posted to it, which is shown once.

    With `allows_private` its address may be on a private network: whoever can say so has the machine. Raises
    NotAllowed, BadInput naming the field, Refused where there is one of this name.
    """
    require_right(by, Verb.CONFIGURE, newsletter_id=newsletter_id)
    called = " ".join(name.split())
    if not 0 < len(called) <= 60:
        raise BadInput("Give it a name of 60 characters at most.", "name")
    host = _check_address(address)
    chosen = _check_kinds(kinds, newsletter_id)
    if form not in frozenset(WebhookForm):
        raise BadInput(f"There is no form “{form}”. Choose {' or '.join(WebhookForm)}.", "form")
    secret = SECRET_PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()
    with transaction.atomic():
        row, made = models.NotificationWebhook.objects.get_or_create(
            name=called,
            defaults={
                "host": host,
                "address": sealing.seal(address.strip().encode(), _name_owner(called)),
                "secret": sealing.seal(secret.encode(), _name_owner(called)),
                "form": form,
                "newsletter_id": newsletter_id,
                "kinds": [each.value for each in chosen],
                "allows_private": allows_private,
                "created_at": now,
                "created_by": by.name[:254],
            },
        )
        if not made:
            raise Refused(f"There is a webhook “{called}” already. Remove it first, or choose another name.")
        after = {"host": host, "form": form, "kinds": row.kinds, "private": allows_private}
        by.record(ActionRecord("added webhook", f"webhook {called}", now, newsletter_id, after=after))
    return _to_webhook(row), secret


def remove_webhook(name: str, *, by: Actor, now: datetime) -> None:
    """Removes a webhook; what waits for it is not posted. Raises NotFound, NotAllowed."""
    found = get_webhook(name)
    require_right(by, Verb.CONFIGURE, newsletter_id=found.newsletter_id)
    with transaction.atomic():
        before = {"host": found.host, "form": found.form}
        by.record(ActionRecord("removed webhook", f"webhook {found.name}", now, found.newsletter_id, before=before))
        models.NotificationWebhook.objects.filter(id=found.id).delete()


def list_webhooks() -> tuple[Webhook, ...]:
    """All webhooks, by name."""
    return tuple(_to_webhook(row) for row in models.NotificationWebhook.objects.order_by("name"))


def get_webhook(name: str) -> Webhook:
    """The webhook of this name. Raises NotFound."""
    row = models.NotificationWebhook.objects.filter(name=name).first()
    if row is None:
        raise NotFound(
            f"There is no webhook “{name}”.", command_hint="See them with: newsletter notifications webhooks"
        )
    return _to_webhook(row)


def list_takers(kind: NotificationKind, newsletter_id: int | None) -> tuple[int, ...]:
    """The ids of the webhooks that a notification is posted to."""
    return tuple(
        each.id
        for each in list_webhooks()
        if each.newsletter_id in (None, newsletter_id) and (not each.kinds or kind in each.kinds)
    )


def open_target(webhook_id: int) -> WebhookTarget:
    """Where to post. Raises UnreadableSecretError where it was sealed with another secret key."""
    row = models.NotificationWebhook.objects.get(id=webhook_id)
    address, secret = (sealing.open_sealed(each, _name_owner(row.name)).decode() for each in (row.address, row.secret))
    return WebhookTarget(address, secret, row.allows_private)


def _check_address(address: str) -> str:
    """What of an address may be shown. Raises BadInput, which shows nothing of it."""
    if len(address) > LONGEST_ADDRESS:
        raise BadInput(f"The address has more than {LONGEST_ADDRESS} characters.", "url")
    try:
        target = fetching.parse_address(address.strip())
    except fetching.FetchRefused:
        raise BadInput(
            "The address is no web address that can be posted to. Write it like https://hooks.example.com/…, without "
            "user name and password.",
            "url",
        ) from None
    return f"{target.scheme}://{target.netloc.decode('ascii')}"[:300]


def _check_kinds(kinds: Collection[str], newsletter_id: int | None) -> tuple[NotificationKind, ...]:
    known = {kind.value: kind for kind in KIND_RULES}
    for each in kinds:
        if each not in known:
            raise BadInput(f"There is no notification “{each}”. There are: {', '.join(known)}.", "kind")
        if newsletter_id is not None and KIND_RULES[known[each]].scope is Scope.NEWSROOM:
            raise BadInput(f"“{each}” is about the service as a whole, not about one newsletter.", "kind")
    return tuple(known[each] for each in dict.fromkeys(kinds))


def _name_owner(name: str) -> str:
    return f"webhook {name}"


def _to_webhook(row: models.NotificationWebhook) -> Webhook:
    known = {kind.value: kind for kind in KIND_RULES}
    return Webhook(
        row.id,
        row.name,
        row.host,
        WebhookForm(row.form),
        row.newsletter_id,
        tuple(known[each] for each in row.kinds if each in known),
        row.allows_private,
        row.created_at,
        row.created_by,
    )
