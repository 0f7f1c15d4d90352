"""The exports of other programs: which is which, who left, who pays, and what is known of people."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from newsletter.kernel.errors import BadInput
from subscribers.imports import columns
from subscribers.imports.questions import UnansweredError
from subscribers.imports.rows import Row, SkippedRow
from subscribers.values import BadRow
from tests.subscribers.reading import row, rows

MAILCHIMP = (
    "Email Address,First Name,Last Name,Company,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,"
    "LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,{},LEID,EUID,NOTES,TAGS\n"
)
MAILCHIMP_ROW = (
    'ann@example.com,Ann,Lee,Paper & Co,2,"2018-02-12 10:54:00",,"2018-02-12 10:54:27",203.0.113.7,'
    '51.5,-0.1,0,1,Europe/London,GB,ENG,"{}",1,abc,"called twice,\nlikes ""maps""","""VIP"",""Blog, daily"""\n'
)
SUBSTACK = "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,"
    "created_at,deleted_at,labels,tiers\r\n"
)
BEEHIIV = (
    "email,First Name,Last Name,status,tier,created_at,stripe_customer_id,Free Tier,Bronze Tier,"
    "unsubscribed_at,Subscription Date (Substack)\n"
)
LISTMONK = "uuid,email,name,attributes,status,created_at,updated_at\n"


@pytest.mark.parametrize(
    ("time", "status"),
    [("LAST_CHANGED", "active"), ("UNSUB_TIME", "unsubscribed"), ("CLEAN_TIME", "bounced")],
)
def test_mailchimp_says_by_which_file_it_is_who_left_and_whose_mail_came_back(time: str, status: str) -> None:
    found = row(MAILCHIMP.format(time) + MAILCHIMP_ROW.format("2019-01-01 09:00:00"))
    assert (found.status, found.first_name, found.zone, found.network) == (
        status,
        "Ann",
        "Europe/London",
        "203.0.113.7",
    )
    assert found.confirmed_at == datetime(2018, 2, 12, 10, 54, 27, tzinfo=UTC)
    assert json.loads(found.tags) == ["Blog, daily", "VIP"]
    assert json.loads(found.attributes)["company"] == "Paper & Co"


@pytest.mark.parametrize("time", ["UNSUB_TIME", "CLEAN_TIME"])
def test_a_blank_time_in_a_file_of_those_who_left_does_not_bring_anybody_back(time: str) -> None:
    assert row(MAILCHIMP.format(time) + MAILCHIMP_ROW.format("")).status != "active"


def test_what_the_owner_of_an_audience_named_state_is_a_place() -> None:
    file = "Email,State,Optin,MEMBER_RATING,OPTIN_TIME,LEID,EUID\nann@example.com,Ohio,no,2,,1,a\n"
    found = row(file, mapping={"Optin": "attribute"})
    assert (found.status, json.loads(found.attributes)) == ("active", {"state": "Ohio", "optin": "no"})
    with pytest.raises(BadInput, match="“Optin”"):
        rows(file)


def test_the_address_comes_first_in_mailchimp_whatever_the_language() -> None:
    found = row("Adresa,Prénom,MEMBER_RATING,OPTIN_TIME,LEID,EUID\nann@example.com,Ann,2,,1,a\n")
    assert (found.address, found.first_name) == ("ann@example.com", "Ann")


def test_people_who_never_subscribed_stop_the_import() -> None:
    with pytest.raises(BadInput, match="never subscribed"):
        rows(MAILCHIMP.format("LAST_CHANGED") + MAILCHIMP_ROW.format(""), name="nonsubscribed_members_export.csv")


def test_a_file_called_unsubscribed_is_not_signed_up() -> None:
    file = "email,name\nann@example.com,Ann\n"
    with pytest.raises(BadInput, match="Say what all in it are: unsubscribed") as refused:
        rows(file, name="unsubscribes-2024.csv")
    assert "--status unsubscribed" in refused.value.command_hint
    assert row(file, name="unsubscribes-2024.csv", status="unsubscribed").status == "unsubscribed"


