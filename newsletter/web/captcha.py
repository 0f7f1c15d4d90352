"""The captcha of the sign-up forms, where the newsroom wants one: three makers, one protocol."""

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
    """What the form shows: the script, the class and the field of its maker, and our site key."""
    kind, _, key = settings.CONFIG.captcha.partition(":")
    maker = _PROVIDERS[kind]
    host = "/".join(maker.script.split("/")[:3])
    return {"script": maker.script, "host": host, "class": maker.style, "field": maker.field, "site_key": key}


def verify_answer(answer: str, network: str) -> bool:
    """Whether the maker of the captcha takes an answer. One that cannot be asked stops nobody: the other limits stand."""
    if not answer:
        return False
    kind = settings.CONFIG.captcha.partition(":")[0]
    form = {"secret": settings.CONFIG.captcha_secret, "response": answer, "remoteip": network}
    try:
        told = fetching.fetch(
            settings.CONFIG.captcha_url or _PROVIDERS[kind].verify,
            form=form,
            timeout=TIMEOUT_SECONDS,
            allow_private=settings.CONFIG.allow_private_fetch,
        )
        return json.loads(told.body).get("success") is True
    except (NewsletterError, ValueError, AttributeError) as error:
        log.warning("The captcha's maker could not be asked, so the sign-up goes on without: %s", error)
        return True
