"""Exports of programs nobody prepared for, as their documentation describes them: nobody who left becomes active."""

from __future__ import annotations

import pytest

from newsletter.kernel.errors import BadInput
from subscribers.imports.questions import UnansweredError
from subscribers.imports.rows import Row
from tests.subscribers.reading import rows

LIST_MANAGER = (
    "Member ID,Email Address,Full Name,List,Date Joined,Expire Date,Number Bounces\n"
    "1,ann@example.com,Ann Lee,news,2010-01-02,,0\n2,ben@example.com,Ben Ray,news,2010-01-03,,2\n"
)
HUBSPOT_BOUNCES = (
    "Email,Portal Bounce,Portal Unsubscribe,Portal Spam Report,Global Bounce,Marketing Information\n"
    "ann@example.com,FALSE,TRUE,FALSE,FALSE,TRUE\nben@example.com,TRUE,FALSE,FALSE,TRUE,FALSE\n"
)
HUBSPOT_CONTACTS = (
    "Record ID,First Name,Email,Marketing contact status,Unsubscribed from all email,Opted out of email: Newsletter\n"
    "1,Ann,ann@example.com,Marketing contact,false,false\n2,Ben,ben@example.com,Marketing contact,true,\n"
)
TIMESTAMPS = (
    "id,createdDate,email,introEmailSent,globalUnsubscribe,optInConfirmed,optInTimestamp\n"
    "a,1600000000000,ann@example.com,1600000000000,,1,1600000000000\n"
    "b,1600000000001,ben@example.com,,1610000000000,1,1600000000000\nc,1600000000002,cleo@example.com,,,0,\n"
)
MAIL_UP = (
    "email,idList,OptOut_Date,optout_nl,optout_type\n"
    "ann@example.com,1,20110122T111244,161,0\nben@example.com,1,20110123T111244,161,2\n"
)
GIVEAWAY = (
    "First Name,Last Name,Subscriber Email,Opt-In Date,Source,Imported On,Opt-In Status\n"
    "Ann,Lee,ann@example.com,1/2/2023,Giveaway,1/2/2023,Double\n"
    "Ben,Ray,ben@example.com,1/13/2023,Giveaway,1/13/2023,Single\n"
)
ACTIONS = (
    "Email,Timestamp,Action\n"
    "ann@example.com,2024-01-02T03:04:05Z,unsubscribe\nben@example.com,2024-01-03T03:04:05Z,unsubscribe\n"
)
MAPP = "user.Email,user.FirstName,user.Bounced,member.Delivery\nann@example.com,Ann,0,1\nben@example.com,Ben,1,0\n"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (HUBSPOT_BOUNCES, {"Portal Bounce", "Portal Unsubscribe", "Portal Spam Report", "Global Bounce"}),
        (HUBSPOT_CONTACTS, {"Marketing contact status", "Unsubscribed from all email"}),
        (TIMESTAMPS, {"globalUnsubscribe", "optInConfirmed"}),
        (MAIL_UP, {"optout_type"}),
        (GIVEAWAY, {"Opt-In Status"}),
        (ACTIONS, {"Action"}),
        (MAPP, {"user.Bounced", "member.Delivery"}),
        ("email,subscribed_at,unsubscribed_at\nann@example.com,2024-01-02,\nben@example.com,,\n", {"subscribed_at"}),
    ],
)
def test_what_such_a_file_leaves_open_is_asked(text: str, columns: set[str]) -> None:
    with pytest.raises(UnansweredError) as refused:
        rows(text)
    assert columns <= {question.column for question in refused.value.questions}


@pytest.mark.parametrize(
    "name",
    ["unsub.csv", "held.csv", "notcon.csv", "Abgemeldete.csv", "désabonnés 2024.csv", "bajas.csv", "Отписанные.csv"],
)
def test_a_file_named_after_those_who_are_out_says_nothing_else_so_it_is_asked(name: str) -> None:
    with pytest.raises(BadInput, match="By its name"):
        rows(LIST_MANAGER, name=name, mapping={"Number Bounces": "ignore", "List": "ignore"})


@pytest.mark.parametrize(
    "name", ["readers.csv", "subscribers-2024.csv", "sub.csv", "Abonnenten.csv", "liste active.csv"]
)
def test_any_other_name_says_nothing(name: str) -> None:
    assert len(rows(LIST_MANAGER, name=name, mapping={"Number Bounces": "ignore", "List": "ignore"})) == 2


def test_what_such_a_file_says_clearly_needs_no_answer() -> None:
    file = (
        "email,name,source,marketing_consent,joined_at\nann@example.com,Ann,Course,TRUE,2026-05-12\n"
        "ben@example.com,Ben,Free PDF,FALSE,2026-05-09\n"
    )
    assert [str(each.status) for each in rows(file) if isinstance(each, Row)] == ["active", "unsubscribed"]