@pytest.mark.parametrize(
    ("line", "status", "tier"),
    [
        ("ann@example.com,true,,monthly,false,2020-05-01T10:00:00.123Z,2020-05-02", "active", "paid"),
        ("ann@example.com,false,,other,false,2020-05-01,", "active", "free"),
        ("ann@example.com,false,2021-01-01,yearly,false,2020-05-01,2020-05-02", "active", "free"),
        ("ann@example.com,true,,comp,false,2020-05-01,", "active", "comp"),
        ("ann@example.com,true,,yearly,true,2020-05-01,2020-05-02", "unsubscribed", "paid"),
    ],
)
def test_substack_tells_leaving_from_not_paying(line: str, status: str, tier: str) -> None:
    found = row(f"{SUBSTACK}{line}\n")
    assert (found.status, found.tier) == (status, tier)
    assert found.joined_at is not None
    assert found.joined_at.date().isoformat() == "2020-05-01"


@pytest.mark.parametrize(("kind", "tier"), [("paid", "paid"), ("comp", "comp"), ("gift", "comp"), ("", "free")])
def test_older_files_of_substack_say_who_pays_in_the_type(kind: str, tier: str) -> None:
    found = row(f"email,email_disabled,type,created_at\nann@example.com,false,{kind},2019-05-01\n")
    assert (found.status, found.tier or "free") == ("active", tier)
    found = row(f"email,active_subscription,email_disabled,type\nann@example.com,false,false,{kind}\n")
    assert found.tier == ("comp" if tier == "comp" else "free")


def test_brevos_whole_export_has_an_empty_opt_in_of_its_own_and_dates_day_first() -> None:
    head = "CONTACT ID,EMAIL,FIRSTNAME,LASTNAME,SMS,EXT_ID,CONTACT_TIMEZONE,OPT_IN,EMAIL_BLACKLISTED,ADDED_TIME\n"
    ann, ben = rows(
        f"{head}1,ann@example.com,Ann,Lee,,7,europe/berlin,,false,03-04-2022 10:00:00\n"
        "2,ben@example.com,Ben,Ray,,8,Mars/Base,,true,28-06-2022 10:00:00\n"
    )
    assert isinstance(ann, Row)
    assert isinstance(ben, Row)
    assert (ann.status, ann.zone, ben.status, ben.zone) == ("active", "Europe/Berlin", "unsubscribed", "")
    assert ann.joined_at == datetime(2022, 4, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "status"),
    [("active", "active"), ("inactive", "pending"), ("cancelled", "unsubscribed"), ("bounced", "bounced")],
)
def test_newer_files_of_kit_call_the_status_state(state: str, status: str) -> None:
    assert row(f"email_address,state\nann@example.com,{state}\n").status == status


@pytest.mark.parametrize("header", ["Name,Surname", "Vorname;Name", "Name;Vorname", "First Name,Name"])
def test_a_name_beside_another_is_the_other_part(header: str) -> None:
    delimiter = ";" if ";" in header else ","
    cells = {"Name,Surname": "Ann,Lee", "Name;Vorname": "Lee;Ann"}.get(header, f"Ann{delimiter}Lee")
    found = row(f"email{delimiter}{header}\nann@example.com{delimiter}{cells}\n")
    assert (found.first_name, found.last_name) == ("Ann", "Lee")


@pytest.mark.parametrize("name", ["Ann van Lee", "van Lee, Ann", "van Lee"])
def test_a_whole_name_beside_a_first_name_gives_the_rest_to_the_last(name: str) -> None:
    found = row(f'email;first name;name\nann@example.com;Ann;"{name}"\n')
    assert (found.first_name, found.last_name) == ("Ann", "van Lee")


def test_people_whom_substack_deletes_are_skipped_and_a_file_without_the_opt_out_is_refused() -> None:
    assert rows(f"{SUBSTACK}x1@deletion-request.substack.com,false,,other,false,2020-05-01,\n") == [SkippedRow(2)]
    with pytest.raises(BadInput, match="email_disabled"):
        rows("email,active_subscription,plan\nann@example.com,true,monthly\n")


