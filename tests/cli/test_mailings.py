"""Mailings on the command line."""

from __future__ import annotations

import json
from typing import Any

from newsletter.delivery import models
from newsletter.delivery.ledger.states import Outcome
from tests.cli.conftest import REFUSED, Newsletter
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
