"""What subscribers do themselves: sign up, confirm, unsubscribe, undo that. Only these acts undo unsubscribing."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, Refused
from newsletter.kernel.network import find_network
from newsletter.kernel.text import remove_unstorable
from subscribers import (
    address_changes,
    addresses,
    challenges,
    hooks,
    lists,
    models,
    policy,
    rate_limits,
    subscriber_lookup,
    tokens,
    transactional,
)
from subscribers.consent import domain_rules, erased_addresses, signup_attempts, texts
from subscribers.consent.subscriptions import (
    agree_to_tracking,
    apply_act,
    find_state,
    find_tracking_answer,
    get_or_create_subscriber,
    get_subscriber_row,
    is_asked,
)
from subscribers.states import READER, Frequency, SignupVerdict, SubscriptionAct, SubscriptionState, TransactionalKind
from subscribers.values import List, Subscriber
from subscribers.write_lock import serialised_transaction


def sign_up(
    address: str,
    list_ids: Iterable[int],
    *,
    origin: str,
    network: str,
    now: datetime,
    first_name: str = "",
    words: str = "",
    language: str = "",
    zone: str = "",
    trapped: bool = False,
    captcha: str = "",
    form_text: str = "",
    tracking: bool = False,
    challenge: str = "",
    waits: bool = False,
    trusted: bool = False,
) -> bool:
    """A subscriber's request to join. The page answers the same whatever becomes of it; what to do next comes by mail.

    Returns whether a mail goes out: to be told to nobody but the owner of the address.

    The attempt is recorded before anything else. `trapped`: a field was filled that people cannot see. A name, language
    and zone are kept for a new person only: anybody can type an address that is known, and would write the greeting of
    its owner's mail. `form_text` is what the form said, for the proof of consent; `tracking` whether
    they agreed to the counting of opens and clicks, which counts once they confirm.

    Above a limit `challenge` is the answer to one of ours; who `waits` instead gets the mail in a queue's time. A
    `trusted` caller has no limit but that of mails to one address. Raises BadInput for a bad address or a forbidden
    domain, ChallengeNeeded above a limit, TooManyRequests where the queue is full too.
    """
    wanted = [*list_ids]
    address, origin = remove_unstorable(address), remove_unstorable(origin)
    with signup_attempts.record_attempt(address, wanted, origin=origin, network=network, now=now) as attempt:
        if trapped:
            attempt.verdict = SignupVerdict.HONEYPOT
            return False
        checked = addresses.check_address(address)
        due_at = now if trusted else _admit(wanted, network, challenge, waits, now)
        domain_rules.check_domain(checked)
        if (captcha or not trusted) and not hooks.check_captcha(captcha, network):
            raise BadInput("The captcha was not solved. Try it once more.", "captcha")
        known = {
            "first_name": _clean_name(first_name),
            "language": _clean_language(language),
            "zone": _clean_zone(zone),
        }
        if due_at > now:
            attempt.verdict = SignupVerdict.WAITING
        request = _Request(origin, network, words, form_text, tracking, due_at)
        return _subscribe(checked, wanted, request, now, known)


def _admit(list_ids: Iterable[int], network: str, challenge: str, waits: bool, now: datetime) -> datetime:
    """When the mails of a sign-up may leave: at once within the limits, or for a challenge solved.

    Raises ChallengeNeeded, TooManyRequests.
    """
    form = ",".join(map(str, sorted(list_ids)))
    if network and not rate_limits.try_hit("sign-up", find_network(network), now):
        _alert("NEWSLETTER_SIGNUPS_PER_NETWORK", now)
    elif not rate_limits.try_hit("form", form, now):
        _alert("NEWSLETTER_SIGNUPS_PER_FORM", now)
    else:
        return now
    if challenges.accept_solution(challenge, now):
        return now
    if not waits:
        raise challenges.ChallengeNeeded(
            "So many sign up just now that we check who is a person. Press the button once more."
        )
    rate_limits.hit_network("waiting", network, now)
    place = transactional.find_queue_place(now)
    if place is None:
        raise rate_limits.TooManyRequests("So many sign up just now that the queue is full. Try again in some hours.")
    return place


def _alert(setting: str, now: datetime) -> None:
    if rate_limits.try_hit("alert", setting, now):
        hooks.alert(
            f"More sign up than {setting} allows, so a challenge is asked for. "
            "See: newsletter subscribers signup-attempts",
            now,
        )


def is_above_limit(list_ids: Iterable[int], network: str, now: datetime) -> bool:
    """Whether the next sign-up by a form has to solve a challenge."""
    if network and rate_limits.is_reached("sign-up", find_network(network), now):
        return True
    return rate_limits.is_reached("form", ",".join(map(str, sorted(list_ids))), now)


@dataclass(frozen=True, slots=True)
class _Request:
    """Where and with which words somebody signed up."""

    origin: str
    network: str
    words: str
    form_text: str
    tracking: bool
    due_at: datetime  # of the mails it causes


def _subscribe(address: str, list_ids: Iterable[int], request: _Request, now: datetime, known: dict[str, str]) -> bool:
    """Signs a checked address up. Returns whether a mail goes out."""
    mailed = False
    with serialised_transaction():
        person, is_new = get_or_create_subscriber(address, now, source=request.origin[:200], **known)
        if (
            models.Suppression.objects.filter(
                address_key__in=erased_addresses.get_suppression_keys(person.address_key, now)
            )
            .exclude(reason__in=policy.LIFTED_BY_SIGN_UP)
            .exists()
        ):
            return False  # on the suppression list: not even this is mailed
        # Beyond the limit somebody keeps typing this address, and it has mail enough.
        mail = rate_limits.try_hit("mail-to", person.address_key, now)
        for target in (lists.get_list(list_id) for list_id in list_ids):
            kind = _join(person, target, request, now, is_new=is_new)
            if mail and kind:
                transactional.queue_mail(kind, person.id, target.id, now=now, due_at=request.due_at)
                mailed = True
    return mailed


def _join(
    person: models.Subscriber, target: List, request: _Request, now: datetime, *, is_new: bool
) -> TransactionalKind | None:
    """Puts a person on a list as far as the policy allows; the kind of mail to send them, None for none."""
    before = find_state(person, target)
    shown = texts.ShownTexts(
        form=texts.keep_text(request.form_text, now), notice=texts.keep_text(target.privacy_notice, now)
    )
    record = functools.partial(
        apply_act, person, target, how="form", origin=request.origin, network=request.network, shown=shown, now=now
    )
    tracking = request.tracking if hooks.asks_for_tracking([target.id]) else None
    state = record(SubscriptionAct.SIGN_UP, words=request.words, always_record=True, tracking=tracking)
    if state == SubscriptionState.PENDING and not target.double_opt_in and before is None:
        state = record(SubscriptionAct.CONFIRM)
        if tracking and is_new:
            agree_to_tracking(person, now)
    if state == SubscriptionState.ACTIVE:
        return TransactionalKind.WELCOME if before is None else TransactionalKind.ALREADY_SUBSCRIBED
    return TransactionalKind.CONFIRM if is_asked(person, target) else None


def confirm_subscription(
    claims: tokens.Claims, *, network: str, now: datetime, form_text: str = ""
) -> tuple[Subscriber, List]:
    """The subscriber's own yes. Doing it twice is harmless. `form_text` is what the page with the button said.

    Raises Refused when the person left meanwhile, or somebody else changed their address: whoever presses the button
    has the former one, and their yes would have mail sent to the other. Somebody who had left, or whose mail came
    back, returns by it only where they asked to since.
    """
    person, target = get_subscriber_row(claims.subscriber_id), lists.get_list(claims.list_id)
    with serialised_transaction():
        asked = is_asked(person, target)
        is_out = find_state(person, target) in policy.OUT_STATES
        if is_out and not asked:
            raise Refused(
                f"{target.name} was stopped for this address after this link was sent. Sign up again to get it."
            )
        if claims.expires_at and address_changes.was_moved_since(
            person, claims.expires_at - transactional.CONFIRM_WITHIN
        ):
            raise Refused("Our newsroom changed this address after this link was sent. Sign up again with yours.")
        act = SubscriptionAct.CONFIRM_RETURN if is_out else SubscriptionAct.CONFIRM
        made_at = claims.expires_at - transactional.CONFIRM_WITHIN if claims.expires_at else now
        shown = texts.ShownTexts(
            form=texts.keep_text(form_text, now),
            notice=texts.keep_text(target.privacy_notice, now),
            mail=transactional.find_text_hash(TransactionalKind.CONFIRM, person.id, target.id, made_at),
        )
        tracking = (asked and find_tracking_answer(person, target)) or None
        apply_act(person, target, act, how="confirmed", network=network, shown=shown, tracking=tracking, now=now)
        if tracking:
            agree_to_tracking(person, now)
        if asked:  # the mail with the link arrived, so the address works
            keys = erased_addresses.get_suppression_keys(person.address_key, now)
            models.Suppression.objects.filter(address_key__in=keys, reason__in=policy.LIFTED_BY_SIGN_UP).exclude(
                address_key__startswith="@"
            ).delete()
            transactional.queue_mail(TransactionalKind.WELCOME, person.id, target.id, now=now)
    return subscriber_lookup.get_subscriber(person.id), target


def has_agreed_at_sign_up(claims: tokens.Claims) -> bool:
    """Whether who signed up agreed that opens and clicks are counted: the page that confirms says so."""
    return find_tracking_answer(get_subscriber_row(claims.subscriber_id), lists.get_list(claims.list_id))


def unsubscribe_by_link(claims: tokens.Claims, *, how: str, network: str, now: datetime) -> None:
    """Stops what a footer token names: one list, or every list (list id 0). At once; doing it twice is harmless.

    After leaving by the page a mail with an undo goes out; after a one-click POST none.
    """
    person = get_subscriber_row(claims.subscriber_id)
    with serialised_transaction():
        for target in lists.get_lists_for_claims(claims):
            before = find_state(person, target)
            state = apply_act(person, target, SubscriptionAct.LEAVE, how=how, network=network, now=now)
            if how == "page" and before == SubscriptionState.ACTIVE and state == SubscriptionState.UNSUBSCRIBED:
                transactional.queue_mail(TransactionalKind.GOODBYE, person.id, target.id, now=now)


def undo_unsubscribe(claims: tokens.Claims, *, network: str, now: datetime, form_text: str = "") -> None:
    """Takes leaving back: as it was before, and who had not confirmed is asked once more.

    With a token for every list it takes back the last leaving alone, not what was stopped long before.
    What the provider reported (an address that does not work, a complaint) stays.
    """
    person = get_subscriber_row(claims.subscriber_id)
    targets = lists.get_lists_for_claims(claims)
    left = {
        s.list_id: s.since
        for s in person.subscriptions.filter(state=SubscriptionState.UNSUBSCRIBED, list__in=[t.id for t in targets])
    }
    with serialised_transaction():
        for target in targets:
            if left and left.get(target.id) == max(left.values()):
                _restore_subscription(person, target, network, form_text, now)


def _restore_subscription(person: models.Subscriber, target: List, network: str, form_text: str, now: datetime) -> None:
    history = (
        person.consents.filter(list_id=target.id).exclude(state=SubscriptionState.UNSUBSCRIBED).order_by("-at", "-id")
    )
    before = history.values_list("state", flat=True).first()
    if before in policy.OUT_STATES:
        return
    act = SubscriptionAct.UNDO_LEAVE if before == SubscriptionState.ACTIVE else SubscriptionAct.SIGN_UP
    shown = texts.ShownTexts(form=texts.keep_text(form_text, now), notice=texts.keep_text(target.privacy_notice, now))
    apply_act(person, target, act, how="undo", network=network, shown=shown, now=now)
    if is_asked(person, target):
        transactional.queue_mail(TransactionalKind.CONFIRM, person.id, target.id, now=now)


def request_address_reminder(address: str, *, network: str, now: datetime) -> bool:
    """“Which address did I use?”: mails a link to an address that is known.

    The page answers the same either way, after the same work: whether it is known is looked up when the mail is due.
    Returns False where mail to this address, known or not, was asked for too often. Raises BadInput, TooOften.
    """
    checked = addresses.check_address(address)
    rate_limits.hit_network("which", network, now)
    if not rate_limits.try_hit("mail-to", addresses.to_key(checked), now):
        return False
    transactional.queue_address_reminder(checked, now=now)
    return True


def confirm_interest(claims: tokens.Claims, *, network: str, now: datetime) -> None:
    """The subscriber's answer to being asked after a long silence: yes."""
    person, target = get_subscriber_row(claims.subscriber_id), lists.get_list(claims.list_id)
    with serialised_transaction():
        apply_act(person, target, SubscriptionAct.STAY, how="page", network=network, now=now, always_record=True)
        models.Subscription.objects.filter(subscriber=person, list_id=target.id).update(asked_at=None)


