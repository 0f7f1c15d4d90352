"""Which domains may sign up: the newsroom's own rules, and throw-away domains."""

from __future__ import annotations

from datetime import datetime

from newsletter.kernel.errors import BadInput, NotFound
from subscribers import address_quality, addresses, models
from subscribers.states import DomainVerdict


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
    """Denies a domain and all below it, or allows it although it looks disposable. Raises BadInput."""
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
