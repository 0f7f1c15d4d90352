"""Transactional mail (confirm, welcome, goodbye …): the row is the truth, this renders and sends it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.curator.editions.briefing import build_publication
from newsletter.delivery import installation
from newsletter.delivery.sending import allowance, one_off
from newsletter.jobs import wiring
from newsletter.jobs.transactional_texts import get_transactional_text
from newsletter.kernel.errors import NewsletterError
from newsletter.kernel.iteration import do_each
from newsletter.templater.briefing import Rendered, TransactionalContent
from newsletter.templater.rendering import render_transactional
from subscribers import transactional
from subscribers.states import TransactionalKind
from subscribers.values import TransactionalMail

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
CLAIM_LIMIT = 5
LONGEST_TURN = timedelta(seconds=4)  # a batch under a limit takes three seconds: one mail is next behind it
MAX_ATTEMPTS = 8  # tries; with doubling waits from one minute this is about two hours
"""A confirmation that comes a day late confuses more than it helps."""


def send_due(now: datetime, pause: Callable[[float], object] = time.sleep) -> bool:
    """Claims some mails that are due and sends them. Returns whether there was work.

    With a limit of messages a minute for the account they take of it, one by one, and `pause` until it is their turn.
    """
    if installation.get_standing(now).held:
        return False  # they stay queued
    limit = CLAIM_LIMIT
    if wiring.get_config().per_minute and has_due(now):
        limit = 1
        turn = allowance.reserve(wiring.get_config().provider, 1, now, longest=LONGEST_TURN, share=True)
        if turn is None:
            return False
        pause(turn.total_seconds())
    mails = transactional.claim_mails(now, limit=limit, lease=LEASE)
    do_each(mails, lambda mail: _send(mail, now))
    return bool(mails)


def has_due(now: datetime) -> bool:
    """Whether a mail is due, or one whose sender may have died."""
    return transactional.has_due_mails(now)


def _send(mail: TransactionalMail, now: datetime) -> None:
    try:
        sender = _find_sender(mail.list_id)
        if sender is None:
            transactional.mark_mail_failed(
                mail.id, f"No newsletter uses the list {mail.list_name}, so nobody can be the sender.", now
            )
            return
        rendered = _render(mail, sender)
    except Exception as error:  # the other mails of this claim must not wait for it, and be taken for lost
        log.exception("Transactional mail %s (%s) cannot be rendered", mail.id, mail.kind)
        _retry_or_fail(mail, f"It cannot be rendered: {error}", now)
        return
    text = _describe(rendered, mail) if mail.kind == TransactionalKind.CONFIRM else ""
    if not transactional.begin_mail(mail, now, lease=LEASE, text=text):
        return
    try:
        provider = wiring.get_provider()
        answer = one_off.send_transactional(
            rendered=rendered, newsletter=sender, address=mail.address, provider=provider, now=now
        )
    except NewsletterError as error:
        _retry_or_fail(mail, str(error), now)
        return
    if answer.accepted:
        transactional.mark_mail_sent(mail.id, now)
    elif answer.unknown:
        transactional.mark_mail_unknown(mail.id, answer.message, now)
    else:
        permanent = answer.permanent and not (answer.key_refused and wiring.has_new_account(provider.account))
        _retry_or_fail(mail, answer.message, now, permanent=permanent)


def _describe(rendered: Rendered, mail: TransactionalMail) -> str:
    """What a mail says to everybody, as it is kept for the proof: its link is the person's, and stands for nobody."""
    return f"{rendered.subject}\n\n{rendered.text.replace(mail.button_url, '…')}".strip()


def _retry_or_fail(mail: TransactionalMail, reason: str, now: datetime, *, permanent: bool = False) -> None:
    final = permanent or mail.attempts >= MAX_ATTEMPTS
    retry_at = None if final else now + timedelta(minutes=2 ** (mail.attempts - 1))
    transactional.mark_mail_failed(mail.id, reason, now, retry_at=retry_at)
    log.warning("Transactional mail %s (%s) was not sent: %s", mail.id, mail.kind, reason)


def _find_sender(list_id: int | None) -> Newsletter | None:
    found = newsletters.list_newsletters_of_list(list_id) if list_id else newsletters.list_newsletters()
    return found[0] if found else None


def _render(mail: TransactionalMail, sender: Newsletter) -> Rendered:
    words = get_transactional_text(mail.kind, mail.language or sender.language)
    fill = {"list": mail.list_name, "publication": sender.publication}
    return render_transactional(
        TransactionalContent(
            subject=words.subject.format(**fill),
            heading=words.heading.format(**fill),
            paragraphs=tuple(p.format(**fill) for p in words.paragraphs),
            button_text=words.button.format(**fill),
            button_url=mail.button_url,
            small=tuple(p.format(**fill) for p in words.small),
            publication=build_publication(sender),
            language=mail.language or sender.language,
            theme=sender.theme,
        )
    )
