from __future__ import annotations

from django.apps import AppConfig


class CuratorConfig(AppConfig):
    name = "newsletter.curator"
    label = "curator"
