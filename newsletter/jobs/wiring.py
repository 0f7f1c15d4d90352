"""From the settings to the things that touch the outside: the provider and the client for fetching."""

from __future__ import annotations

import logging
from functools import cache, partial
from typing import Any

from django.conf import settings

from newsletter import config, fetching
from newsletter.config import Config
from newsletter.delivery import installation
from newsletter.delivery.providers.base import Provider
from newsletter.delivery.providers.registry import ProviderSettings, open_provider
from newsletter.kernel.errors import BadInput, NewsletterError

log = logging.getLogger(__name__)

OUTBOX = "outbox"


def get_config() -> Config:
    """The checked settings of this process."""
    return settings.CONFIG


def get_settings_fingerprint() -> str:
    """Tells whether another process has the settings of this one."""
    return config.fingerprint_settings(get_config())


def read_secrets_again() -> None:
    """Takes the secrets that are in files as they are now. What cannot be read is logged, and those of before stay."""
    before = get_config()
    try:
        fresh = config.renew_secrets(before)
    except NewsletterError as error:
        log.error("Secrets could not be read again; those of before stay: %s", error)
        return
    if fresh != before:
        settings.CONFIG = fresh
        log.warning("Secrets were read again, and have changed")


def has_new_account(account: str) -> bool:
    """Whether the files of secrets now hold another key than that of this account, which was refused."""
    read_secrets_again()
    return find_account() not in ("", account)


def get_provider_name() -> str:
    """The chosen provider; of a copy the outbox. Raises BadInput when none is chosen: it is never guessed."""
    if not get_config().provider:
        raise BadInput(
            "No provider is chosen, so no mail can leave. Set NEWSLETTER_PROVIDER to outbox (files on this machine), "
            "sendgrid or smtp.",
            "NEWSLETTER_PROVIDER",
        )
    return OUTBOX if installation.sends_to_outbox_only() else get_config().provider


def get_provider() -> Provider:
    """The provider that mail leaves by. Raises BadInput when it is not chosen or lacks its key or address."""
    return _open_provider(get_provider_name(), get_config())


def find_account() -> str:
    """The fingerprint of the provider account that mail leaves by; "" where the provider cannot be opened."""
    try:
        return get_provider().account
    except BadInput:
        return ""


@cache  # one connection pool per process
def _open_provider(name: str, chosen: Config) -> Provider:
    return open_provider(
        name,
        ProviderSettings(
            sendgrid_api_key=chosen.sendgrid_api_key,
            sendgrid_host=chosen.sendgrid_host,
            outbox_dir=chosen.outbox_dir,
            smtp_url=chosen.smtp_url,
            secret_keys=tuple(key.encode() for key in (chosen.secret_key, *chosen.secret_key_fallbacks)),
        ),
    )


def build_fetcher() -> Any:
    """The guarded client for foreign web servers, as the settings allow."""
    return partial(fetching.fetch, allow_private=get_config().allow_private_fetch)
