from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SubscribersConfig(AppConfig):
    name = "subscribers"
    label = "subscribers"

    def ready(self) -> None:
        post_migrate.connect(_keep_counts, sender=self)
        post_migrate.connect(_create_search_index, sender=self)


def _keep_counts(using: str = "default", **_: Any) -> None:
    from subscribers import subscription_counts

    subscription_counts.keep_counts(using)


def _create_search_index(using: str = "default", **_: Any) -> None:
    from subscribers import search_index

    search_index.create_search_index(using)
