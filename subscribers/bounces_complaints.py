"""What the provider reports of people, and what follows: the one place where bounces and complaints act on subscribers.

A report acts on the address it names. Who has changed the address since keeps getting mail there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from newsletter.kernel.iteration import batched
from subscribers import addresses, lists, models, policy, withdrawn_bounces
from subscribers.consent.subscriptions import apply_act, suppress_key
from subscribers.states import ReportKind, SubscriptionAct, SubscriptionState, SuppressionReason

SAME_MOMENT = timedelta(minutes=1)  # between the provider's clock, which counts whole seconds, and ours
ROWS = 1_000  # to a query: SQLite and PostgreSQL both limit the parameters of one


class ProviderReport(NamedTuple):
    """One thing reported. `list_id` None: of no list we know; then leaving means every list."""

    kind: ReportKind
    address: str
    list_id: int | None
    reason: str
    at: datetime


def apply_reports(reports: Iterable[ProviderReport], *, source: str, now: datetime) -> int:
    """Lets reports act on people in the order in which things happened. Returns how many named somebody of ours.

    A hard bounce and a complaint hold for every list; after `policy.MOST_SOFT` soft bounces in a row the address
    counts as bounced. None of it brings anybody back. Deliveries are not counted: they are the rule.
    """
    keyed = [(report, addresses.to_key(addresses.unwrap_address(report.address))) for report in reports]
    keyed.sort(key=lambda each: each[0].at)
    ours = 0
    with transaction.atomic():
        people = _find_subscribers(keyed)
        withdrawn = _find_withdrawn(people.values())
        soft_before = {key: person.soft_bounces for key, person in people.items()}
        for report, key in keyed:
            person = people.get(key)
            if report.kind == ReportKind.ARRIVED:
                if person is not None:
                    person.soft_bounces = 0
                continue
            ours += person is not None
            if person is not None and _is_withdrawn(report, withdrawn.get(person.id)):
                continue
            _apply_report(report, key, person, source, now)
        changed = [person for key, person in people.items() if person.soft_bounces != soft_before[key]]
        models.Subscriber.objects.bulk_update(changed, ["soft_bounces"], batch_size=ROWS)
    return ours


def _find_subscribers(keyed: Iterable[tuple[ProviderReport, str]]) -> dict[str, models.Subscriber]:
    """The people reports are about. A delivery concerns only those whose mail had come back: nearly nobody."""
    concerned = {key for report, key in keyed if report.kind != ReportKind.ARRIVED}
    arrived = {key for report, key in keyed if report.kind == ReportKind.ARRIVED} - concerned
    everybody, bounced = models.Subscriber.objects.all(), models.Subscriber.objects.filter(soft_bounces__gt=0)
    found = {
        row.address_key: row
        for page in batched(sorted(concerned), ROWS)
        for row in everybody.filter(address_key__in=page)
    }
    if arrived and bounced.exists():
        found |= {
            row.address_key: row
            for page in batched(sorted(arrived), ROWS)
            for row in bounced.filter(address_key__in=page)
        }
    return found


def _find_withdrawn(people: Iterable[models.Subscriber]) -> dict[int, datetime]:
    """When a bounce of these people was last withdrawn, by id: nobody, as a rule."""
    return {
        person: at
        for page in batched(sorted(person.id for person in people), ROWS)
        for person, at in models.ConsentEvent.objects.filter(subscriber__in=page, how=withdrawn_bounces.HOW)
        .order_by("at")
        .values_list("subscriber_id", "at")
    }


def _is_withdrawn(report: ProviderReport, since: datetime | None) -> bool:
    """Whether a report tells once more, late, of a bounce that was withdrawn."""
    if since is None or report.kind not in (ReportKind.HARD, ReportKind.SOFT):
        return False
    return report.at < since - SAME_MOMENT


def _apply_report(
    report: ProviderReport, key: str, person: models.Subscriber | None, source: str, now: datetime
) -> None:
    if person is not None and report.kind != ReportKind.COMPLAINED and _has_confirmed_since(person, report):
        return
    if report.kind == ReportKind.UNSUBSCRIBED:
        if person is not None:
            list_ids = {report.list_id} if report.list_id is not None else _find_list_ids(person)
            _change_subscriptions(person, list_ids, SubscriptionAct.REPORT_UNSUBSCRIBE, report, now)
        return
    if report.kind == ReportKind.SOFT:
        if person is None:
            return
        person.soft_bounces += 1
        if person.soft_bounces < policy.MAX_SOFT_BOUNCES:
            return
    complained = report.kind == ReportKind.COMPLAINED
    if person is not None:
        list_ids = _find_list_ids(person)
        if complained and report.list_id is not None:
            list_ids.add(report.list_id)
        _change_subscriptions(
            person, list_ids, SubscriptionAct.COMPLAIN if complained else SubscriptionAct.BOUNCE, report, now
        )
    _suppress_known(
        key,
        SuppressionReason.COMPLAINED if complained else SuppressionReason.BOUNCED,
        source,
        now,
        ours=person is not None,
    )


def _has_confirmed_since(person: models.Subscriber, report: ProviderReport) -> bool:
    """Whether the subscriber confirmed after the report: an old entry of the provider's lists must not undo that."""
    later = person.subscriptions.filter(state=SubscriptionState.ACTIVE, confirmed_at__gt=report.at)
    return later.filter(list_id=report.list_id).exists() if report.list_id is not None else later.exists()


def _find_list_ids(person: models.Subscriber) -> set[int]:
    return set(person.subscriptions.values_list("list_id", flat=True))


def _change_subscriptions(
    person: models.Subscriber, list_ids: Iterable[int], act: SubscriptionAct, report: ProviderReport, now: datetime
) -> None:
    for list_id in sorted(list_ids):
        apply_act(person, lists.get_list(list_id), act, how="event", origin=report.reason, now=now)


def _suppress_known(key: str, reason: str, source: str, now: datetime, *, ours: bool) -> None:
    """Never mail this address again. One that nobody of ours ever had is none of our business: no row for it."""
    if ours or models.FormerAddress.objects.filter(address_key=key).exists():
        suppress_key(key, reason=reason, source=source, now=now)
