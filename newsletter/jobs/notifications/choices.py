"""What each user is notified of: chosen per newsletter and kind, else by their rights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from newsletter.accounts import users
from newsletter.accounts.own_account import require_own_or_users
from newsletter.accounts.users import UserAccount
from newsletter.catalog import newsletters
from newsletter.jobs import models
from newsletter.jobs.notification_kinds import KIND_RULES, NotificationKind, Scope
from newsletter.jobs.notifications.facts import Fact
from newsletter.kernel.actors import ActionRecord, Actor
from newsletter.kernel.errors import BadInput, NotAllowed

Key = tuple[int | None, NotificationKind]  # a newsletter's id, or None for the service


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether a user is notified of a kind, of a newsletter or (None) of the service; `chosen` or by default."""

    newsletter_id: int | None
    kind: NotificationKind
    wanted: bool
    chosen: bool


def list_choices(email: str) -> tuple[Choice, ...]:
    """All that a user may be notified of, newsletters first; of a disabled user nothing. Raises NotFound."""
    account = users.get_user(email)
    chosen = _read_chosen([account.id]).get(account.id, {})
    return tuple(_judge(account, key, chosen) for key in _list_keys(account))


def choose(email: str, wanted: Mapping[Key, bool], *, by: Actor, now: datetime) -> tuple[Choice, ...]:
    """Sets what a user is notified of; what is not named stays. Returns all that they may be notified of.

    Raises NotFound, NotAllowed for what is not one's own or of a newsletter that the user may not see, BadInput for a
    kind that is not chosen like this.
    """
    require_own_or_users(by, email)
    account = users.get_user(email)
    allowed = set(_list_keys(account))
    for newsletter_id, kind in wanted:
        if (newsletter_id, kind) not in allowed:
            raise _refuse(account, newsletter_id, kind)
    with transaction.atomic():
        present = {(each.newsletter_id, each.kind): each.wanted for each in list_choices(account.email)}
        changed = {key: value for key, value in wanted.items() if present[key] != value}
        for (newsletter_id, kind), value in changed.items():
            where: dict[str, Any] = {"user_id": account.id, "newsletter_id": newsletter_id, "kind": kind}
            models.NotificationChoice.objects.update_or_create(**where, defaults={"wanted": value})
        for newsletter_id in dict.fromkeys(key[0] for key in changed):
            after = {kind.value: value for (n, kind), value in changed.items() if n == newsletter_id}
            before = {kind: not value for kind, value in after.items()}
            by.record(
                ActionRecord("chose notifications", account.email, now, newsletter_id, before=before, after=after)
            )
    return list_choices(account.email)


def list_notified_users(fact: Fact) -> tuple[UserAccount, ...]:
    """Those who are to be mailed a fact: who chose it, or has it by default, but for whoever did it."""
    accounts = [each for each in users.list_users() if each.active and each.email != fact.actor.casefold()]
    if fact.only_user:
        accounts = [each for each in accounts if each.email == fact.only_user.casefold()]
    chosen = _read_chosen([each.id for each in accounts])
    keys = [(fact.newsletter_id, kind) for kind in (fact.kind, fact.like) if kind is not None]
    return tuple(each for each in accounts if any(_wants(each, key, chosen.get(each.id, {})) for key in keys))


def may_be_notified(account: UserAccount, newsletter_id: int | None, kind: NotificationKind) -> bool:
    """Whether a user has the right that a kind takes; also at the time when it is sent."""
    if kind is NotificationKind.TEST:
        return account.active
    rule = KIND_RULES[kind]
    if rule.anywhere:
        return account.list_allowed(rule.verb) != frozenset()
    return account.may(rule.verb, newsletter_id)


def _wants(account: UserAccount, key: Key, chosen: Mapping[Key, bool]) -> bool:
    newsletter_id, kind = key
    return may_be_notified(account, newsletter_id, kind) and _judge(account, key, chosen).wanted


def _judge(account: UserAccount, key: Key, chosen: Mapping[Key, bool]) -> Choice:
    newsletter_id, kind = key
    default = KIND_RULES[kind].default
    by_default = default is not None and account.may(default, newsletter_id)
    return Choice(newsletter_id, kind, chosen.get(key, by_default), key in chosen)


def _list_keys(account: UserAccount) -> Iterable[Key]:
    """All that an account may be notified of."""
    ids: list[int | None] = [each.id for each in newsletters.list_newsletters()]
    for newsletter_id in (*ids, None):
        for kind, rule in KIND_RULES.items():
            is_of_newsroom = rule.scope is Scope.NEWSROOM
            if is_of_newsroom is (newsletter_id is None) and may_be_notified(account, newsletter_id, kind):
                yield newsletter_id, kind


def _read_chosen(user_ids: Iterable[int]) -> dict[int, dict[Key, bool]]:
    found: dict[int, dict[Key, bool]] = {}
    known = {kind.value: kind for kind in KIND_RULES}
    for row in models.NotificationChoice.objects.filter(user_id__in=list(user_ids)):
        if row.kind in known:  # one that a later version gave means nothing here
            found.setdefault(row.user_id, {})[(row.newsletter_id, known[row.kind])] = row.wanted
    return found


def _refuse(account: UserAccount, newsletter_id: int | None, kind: NotificationKind) -> BadInput | NotAllowed:
    if kind not in KIND_RULES:
        return BadInput(f"“{kind.label}” cannot be chosen.", "kind")
    if (KIND_RULES[kind].scope is Scope.NEWSROOM) is not (newsletter_id is None):
        where = "the service as a whole: give no newsletter" if newsletter_id else "one newsletter: say which"
        return BadInput(f"“{kind.label}” is chosen for {where}.", "newsletter")
    return NotAllowed(
        f"{account.email} has no right to {KIND_RULES[kind].verb.description} "
        f"{'here' if newsletter_id else 'for all newsletters'}, so cannot be notified of “{kind.label}”."
    )
