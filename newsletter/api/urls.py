"""The URL map of the interface for programs."""

from __future__ import annotations

from django.urls import path

from newsletter.api import articles, tiers

interface_patterns = [
    path("api/articles", articles.list_or_push_articles, name="articles"),
    path("api/subscribers/<str:address>/tier", tiers.show_or_set_tier, name="tier"),
    path("api/articles/<int:article_id>", articles.show_article, name="article-details"),
]
