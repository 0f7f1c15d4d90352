"""What a worker does, step by step, whether threads of this process take the steps or jobs on many machines.

A step takes `now`, does one piece and says whether there was one. By the rows alone, so that any number may be at it.
"""

from __future__ import annotations

from datetime import datetime

from newsletter.delivery import service as delivery
from newsletter.jobs import pulses, wiring
from newsletter.kernel import clock
from subscribers import service as subscribers


def hand_over(now: datetime, owner: str) -> bool:
    """Hands one due batch over."""
    return delivery.hand_over_next(now, owner=owner, provider=wiring.get_provider(), clock=clock.now)


def advance_mailings(now: datetime) -> bool:
    """Opens a recall window, freezes an audience, or closes what is done."""
    provider = wiring.get_provider()
    return (
        delivery.open_windows(now, provider)
        or delivery.freeze_next(now)
        or bool(delivery.finish_settled(now))
        or bool(delivery.pause_other_providers(provider.name, now))
        or bool(delivery.settle_late_batches(now))
    )


def apply_events(now: datetime) -> bool:
    """Applies some posts of the provider."""
    return delivery.apply_events(now, owner=pulses.get_process_name("worker"))


def import_subscribers(now: datetime) -> bool:
    """Looks through or imports the next file of readers."""
    return subscribers.process_next_import(now, owner=pulses.get_process_name("worker"), clock=clock.now)
