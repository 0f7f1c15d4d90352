"""The readers' pages."""

from __future__ import annotations

from django.urls import path

from subscribers.views import joining, leaving, preferences

urlpatterns = [
    path("join/", joining.join, name="join"),
    path("join/<slug:slug>/", joining.join, name="join-list"),
    path("embed/", joining.embed, name="embed"),
    path("embed/<slug:slug>/", joining.embed, name="embed-list"),
    path("api/subscriptions", joining.api, name="api-join"),
    path("c/<str:token>", joining.confirm, name="confirm"),
    path("s/<str:token>", joining.stay, name="stay"),
    path("u/<str:token>", leaving.leave, name="leave"),
    path("p/<str:token>", preferences.preferences, name="preferences"),
    path("me/<str:token>", preferences.mine, name="mine"),
    path("which/", preferences.which, name="which"),
]
