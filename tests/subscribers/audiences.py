"""A list with everything on it that has a say in who gets an edition."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from subscribers import addresses, models, tiers
from subscribers.segments import service
from tests.actors import SYSTEM

ADDRESSES = (
    *("reader{}@example.com", "Reader.{}+news@Mail.Example.org", "o'brien{}@example.co.uk") * 6,
    "reader{}@bücher.example",
    "reader{}@xn--bcher-kva.example",
    "reader{}@exa--mple.com",
    "reader{}@never.example",
    "Reader{}@NEVER.example",
    "reader{}@überall.example",
    "reader{}@not.never.example",
    '"reader@{}"@example.com',
    '"reader@{}"@never.example',
    "réader{}@example.com",
    "reader{}@example.invalid",
    "reader{}@example.com\nother@example.com",
    "reader {}@example.com",
    "reader{}",
    "reader{}.@example.com",
    f"{'r' * 64}{{}}@example.com",
    f"reader{{}}@{'e' * 64}.com",
)
STATES = ("active",) * 8 + ("pending", "unsubscribed", "bounced", "complained")


def fill_list(list_id: int, chance: Random, now: datetime, *, people: int = 150) -> set[int]:
    """Puts people on a list, in any state and with addresses of any kind, and makes a segment; gives who is in it."""
    models.List.objects.filter(id=list_id).update(weekly_day=(now.weekday() + chance.randrange(1, 7)) % 7)
    typed = [ADDRESSES[n % len(ADDRESSES)].format(n) for n in range(people)]
    made = models.Subscriber.objects.bulk_create(
        models.Subscriber(address=address, address_key=addresses.to_key(address), created_at=now) for address in typed
    )
    models.Subscription.objects.bulk_create(
        models.Subscription(
            list_id=list_id,
            subscriber_id=row.id,
            state=chance.choice(STATES),
            since=now,
            frequency=chance.choice(("every", "every", "weekly")),
            paused_until=chance.choice((None, None, now.date() + timedelta(days=chance.randrange(-2, 6)))),
        )
        for row in made
    )
    keys = {row.address_key for row in chance.sample(made, people // 12)}
    keys |= {addresses.to_key(f"@{domain}") for domain in ("never.example", "überall.example")}
    models.Suppression.objects.bulk_create(
        models.Suppression(address_key=key, reason="manual", created_at=now) for key in sorted(keys)
    )
    service.create_segment("payers", "Payers", {"about": "tier", "op": "is", "value": "paying"}, by=SYSTEM, now=now)
    payers = {row.id for row in chance.sample(made, people * 2 // 3)}
    models.Subscriber.objects.filter(id__in=payers).update(tier=tiers.to_code("paying", "value"))
    return payers
