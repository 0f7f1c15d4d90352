"""Asking over the network whether the setup is in order: is our public address answered, is our key taken.

Nothing is sent by it. What it shows is kept for approvals and `doctor`: `delivery.setup_problems`.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime

from newsletter import fetching
from newsletter.delivery import setup_problems
from newsletter.delivery.providers.base import KeyHolder, ProviderError
from newsletter.delivery.setup_problems import SetupCode
from newsletter.jobs import wiring
from newsletter.kernel.errors import BadInput

log = logging.getLogger(__name__)

SECONDS = 10.0  # for an answer
PAUSE = 2.0  # before it counts as none, it is asked once more


def probe_setup(now: datetime) -> int:
    """Asks what can be asked of a real provider and our own address. Returns how many problems there are."""
    try:
        provider = wiring.get_provider()
    except BadInput:
        return 0
    config = wiring.get_config()
    if provider.name not in setup_problems.PROVIDERS:
        return 0
    if not setup_problems.is_loopback(config.host):
        setup_problems.record_probe(SetupCode.BASE_URL, config.base_url, _ask_base_url(config.base_url), now)
    if isinstance(provider, KeyHolder):
        try:
            setup_problems.record_probe(SetupCode.API_KEY, provider.account, provider.check_key(), now)
        except ProviderError as error:
            log.warning("Whether the provider takes the key is not known: %s", error)
    return len(setup_problems.list_setup_problems(now, account=provider.account))


def _ask_base_url(base_url: str) -> str:
    """What is wrong with our public address, asked twice; "" when it is answered."""
    problem = ""
    for attempt in range(2):
        if attempt:
            time.sleep(PAUSE)
        try:
            fetching.fetch(f"{base_url}/livez", timeout=SECONDS, allow_private=True)
            return ""
        except (fetching.FetchError, fetching.FetchRefused) as error:
            problem = f"NEWSLETTER_BASE_URL is {base_url}, and it does not answer from here: {error}"
    return problem