@pytest.mark.parametrize(
    ("line", "status", "tier"),
    [
        ("1,ann@example.com,Ann Lee,,true,false,,2021-03-04T05:06:07.000Z,,,", "active", ""),
        ("1,ann@example.com,Ann Lee,,false,false,,2021-03-04T05:06:07.000Z,,,", "unsubscribed", ""),
        (
            "1,ann@example.com,Ann Lee,,true,false,,2021-03-04T05:06:07.000Z,2022-01-01T00:00:00.000Z,,",
            "unsubscribed",
            "",
        ),
        ("1,ann@example.com,Ann Lee,,true,true,,2021-03-04T05:06:07.000Z,,,", "active", "comp"),
        ("1,ann@example.com,Ann Lee,,true,false,cus_1,2021-03-04T05:06:07.000Z,,,Gold", "active", "paid"),
    ],
)
def test_ghost_says_who_gets_mail_in_one_column_and_who_is_deleted_in_another(
    line: str, status: str, tier: str
) -> None:
    found = row(f"{GHOST}{line}\r\n")
    assert (found.status, found.tier, found.first_name, found.last_name) == (status, tier, "Ann", "Lee")


def test_ghost_labels_are_tags_and_its_guarded_cells_are_read_as_they_were() -> None:
    found = row(f"{GHOST}1,ann@example.com,'=Ann,'+note,true,false,,2021-03-04T05:06:07.000Z,,\"VIP,Early bird\",\r\n")
    assert (found.first_name, json.loads(found.tags)) == ("=Ann", ["Early bird", "VIP"])
    assert json.loads(found.attributes) == {"note": "+note"}


def test_ghost_without_a_word_on_mail_makes_a_bad_row() -> None:
    (found,) = rows(f"{GHOST}1,ann@example.com,Ann,,,false,,,,,\r\n")
    assert isinstance(found, BadRow)
    assert found.field == "status"


@pytest.mark.parametrize(
    ("status", "left", "ours"),
    [
        ("active", "", "active"),
        ("inactive", "", "unsubscribed"),
        ("pending", "", "pending"),
        ("validating", "", "pending"),
        ("active", "2023-03-24 10:23:10 UTC", "unsubscribed"),
    ],
)
def test_beehiiv_says_in_two_columns_who_left_and_the_stronger_word_counts(status: str, left: str, ours: str) -> None:
    found = row(f"{BEEHIIV}ann@example.com, Ann , Lee ,{status},premium,2023-01-02 10:23:10 UTC,,No,Yes,{left},\n")
    assert (found.status, found.tier, found.first_name) == (ours, "paid", "Ann")
    assert json.loads(found.tags) == ["Bronze Tier"]


@pytest.mark.parametrize(
    ("status", "ours"), [("enabled", "active"), ("disabled", "unsubscribed"), ("blocklisted", "suppressed")]
)
def test_listmonk_says_the_state_of_the_person_and_attributes_in_json(status: str, ours: str) -> None:
    found = row(
        f'{LISTMONK}u-1,ann@example.com,Ann,"{{""city"": ""Leeds"", ""age"": 40, ""more"": {{""a"": 1}}}}",'
        f"{status},2019-10-07 14:15:22.1 +0000 UTC,\n"
    )
    assert found.status == ours
    assert json.loads(found.attributes) == {"city": "Leeds", "age": 40, "more": '{"a": 1}'}
    assert found.joined_at == datetime(2019, 10, 7, 14, 15, 22, 100_000, tzinfo=UTC)


def test_attributes_that_are_no_json_make_a_bad_row() -> None:
    (found,) = rows("email,name,attributes\nann@example.com,Ann,{city\n")
    assert isinstance(found, BadRow)
    assert found.field == "attributes"


