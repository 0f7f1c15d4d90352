"""Mail that readers are owed (confirm, welcome, goodbye …): the row is the truth, this renders and sends it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from newsletter.catalog import reads as catalog
from newsletter.curator.briefing import build_publication
from newsletter.delivery import service as delivery
from newsletter.jobs import wiring
from newsletter.jobs.notice_words import get_transactional_text
from newsletter.kernel.errors import NewsletterError
from newsletter.templater import Rendered, TransactionalContent, render_transactional
from subscribers import service as subscribers

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
CLAIM_LIMIT = 5  # what a crash may leave unknown
MAX_ATTEMPTS = 8  # tries; with doubling waits from one minute this is about two hours
"""A confirmation that comes a day late confuses more than it helps."""


def send_due(now: datetime) -> bool:
    """Claims some owed mails and sends them. Returns whether there was work."""
    owed = subscribers.claim_mails(now, limit=CLAIM_LIMIT, lease=LEASE)
    for mail in owed:
        _send(mail, now)
    return bool(owed)


def has_due(now: datetime) -> bool:
    """Whether a mail is owed that is due, or whose sender may have died."""
    return subscribers.has_due_mails(now)


def _send(mail: subscribers.TransactionalMail, now: datetime) -> None:
    sender = _find_sender(mail.list_id)
    if sender is None:
        subscribers.mark_mail_failed(
            mail.id, f"No newsletter uses the list {mail.list_name}, so nobody can be the sender.", now
        )
        return
    try:
        answer = delivery.send_transactional(
            rendered=_render(mail, sender),
            newsletter=sender,
            address=mail.address,
            provider=wiring.get_provider(),
            now=now,
        )
    except NewsletterError as error:
        _retry_or_fail(mail, str(error), now)
        return
    if answer.accepted:
        subscribers.mark_mail_sent(mail.id, now)
    elif answer.unknown:
        subscribers.mark_mail_unknown(mail.id, answer.message, now)
    else:
        _retry_or_fail(mail, answer.message, now, permanent=answer.permanent)


def _retry_or_fail(mail: subscribers.TransactionalMail, reason: str, now: datetime, *, permanent: bool = False) -> None:
    final = permanent or mail.attempts >= MAX_ATTEMPTS
    again_at = None if final else now + timedelta(minutes=2 ** (mail.attempts - 1))
    subscribers.mark_mail_failed(mail.id, reason, now, again_at=again_at)
    log.warning("Owed mail %s (%s) was not sent: %s", mail.id, mail.kind, reason)


def _find_sender(list_id: int | None) -> catalog.Newsletter | None:
    found = catalog.list_newsletters_of_list(list_id) if list_id else catalog.list_newsletters()
    return found[0] if found else None


def _render(mail: subscribers.TransactionalMail, sender: catalog.Newsletter) -> Rendered:
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