def record_leaving_reason(claims: tokens.Claims, code: str, text: str = "") -> None:
    """The subscriber's own reason for leaving, if they give one; kept with the consent event."""
    if code not in policy.LEAVING_REASONS:
        return
    reason = f"{code}: {' '.join(text.split())[:250]}" if text.strip() else code
    for target in lists.get_lists_for_claims(claims):
        last = (
            models.ConsentEvent.objects.filter(subscriber_id=claims.subscriber_id, list_id=target.id)
            .order_by("-id")
            .first()
        )
        if last is not None and last.state == SubscriptionState.UNSUBSCRIBED:
            models.ConsentEvent.objects.filter(id=last.id).update(reason=reason)


def set_frequency(
    claims: tokens.Claims,
    list_id: int,
    *,
    frequency: str,
    paused_until: date | None,
    network: str,
    now: datetime,
    form_text: str = "",
) -> None:
    """How often a subscriber wants a list: every edition or one a week, and from which day on. Raises BadInput.

    `form_text` is what the form said, kept with the change.
    """
    if frequency not in list(Frequency):
        raise BadInput(f"“{frequency[:20]}” is not a frequency. It can be {' or '.join(Frequency)}.", "frequency")
    mine = models.Subscription.objects.filter(subscriber_id=claims.subscriber_id, list_id=list_id)
    before = mine.first()
    if before is None or (before.frequency, before.paused_until) == (frequency, paused_until):
        return
    with serialised_transaction():
        mine.update(frequency=frequency, paused_until=paused_until)
        change = f"{frequency}, from {paused_until:%Y-%m-%d}" if paused_until else frequency
        _record_change(claims.subscriber_id, list_id, before.state, f"frequency: {change}", network, now, form_text)


