"""The URL map of the readers' pages, and of sign-up by programs."""

from __future__ import annotations

from django.urls import path

from subscribers.views import joining, leaving, preferences

readers_patterns = [
    path("join/", joining.show_sign_up, name="join"),
    path("join/<slug:slug>/", joining.show_sign_up, name="join-list"),
    path("embed/", joining.show_embedded_sign_up, name="embed"),
    path("embed/<slug:slug>/", joining.show_embedded_sign_up, name="embed-list"),
    path("c/<str:token>", joining.show_confirmation, name="confirm"),
    path("s/<str:token>", joining.show_stay, name="stay"),
    path("u/<str:token>", leaving.show_unsubscribe, name="leave"),
    path("p/<str:token>", preferences.show_preferences, name="preferences"),
    path("me/<str:token>", preferences.show_private_page, name="mine"),
    path("which/", preferences.show_address_reminder, name="which"),
]

sign_up_patterns = [
    path("api/subscriptions", joining.sign_up_by_api, name="subscriptions"),
]
