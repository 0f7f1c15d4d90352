"""Providers by name. A provider is imported only when it is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newsletter.delivery.providers.base import Provider
from newsletter.kernel.errors import BadInput

_MAX_BATCH = {"sendgrid": 1000, "smtp": 50, "outbox": 100}  # the providers' own `get_max_batch` (test)
_CAN_CANCEL = frozenset({"sendgrid"})  # the providers' own `can_cancel` (test)


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What providers need to know of this installation."""

    sendgrid_api_key: str
    sendgrid_host: str
    outbox_dir: Path
    smtp_url: str
    secret_keys: tuple[bytes, ...] = ()  # this installation's own, of now and before: see `accounts`


def open_provider(name: str, settings: ProviderSettings) -> Provider:
    """The provider called `name`. Raises BadInput naming the setting that is missing or wrong."""
    if name == "sendgrid":
        from newsletter.delivery.providers.sendgrid import SendGrid

        return SendGrid(settings.sendgrid_api_key, settings.sendgrid_host, settings.secret_keys)
    if name == "smtp":
        from newsletter.delivery.providers.smtp import Smtp

        return Smtp(settings.smtp_url, settings.secret_keys)
    if name == "outbox":
        from newsletter.delivery.providers.outbox import Outbox

        return Outbox(settings.outbox_dir)
    raise _unknown_provider(name)


def get_max_batch(name: str) -> int:
    """How many recipients one request of a provider takes, without opening it. Raises BadInput."""
    if name not in _MAX_BATCH:
        raise _unknown_provider(name)
    return _MAX_BATCH[name]


def can_cancel(name: str) -> bool:
    """Whether what was handed to a provider for later can be cancelled until then, without opening it."""
    return name in _CAN_CANCEL


def _unknown_provider(name: str) -> BadInput:
    return BadInput(f"There is no provider “{name}”. There are outbox, sendgrid and smtp.", "NEWSLETTER_PROVIDER")
