"""What a worker does, step by step, whether threads of this process take the steps or jobs on many machines.

A step takes `now`, does one piece and says whether there was one. By the rows alone, so that any number may be at it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache, partial

from newsletter.delivery import isolation
from newsletter.delivery.events import applying
from newsletter.delivery.sending import freeze, mailings, recall, recall_slots, send_again
from newsletter.delivery.sending.hand_over import forget_prepared, hand_over_next
from newsletter.jobs import heartbeats, wiring
from newsletter.jobs.actors import WORKER
from newsletter.kernel import clock
from subscribers.imports import run


def hand_over(now: datetime, owner: str, read_clock: Callable[[], datetime] = clock.now) -> bool:
    """Hands one due batch over."""
    return hand_over_next(
        now, owner=owner, provider=wiring.get_provider(), clock=read_clock, has_new_key=wiring.has_new_account
    )


def advance_mailings(now: datetime) -> bool:
    """Completes a recall, opens a recall window, freezes an audience, or closes what is done."""
    provider = wiring.get_provider()
    name, account = provider.name, provider.account
    recognise_account(provider.former_accounts, account)
    steps: tuple[tuple[str, Callable[[], int | bool]], ...] = (
        ("Completing recalls", lambda: recall.complete_next_recall(now, provider, by=WORKER)),
        ("Opening recall windows", lambda: recall_slots.open_next_window(now, provider)),
        ("Freezing audiences", lambda: freeze.freeze_next(now, account=account)),
        ("Sending again to the bounced", lambda: send_again.advance(now, provider)),
        ("Finishing mailings", lambda: mailings.finish_settled(now)),
        ("Pausing after lost answers", lambda: mailings.pause_lost_probes(now)),
        ("Pausing for another provider", partial(_pause_others, name, account, now)),
        ("Settling what was recalled", lambda: recall.settle_late_batches(now)),
        ("Looking at batches that failed", forget_prepared),
        ("Looking for newer batches", lambda: mailings.report_newer_batches(now)),
    )
    return isolation.run_steps(steps, now)


def _pause_others(name: str, account: str, now: datetime) -> int:
    """Pauses mailings that may not leave by our account, unless there is another key by now."""
    return mailings.pause_other_providers(name, now, account=account, has_new_key=wiring.has_new_account)


@cache  # once in a process, before anything is paused for its account
def recognise_account(former: tuple[str, ...], account: str) -> int:
    """Gives mailings of our account the name it has now. Returns how many."""
    return mailings.rename_account(former, account)


def apply_events(now: datetime) -> bool:
    """Applies some payloads of the webhook."""
    return applying.apply_next(now, owner=heartbeats.get_process_name(heartbeats.ProcessKind.WORKER))


def import_subscribers(now: datetime) -> bool:
    """Previews or imports the next file of subscribers."""
    return run.process_next_import(
        now, owner=heartbeats.get_process_name(heartbeats.ProcessKind.WORKER), clock=clock.now
    )
