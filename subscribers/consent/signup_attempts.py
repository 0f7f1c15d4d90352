"""Sign-up attempts: recorded before anything else happens, so that an attack can be seen and stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from newsletter.kernel.errors import BadInput, NewsletterError, NotFound, Refused
from subscribers import address_quality, addresses, models
from subscribers.rate_limits import TooManyRequests
from subscribers.states import DomainVerdict

ATTEMPT_RETENTION = timedelta(days=30)
TAKEN, HONEYPOT = "taken", "trapped"


@dataclass(frozen=True, slots=True)
class SignupAttemptCounts:
    """How many attempts there were in some time, by verdict."""

    since: datetime
    by_verdict: dict[str, int]


@contextmanager
def record_attempt(
    address: str, list_ids: Iterable[int], *, origin: str, network: str, now: datetime
) -> Iterator[models.SignupAttempt]:
    """Records an attempt and, when it is refused, why. What the block raises is raised."""
    attempt = models.SignupAttempt.objects.create(
        at=now,
        address=address.strip()[:320],
        lists=",".join(map(str, list_ids))[:500],
        origin=origin[:500],
        network=network or None,
        verdict="begun",
    )
    try:
        yield attempt
    except NewsletterError as error:
        attempt.verdict = _to_verdict(error)
        raise
    else:
        attempt.verdict = TAKEN if attempt.verdict == "begun" else attempt.verdict
    finally:
        attempt.save(update_fields=["verdict"])


def _to_verdict(error: NewsletterError) -> str:
    if isinstance(error, TooManyRequests):
        return "too often"
    if isinstance(error, ForbiddenDomain):
        return "domain"
    if isinstance(error, BadInput):
        return f"bad {error.field}"[:20]
    return "refused" if isinstance(error, Refused | NotFound) else "failed"


class ForbiddenDomain(BadInput):
    """An address at a domain whose people may not sign up."""


def check_domain(address: str) -> None:
    """Raises ForbiddenDomain for a domain of the deny list, and for a throw-away one that is not on the allow list."""
    domain = addresses.to_key(address).rpartition("@")[2]
    parents = [".".join(domain.split(".")[start:]) for start in range(domain.count(".") + 1)]
    rules = dict(models.DomainRule.objects.filter(domain__in=parents).values_list("domain", "verdict"))
    verdict = next((rules[each] for each in parents if each in rules), "")
    if verdict == DomainVerdict.DENY:
        raise ForbiddenDomain(f"We cannot send to addresses at {domain}. Use another address.", "email")
    if not verdict and address_quality.is_disposable(domain):
        raise ForbiddenDomain(
            f"{domain} throws mail away after a while, so our letters would be lost. Use another address.", "email"
        )


def set_domain_rule(domain: str, verdict: str, *, now: datetime) -> None:
    """Denies a domain and all below it, or allows it although it looks like a throw-away one. Raises BadInput."""
    name = addresses.to_domain_key(domain)
    if verdict not in list(DomainVerdict):
        raise BadInput(f"“{verdict}” is no rule. It can be allow or deny.", "verdict")
    models.DomainRule.objects.update_or_create(domain=name, defaults={"verdict": verdict, "created_at": now})


def remove_domain_rule(domain: str) -> None:
    """Takes a rule away. Raises NotFound."""
    if not models.DomainRule.objects.filter(domain=addresses.to_domain_key(domain)).delete()[0]:
        raise NotFound(f"There is no rule for {domain}. See them all with: newsletter suppressions domains")


def list_domain_rules() -> tuple[tuple[str, str], ...]:
    """All rules: domain and verdict."""
    return tuple(models.DomainRule.objects.order_by("domain").values_list("domain", "verdict"))


def count_attempts(since: datetime) -> SignupAttemptCounts:
    """How many tried to sign up since an instant, and what became of it."""
    rows = (
        models.SignupAttempt.objects.filter(at__gte=since).values_list("verdict").annotate(n=Count("id")).order_by("-n")
    )
    return SignupAttemptCounts(since, dict(rows))


def delete_old_attempts(now: datetime) -> None:
    """Deletes old attempts."""
    models.SignupAttempt.objects.filter(at__lt=now - ATTEMPT_RETENTION).delete()
