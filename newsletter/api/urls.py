"""The URL map of the interface for programs."""

from __future__ import annotations

from django.urls import path

from newsletter.api import articles, tiers

urlpatterns = [
    path("api/articles", articles.list_or_push_articles, name="api-articles"),
    path("api/subscribers/<str:address>/tier", tiers.show_or_set_tier, name="api-tier"),
    path("api/articles/<int:article_id>", articles.show_article, name="api-article"),
]