@pytest.mark.parametrize(
    ("type_", "status", "tier"),
    [
        ("regular", "active", "free"),
        ("premium", "active", "paid"),
        ("gifted", "active", "comp"),
        ("churned", "active", "free"),
        ("unactivated", "pending", "free"),
        ("unsubscribed", "unsubscribed", "free"),
        ("undeliverable", "bounced", "free"),
        ("complained", "complained", "free"),
        ("removed", "unsubscribed", "free"),
        ("blocked", "suppressed", "free"),
    ],
)
def test_buttondown_says_it_all_in_the_type(type_: str, status: str, tier: str) -> None:
    found = row(
        "email_address,type,creation_date,tags,metadata,unsubscription_date\n"
        f'ann@example.com,{type_},2023-01-02T03:04:05Z,"a,b",{{}},\n'
    )
    assert (found.status, found.tier, json.loads(found.tags)) == (status, tier, ["a", "b"])


@pytest.mark.parametrize(
    ("flag", "status"), [("true", "unsubscribed"), ("Yes", "unsubscribed"), ("false", "active"), ("", "active")]
)
def test_brevo_says_who_is_blacklisted_for_mail_and_sms_does_not_matter(flag: str, status: str) -> None:
    found = row(
        "CONTACT ID;EMAIL;FIRSTNAME;EMAIL_BLACKLISTED;SMS_BLACKLISTED;ADDED_TIME\n"
        f"1;ann@example.com;Ann;{flag};true;02-13-2023 10:00:00\n"
    )
    assert found.status == status


@pytest.mark.parametrize(
    ("state", "status"),
    [("Active", "active"), ("Unsubscribed", "unsubscribed"), ("Bounced", "bounced"), ("Deleted", "unsubscribed")],
)
def test_campaign_monitor_and_kit_have_words_for_states(state: str, status: str) -> None:
    assert row(f"Email Address,Name,State,Date\nann@example.com,Ann,{state},2020-01-01\n").status == status


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("confirmed", "active"),
        ("cold", "active"),
        ("inactive", "pending"),
        ("cancelled", "unsubscribed"),
        ("complained", "complained"),
    ],
)
def test_kit_knows_the_cold_from_the_cancelled(status: str, ours: str) -> None:
    assert row(f"first_name,email,status,subscribed_at\nAnn,ann@example.com,{status},2020-01-01\n").status == ours


@pytest.mark.parametrize(
    ("column", "cell", "status"),
    [
        ("Unsubscribed", "Yes", "unsubscribed"),
        ("Unsubscribed", "no", "active"),
        ("unsubscribed_at", "2023-03-24", "unsubscribed"),
        ("Opt-out", "x", "unsubscribed"),
        ("Subscribed", "0", "unsubscribed"),
        ("Accepts Marketing", "yes", "active"),
        ("Bounced", "1", "bounced"),
        ("complained_at", "2020-01-01", "complained"),
        ("Status", "Blocklisted", "suppressed"),
        ("status", "CLEANED", "bounced"),
    ],
)
def test_whatever_a_column_about_leaving_is_called_it_is_heeded(column: str, cell: str, status: str) -> None:
    assert row(f"email,{column}\nann@example.com,{cell}\n").status == status


@pytest.mark.parametrize("column", ["Mailing permission", "Member active", "GDPR", "Newsletter status", "Do not send"])
def test_a_column_that_may_say_who_left_stops_the_import_until_somebody_says_what_it_is(column: str) -> None:
    file = f"email,{column}\nann@example.com,yes\n"
    with pytest.raises(BadInput, match="--map"):
        rows(file)
    assert row(file, mapping={column: "ignore"}).attributes == ""
    assert row(file, mapping={column.upper(): "left"}).status == "unsubscribed"


def test_columns_can_be_named_by_hand_and_a_slip_is_said() -> None:
    found = row("wer,ort\nann@example.com,Ulm\n", mapping={"wer": "email", "ort": "attribute:town"})
    assert json.loads(found.attributes) == {"town": "Ulm"}
    with pytest.raises(BadInput, match="no column “ort”"):
        rows("email,town\nann@example.com,Ulm\n", mapping={"ort": "attribute:town"})
    with pytest.raises(BadInput, match="cannot be “city”"):
        rows("email,town\nann@example.com,Ulm\n", mapping={"town": "city"})


