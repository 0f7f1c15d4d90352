"""10,000 hostile sign-ups in ten simulated minutes, readers among them: who gets through, how many strangers get mail.

Hostile ones come from as many networks as there are, from one, or solve nothing and say that they wait. A reader comes
every three seconds, three of four with a browser that computes; each has a network of their own.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

HOSTILE = int(os.environ.get("BENCH_HOSTILE", 10_000))
READERS = 200
SPAN = timedelta(minutes=10)
BEGIN = datetime(2026, 11, 24, 6, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Attack:
    name: str
    find_network: Callable[[int], str]
    waits: bool


ATTACKS = (
    _Attack("from one network", lambda n: "192.0.2.1", True),
    _Attack("from 50 networks", lambda n: f"192.0.2.{n % 50}", True),
    _Attack("from a network each", lambda n: f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", False),
    _Attack("from a network each, waiting", lambda n: f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", True),
)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
        os.environ |= {"NEWSLETTER_DATA_DIR": folder, "NEWSLETTER_PROVIDER": "outbox"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        for attack in ATTACKS:
            _measure(attack)


def _measure(attack: _Attack) -> None:
    from newsletter.accounts.actors import SystemActor
    from newsletter.kernel.errors import NewsletterError
    from subscribers import challenges, lists, models, self_service

    for model in (models.FormHit, models.TransactionalMail, models.SignupAttempt, models.Subscriber):
        model._default_manager.all().delete()
    number = ATTACKS.index(attack)
    target = lists.create_list(f"list-{number}", attack.name, by=SystemActor("benchmark"), now=BEGIN)
    outcomes: Counter[str] = Counter()
    begun = time.perf_counter()

    def sign_up(address: str, network: str, now: datetime, **more: Any) -> bool:
        try:
            return self_service.sign_up(address, [target.id], origin="", network=network, now=now, **more)
        except NewsletterError as error:
            outcomes[type(error).__name__] += 1
            return False

    for n in range(HOSTILE):
        now = BEGIN + SPAN * n / HOSTILE
        sign_up(f"stranger{n}@example.com", attack.find_network(n), now, waits=attack.waits)
        if n % (HOSTILE // READERS) == 0:
            reader, network = n // (HOSTILE // READERS), f"2001:db8:{n:x}::1"
            if sign_up(f"reader{reader}@example.org", network, now):
                continue
            if reader % 4:
                solution = challenges.solve(challenges.create_challenge(now))
                sign_up(f"reader{reader}@example.org", network, now, challenge=solution)
            else:
                sign_up(f"reader{reader}@example.org", network, now, waits=True)
    seconds = time.perf_counter() - begun
    mails = models.TransactionalMail.objects.values_list("subscriber__address", "due_at", "created_at")
    within = Counter(address[:6] for address, due_at, _ in mails if due_at <= BEGIN + SPAN)
    ever = Counter(address[:6] for address, _, _ in mails)
    waits = sorted(due_at - at for address, due_at, at in mails if address.startswith("reader"))
    at_once = sum(1 for each in waits if not each)
    print(
        f"{attack.name}: of {READERS} readers {at_once} mailed at once, {ever['reader']} in the end, the last after "
        f"{waits[-1]}; of {HOSTILE:,} strangers {within['strang']} within {SPAN}, {ever['strang']} in the end "
        f"({dict(outcomes)}; {seconds:.0f} s)",
        flush=True,
    )


if __name__ == "__main__":
    main()