def change_details(
    claims: tokens.Claims,
    *,
    language: str,
    zone: str,
    tracked: bool,
    network: str,
    now: datetime,
    form_text: str = "",
) -> Subscriber:
    """A subscriber's own language, time zone, and whether opens and clicks may be recorded. Raises BadInput."""
    if zone:
        clock.get_zone(zone)
    person = get_subscriber_row(claims.subscriber_id)
    changed: dict[str, str | bool | datetime | None] = {"language": _clean_language(language), "zone": zone}
    with serialised_transaction():
        if tracked != is_tracking_accepted(person.tracked, person.tracking_agreed_at, _find_list_ids(person)):
            _record_change(person.id, None, "", f"tracked: {tracked}", network, now, form_text, tracking=tracked)
            changed |= {"tracked": tracked, "tracking_agreed_at": now if tracked else None}
        for name in ("language", "zone"):
            value = changed[name]
            if getattr(person, name) != value:
                _record_change(person.id, None, "", f"{name}: {value or 'as the newsletter'}", network, now, form_text)
        models.Subscriber.objects.filter(id=person.id).update(**changed)
    return subscriber_lookup.get_subscriber(person.id)


def is_tracking_accepted(tracked: bool, agreed_at: datetime | None, list_ids: Collection[int]) -> bool:
    """Whether opens and clicks of somebody on these lists are counted: where they are asked, only if they agreed."""
    return tracked and (agreed_at is not None or not hooks.asks_for_tracking(list_ids))


