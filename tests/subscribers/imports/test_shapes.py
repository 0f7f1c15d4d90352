"""Exports of programs nobody prepared for, as their documentation describes them: nobody who left becomes active."""

from __future__ import annotations

import pytest

from newsletter.kernel.errors import BadInput
from subscribers.imports.questions import UnansweredError
from subscribers.imports.rows import Row
from tests.subscribers.reading import row, rows

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


def sparse(*cells: str) -> str:
    """A file of thirty in which few have something in a column whose name says nothing."""
    return "email,name,d2\n" + "".join(
        f"p{n}@example.com,P{n},{cells[n] if n < len(cells) else ''}\n" for n in range(30)
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
        (sparse("weg"), {"d2"}),
        (sparse("44028", "44063"), {"d2"}),  # dates that lost their format
        (sparse("2021", "2022"), {"d2"}),
        (sparse("05/2021", "06/2022"), {"d2"}),
        (sparse("Mai 2021", "Juni 2022"), {"d2"}),
        (sparse("by Ann", "by Ben", "by Cleo"), {"d2"}),
        ("email,d2\n" + "".join(f"p{n}@example.com,{'zib' if n % 5 else f'zub {n}'}\n" for n in range(300)), {"d2"}),
        ("email,k\nann@example.com,1\nben@example.com,2\ncleo@example.com,3\n", {"k"}),
        ("email,source\nann@example.com,web\nben@example.com,bought - not confirmed\n", {"source"}),
        ('email,m\nann@example.com,"{""a"": {""newsletter"": ""off""}}"\n', {"m"}),
        (
            "email,until\nann@example.com,9999-12-31\nben@example.com,2020-12-31\ncleo@example.com,9999-12-31\n",
            {"until"},
        ),
        ("email,Angemeldet am\nann@example.com,2021-01-02\nben@example.com,2021-01-03\n", {"Angemeldet am"}),
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


@pytest.mark.parametrize(
    "file",
    [
        "email,Geburtstag\nann@example.com,1980-03-04\nben@example.com,1975-05-06\ncleo@example.com,\n",
        "email,Tel\nann@example.com,+44 20 7946 0000\nben@example.com,\ncleo@example.com,+44 20 7946 0001\n",
        "email,Inscrit le,status\nann@example.com,4 août 2021,active\nben@example.com,5 août 2021,unsubscribed\n",
        "email,status,Notes\nann@example.com,active,\nTotal: 1,,\n",
    ],
)
def test_what_cannot_say_who_left_is_not_asked_about(file: str) -> None:
    assert rows(file)


def test_what_is_the_same_in_all_rows_is_not_asked_about_beside_what_differs() -> None:
    file = "email,Ort,Spärre\n" + "".join(f"p{n}@example.com,Malmö,{'x' if n == 4 else ''}\n" for n in range(30))
    with pytest.raises(UnansweredError) as refused:
        rows(file)
    assert [question.column for question in refused.value.questions] == ["Spärre"]


def test_a_tag_that_may_say_who_left_is_asked_about_and_stays_a_tag() -> None:
    file = 'email,tags\nann@example.com,"vip, news"\nben@example.com,"vip, do-not-contact"\n'
    with pytest.raises(UnansweredError, match="--status-value 'tags:do-not-contact=active'"):
        rows(file)
    found = [each for each in rows(file, statuses={"tags:do-not-contact": "unsubscribed"}) if isinstance(each, Row)]
    assert [(each.status, each.tags) for each in found] == [
        ("active", '["news", "vip"]'),
        ("unsubscribed", '["do-not-contact", "vip"]'),
    ]
    meant = rows(file, mapping={"tags": "tags"})
    assert [each.status for each in meant if isinstance(each, Row)] == ["active", "active"]


def test_a_tag_among_too_many_to_be_counted_stops_the_import_as_well() -> None:
    many = "".join(f"p{n}@example.com,tag {n}\n" for n in range(300))
    with pytest.raises(BadInput, match="tags has a word we do not know: “no mail”"):
        rows(f"email,tags\n{many}ben@example.com,no mail\n")


@pytest.mark.parametrize(
    "inserted",
    ["Rezygnacje,", ",*** zub ***", "Unsubscribed:,", ",Abgemeldet", "zub,", "email,abgemeldet am", "E-Mail,Name"],
)
def test_a_heading_between_the_rows_stops_the_import(inserted: str) -> None:
    with pytest.raises(BadInput, match="Line 3 says .*those below it may have left"):
        rows(f"email,name\nann@example.com,Ann\n{inserted}\nben@example.com,Ben\n")


def test_files_put_together_repeat_their_header_and_their_mark() -> None:
    file = "\ufeffEmail,Status\nann@example.com,active\n\ufeffEmail,Status\n\ufeffben@example.com,unsubscribed\n"
    assert [(each.address, each.status) for each in rows(file) if isinstance(each, Row)] == [
        ("ann@example.com", "active"),
        ("ben@example.com", "unsubscribed"),
    ]


def test_a_formula_that_shows_a_text_is_that_text() -> None:
    assert row('email,name\n"=HYPERLINK(""mailto:ann@example.com"";""ann@example.com"")","=""Ann"""\n')[1:3] == (
        "ann@example.com",
        "Ann",
    )


@pytest.mark.parametrize("name", ["zz_DO NOT MAIL Ann", "Unsubscribed Ann", "Ann dado de baja", "Ann - désinscrit"])
def test_whoever_is_called_by_a_word_for_leaving_is_not_signed_up(name: str) -> None:
    assert not [each for each in rows(f"email,name\nann@example.com,{name}\n") if isinstance(each, Row)]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("NAME_FIRST,NAME_LAST", ("Ann", "Lee")),
        ("Name (last),Name (first)", ("Lee", "Ann")),
    ],
)
def test_the_words_of_a_header_may_be_turned(header: str, names: tuple[str, str]) -> None:
    assert row(f"email,{header}\nann@example.com,Ann,Lee\n")[2:4] == names


@pytest.mark.parametrize("header", ["姓名", "お名前", "Họ tên", "Nom et prénom", "Nome e cognome"])
def test_a_header_made_of_names_is_the_whole_name(header: str) -> None:
    assert row(f"email,{header}\nann@example.com,Ann Lee\n")[2:4] == ("Ann", "Lee")
