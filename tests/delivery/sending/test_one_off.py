from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from newsletter.curator.editions import approval
from newsletter.delivery import models
from newsletter.delivery.sending import one_off
from newsletter.kernel.errors import BadInput, Refused
from newsletter.templater.briefing import Problem, ProblemLevel, Rendered
from subscribers import rate_limits, suppressions
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.fakes import provider
from tests.fakes.provider import ScriptedProvider

pytestmark = pytest.mark.django_db
UNRENDERED = Rendered("Subject", "", "", "", (Problem(ProblemLevel.BLOCK, "template", "The template is broken."),))


def not_asked() -> None:
    raise AssertionError("What is refused is not recorded.")


@pytest.fixture
def rendered(edition: Any, now: datetime) -> Rendered:
    return approval.preview(edition.id)


def test_a_test_goes_to_these_addresses_alone_and_says_so(
    newsroom: Newsroom, rendered: Rendered, now: datetime
) -> None:
    provider = ScriptedProvider()
    sent = one_off.send_test_mails(
        rendered=rendered,
        newsletter=newsroom.briefing,
        addresses=("ann@example.com", "Bob <bob@example.com>"),
        provider=provider,
        sender="ada",
        record=lambda: None,
        now=now,
    )
    assert set(provider.mailed) == {"ann@example.com", "bob@example.com"}
    assert [each.answer for each in sent] == ["accepted", "accepted"]
    assert {request.envelope.subject for request in provider.requests} == {f"[TEST] {rendered.subject}"}
    assert {request.recipients[0].token for request in provider.requests} == {"test"}, "nobody is unsubscribed by it"
    assert not models.Mailing.objects.exists()


def test_each_test_has_its_own_answer(newsroom: Newsroom, rendered: Rendered, now: datetime) -> None:
    sent = one_off.send_test_mails(
        rendered=rendered,
        newsletter=newsroom.briefing,
        addresses=("ann@example.com", "bob@example.com"),
        provider=ScriptedProvider(provider.refuses_for_now),
        sender="ada",
        record=lambda: None,
        now=now,
    )
    assert [(each.answer, each.message) for each in sent] == [("refused", "Come back later."), ("accepted", "")]


@pytest.mark.parametrize("addresses", [(), ("no address",), tuple(f"a{n}@example.com" for n in range(21))])
def test_a_test_to_nobody_to_nowhere_or_to_a_crowd_is_refused(
    newsroom: Newsroom, rendered: Rendered, now: datetime, addresses: tuple[str, ...]
) -> None:
    provider = ScriptedProvider()
    with pytest.raises(BadInput):
        one_off.send_test_mails(
            rendered=rendered,
            newsletter=newsroom.briefing,
            addresses=addresses,
            provider=provider,
            sender="ada",
            record=not_asked,
            now=now,
        )
    assert not provider.requests


def test_what_could_not_be_rendered_is_not_sent(newsroom: Newsroom, now: datetime) -> None:
    provider = ScriptedProvider()
    with pytest.raises(Refused, match="could not be rendered"):
        one_off.send_test_mails(
            rendered=UNRENDERED,
            newsletter=newsroom.briefing,
            addresses=("a@example.com",),
            provider=provider,
            sender="ada",
            record=not_asked,
            now=now,
        )
    answer = one_off.send_transactional(
        rendered=UNRENDERED, newsletter=newsroom.briefing, address="a@example.com", provider=provider, now=now
    )
    assert answer.permanent
    assert "The template is broken." in answer.message
    assert not provider.requests


def test_the_message_an_editor_sees_is_the_one_that_would_leave(
    newsroom: Newsroom, rendered: Rendered, now: datetime
) -> None:
    mail = one_off.compose_eml(
        rendered=rendered, newsletter=newsroom.briefing, address="ann@example.com", first_name="Ann", now=now
    )
    message: Any = message_from_bytes(mail.eml, policy=default)
    assert message["To"] == "ann@example.com"
    assert message["Subject"] == mail.subject == rendered.subject
    assert message.get_body(("html",)).get_content().splitlines() == mail.html.splitlines()
    assert "-nl_" not in mail.html + mail.text
    assert "ann@example.com" in mail.html


def send_tests(newsroom: Newsroom, rendered: Rendered, now: datetime, *addresses: str, sender: str = "ada") -> set[str]:
    """Who was mailed a test."""
    provider = ScriptedProvider()
    one_off.send_test_mails(
        rendered=rendered,
        newsletter=newsroom.briefing,
        addresses=addresses,
        provider=provider,
        sender=sender,
        record=lambda: None,
        now=now,
    )
    return set(provider.mailed)


@pytest.mark.parametrize("never", ["bob@example.com", "@example.com"])
def test_a_suppressed_address_gets_no_test_either(
    newsroom: Newsroom, rendered: Rendered, now: datetime, never: str
) -> None:
    suppressions.suppress(never, reason="asked", by=SYSTEM, now=now)
    with pytest.raises(Refused, match="BOB@example.com is never to be mailed"):
        send_tests(newsroom, rendered, now, "ann@example.org", "BOB@example.com")
    assert send_tests(newsroom, rendered, now, "ann@example.org") == {"ann@example.org"}


def test_a_person_sends_so_many_tests_a_day(
    newsroom: Newsroom, rendered: Rendered, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "MAX_TEST_MAILS", 3)
    send_tests(newsroom, rendered, now, "a@example.com", "b@example.com")
    with pytest.raises(Refused, match="you have 1 left"):
        send_tests(newsroom, rendered, now, "c@example.com", "d@example.com")
    assert send_tests(newsroom, rendered, now, "c@example.com")
    assert send_tests(newsroom, rendered, now, "d@example.com", sender="ben")
    assert send_tests(newsroom, rendered, now + timedelta(days=1, seconds=1), "d@example.com")
