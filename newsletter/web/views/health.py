"""For monitors and supervisors: whether this process answers, whether mail leaves, and a few numbers."""

from __future__ import annotations

from datetime import timedelta

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from newsletter.delivery import isolation
from newsletter.delivery.events import inbox
from newsletter.jobs import heartbeats, readiness
from newsletter.kernel import clock


@require_safe
def show_liveness(request: HttpRequest) -> JsonResponse:
    """Whether this process answers, whatever is wrong behind it."""
    return JsonResponse({"live": True})


@require_safe
def show_readiness(request: HttpRequest) -> JsonResponse:
    """Whether mail leaves, and in time; 503 with what is wrong, by name."""
    problems = readiness.list_problems(clock.now())
    return JsonResponse({"ready": not problems, "problems": problems}, status=503 if problems else 200)


@require_safe
def show_health(request: HttpRequest) -> JsonResponse:
    """Whether the database answers, scheduler and worker are alive, how long events wait, and how much fails."""
    now = clock.now()
    try:
        connection.ensure_connection()
        alive = {kind: heartbeats.is_alive(kind, now) for kind in heartbeats.BACKGROUND}
        oldest = inbox.get_status().oldest_at
        aside = isolation.count_kept_aside()
    except DatabaseError:
        return JsonResponse({"database": False, "ready": False}, status=503)
    waiting = int((now - oldest).total_seconds()) if oldest else 0
    shown = (now - timedelta(microseconds=now.microsecond)).isoformat()
    told = {"events_wait_seconds": waiting, "kept_aside": aside, "now": shown}
    return JsonResponse({"database": True, **alive, "ready": not readiness.list_problems(now), **told})
