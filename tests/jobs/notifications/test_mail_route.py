"""Notifications by mail: composed for a phone, through a server of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from newsletter.jobs import wiring
from newsletter.jobs.notification_kinds import NotificationKind
from newsletter.jobs.notifications import mail_route, texts
from newsletter.kernel.errors import BadInput

TEXT = texts.write_text(
    NotificationKind.FEED_DEAD, {"feed": "A <b>feed</b>\r\nBcc: x@example.net", "days": 4, "error": "404 <script>"}
)


def compose(now: datetime, **fields: Any) -> Any:
    config = replace(wiring.get_config(), base_url="https://desk.example.com", **fields)
    return mail_route.compose_mail(TEXT, key="k1", address="ann@example.org", config=config, now=now)


def test_it_comes_from_the_desk_and_answers_nobody(now: datetime) -> None:
    mail = compose(now)
    assert mail["From"] == "Newsletter desk <newsletter@desk.example.com>"
    assert compose(now, notify_from="alerts@example.com")["From"] == "Newsletter desk <alerts@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == "<notification.k1@desk.example.com>"
    assert "List-Unsubscribe" not in mail


def test_what_strangers_wrote_is_neither_header_nor_markup(now: datetime) -> None:
    mail = compose(now)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Feed dead: A <b>feed</b> Bcc: x@example.net"
    html = mail.get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "&lt;b&gt;feed" in html


def test_both_parts_say_the_same_and_lead_to_the_same_place(now: datetime) -> None:
    mail = compose(now)
    for kind in ("plain", "html"):
        body = mail.get_body((kind,)).get_content()
        assert "for 4 days." in body
        assert "https://desk.example.com/sources/" in body
        assert "https://desk.example.com/account/notifications/" in body


def test_a_server_that_is_none_is_said_by_the_name_of_its_own_setting() -> None:
    for url in ("", "http://mail.example.com"):
        with pytest.raises(BadInput, match="NEWSLETTER_NOTIFY_SMTP_URL must be like smtp://"):
            mail_route.open_server(replace(wiring.get_config(), notify_smtp_url=url))
