"""Mail to single people, outside the ledger: tests, notices, and the message an editor wants to see."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from newsletter.catalog.values import Newsletter
from newsletter.delivery import installation
from newsletter.delivery.providers import mime
from newsletter.delivery.providers.base import Answer, AnswerKind, Provider, Recipient, SendRequest
from newsletter.delivery.providers.personal_message import build_personal_message
from newsletter.delivery.sending import allowance, envelopes
from newsletter.kernel import ids
from newsletter.kernel.errors import BadInput, Refused
from newsletter.templater.briefing import Rendered
from subscribers import address_changes, rate_limits
from subscribers.addresses import check_address, to_key, to_sendable

TEST_PREFIX = "[TEST] "
MAX_TEST_ADDRESSES = 20
LONGEST_TEST = timedelta(seconds=15)  # somebody waits for it


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of one test message."""

    __test__ = False

    address: str
    answer: AnswerKind
    message: str


@dataclass(frozen=True, slots=True)
class ComposedMail:
    """A message as one recipient gets it."""

    html: str
    text: str
    subject: str
    eml: bytes


def send_test_mails(
    *,
    rendered: Rendered,
    newsletter: Newsletter,
    addresses: tuple[str, ...],
    provider: Provider,
    sender: str,
    record: Callable[[], object],
    now: datetime,
    pause: Callable[[float], object] = time.sleep,
) -> tuple[TestResult, ...]:
    """Sends a draft to these addresses alone. Its links to leave lead nowhere: a test must not unsubscribe anybody.

    `record` is called once nothing speaks against it, before the first one leaves, in the transaction in which they are
    counted. Raises BadInput for too many addresses, Refused when one is suppressed, or `sender`, who sends it, sent too
    many today, or the limit of messages a minute is used up. Then nobody gets it. Under that limit they leave one by
    one, with a `pause` before each.
    """
    if not rendered.html:
        raise Refused(
            "The mail could not be rendered, so no test was sent. Its checks say why.",
            command_hint="See them with: newsletter editions check ID",
        )
    if not 0 < len(addresses) <= MAX_TEST_ADDRESSES:
        raise BadInput(f"Give 1 to {MAX_TEST_ADDRESSES} addresses for a test.", "test_to")
    wanted = [to_sendable(check_address(address)) for address in addresses]
    for address in wanted:
        if address_changes.is_suppressed(to_key(address), now):
            raise Refused(f"{address} is never to be mailed, so no test was sent. Give another address.")
    installation.require_sending(now)
    with transaction.atomic():
        rate_limits.count_test_mails(sender, len(wanted), now)
        turn = allowance.reserve(provider.name, len(wanted), now, longest=LONGEST_TEST)
        if turn is None:
            raise Refused(
                f"{settings.CONFIG.per_minute} messages a minute may leave (NEWSLETTER_PER_MINUTE): these tests would "
                "take too long. Give fewer addresses, or try again in a minute."
            )
        record()
    common = envelopes.read_envelope_settings(newsletter, base_url=settings.CONFIG.base_url)
    if not common.is_tracked(True, agreed=False):
        common = common.without_tracking()
    cover = envelopes.build_envelope(rendered, common, subject_prefix=TEST_PREFIX)
    sent: list[TestResult] = []
    for address in wanted:
        pause((allowance.get_step() if sent else turn).total_seconds())
        request = SendRequest(cover, (_test_recipient(address),), "tests", "tests", ids.generate_id())
        sent.append(_send_one(provider, request, now))
    return tuple(sent)


def _test_recipient(address: str, first_name: str = "") -> Recipient:
    return Recipient(f"test.{ids.generate_id()}", address, first_name, "test")


def _send_one(provider: Provider, request: SendRequest, now: datetime) -> TestResult:
    answer = provider.send_batch(request, now)
    return TestResult(request.recipients[0].address, answer.kind, answer.message)


def send_transactional(
    *, rendered: Rendered, newsletter: Newsletter, address: str, provider: Provider, now: datetime
) -> Answer:
    """Sends a mail about a subscription to one person. Raises Refused where sending is held."""
    if not rendered.html:
        reasons = "; ".join(problem.message for problem in rendered.problems)
        return Answer(AnswerKind.REFUSED, f"The mail could not be rendered: {reasons}", permanent=True)
    installation.require_sending(now)
    recipient = Recipient(f"notice.{ids.generate_id()}", address, "", "")
    return provider.send_batch(
        SendRequest(
            envelopes.build_transactional_envelope(rendered, newsletter),
            (recipient,),
            "notices",
            "notices",
            ids.generate_id(),
        ),
        now,
    )


def compose_eml(
    *, rendered: Rendered, newsletter: Newsletter, address: str, first_name: str = "", date: str = "", now: datetime
) -> ComposedMail:
    """The message as it would leave for one recipient."""
    common = envelopes.read_envelope_settings(newsletter, base_url=settings.CONFIG.base_url)
    cover = envelopes.build_envelope(rendered, common)
    recipient = _test_recipient(to_sendable(check_address(address)), first_name)._replace(date=date)
    mine = build_personal_message(cover, recipient)
    return ComposedMail(mine.html, mine.text, mine.subject, mime.compose_message(cover, recipient, now=now).as_bytes())
