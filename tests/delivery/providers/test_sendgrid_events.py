"""The signed event webhook: SendGrid's published example is genuine, everything else forged; words put into ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.providers.base import EventType, RejectReason
from newsletter.delivery.providers.sendgrid_events import is_genuine, parse_events, parse_public_key
from newsletter.kernel.errors import BadInput
from tests.fakes.sendgrid_events import Signer, event, post

# The example that SendGrid publishes with its packages (SendGrid fact 40).
KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpV"
    "KS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
)
SIGNATURE = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
TIMESTAMP = "1600112502"
BODY = (
    b'[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address",'
    b'"sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",'
    b'"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",'
    b'"smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
)
OURS = {"nl_mailing": "m1", "nl_batch": "b1", "nl_attempt": "a1", "nl_delivery": "b1.7"}


def test_the_published_example_is_genuine() -> None:
    assert is_genuine(BODY, signature=SIGNATURE, timestamp=TIMESTAMP, keys=[KEY])


def test_a_key_that_was_changed_is_tried_beside_the_new_one() -> None:
    assert is_genuine(BODY, signature=SIGNATURE, timestamp=TIMESTAMP, keys=[Signer().public_key, KEY])


@pytest.mark.parametrize(
    ("body", "signature", "timestamp"),
    [
        (BODY.rstrip(), SIGNATURE, TIMESTAMP),  # the line end is signed too
        (BODY.replace(b"world", b"w0rld"), SIGNATURE, TIMESTAMP),
        (json.dumps(json.loads(BODY)).encode(), SIGNATURE, TIMESTAMP),  # parsed and written again
        (BODY, SIGNATURE, "1600112503"),
        (BODY, SIGNATURE, "timestamp"),
        (BODY, SIGNATURE, "ü"),
        (BODY, "", TIMESTAMP),
        (BODY, "not base64!", TIMESTAMP),
        (BODY, "ü", TIMESTAMP),
        (BODY, SIGNATURE[:-8] + "AAAAAAA=", TIMESTAMP),
    ],
)
def test_whatever_was_changed_is_forged(body: bytes, signature: str, timestamp: str) -> None:
    assert not is_genuine(body, signature=signature, timestamp=timestamp, keys=[KEY])


def test_another_key_did_not_sign_it() -> None:
    assert not is_genuine(BODY, signature=SIGNATURE, timestamp=TIMESTAMP, keys=[Signer().public_key])
    assert not is_genuine(BODY, signature=SIGNATURE, timestamp=TIMESTAMP, keys=[])


@pytest.mark.parametrize("text", ["", "x", "AAAA", KEY[:-10]])
def test_what_is_no_key_is_named_with_its_setting(text: str) -> None:
    with pytest.raises(BadInput, match="NEWSLETTER_SENDGRID_WEBHOOK_KEYS"):
        parse_public_key(text)


@pytest.mark.parametrize(
    ("raw", "what", "cause"),
    [
        ({"event": "processed"}, EventType.ACCEPTED, RejectReason.NOTHING),
        ({"event": "deferred", "response": "450 later"}, EventType.DEFERRED, RejectReason.NOTHING),
        ({"event": "delivered"}, EventType.DELIVERED, RejectReason.ARRIVED),
        (
            {"event": "bounce", "type": "bounce", "bounce_classification": "Invalid Address"},
            EventType.BOUNCED,
            RejectReason.HARD,
        ),
        (
            {"event": "bounce", "type": "blocked", "bounce_classification": "Mailbox Unavailable"},
            EventType.BLOCKED,
            RejectReason.SOFT,
        ),
        (
            {"event": "bounce", "type": "blocked", "bounce_classification": "Content"},
            EventType.BLOCKED,
            RejectReason.NOTHING,
        ),
        (
            {"event": "bounce", "type": "bounce", "bounce_classification": "Reputation"},
            EventType.BOUNCED,
            RejectReason.NOTHING,
        ),
        ({"event": "dropped", "reason": "Bounced Address"}, EventType.DROPPED, RejectReason.HARD),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, EventType.DROPPED, RejectReason.COMPLAINED),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, EventType.DROPPED, RejectReason.UNSUBSCRIBED),
        ({"event": "dropped", "reason": "Spam Content"}, EventType.DROPPED, RejectReason.NOTHING),
        ({"event": "dropped", "reason": "Recipient List over Package Quota"}, EventType.DROPPED, RejectReason.QUOTA),
        ({"event": "spamreport"}, EventType.COMPLAINED, RejectReason.COMPLAINED),
        ({"event": "unsubscribe"}, EventType.UNSUBSCRIBED, RejectReason.UNSUBSCRIBED),
        ({"event": "group_unsubscribe"}, EventType.UNSUBSCRIBED, RejectReason.UNSUBSCRIBED),
        # Only the reader’s own act here brings back.
        ({"event": "group_resubscribe"}, EventType.OTHER, RejectReason.NOTHING),
        ({"event": "open"}, EventType.OPENED, RejectReason.NOTHING),
        ({"event": "a word of next year"}, EventType.OTHER, RejectReason.NOTHING),
        ({}, EventType.OTHER, RejectReason.NOTHING),
    ],
)
def test_their_words_are_put_into_ours(raw: dict[str, Any], what: EventType, cause: RejectReason) -> None:
    (parsed,) = parse_events(post(event("x", OURS, "reader@example.com", 1_795_500_000) | {"event": ""} | raw))
    assert (parsed.type, parsed.reject_reason) == (what, cause)
    assert (parsed.batch, parsed.attempt, parsed.place, parsed.at) == ("b1", "a1", 7, 1_795_500_000)


def test_a_used_up_plan_and_a_closed_account_are_alarms() -> None:
    quota = event("dropped", OURS, "reader@example.com", 1, reason="Recipient List over Package Quota")
    account = {"event": "account_status_change", "type": "compliance_suspend", "timestamp": 1, "sg_event_id": "x"}
    first, second = parse_events(post(quota, account))
    assert "quota" in first.alarm
    assert "compliance_suspend" in second.alarm


@pytest.mark.parametrize(
    "ids",
    [
        {"nl_delivery": ""},
        {"nl_delivery": "other.7"},
        {"nl_delivery": "b1.x"},
        {"nl_delivery": "b1.-1"},
        {"nl_delivery": "b1.99999999999"},
        {"nl_batch": 7},
    ],
)
def test_ids_that_do_not_fit_together_name_no_delivery(ids: dict[str, Any]) -> None:
    (parsed,) = parse_events(post(event("delivered", OURS | ids, "reader@example.com", 1)))
    assert (parsed.batch, parsed.place) == ("", -1)


def test_the_story_of_a_click_is_read_out_of_its_link() -> None:
    (parsed,) = parse_events(post(event("click", OURS, "r@example.com", 1, url="https://x.example/a?b=1&nl=key5#end")))
    assert parsed.pick == "key5"


def test_a_time_in_milliseconds_is_understood() -> None:
    (parsed,) = parse_events(post(event("open", OURS, "r@example.com", 1_795_500_000_123)))
    assert parsed.at == 1_795_500_000


@pytest.mark.parametrize("raw", [b"", b"{", b"{}", b"7", b"\xff\xfe", b"[" * 100_000, b'[{"a":1}'])
def test_what_is_no_list_of_events_is_refused(raw: bytes) -> None:
    with pytest.raises(BadInput):
        parse_events(raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
FIELDS = [
    "event",
    "type",
    "email",
    "timestamp",
    "sg_event_id",
    "reason",
    "status",
    "url",
    "nl_batch",
    "nl_delivery",
    "nl_attempt",
    "sg_machine_open",
    "bounce_classification",
]


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), json_values), max_size=4))
def test_no_event_however_damaged_stops_the_others(events: list[dict[str, Any]]) -> None:
    healthy = event("delivered", OURS, "reader@example.com", 1)
    parsed = parse_events(json.dumps([*events, healthy]).encode())
    assert parsed[-1].type is EventType.DELIVERED
    for each in parsed:
        "".join(field for field in each if isinstance(field, str)).encode()  # fit for a database
        assert 0 <= each.at < 10**12
