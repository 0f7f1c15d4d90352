"""Liveness, for monitors."""

from __future__ import annotations

from datetime import timedelta

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from newsletter.delivery.events import inbox
from newsletter.jobs import heartbeats
from newsletter.kernel import clock


@require_safe
def show_health(request: HttpRequest) -> JsonResponse:
    """Whether the database answers, and scheduler and worker are alive, and for how long events wait; nothing else."""
    now = clock.now()
    try:
        connection.ensure_connection()
        alive = {kind: heartbeats.is_alive(kind, now) for kind in heartbeats.ProcessKind}
        oldest = inbox.get_status().oldest_at
    except DatabaseError:
        return JsonResponse({"database": False}, status=503)
    waiting = int((now - oldest).total_seconds()) if oldest else 0
    shown = (now - timedelta(microseconds=now.microsecond)).isoformat()
    return JsonResponse({"database": True, **alive, "events_wait_seconds": waiting, "now": shown})
