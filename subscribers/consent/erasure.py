"""Everything about a person, to hand out; and forgetting them.

What stays of somebody who was erased is the hash among the suppressions, so that no import brings them back, the counts
they were part of, and for a time the proof of their consent, found by that hash alone (consent.proof). Other packages
delete theirs afterwards (`list_pending_erasures`, `complete_erasure`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from newsletter.kernel.actors import ActionRecord, Actor
from newsletter.kernel.iteration import do_each
from subscribers import import_files, models, policy, rights
from subscribers.addresses import to_key
from subscribers.bulk_writing import WritePacer, delete_in_chunks
from subscribers.consent import erased_addresses, proof
from subscribers.consent.subscriptions import get_subscriber_row, has_left_before, suppress_key
from subscribers.states import SubscriptionState, SuppressionReason
from subscribers.tiers import UNPAID
from subscribers.tokens import Claims
from subscribers.values import PendingErasure


def erase_subscriber(subscriber_id: int, *, by: Actor, now: datetime) -> None:
    """Erases a person who asked for it. Raises NotAllowed, NotFound."""
    rights.require_person(by, subscriber_id)
    with transaction.atomic():
        list_ids = rights.find_list_ids(subscriber_id)
        runs, known = _erase(subscriber_id, by.name, now)
        by.record(ActionRecord("erased reader", f"reader {subscriber_id}", now, list_ids=list_ids))
    _delete_files(runs, known)


def erase_oneself(claims: Claims, *, now: datetime) -> None:
    """Erases the person whose own link asks for it. Raises NotFound."""
    with transaction.atomic():
        runs, known = _erase(claims.subscriber_id, "the reader", now)
    _delete_files(runs, known)


def erase_departed(now: datetime, *, before: datetime, limit: int = 200) -> int:
    """Erases people who left every list they were on before an instant, and do not pay: how many.

    They did not ask for it, so why their address is suppressed stays: a complaint is not lifted by a new sign-up.
    """
    left = models.Subscription.objects.filter(
        subscriber_id=OuterRef("id"), state__in=policy.OUT_STATES, since__lt=before, requested_at__isnull=True
    )
    others = models.Subscription.objects.filter(subscriber_id=OuterRef("id")).exclude(
        state__in=policy.OUT_STATES, since__lt=before, requested_at__isnull=True
    )
    unpaid = Q(tier__in=UNPAID) | Q(tier_ends_at__lte=now)
    found = models.Subscriber.objects.filter(unpaid, Exists(left), ~Exists(others)).order_by("id")
    all_runs, all_known = set[int](), dict[str, str]()

    pacer = WritePacer()

    def erase(subscriber_id: int) -> bool:
        with pacer.transaction(1):
            if found.select_for_update().filter(id=subscriber_id).first() is None:
                return False  # they came back meanwhile
            runs, known = _erase(subscriber_id, "left long ago", now, keep_reasons=True)
        all_runs.update(runs)
        all_known.update(known)
        return True

    try:
        return do_each(list(found.values_list("id", flat=True)[:limit]), erase)
    finally:
        if all_known:
            _delete_files(all_runs, all_known)


def _erase(
    subscriber_id: int, source: str, now: datetime, *, keep_reasons: bool = False
) -> tuple[set[int], dict[str, str]]:
    """Erases a person: history, attributes, sign-up attempts. Returns the imports they came in, and their addresses.

    Their address, and those they had, stay as hashes among the suppressions: the person stays unmailed. With
    `keep_reasons` for the reason and as long as the address was suppressed before, if it was.
    """
    person = get_subscriber_row(subscriber_id)
    formers = [*models.FormerAddress.objects.filter(subscriber=person).values_list("address", "address_key")]
    known = {person.address_key: person.address, **{key: address for address, key in formers}}
    runs = {*models.ConsentEvent.objects.filter(subscriber=person, run__isnull=False).values_list("run_id", flat=True)}
    hasher = erased_addresses.get_hasher(now)
    proof.keep_proof(person, known, now)
    complained = models.Subscription.objects.filter(subscriber=person, state=SubscriptionState.COMPLAINED).exists()
    for key in known:
        suppressed = models.Suppression.objects.filter(address_key=key)
        stays = suppressed.exclude(reason=SuppressionReason.BOUNCED).filter(expires_at__isnull=True).first()
        reason = SuppressionReason.COMPLAINED if complained else stays.reason if stays else SuppressionReason.ERASED
        suppressed.delete()
        suppress_key(
            hasher.hash_key(key), reason=reason if keep_reasons else SuppressionReason.ERASED, source=source, now=now
        )
    for address in known.values():
        models.SignupAttempt.objects.filter(address__iexact=address).delete()
    models.Erasure.objects.create(subscriber_id=person.id, addresses=sorted(known.values()), at=now, by=source[:254])
    person.delete()
    return runs, known


def _delete_files(runs: set[int], known: dict[str, str]) -> None:
    """Deletes the files of imports in which an erased person stands, and their address where an import ended."""
    over = models.ImportRun.objects.filter(merged_to__in=known, finished_at__isnull=False)
    over.update(merged_to="")
    for import_id in runs | _find_imports_naming(known):
        import_files.delete_file(import_id)


def _find_imports_naming(keys: dict[str, str]) -> set[int]:
    """The imports in whose kept files an address stands, though nobody came by it: a bad or refused row."""
    return {import_id for import_id in import_files.list_kept_files() if import_files.file_has_address(import_id, keys)}


def list_pending_erasures() -> tuple[PendingErasure, ...]:
    """Whose data other packages still have to delete."""
    rows = models.Erasure.objects.filter(done_at__isnull=True).order_by("id")[:50]
    return tuple(PendingErasure(row.id, row.subscriber_id, tuple(row.addresses)) for row in rows)


def was_erased_since(instant: datetime) -> bool:
    """Whether somebody was erased, in every package, since an instant."""
    return models.Erasure.objects.filter(done_at__gte=instant).exists()


def hash_addresses(addresses: Iterable[str], now: datetime) -> list[str]:
    """What stands for erased addresses among the suppressions."""
    hasher = erased_addresses.get_hasher(now)
    return [hasher.hash_key(to_key(address)) for address in addresses]


def find_by_hash(hashes: Collection[str], now: datetime) -> list[int]:
    """The people whose present address has one of these hashes: a restored database has erased people again."""
    hasher, wanted = erased_addresses.get_hasher(now), frozenset(hashes)
    people = models.Subscriber.objects.order_by().values_list("id", "address_key").iterator(chunk_size=5_000)
    return [person for person, key in people if hasher.hash_key(key) in wanted]


def complete_erasure(erasure_id: int, *, now: datetime) -> None:
    """Other packages have deleted theirs: the addresses go here, too."""
    models.Erasure.objects.filter(id=erasure_id).update(done_at=now, addresses=[])


def erase_unconfirmed(now: datetime, *, before: datetime, limit: int = 200) -> int:
    """Deletes people who never answered a request to confirm before an instant, and are on no other list: how many.

    They gave no consent to keep anything; a hash would keep them from ever signing up in earnest, so none is kept.
    """
    late = Q(state=SubscriptionState.PENDING, since__lt=before) & ~has_left_before()
    others = models.Subscription.objects.filter(~late, subscriber_id=OuterRef("subscriber_id"))
    waiting = models.Subscription.objects.filter(late, ~Exists(others)).order_by("id")
    gone = {*waiting.values_list("subscriber_id", flat=True)[:limit]}
    return delete_in_chunks(models.Subscriber.objects.filter(id__in=gone))
