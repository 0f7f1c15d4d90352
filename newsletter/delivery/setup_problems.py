"""What is wrong with the setup so that mail would do harm: links that lead nowhere, bounces that nobody learns of.

Settings are judged as they are now. What takes a question over the network (is the public address answered, does the
provider take the key) is asked by the scheduler and kept as a row with its time: `jobs.setup_probe`. These problems
keep editions from being approved, unless somebody overrides them; of what is approved they stop nothing, but say so.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings

from newsletter.config import Config
from newsletter.delivery import alarms, models

PROVIDERS = ("sendgrid", "smtp")  # by which mail really leaves
VALID_FOR = timedelta(hours=2)  # an answer; the scheduler asks every ten minutes


class SetupCode(StrEnum):
    """What is wrong; the same in every version."""

    BASE_URL = "base-url"
    WEBHOOK_KEY = "webhook-key"
    API_KEY = "api-key"


@dataclass(frozen=True, slots=True)
class SetupProblem:
    """One thing that is wrong and what to do; `grave` but for a trial, whose provider is on this machine."""

    code: SetupCode
    message: str
    remedy: str
    grave: bool = True


def list_setup_problems(now: datetime, *, account: str = "") -> tuple[SetupProblem, ...]:
    """What is wrong with the setup; nothing where no real provider is chosen. `account`: ours, "" where not known."""
    config: Config = settings.CONFIG
    if config.provider not in PROVIDERS:
        return ()
    return (*_judge_settings(config), *_list_failed_probes(config, now, account))


def record_probe(code: SetupCode, about: str, problem: str, now: datetime) -> None:
    """Notes what asking over the network showed: a problem with `about`, or "" when it is in order."""
    fields = {"about": about[:300], "problem": problem[:300], "checked_at": now}
    models.SetupProbe.objects.update_or_create(code=code, defaults=fields)


def raise_alarms(mailing_id: int, now: datetime) -> None:
    """Says of a mailing that begins what is wrong with the setup. It is sent all the same."""
    for problem in list_setup_problems(now):
        if problem.grave:
            alarms.raise_alarm(mailing_id, f"{problem.message} It is sent all the same. {problem.remedy}", now)


def is_trial(config: Config) -> bool:
    """Whether the provider is on this machine: then nothing real is sent."""
    url = config.smtp_url if config.provider == "smtp" else config.sendgrid_host
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _judge_settings(config: Config) -> Iterator[SetupProblem]:
    grave = not is_trial(config)
    if is_loopback(config.host):
        yield SetupProblem(
            SetupCode.BASE_URL,
            f"NEWSLETTER_BASE_URL is {config.base_url}: links in mails would not work.",
            "Set it to the public address.",
            grave,
        )
    if config.provider == "sendgrid" and not config.sendgrid_webhook_keys:
        yield SetupProblem(
            SetupCode.WEBHOOK_KEY,
            "SendGrid has no way to report: nobody learns who bounced or complained, and an unknown answer stays "
            "unknown.",
            f"Let its signed event webhook post to {config.base_url}/hooks/sendgrid, and set "
            "NEWSLETTER_SENDGRID_WEBHOOK_KEYS to its verification key.",
            grave,
        )


def _list_failed_probes(config: Config, now: datetime, account: str) -> Iterator[SetupProblem]:
    """What was found wrong when it was last asked, of what is still set as it was then."""
    grave = not is_trial(config)
    for row in models.SetupProbe.objects.filter(checked_at__gte=now - VALID_FOR).exclude(problem="").order_by("code"):
        if row.code == SetupCode.BASE_URL and row.about == config.base_url:
            remedy = "Look at DNS, certificate and proxy. Ask again: newsletter doctor --probe"
            yield SetupProblem(SetupCode.BASE_URL, row.problem, remedy, grave)
        elif row.code == SetupCode.API_KEY and account in ("", row.about):
            yield SetupProblem(SetupCode.API_KEY, row.problem, "Ask again: newsletter doctor --probe", grave)
