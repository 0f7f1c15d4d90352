"""Notifications by webhook: the JSON of the documents, its signature, and Slack's form."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from newsletter.fetching import FetchError, FetchRefused
from newsletter.jobs.notification_kinds import NotificationKind, Route, WebhookForm
from newsletter.jobs.notifications import texts, webhook_route
from newsletter.jobs.notifications.messages import Message
from newsletter.jobs.notifications.webhooks import WebhookTarget
from tests.fakes.webhook import WebhookServer, taking_posts

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
VALUES = {
    "newsletter": "Cats & <Dogs>",
    "slug": "cats",
    "zone": "Europe/London",
    "edition": 7,
    "day": "2026-11-24",
    "title": "A <b>bold</b> move",
    "reason": "The edition was not approved when its time came.",
    "due_at": "2026-11-24T07:00:00+00:00",
}
MESSAGE = Message(
    id=1,
    key="k7xw2q4mzt9d3rfa",
    kind=NotificationKind.HELD,
    newsletter_id=3,
    values=VALUES,
    at=NOW,
    is_over=False,
    route=Route.WEBHOOK,
    address="",
    webhook_id=1,
    form=WebhookForm.JSON,
    attempts=1,
    created_at=NOW,
)
TEXT = texts.write_text(NotificationKind.HELD, VALUES)
BASE = "https://desk.example.com"


@pytest.fixture
def hook() -> Iterator[WebhookServer]:
    with taking_posts() as server:
        yield server


def post(hook: WebhookServer, message: Message = MESSAGE, *, private: bool = True) -> None:
    target = WebhookTarget(f"{hook.url}/in?token=s3cret", SECRET, private)
    webhook_route.post_body(message.key, webhook_route.build_body(message, TEXT, BASE), target, now=NOW)


def test_the_json_is_that_of_the_documents(hook: WebhookServer) -> None:
    post(hook)
    (posted,) = hook.posts
    assert (posted.method, posted.path) == ("POST", "/in?token=s3cret")
    assert posted.headers["content-type"] == "application/json; charset=utf-8"
    assert posted.json == {
        "version": 1,
        "id": "k7xw2q4mzt9d3rfa",
        "kind": "held",
        "over": False,
        "at": "2026-11-24T06:00:00+00:00",
        "newsletter": {"slug": "cats", "name": "Cats & <Dogs>"},
        "edition": 7,
        "mailing": None,
        "subject": "Held: Cats & <Dogs>, Tue 24 Nov",
        "text": "The edition was not approved when its time came.\n\nIt was not sent. Approve and send it by hand, or "
        "skip it.",
        "details": [
            {"label": "Subject", "value": "A <b>bold</b> move"},
            {"label": "Was to be sent", "value": "Tue 24 Nov 2026, 07:00 GMT"},
        ],
        "numbers": None,
        "url": "https://desk.example.com/editions/7/review/",
        "urgent": True,
    }


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """Computed with that project's own library."""
    headers = webhook_route.sign("msg_1", b'{"kind": "held"}', SECRET, NOW)
    assert headers == {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1795500000",
        "webhook-signature": "v1,l4wiDd1t/Pw8SAsrTrydoC9DYhJYt+j7H8MlgUI2AaA=",
    }


def test_what_is_posted_is_what_is_signed(hook: WebhookServer) -> None:
    post(hook)
    (posted,) = hook.posts
    assert (
        posted.headers["webhook-signature"]
        == webhook_route.sign(MESSAGE.key, posted.body, SECRET, NOW)["webhook-signature"]
    )
    assert len(base64.b64decode(posted.headers["webhook-signature"].removeprefix("v1,"))) == 32


def test_slack_gets_text_in_which_nothing_is_markup_but_ours(hook: WebhookServer) -> None:
    post(hook, replace(MESSAGE, form=WebhookForm.SLACK))
    assert hook.posts[0].json == {
        "text": "*Held: Cats &amp; &lt;Dogs&gt;, Tue 24 Nov*\n"
        "The edition was not approved when its time came.\n"
        "It was not sent. Approve and send it by hand, or skip it.\n"
        "Subject: A &lt;b&gt;bold&lt;/b&gt; move\n"
        "Was to be sent: Tue 24 Nov 2026, 07:00 GMT\n"
        "<https://desk.example.com/editions/7/review/|Decide>"
    }


def test_a_text_that_is_too_long_for_slack_keeps_its_link() -> None:
    long = replace(TEXT, paragraphs=("word " * 5_000,))
    body = webhook_route.build_slack_body(long, BASE)["text"]
    assert len(body) <= webhook_route.LONGEST_SLACK
    assert body.endswith("/editions/7/review/|Decide>")


def test_a_private_address_is_posted_to_only_where_somebody_allowed_it(hook: WebhookServer) -> None:
    with pytest.raises(FetchRefused, match="not on the public internet"):
        post(hook, private=False)
    assert hook.posts == []


@pytest.mark.parametrize("status", [301, 307, 404, 500, 0])
def test_what_is_not_taken_is_an_error_that_shows_no_secret(hook: WebhookServer, status: int) -> None:
    hook.statuses, hook.location = [status], f"{hook.url}/elsewhere?token=s3cret"
    with pytest.raises(FetchError) as refused:
        post(hook)
    assert len(hook.posts) == 1, "no redirect is followed"
    assert "s3cret" not in str(refused.value)
    assert refused.value.status == status


def test_json_has_no_characters_that_json_has_not() -> None:
    body = webhook_route.build_json_body(MESSAGE, TEXT, BASE)
    assert json.loads(json.dumps(body)) == body


def test_marks_in_a_title_mean_nothing_to_slack_and_addresses_stay() -> None:
    text = replace(TEXT, subject="The *big* _one_ ~not~ `rm`", paragraphs=("ann_b@example.com, __init__, _",))
    shown = webhook_route.build_slack_body(text, BASE)["text"].splitlines()
    assert shown[0] == "*The \u2217big\u2217 \u02cdone\u02cd \u223cnot\u223c \u02cbrm\u02cb*"
    assert shown[1] == "ann_b@example.com, \u02cd\u02cdinit\u02cd\u02cd, \u02cd"


def test_the_link_of_slack_is_an_address_that_is_left_as_it_is() -> None:
    text = replace(TEXT, path="/editions/7/approve/?seen=a_b~c")
    assert "/editions/7/approve/?seen=a_b~c|" in webhook_route.build_slack_body(text, BASE)["text"]
