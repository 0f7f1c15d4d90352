"""Mail that readers are owed: sent once, tried again when refused, never repeated when unknown."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from newsletter.jobs import transactional_mail, wiring
from subscribers import lists, models, self_service, subscriber_lookup, tokens, transactional
from subscribers.states import TransactionalState
from tests.actors import SYSTEM
from tests.interleaving import failing


def messages() -> list[str]:
    """Every notice written so far, as text."""
    from email import message_from_bytes
    from email.policy import default

    found = []
    for path in sorted(wiring.get_config().outbox_dir.rglob("*.eml")):
        message = message_from_bytes(path.read_bytes(), policy=default)
        body = message.get_body(("plain",))  # type: ignore[attr-defined]
        found.append(f"{message['To']}\n{message['Subject']}\n{body.get_content()}")
    return found


def join(newsroom: Any, now: datetime, address: str = "tilda@example.org", first_name: str = "") -> None:
    self_service.sign_up(
        address,
        [newsroom.list.id],
        origin="https://paper.example.org/a",
        network="203.0.113.7",
        now=now,
        first_name=first_name,
    )


def test_signing_up_is_confirmed_by_the_link_in_the_mail(newsroom: Any, now: datetime) -> None:
    join(newsroom, now)
    assert transactional_mail.send_due(now) is True
    (message,) = messages()
    assert message.startswith("tilda@example.org\nConfirm: Morning Briefing")
    token = re.search(r"/c/(\S+)", message)
    assert token
    claims = subscriber_lookup.get_signer().read(token[1], tokens.CONFIRM, now)
    self_service.confirm_subscription(claims, network="", now=now)
    assert lists.count_subscribers_by_state(newsroom.list.id) == {"active": 1}


def test_nothing_a_stranger_typed_is_in_the_first_mail(newsroom: Any, now: datetime) -> None:
    join(newsroom, now, first_name="Buy pills at once")
    transactional_mail.send_due(now)
    assert "pills" not in messages()[0]


def test_an_owed_mail_is_sent_once(newsroom: Any, now: datetime) -> None:
    join(newsroom, now)
    transactional_mail.send_due(now)
    assert transactional_mail.send_due(now) is False
    assert len(messages()) == 1


def test_a_refused_mail_is_tried_again_later(newsroom: Any, now: datetime, settings: Any, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    working = settings.CONFIG
    settings.CONFIG = replace(working, outbox_dir=blocked)
    join(newsroom, now)
    transactional_mail.send_due(now)
    settings.CONFIG = working
    assert transactional_mail.send_due(now) is False, "not at once"
    assert transactional_mail.send_due(now + timedelta(minutes=2)) is True
    assert len(messages()) == 1


def test_a_mail_that_cannot_be_rendered_keeps_no_other_waiting(newsroom: Any, now: datetime) -> None:
    join(newsroom, now, "ada@example.com")
    models.TransactionalMail.objects.update(kind="of a later version")
    join(newsroom, now, "bob@example.com")
    transactional_mail.send_due(now)
    assert [message.splitlines()[0] for message in messages()] == ["bob@example.com"]
    waiting = models.TransactionalMail.objects.get(kind="of a later version")
    assert (waiting.state, waiting.due_at) == (TransactionalState.QUEUED, now + timedelta(minutes=1))
    assert "cannot be rendered" in waiting.error


def test_a_sender_that_died_leaves_the_mail_unknown_and_not_repeated(newsroom: Any, now: datetime) -> None:
    join(newsroom, now)
    (mail,) = transactional.claim_mails(now, limit=5, lease=transactional_mail.LEASE)
    transactional.begin_mail(mail, now, lease=transactional_mail.LEASE)
    later = now + timedelta(minutes=10)
    assert transactional_mail.send_due(later) is False
    assert messages() == []


def test_a_mail_that_is_refused_again_and_again_is_given_up_after_eight_tries(
    newsroom: Any, now: datetime, settings: Any, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    settings.CONFIG = replace(settings.CONFIG, outbox_dir=blocked)
    join(newsroom, now)
    minutes = [minute for minute in range(240) if transactional_mail.send_due(now + timedelta(minutes=minute))]
    assert minutes == [0, 1, 3, 7, 15, 31, 63, 127]
    assert not transactional_mail.has_due(now + timedelta(days=9))


def test_the_words_of_a_confirmation_are_kept_without_the_link_of_the_person(newsroom: Any, now: datetime) -> None:
    join(newsroom, now)
    join(newsroom, now, "ben@example.org")
    transactional_mail.send_due(now)
    (text,) = models.ConsentText.objects.all()
    assert text.text.startswith("Confirm: Morning Briefing\n\n")
    assert "Somebody asked us to send Morning Briefing to this address." in text.text
    assert "/c/" not in text.text
    assert {row.text_hash for row in models.TransactionalMail.objects.all()} == {text.hash}


def test_a_mail_that_fails_for_a_fault_of_ours_stops_no_other(newsroom: Any, now: datetime) -> None:
    join(newsroom, now, "ann@example.org")
    other = lists.create_list("other", "Other", by=SYSTEM, now=now)
    models.TransactionalMail.objects.update(list_id=other.id)
    join(newsroom, now, "ben@example.org")
    with failing("SELECT catalog_newsletter", other.id):
        transactional_mail.send_due(now)
    assert [message.split()[0] for message in messages()] == ["ben@example.org"]
    assert models.TransactionalMail.objects.get(list_id=other.id).state == TransactionalState.QUEUED


def test_a_mail_that_cannot_be_prepared_is_given_up_and_stops_no_other(newsroom: Any, now: datetime) -> None:
    transactional.queue_address_reminder("ann@example.org", now=now)
    join(newsroom, now, "ben@example.org")
    with failing("SELECT subscribers_subscriber", "ann@example.org"):
        transactional_mail.send_due(now)
    assert [message.split()[0] for message in messages()] == ["ben@example.org"]
    assert list(models.TransactionalMail.objects.order_by("id").values_list("state", flat=True)) == ["failed", "sent"]
