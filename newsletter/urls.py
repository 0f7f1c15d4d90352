"""The URL map: the desk and the public pages, the interface for programs, then the readers' pages of `subscribers`."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("newsletter.web.urls")),
    path("", include("newsletter.api.urls")),
    path("", include("subscribers.urls")),
]
