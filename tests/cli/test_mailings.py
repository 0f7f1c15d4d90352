"""Mailings on the command line."""

from __future__ import annotations

import json
from typing import Any

from newsletter.delivery import models
from newsletter.delivery.ledger.format import unpack_members
from newsletter.delivery.ledger.states import Outcome
from tests.cli.conftest import REFUSED, USAGE, Newsletter
from tests.web.conftest import sent

__all__ = ["sent"]


def test_what_is_read_is_json_and_nothing_else(newsletter: Newsletter, newsroom: Any) -> None:
    json.loads(newsletter(*["mailings", "list"], "--json")[1])


def test_the_unknown_of_a_cancelled_mailing_are_settled_and_nobody_is_mailed_it(
    newsletter: Newsletter, sent: Any, newsroom: Any
) -> None:
    models.Mailing.objects.update(state="cancelled")
    models.Batch.objects.update(state="unknown", outcomes=bytes([Outcome.UNKNOWN, 0] * 3))
    status, out, err = newsletter("mailings", "repair", str(sent.id), "--yes")
    assert (status, out) == (REFUSED, "")
    assert f"newsletter editions send {sent.edition_id}" in err
    status, out, err = newsletter("mailings", "resolve", str(sent.id), "--resend", "--yes")
    assert (status, err) == (0, "")
    assert "3 subscribers count as not sent: the edition's next mailing goes to them" in out
    shown = json.loads(newsletter("mailings", "show", str(sent.id), "--json")[1])
    assert (shown["state"], shown["counts"]) == ("cancelled", {"withdrawn": 3})


def test_the_bounced_are_sent_it_again_by_the_reasons_that_are_chosen(
    newsletter: Newsletter, sent: Any, newsroom: Any
) -> None:
    batch = models.Batch.objects.get()
    members = unpack_members(batch.members)
    models.Batch.objects.update(state="accepted", outcomes=bytes([Outcome.BOUNCED, 0] * 3))
    for member, reason in zip(members, ["550 5.7.1 blocked"] * 2 + ["550 5.1.1 no such user"], strict=True):
        models.DeliveryException.objects.create(
            mailing_id=sent.id, batch=batch, subscriber_id=member, kind="bounced", reason=reason, at=batch.due_at
        )
    repair = ("mailings", "repair", str(sent.id), "--yes")
    status, _, err = newsletter(*repair, "--reason", "5.7.1")
    assert (status, "--bounced" in err) == (USAGE, True)
    status, out, _ = newsletter(*repair, "--bounced")
    assert status == 0
    assert [line.split() for line in out.splitlines() if "550" in line] == [
        ["bounced", "550", "5.7.1", "blocked", "2", "2"], ["bounced", "550", "5.1.1", "no", "such", "user", "1", "0"]
    ]  # fmt: skip
    assert "2 subscribers are sent it again" in out
    assert "2 who bounced are to be sent it again" in newsletter("mailings", "show", str(sent.id))[1]
    asked = json.loads(newsletter(*repair, "--bounced", "--reason", "NO SUCH", "--json")[1])
    assert (asked["asked"], asked["waiting"]) == (1, 3)
