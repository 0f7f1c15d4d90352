"""From settings to what works by them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from newsletter.jobs import wiring
from newsletter.kernel.errors import BadInput, NewsletterError


def test_a_provider_is_never_guessed(settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, provider="")
    with pytest.raises(BadInput, match="Set NEWSLETTER_PROVIDER to outbox"):
        wiring.get_provider()


def test_a_process_opens_its_provider_once_for_the_same_settings(settings: Any) -> None:
    first = wiring.get_provider()
    assert wiring.get_provider() is first
    settings.CONFIG = replace(settings.CONFIG, outbox_dir=settings.CONFIG.outbox_dir / "elsewhere")
    assert wiring.get_provider() is not first


@pytest.mark.parametrize("allowed", [True, False])
def test_private_addresses_are_fetched_only_where_the_settings_allow_it(settings: Any, allowed: bool) -> None:
    settings.CONFIG = replace(settings.CONFIG, allow_private_fetch=allowed)
    with pytest.raises(NewsletterError) as refused:
        wiring.build_fetcher()("http://127.0.0.1:9/")
    assert ("not on the public internet" in str(refused.value)) is not allowed
