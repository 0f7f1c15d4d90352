"""The readers' pages."""

from __future__ import annotations

from django.urls import path

from subscribers import views

urlpatterns = [
    path("join/", views.join, name="join"),
    path("join/<slug:slug>/", views.join, name="join-list"),
    path("c/<str:token>", views.confirm, name="confirm"),
    path("u/<str:token>", views.leave, name="leave"),
    path("p/<str:token>", views.preferences, name="preferences"),
    path("which/", views.which, name="which"),
]
