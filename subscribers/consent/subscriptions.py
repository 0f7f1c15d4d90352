"""How a subscription changes: by the policy alone, and never without a consent event."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from newsletter.kernel.errors import NotFound, Refused
from newsletter.kernel.iteration import do_each
from subscribers import addresses, models, policy
from subscribers.bulk_writing import WritePacer
from subscribers.consent.texts import NOTHING_SHOWN, ShownTexts
from subscribers.states import SubscriptionAct, SubscriptionState, SuppressionReason
from subscribers.values import List

_CONFIRMING = (SubscriptionAct.CONFIRM, SubscriptionAct.CONFIRM_RETURN)
_JOINING = (
    *_CONFIRMING,
    SubscriptionAct.SIGN_UP,
    SubscriptionAct.UNDO_LEAVE,
    SubscriptionAct.IMPORT,
    SubscriptionAct.IMPORT_UNCONFIRMED,
)


def apply_act(
    person: models.Subscriber,
    target: List,
    act: SubscriptionAct,
    *,
    how: str,
    now: datetime,
    actor: str = "",
    origin: str = "",
    network: str = "",
    words: str = "",
    shown: ShownTexts = NOTHING_SHOWN,
    tracking: bool | None = None,
    always_record: bool = False,
) -> SubscriptionState | None:
    """Lets `act` change a subscription as the policy says, and records it; with `always_record` even without effect.

    Within a transaction: the subscription is held until its end, so that of two acts at once the later one
    judges what the earlier one made, and nobody who leaves meanwhile is put back. Raises Refused for joining a list
    that was removed.
    """
    if target.removed_at and act in _JOINING:
        raise Refused(f"{target.name} does not exist any more, so nobody can subscribe to it.")
    held = models.Subscription.objects.select_for_update().filter(list_id=target.id, subscriber=person)
    before = _read_state(held)
    change = policy.get_transition(act, before)
    if change.changed and change.state is not None:
        made = {"state": change.state, "since": now, "requested_at": None}
        made |= {"confirmed_at": now} if act in _CONFIRMING else {}
        if before is None:  # nothing is there to be held, so two may find it so at once
            models.Subscription.objects.update_or_create(
                list_id=target.id,
                subscriber=person,
                defaults=made,
                create_defaults=made | {"source": origin[:200]},
            )
        else:
            models.Subscription.objects.filter(list_id=target.id, subscriber=person).update(**made)
    elif act == SubscriptionAct.SIGN_UP and before in policy.MAY_ASK_TO_RETURN:
        held.update(requested_at=now)
    elif act in policy.DEPARTURE_ACTS:
        held.filter(requested_at__isnull=False).update(requested_at=None)
    if change.changed or always_record or _is_out_by_import(person, target, act):
        models.ConsentEvent.objects.create(
            subscriber=person,
            list_id=target.id,
            state=change.state or "",
            before=before or "",
            at=now,
            how=how,
            by=actor[:254],
            origin=origin[:500],
            words=words,
            network=network or None,
            form_hash=shown.form,
            notice_hash=shown.notice,
            mail_hash=shown.mail,
            tracking=tracking,
        )
    return change.state


def _is_out_by_import(person: models.Subscriber, target: List, act: SubscriptionAct) -> bool:
    """Whether an import put this person out already: recorded, so that undoing it does not bring them back."""
    if act not in policy.DEPARTURE_ACTS:
        return False
    last_run = (
        models.ConsentEvent.objects.filter(subscriber=person, list_id=target.id)
        .order_by("-id")
        .values_list("run_id", flat=True)
    )
    return last_run.first() is not None


def is_asked(person: models.Subscriber, target: List) -> bool:
    """Whether a confirmation of this person for this list is awaited: they are pending, or asked to return."""
    held = models.Subscription.objects.filter(list_id=target.id, subscriber=person)
    return held.filter(Q(state=SubscriptionState.PENDING) | Q(requested_at__isnull=False)).exists()


def forget_requests(now: datetime, *, before: datetime, limit: int = 200) -> int:
    """Takes back requests that nobody confirmed since an instant. Returns how many.

    Somebody who had left and became pending by a sign-up, as versions before this one had it, has left again.
    """
    forgotten = models.Subscription.objects.filter(requested_at__lt=before).update(requested_at=None)
    late = models.Subscription.objects.filter(state=SubscriptionState.PENDING, since__lt=before)

    pacer = WritePacer()

    def put_out(row: models.Subscription) -> bool:
        out = models.ConsentEvent.objects.filter(
            subscriber=row.subscriber, list_id=row.list_id, state__in=policy.OUT_STATES
        )
        with pacer.transaction(1):
            state = out.order_by("-id").values_list("state", flat=True)[0]
            mine = models.Subscription.objects.filter(id=row.id, state=SubscriptionState.PENDING, since__lt=before)
            if not mine.update(state=state, since=now):
                return False
            models.ConsentEvent.objects.create(
                subscriber=row.subscriber,
                list_id=row.list_id,
                state=state,
                before=row.state,
                at=now,
                how="unconfirmed",
            )
            return True

    rows = late.filter(has_left_before()).select_related("subscriber").order_by("id")[:limit]
    return forgotten + do_each(rows, put_out)


def has_left_before() -> Exists:
    """Whether the person of a subscription was out of its list before."""
    return Exists(
        models.ConsentEvent.objects.filter(
            subscriber_id=OuterRef("subscriber_id"), list_id=OuterRef("list_id"), state__in=policy.OUT_STATES
        )
    )


def find_tracking_answer(person: models.Subscriber, target: List) -> bool:
    """Whether the latest sign-up of a person for a list said yes to the counting of opens and clicks."""
    asked = models.ConsentEvent.objects.filter(subscriber=person, list_id=target.id, how="form").order_by("-id").first()
    return asked is not None and bool(asked.tracking)


def agree_to_tracking(person: models.Subscriber, now: datetime) -> None:
    """Opens and clicks of a person may be counted from now on, by their own act."""
    models.Subscriber.objects.filter(id=person.id).update(tracked=True)
    models.Subscriber.objects.filter(id=person.id, tracking_agreed_at=None).update(tracking_agreed_at=now)


def find_state(person: models.Subscriber, target: List) -> SubscriptionState | None:
    """The state of a person on a list; None when they are not on it."""
    return _read_state(models.Subscription.objects.filter(list_id=target.id, subscriber=person))


def _read_state(subscriptions: QuerySet[models.Subscription]) -> SubscriptionState | None:
    stored = subscriptions.values_list("state", flat=True).first()
    return None if stored is None else SubscriptionState(stored)


def get_or_create_subscriber(address: str, now: datetime, **fields: str) -> tuple[models.Subscriber, bool]:
    """The person with this address, and whether they are new: only then are `fields` kept. Raises BadInput."""
    checked = addresses.check_address(address)
    return models.Subscriber.objects.get_or_create(
        address_key=addresses.to_key(checked), defaults={"address": checked, "created_at": now, **fields}
    )


def find_by_former_address(address: str) -> models.Subscriber | None:
    """The person who had this address last, if nobody has it now."""
    key = addresses.to_key(address)
    if models.Subscriber.objects.filter(address_key=key).exists():
        return None
    change = (
        models.FormerAddress.objects.filter(address_key=key).select_related("subscriber").order_by("-until").first()
    )
    return change.subscriber if change else None


def get_subscriber_row(subscriber_id: int) -> models.Subscriber:
    """The row of a person. Raises NotFound."""
    row = models.Subscriber.objects.filter(id=subscriber_id).first()
    if row is None:
        raise NotFound("This subscriber no longer exists, so there is nothing to change.")
    return row


def suppress_key(key: str, *, reason: str, source: str, now: datetime, expires_at: datetime | None = None) -> bool:
    """Never mail the address with this key again. The first reason stands, unless it was only that mail came back.

    Returns whether that changed anything.
    """
    fields = {"reason": reason, "source": source[:200], "created_at": now, "expires_at": expires_at}
    row, made = models.Suppression.objects.get_or_create(address_key=key, defaults=fields)
    if made:
        return True
    if row.run_id:  # it no longer hangs on one import
        models.Suppression.objects.filter(id=row.id).update(run=None)
    if row.reason == SuppressionReason.BOUNCED and reason != SuppressionReason.BOUNCED:
        models.Suppression.objects.filter(id=row.id).update(**fields)
    elif row.expires_at is not None and (expires_at is None or expires_at > row.expires_at):
        models.Suppression.objects.filter(id=row.id).update(expires_at=expires_at)  # the longer one counts
    else:
        return bool(row.run_id)
    return True
