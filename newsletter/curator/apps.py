from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CuratorConfig(AppConfig):
    name = "newsletter.curator"
    label = "curator"

    def ready(self) -> None:
        post_migrate.connect(_create_search_index, sender=self)


def _create_search_index(using: str = "default", **_: Any) -> None:
    from newsletter.curator.articles import search

    search.create_index(using)