def test_the_column_of_addresses_is_found_by_its_looks() -> None:
    assert row("wer,ort\nann@example.com,Ulm\n").address == "ann@example.com"


def test_headers_that_are_empty_or_twice_there_lose_nothing_and_confuse_nothing() -> None:
    found = row("email,,Town,Town,Email\nann@example.com,Elm Street,Ulm,Bonn,other@example.com\n")
    assert found.address == "ann@example.com"
    assert json.loads(found.attributes) == {"town": "Ulm", "town_2": "Bonn", "email_2": "other@example.com"}


def test_a_file_may_bring_as_many_attributes_as_the_limit_and_no_more() -> None:
    def file(count: int) -> str:
        traits = [f"trait{n}" for n in range(count)]
        return f"email,{','.join(traits)}\nann@example.com,{','.join(f'text of {each}' for each in traits)}\n"

    assert len(rows(file(60))) == 1
    with pytest.raises(BadInput, match="61 columns of attributes; 60"):
        rows(file(61))
    assert json.loads(row(file(61), mapping={"trait7": "attribute"}, other_columns="ignore").attributes) == {
        "trait7": "text of trait7"
    }


def test_of_many_columns_those_are_left_out_that_hold_nothing() -> None:
    head = ",".join(f"trait{n}" for n in range(300))
    found = row(f"email,{head}\nann@example.com{',' * 300}rather late\n")
    assert json.loads(found.attributes) == {"trait299": "rather late"}


def test_too_many_columns_hide_none_that_may_say_who_left() -> None:
    head = ",".join(f"trait{n}" for n in range(100))
    texts = ",".join(f"text {n}" for n in range(100))
    file = f"email,{head},newsletter\nann@example.com,{texts},yes\nben@example.com,{texts},no\n"
    with pytest.raises(UnansweredError) as asked:
        rows(file)
    assert "newsletter" in [question.column for question in asked.value.questions if question.surely]


@pytest.mark.parametrize(
    "head",
    [
        "Etunimi;Sukunimi;Sähköposti",
        "Keresztnév;Vezetéknév;E-mail cím",
        "名;姓;メールアドレス",
        "이름;성;이메일",
        "שם פרטי;שם משפחה;אימייל",
        "Prenume;Nume;Adresă de e-mail",
        "Jméno;Příjmení;E-mail",
    ],
)
def test_names_are_found_in_whatever_language_their_columns_are_called(head: str) -> None:
    found = row(f"{head}\nAnn;Lee;ann@example.com\n")
    assert (found.first_name, found.last_name) == ("Ann", "Lee")


@pytest.mark.parametrize(
    "name",
    ["Subscription time", "Created At (UTC+0)", "newsletter_date_added", "Subscriber Since", "Opt-in date", "signupOn"],
)
def test_the_date_of_joining_is_found_by_its_dates_and_a_word_in_its_name(name: str) -> None:
    found = row(f"email,{name}\nann@example.com,2021-02-13 10:05:07\n")
    assert found.joined_at == datetime(2021, 2, 13, 10, 5, 7, tzinfo=UTC)


@pytest.mark.parametrize("name", ["Unsubscription date", "Opt-out date", "Last signup", "Leaving date, subscription"])
def test_no_other_date_is_taken_for_that_of_joining(name: str) -> None:
    found = columns.recognise_columns(["email", name], sample=[["ann@example.com", "2021-02-13 10:05:07"]])
    assert not found.columns_for("joined_at")


def test_when_they_asked_for_it_counts_more_than_when_they_were_entered_and_an_answer_more_than_both() -> None:
    file = "email,Created On,Subscriber Since,Jahrgang\nann@example.com,2020-01-01,2021-02-13,2022-03-04\n"
    found = row(file, mapping={"Jahrgang": "attribute"}).joined_at
    assert found == datetime(2021, 2, 13, tzinfo=UTC)
    assert row(file, mapping={"Jahrgang": "joined_at"}).joined_at == datetime(2022, 3, 4, tzinfo=UTC)
