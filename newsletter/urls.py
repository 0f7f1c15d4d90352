"""The URL map, in three namespaces: the desk, the readers' pages, the interface for programs."""

from __future__ import annotations

from django.urls import include, path

from newsletter.api.urls import interface_patterns
from newsletter.web.urls import archive_patterns, desk_patterns, monitor_patterns
from subscribers.urls import readers_patterns, sign_up_patterns

urlpatterns = [
    path("", include((desk_patterns, "desk"))),
    path("", include(([*monitor_patterns, *interface_patterns, *sign_up_patterns], "api"))),
    path("", include(([*archive_patterns, *readers_patterns], "readers"))),
]
