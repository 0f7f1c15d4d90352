"""The captcha of the sign-up forms, where the newsroom wants one: three providers, one protocol."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from django.conf import settings

from newsletter import fetching
from newsletter.kernel.errors import NewsletterError

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _CaptchaProvider:
    script: str
    verify: str
    style: str  # the class its script looks for
    field: str  # of the form, with the answer


_PROVIDERS = {
    "turnstile": _CaptchaProvider(
        "https://challenges.cloudflare.com/turnstile/v0/api.js",
        "https://challenges.cloudflare.com/turnstile/v0/siteverify",
        "cf-turnstile",
        "cf-turnstile-response",
    ),
    "hcaptcha": _CaptchaProvider(
        "https://js.hcaptcha.com/1/api.js", "https://api.hcaptcha.com/siteverify", "h-captcha", "h-captcha-response"
    ),
    "recaptcha": _CaptchaProvider(
        "https://www.google.com/recaptcha/api.js",
        "https://www.google.com/recaptcha/api/siteverify",
        "g-recaptcha",
        "g-recaptcha-response",
    ),
}


def build_widget() -> dict[str, str]:
    """What the form shows: the provider's script, class and field, and our site key."""
    kind, _, key = settings.CONFIG.captcha.partition(":")
    provider = _PROVIDERS[kind]
    host = "/".join(provider.script.split("/")[:3])
    return {"script": provider.script, "host": host, "class": provider.style, "field": provider.field, "site_key": key}


def verify_answer(answer: str, network: str) -> bool:
    """Whether the provider accepts an answer. When it cannot be reached, sign-up goes on: other limits still hold."""
    if not answer:
        return False
    kind = settings.CONFIG.captcha.partition(":")[0]
    form = {"secret": settings.CONFIG.captcha_secret, "response": answer, "remoteip": network}
    try:
        answered = fetching.fetch(
            settings.CONFIG.captcha_url or _PROVIDERS[kind].verify,
            form=form,
            timeout=TIMEOUT_SECONDS,
            allow_private=settings.CONFIG.allow_private_fetch,
        )
        return json.loads(answered.body).get("success") is True
    except (NewsletterError, ValueError, AttributeError, RecursionError) as error:
        log.warning("The captcha's provider could not be reached, so the sign-up goes on without: %s", error)
        return True
