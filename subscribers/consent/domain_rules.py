"""Which domains may sign up: the newsroom's own rules, and throw-away domains."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, NotFound
from subscribers import address_quality, addresses, models
from subscribers.states import DomainVerdict

REMOVE_RULE = "drop"  # what an editor chooses in place of a verdict


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


def set_domain_rule(domain: str, verdict: str, *, by: Actor, now: datetime) -> None:
    """Denies a domain and all below it, or allows it although it looks disposable. Raises NotAllowed, BadInput."""
    require_right(by, Verb.SUBSCRIBERS)
    name = addresses.to_domain_key(domain)
    if verdict not in list(DomainVerdict):
        raise BadInput(f"“{verdict}” is not a rule. Give allow or deny.", "verdict")
    with transaction.atomic():
        before = models.DomainRule.objects.filter(domain=name).values_list("verdict", flat=True).first()
        if before == verdict:
            return
        models.DomainRule.objects.update_or_create(domain=name, defaults={"verdict": verdict, "created_at": now})
        _record(by, verdict, name, before or "", now)


def remove_domain_rule(domain: str, *, by: Actor, now: datetime) -> None:
    """Takes a rule away. Raises NotAllowed, NotFound."""
    require_right(by, Verb.SUBSCRIBERS)
    name = addresses.to_domain_key(domain)
    with transaction.atomic():
        row = models.DomainRule.objects.filter(domain=name).first()
        if row is None:
            raise NotFound(
                f"There is no rule for {domain}.", command_hint="See them all with: newsletter suppressions domains"
            )
        row.delete()
        _record(by, REMOVE_RULE, name, row.verdict, now)


def _record(by: Actor, verdict: str, domain: str, before: str, now: datetime) -> None:
    after = {} if verdict == REMOVE_RULE else {"verdict": verdict}
    by.record(
        ActionRecord(
            "changed a domain rule",
            f"{verdict} {domain}",
            now,
            before={"verdict": before} if before else {},
            after=after,
        )
    )


def list_domain_rules() -> tuple[tuple[str, str], ...]:
    """All rules: domain and verdict."""
    return tuple(models.DomainRule.objects.order_by("domain").values_list("domain", "verdict"))
