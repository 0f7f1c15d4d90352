"""Notifications by webhook: JSON, signed as Standard Webhooks has it, or the form that Slack takes.

A post may come twice, for an answer can be lost: the receiver knows it again by `webhook-id`, which is the same then.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from newsletter import fetching
from newsletter.jobs.notification_kinds import WebhookForm
from newsletter.jobs.notifications.messages import Message
from newsletter.jobs.notifications.texts import NotificationText
from newsletter.jobs.notifications.webhooks import SECRET_PREFIX, WebhookTarget

VERSION = 1  # of the JSON: fields are added, never changed
TIMEOUT = 15.0  # seconds for all of it
LONGEST_SLACK = 3_000  # characters
_UNMARKED = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "*": "\N{ASTERISK OPERATOR}",
        "~": "\N{TILDE OPERATOR}",
        "`": "\N{MODIFIER LETTER GRAVE ACCENT}",
    }
)


def build_body(message: Message, text: NotificationText, base_url: str) -> bytes:
    """What is posted, in the form that the webhook takes."""
    is_slack = message.form is WebhookForm.SLACK
    body = build_slack_body(text, base_url) if is_slack else build_json_body(message, text, base_url)
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def post_body(key: str, body: bytes, target: WebhookTarget, *, now: datetime) -> None:
    """Posts it, signed. Raises FetchRefused for an address that we do not post to, FetchError."""
    headers = {"Content-Type": "application/json; charset=utf-8", **sign(key, body, target.secret, now)}
    fetching.post(target.address, body, headers=headers, timeout=TIMEOUT, allow_private=target.allows_private)


def build_json_body(message: Message, text: NotificationText, base_url: str) -> dict[str, Any]:
    """The JSON of docs/notifications.md. Nothing of a subscriber is in it."""
    values = message.values
    newsletter = {"slug": values.get("slug", ""), "name": values.get("newsletter", "")}
    return {
        "version": VERSION,
        "id": message.key,
        "kind": message.kind.value,
        "over": message.is_over,
        "at": message.at.isoformat(),
        "newsletter": newsletter if message.newsletter_id is not None else None,
        "edition": values.get("edition") or None,
        "mailing": values.get("mailing") or None,
        "subject": text.subject,
        "text": "\n\n".join(text.paragraphs),
        "details": [{"label": label, "value": value} for label, value in text.rows],
        "numbers": values.get("numbers") or None,
        "url": base_url + text.path,
        "urgent": text.urgent,
    }


def build_slack_body(text: NotificationText, base_url: str) -> dict[str, str]:
    """What Slack's incoming webhooks take, and those of programs that follow them."""
    rows = "\n".join(f"{_escape(label)}: {_escape(value)}" for label, value in text.rows)
    words = [f"*{_escape(text.subject)}*", *map(_escape, text.paragraphs), rows]
    link = f"<{html.escape(base_url + text.path, quote=False)}|{_escape(text.button)}>"
    shown = "\n".join(filter(None, words))
    return {"text": f"{shown[: LONGEST_SLACK - len(link) - 1]}\n{link}"}


def sign(key: str, body: bytes, secret: str, now: datetime) -> Mapping[str, str]:
    """The headers by which a receiver knows that it was us, and when (Standard Webhooks 1.0, symmetric)."""
    timestamp = str(int(now.timestamp()))
    signed = b".".join((key.encode(), timestamp.encode(), body))
    mac = hmac.new(base64.b64decode(secret.removeprefix(SECRET_PREFIX)), signed, hashlib.sha256)
    return {
        "webhook-id": key,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(mac.digest()).decode()}",
    }


def _escape(text: str) -> str:
    """Text in which nothing is a mark to Slack, nor to programs that read its form as Markdown.

    There is no way to write * _ ~ ` out, so characters that look like them stand for them; within a word, as in an
    address, an underscore means nothing and stays.
    """
    around = zip(f" {text}", text, f"{text[1:]} ", strict=False)
    kept = "".join(
        each if each != "_" or (before.isalnum() and after.isalnum()) else "\N{MODIFIER LETTER LOW MACRON}"
        for before, each, after in around
    )
    return kept.translate(_UNMARKED)
