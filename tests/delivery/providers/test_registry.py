from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.config import PROVIDERS
from newsletter.delivery.providers.registry import ProviderSettings, get_max_batch, open_provider
from newsletter.kernel.errors import BadInput

SETTINGS = ProviderSettings("SG.key", "https://api.sendgrid.com", Path("outbox"), "smtp://mail.example.com")


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_that_can_be_chosen_opens_under_its_name(name: str) -> None:
    provider = open_provider(name, SETTINGS)
    assert provider.name == name
    assert provider.max_batch == get_max_batch(name)
    assert provider.can_cancel <= provider.can_schedule


def test_a_provider_there_is_not_is_refused_with_those_there_are() -> None:
    for ask in (lambda: open_provider("pigeon", SETTINGS), lambda: get_max_batch("pigeon")):
        with pytest.raises(BadInput, match="There are outbox, sendgrid and smtp"):
            ask()
