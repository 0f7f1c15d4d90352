"""The words of notifications."""

from __future__ import annotations

import pytest

from newsletter.jobs.notification_kinds import CONDITION_RULES, NotificationKind
from newsletter.jobs.notifications import texts
from newsletter.jobs.notifications.texts import LONGEST_SUBJECT, write_text

K = NotificationKind
EDITION = {
    "newsletter": "Morning Briefing",
    "slug": "morning",
    "zone": "Europe/London",
    "edition": 7,
    "day": "2026-11-24",
    "number": 1,
    "title": "The railway",
    "due_at": "2026-11-24T07:00:00+00:00",
}


@pytest.mark.parametrize("kind", NotificationKind)
def test_every_kind_has_words_also_where_values_of_a_former_version_are_missing(kind: NotificationKind) -> None:
    text = write_text(kind, {})
    assert text.subject
    assert text.path.startswith("/")
    rule = CONDITION_RULES.get(kind)
    if rule is not None and rule.tells_end:
        assert write_text(kind, {}, is_over=True).subject != text.subject


def test_a_reminder_says_how_long_is_left_and_when_that_is_where_readers_are() -> None:
    text = write_text(K.NOT_APPROVED, {**EDITION, "minutes_left": 1, "content_hash": "ab-cd"})
    assert text.subject == "Not approved, 1 minute left: Morning Briefing, Tue 24 Nov"
    assert text.paragraphs == ("Nobody has approved it. Without approval it is held at 07:00 GMT, and not sent.",)
    assert text.rows == (("Subject", "The railway"), ("To be sent", "Tue 24 Nov 2026, 07:00 GMT"))
    assert text.path == "/editions/7/approve/?seen=ab-cd"


def test_without_an_edition_a_reminder_says_so() -> None:
    values = {name: value for name, value in EDITION.items() if name not in ("edition", "title")}
    text = write_text(K.NOT_APPROVED, {**values, "minutes_left": 20})
    assert text.paragraphs[0].startswith("There is no edition for it yet.")
    assert (text.button, text.path) == ("Open the desk", "/")


def test_the_second_of_two_approvals_is_asked_for_by_saying_who_gave_the_first() -> None:
    text = write_text(K.APPROVAL_REQUESTED, {**EDITION, "first_approval_of": "ann@example.com"})
    assert text.paragraphs == ("ann@example.com has approved it. A second person must approve it as well.",)


def test_approved_says_by_whom() -> None:
    assert write_text(K.APPROVED, {**EDITION, "who": "ann@example.com"}).subject.startswith("Approved by ann@")
    assert write_text(K.APPROVED, {**EDITION, "who": "scheduler"}).subject.startswith("Published itself: Morning")


def test_sent_has_its_numbers_and_leaves_out_what_is_none() -> None:
    numbers = {"planned": 12_000, "accepted": 11_990, "delivered": 11_000, "bounced": 30, "refused": 0, "opened": 0}
    text = write_text(K.SENT, {**EDITION, "numbers": numbers, "mailing": 3})
    assert text.subject == "Sent to 11,990: Morning Briefing, Tue 24 Nov"
    rows = dict(text.rows)
    assert (rows["Subscribers"], rows["Delivered"], rows["Bounced or blocked"]) == ("12,000", "11,000", "30")
    assert "Refused" not in rows
    assert "Opened" not in rows
    assert not text.urgent


def test_the_second_edition_of_a_day_is_told_apart() -> None:
    assert write_text(K.HELD, {**EDITION, "number": 2}).subject == "Held: Morning Briefing, Tue 24 Nov (2)"


def test_a_subject_is_one_line_and_not_too_long() -> None:
    subject = write_text(K.FEED_DEAD, {"feed": "a\r\n b" * 200}).subject
    assert len(subject) == LONGEST_SUBJECT
    assert "\n" not in subject


def test_an_end_says_from_when_to_when() -> None:
    values = {
        "process": "scheduler",
        "zone": "Europe/London",
        "began_at": "2026-07-01T06:00:00+00:00",
        "ended_at": "2026-07-01T06:10:00+00:00",
    }
    text = write_text(K.PROCESS_GONE, values, is_over=True)
    assert text.rows == (("Began", "Wed 1 Jul 2026, 07:00 BST"), ("Over since", "Wed 1 Jul 2026, 07:10 BST"))
    assert texts.write_text(K.PROCESS_GONE, {"process": "other"}).subject == "No other is running"


def test_the_second_of_two_approvals_says_who_gave_the_first() -> None:
    values = {"who": "bob@example.com", "why": "approved by ann@example.com as well", "newsletter": "Morning"}
    assert texts.write_text(NotificationKind.APPROVED, values).paragraphs[-1] == "Approved by ann@example.com as well."