def _find_list_ids(person: models.Subscriber) -> list[int]:
    return [*person.subscriptions.values_list("list_id", flat=True)]


def request_link(claims: tokens.Claims, kind: str, *, now: datetime) -> bool:
    """Mails a fresh link that may do more than the one in a footer. False when they had enough of those."""
    person = get_subscriber_row(claims.subscriber_id)
    if kind not in tokens.BY_MAIL or not rate_limits.try_hit("mail-to", person.address_key, now):
        return False
    list_id = claims.list_id or address_changes.find_any_list(person)
    if list_id is None:
        return False
    transactional.queue_mail(TransactionalKind(kind), person.id, list_id, now=now)
    return True


def request_address_change(claims: tokens.Claims, address: str, *, now: datetime) -> str:
    """A subscriber wants mail at another address: a mail goes there, and nothing changes before it is answered.

    Whether somebody else has that address is not revealed. Raises BadInput.
    """
    checked = addresses.check_address(address)
    person = get_subscriber_row(claims.subscriber_id)
    list_id = address_changes.find_any_list(person)
    if rate_limits.try_hit("mail-to", addresses.to_key(checked), now):
        wish = models.AddressChangeRequest.objects.create(subscriber=person, address=checked, asked_at=now)
        transactional.queue_mail(
            TransactionalKind.NEW_ADDRESS, person.id, list_id, now=now, to_address=checked, about=wish.id
        )
    return checked


