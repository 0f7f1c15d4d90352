"""A changed address: the former one is told, and can take the change back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from newsletter.jobs.transactional_texts import get_transactional_text
from newsletter.kernel import clock
from newsletter.kernel.errors import Conflict, Refused
from subscribers import address_changes, models, people, self_service, subscriber_lookup, suppressions, transactional
from subscribers.tokens import CONFIRM, TAKE_BACK, Claims, ExpiredToken
from subscribers.values import List, TransactionalMail
from tests.actors import SYSTEM
from tests.conftest import reported

Active = Callable[..., int]


@pytest.fixture
def ann(active: Active) -> int:
    return active("ann@example.com")


def move(person: int, address: str, now: datetime) -> None:
    people.change_address(person, address, seen=None, by=SYSTEM, now=now)


def claim(now: datetime) -> list[TransactionalMail]:
    return [*transactional.claim_mails(now, limit=9, lease=timedelta(minutes=1))]


def find_token(mail: TransactionalMail) -> str:
    return mail.button_url.rpartition("/me/")[2]


def address_of(person: int) -> str:
    return subscriber_lookup.get_subscriber(person).address


def test_the_former_address_is_told_with_a_link_that_ends_after_a_month(ann: int, now: datetime) -> None:
    move(ann, "mallory@example.org", now)
    (mail,) = claim(now)
    assert (mail.kind, mail.address) == ("moved-by-desk", "ann@example.com")
    signer = subscriber_lookup.get_signer()
    assert signer.read(find_token(mail), TAKE_BACK, now + timedelta(days=29)).subscriber_id == ann
    with pytest.raises(ExpiredToken):
        signer.read(find_token(mail), TAKE_BACK, now + timedelta(days=31))


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", ["moved-by-desk", "moved-back"])
def test_the_notices_have_words_in_both_languages(kind: str, language: str) -> None:
    text = get_transactional_text(kind, language)
    assert text.subject
    assert ("undo" in repr(text) or "undone" in repr(text)) == (language == "en")


def test_opening_the_link_changes_nothing_however_often_and_pressing_the_button_undoes_the_change(ann: int) -> None:
    now = clock.now()
    move(ann, "mallory@example.org", now)
    (mail,) = claim(now)
    page = f"/me/{find_token(mail)}"
    for _ in range(5):
        shown = Client().get(page).content.decode()
        assert "ann@example.com" in shown
        assert "mallory@example.org" not in shown
    assert address_of(ann) == "mallory@example.org"
    for _ in range(2):  # pressing it twice is harmless
        assert "ann@example.com" in Client().post(page).content.decode()
    assert address_of(ann) == "ann@example.com"
    person = subscriber_lookup.get_subscriber(ann)
    assert [(each.address, each.changed_by) for each in person.former_addresses] == [
        ("mallory@example.org", "the reader"),
        ("ann@example.com", SYSTEM.name),
    ]
    (event,) = [each for each in person.consents if each.how == "address"]
    assert "undone" in event.words
    assert [(each.kind, each.address) for each in claim(clock.now())] == [
        ("moved-back", "ann@example.com"),
        ("moved-back", "mallory@example.org"),
    ]


def test_the_notice_of_an_undo_has_no_link_to_anything_of_the_person(ann: int, now: datetime) -> None:
    move(ann, "mallory@example.org", now)
    former = models.FormerAddress.objects.get()
    claim(now)
    address_changes.take_back(Claims(TAKE_BACK, former.id, ann), network="", now=now)
    assert {each.button_url.rpartition("testserver")[2] for each in claim(now)} == {"/join/"}


def test_moving_on_to_a_third_address_does_not_cut_the_first_one_off(ann: int, now: datetime) -> None:
    move(ann, "mallory@example.org", now)
    first = models.FormerAddress.objects.get()
    wish = Claims(b"a", 0, ann)
    self_service.request_address_change(wish, "third@example.org", now=now)
    newest = models.AddressChangeRequest.objects.get()
    self_service.confirm_address_change(Claims(b"n", newest.id, ann), now=now)
    assert address_of(ann) == "third@example.org"
    address_changes.take_back(Claims(TAKE_BACK, first.id, ann), network="", now=now)
    assert address_of(ann) == "ann@example.com"


def test_a_link_about_somebody_else_undoes_nothing(ann: int, active: Active, now: datetime) -> None:
    move(ann, "mallory@example.org", now)
    former = models.FormerAddress.objects.get()
    with pytest.raises(Refused):
        address_changes.take_back(Claims(TAKE_BACK, former.id, active("ben@example.com")), network="", now=now)
    assert address_of(ann) == "mallory@example.org"


def test_an_address_that_somebody_else_has_by_now_is_not_taken_from_them(
    ann: int, active: Active, now: datetime
) -> None:
    move(ann, "mallory@example.org", now)
    former = models.FormerAddress.objects.get()
    models.Subscriber.objects.create(address="ann@example.com", address_key="ann@example.com", created_at=now)
    with pytest.raises(Refused, match="Another subscriber"):
        address_changes.take_back(Claims(TAKE_BACK, former.id, ann), network="", now=now)


@pytest.mark.parametrize("answers", [False, True])
def test_who_only_typed_the_former_address_into_a_form_does_not_keep_its_owner_out(
    answers: bool, ann: int, morning: List, now: datetime
) -> None:
    move(ann, "mallory@example.org", now)
    claims = Claims(TAKE_BACK, models.FormerAddress.objects.get().id, ann)
    self_service.sign_up("ANN@example.com", [morning.id], origin="form", network="", now=now)
    other = models.Subscriber.objects.get(address_key="ann@example.com").id
    if answers:
        self_service.confirm_subscription(Claims(CONFIRM, morning.id, other), network="", now=now)
        with pytest.raises(Refused, match="Another subscriber has the address"):
            address_changes.take_back(claims, network="", now=now)
    else:
        address_changes.take_back(claims, network="", now=now)
    assert address_of(ann) == ("mallory@example.org" if answers else "ann@example.com")
    assert models.Subscriber.objects.filter(id=other).exists() is answers


def test_an_address_whose_mail_came_back_is_not_told(ann: int, morning: List, now: datetime) -> None:
    reported(ann, morning.id, "hard", now=now)
    move(ann, "ann@example.org", now)
    assert claim(now) == []


def test_suppressing_the_new_address_does_not_keep_the_notice_from_the_former_one(ann: int, now: datetime) -> None:
    move(ann, "mallory@example.org", now)
    suppressions.suppress("mallory@example.org", reason="asked", by=SYSTEM, now=now)
    assert [each.address for each in claim(now)] == ["ann@example.com"]


def test_another_way_to_write_the_same_address_is_no_news(ann: int, now: datetime) -> None:
    move(ann, "Ann@example.com", now)
    assert (address_of(ann), claim(now)) == ("Ann@example.com", [])


def test_an_address_that_never_wanted_mail_is_given_to_nobody(ann: int, now: datetime) -> None:
    suppressions.suppress("@spam.example", reason="asked", by=SYSTEM, now=now)
    with pytest.raises(Refused, match="on the suppression list"):
        move(ann, "ann@spam.example", now)


def test_an_address_is_changed_by_those_who_saw_the_present_one(ann: int, now: datetime) -> None:
    more: dict[str, Any] = {"seen": "ann@example.com", "by": SYSTEM, "now": now}
    people.change_address(ann, "first@example.org", **more)
    with pytest.raises(Conflict) as refused:
        people.change_address(ann, "second@example.org", **more)
    assert refused.value.differences[0].present == "first@example.org"


def test_what_became_of_the_new_address_does_not_keep_the_former_one_out(
    ann: int, morning: List, now: datetime
) -> None:
    move(ann, "mallory@example.org", now)
    reported(ann, morning.id, "complained", now=now)
    former = models.FormerAddress.objects.get()
    address_changes.take_back(Claims(TAKE_BACK, former.id, ann), network="", now=now)
    assert address_of(ann) == "ann@example.com"
