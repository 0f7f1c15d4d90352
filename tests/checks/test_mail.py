"""The finished mail: whole, small enough, and what the law asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from newsletter.checks import mail
from newsletter.curator.editions import approval


def test_a_mail_without_its_address_or_a_way_to_leave_cannot_go(edition: Any, now: datetime) -> None:
    rendered = approval.preview(edition.id)
    found = mail.check_rendering(
        replace(rendered, html="<p>Hello</p>", text="Hello"), postal_address="4 Mill Lane, Upland"
    )
    assert {each.code for each in found} == {"no-unsubscribe", "no-postal-address"}
    assert all(
        not each.may_be_overridden
        for each in mail.check_rendering(replace(rendered, text=""), postal_address="4 Mill Lane")
    )
