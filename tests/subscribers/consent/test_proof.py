"""The proof of consent, before and after erasure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts import users
from newsletter.kernel.errors import NotAllowed, NotFound
from subscribers import lists, models, self_service, subscriber_lookup, transactional
from subscribers.consent import erasure, proof
from subscribers.tokens import CONFIRM, Claims
from subscribers.values import List
from tests.actors import SYSTEM, act_as
from tests.conftest import PASSWORD, Newsroom

LEASE = timedelta(minutes=2)


def sign_up_and_confirm(address: str, target: List, now: datetime) -> int:
    """As the form and the mail with the button do it. Returns the subscriber's id."""
    self_service.sign_up(
        address,
        [target.id],
        origin="https://www.example.com/anna?mail=anna@example.com",
        network="192.0.2.7",
        now=now,
        first_name="Anna",
        words="Sign up: Morning Briefing",
        form_text="Sign up for Morning Briefing",
    )
    (mail,) = transactional.claim_mails(now, limit=9, lease=LEASE)
    assert transactional.begin_mail(mail, now, lease=LEASE, text="Confirm: Morning Briefing")
    transactional.mark_mail_sent(mail.id, now)
    person = subscriber_lookup.find_subscriber_by_address(address)
    assert person
    claims = Claims(CONFIRM, target.id, person.id, now + transactional.CONFIRM_WITHIN)
    self_service.confirm_subscription(claims, network="192.0.2.7", now=now, form_text="Send Morning Briefing to …?")
    return person.id


def described(found: Any) -> list[tuple[str, ...]]:
    """How each event came about, and the words of form, notice and mail."""
    words = {digest: text.text for digest, text in found.texts.items()} | {"": ""}
    return [
        (each.how, each.state, words[each.form_hash], words[each.notice_hash], words[each.mail_hash])
        for each in found.events
    ]


@pytest.fixture
def noticed(morning: List, now: datetime) -> List:
    return lists.change_list("morning", seen=None, by=SYSTEM, now=now, privacy_notice="We keep your address.")


PROVEN = [
    ("form", "pending", "Sign up for Morning Briefing", "We keep your address.", ""),
    ("confirmed", "active", "Send Morning Briefing to …?", "We keep your address.", "Confirm: Morning Briefing"),
]


def test_consent_keeps_the_words_of_form_notice_and_mail(noticed: List, now: datetime) -> None:
    sign_up_and_confirm("anna@example.com", noticed, now)
    found = proof.show_proof("Anna@example.com", by=SYSTEM, now=now)
    assert described(found) == PROVEN
    assert found.erased_at is None


def test_what_was_shown_later_does_not_change_what_was_shown(noticed: List, now: datetime) -> None:
    sign_up_and_confirm("anna@example.com", noticed, now)
    lists.change_list("morning", seen=None, by=SYSTEM, now=now, privacy_notice="We sell it.")
    assert described(proof.show_proof("anna@example.com", by=SYSTEM, now=now)) == PROVEN


def test_the_proof_outlives_erasure_without_address_name_or_network(noticed: List, now: datetime) -> None:
    erasure.erase_subscriber(sign_up_and_confirm("anna@example.com", noticed, now), by=SYSTEM, now=now)
    found = proof.show_proof("anna@example.com", by=SYSTEM, now=now)
    assert described(found) == PROVEN
    assert (found.subscriber_id, found.erased_at) == (None, now)
    kept = str([*models.ConsentProof.objects.values()]).casefold()
    assert "anna" not in kept
    assert "192.0.2.7" not in kept
    with pytest.raises(NotFound):
        proof.show_proof("ben@example.com", by=SYSTEM, now=now)


def test_the_proof_is_found_by_an_address_they_had_before(noticed: List, now: datetime) -> None:
    person = sign_up_and_confirm("anna@example.com", noticed, now)
    models.FormerAddress.objects.create(
        subscriber_id=person, address="a@example.org", address_key="a@example.org", since=now, until=now
    )
    erasure.erase_subscriber(person, by=SYSTEM, now=now)
    assert described(proof.show_proof("a@example.org", by=SYSTEM, now=now)) == PROVEN


def test_the_proof_goes_when_its_time_is_over(noticed: List, now: datetime) -> None:
    erasure.erase_subscriber(sign_up_and_confirm("anna@example.com", noticed, now), by=SYSTEM, now=now)
    assert proof.delete_old_proof(before=now) == 0
    assert proof.delete_old_proof(before=now + timedelta(seconds=1)) == 2


def test_no_proof_is_kept_where_it_is_not_to_be(noticed: List, settings: Any, now: datetime) -> None:
    settings.CONFIG = replace(settings.CONFIG, proof_months=0)
    erasure.erase_subscriber(sign_up_and_confirm("anna@example.com", noticed, now), by=SYSTEM, now=now)
    assert models.ConsentProof.objects.count() == 0


def test_reading_a_proof_needs_the_right_for_all_subscribers(newsroom: Newsroom, now: datetime) -> None:
    sign_up_and_confirm("anna@example.com", newsroom.list, now)
    users.create_user(
        "ed@example.com", PASSWORD, role="readers", newsletter_id=newsroom.briefing.id, by=SYSTEM, now=now
    )
    with pytest.raises(NotAllowed):
        proof.show_proof("anna@example.com", by=act_as("ed@example.com"), now=now)
