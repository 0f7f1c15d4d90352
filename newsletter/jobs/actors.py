"""Who acts where no person does: what the scheduler and the workers do by themselves."""

from __future__ import annotations

from newsletter.accounts.actors import SystemActor

SCHEDULER = SystemActor("scheduler")
WORKER = SystemActor("worker")
