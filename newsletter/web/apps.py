from __future__ import annotations

from django.apps import AppConfig
from django.core import checks


class WebConfig(AppConfig):
    name = "newsletter.web"
    label = "web"

    def ready(self) -> None:
        from newsletter.web.system_checks import check_dotted_names, check_hook_names

        checks.register(check_dotted_names, "newsletter")
        checks.register(check_hook_names, "newsletter")