def confirm_address_change(claims: tokens.Claims, *, now: datetime) -> Subscriber:
    """The mail to the new address was answered: it counts from now on, and the old one gets a notice.

    Doing it twice is harmless. Raises Refused when somebody else has it, or the subscriber asked for another one since.
    """
    wish = models.AddressChangeRequest.objects.filter(id=claims.list_id, subscriber_id=claims.subscriber_id).first()
    newest = models.AddressChangeRequest.objects.filter(subscriber_id=claims.subscriber_id).order_by("-id").first()
    if wish is None or newest is None or newest.id != wish.id:
        raise Refused("This link is not the latest. Use the one in the newest mail.")
    person = get_subscriber_row(claims.subscriber_id)
    if wish.done_at is None:
        with serialised_transaction():
            old, new = person.address, addresses.check_address(wish.address)
            address_changes.move_to_address(person, new, changed_by=READER, now=now)
            models.AddressChangeRequest.objects.filter(id=wish.id).update(done_at=now)
            list_id = address_changes.find_any_list(person)
            transactional.queue_mail(TransactionalKind.ADDRESS_CHANGED, person.id, list_id, now=now, to_address=old)
    return subscriber_lookup.get_subscriber(person.id)


def _record_change(
    subscriber_id: int,
    list_id: int | None,
    state: str,
    what: str,
    network: str,
    now: datetime,
    form_text: str = "",
    tracking: bool | None = None,
) -> None:
    models.ConsentEvent.objects.create(
        subscriber_id=subscriber_id,
        list_id=list_id,
        state=state,
        before=state,
        at=now,
        how="preferences",
        words=what,
        network=network or None,
        form_hash=texts.keep_text(form_text, now),
        tracking=tracking,
    )


def _clean_language(text: str) -> str:
    """A language a browser or form names, "" for what is none."""
    match = re.fullmatch(r"([A-Za-z]{2,3})(-[A-Za-z0-9]{2,8})?", text.strip()[:16])
    return match[0] if match else ""


def _clean_zone(text: str) -> str:
    try:
        return clock.get_zone(text.strip()).key if 0 < len(text.strip()) <= 64 else ""
    except BadInput:
        return ""


def _clean_name(text: str) -> str:
    """A name a stranger typed: no addresses, no links, nothing long (the field is a favourite of spammers)."""
    flat = " ".join(remove_unstorable(text).split())[:60]
    return "" if re.search(r"https?:|www\.|[@<>{}\[\]/\\]|\.\w{2,}", flat, re.I) else flat
