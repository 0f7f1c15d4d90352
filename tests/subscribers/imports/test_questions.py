"""What must be answered before anybody is imported: columns found by what is in them, words, dates."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.kernel.errors import BadInput
from subscribers.imports.questions import UnansweredError, from_json, to_json
from subscribers.imports.rows import Row
from subscribers.states import QuestionKind
from subscribers.values import Question
from tests.subscribers.reading import row, rows


def ask(text: str, **options: Any) -> tuple[Question, ...]:
    with pytest.raises(UnansweredError) as refused:
        rows(text, **options)
    return refused.value.questions


def states(text: str, **options: Any) -> dict[str, str]:
    return {each.address.partition("@")[0]: str(each.status) for each in rows(text, **options) if isinstance(each, Row)}


@pytest.mark.parametrize(
    ("column", "wants", "left", "target"),
    [
        ("Newsletter", "ja", "nein", "wanted"),
        ("Aktiv", "1", "0", "wanted"),
        ("Einwilligung", "wahr", "falsch", "wanted"),
        ("Abbestellt am", "", "2021-03-04", "left"),
        ("Statut", "abonné", "désabonné", "status"),
        ("Estado", "alta", "baja", "status"),
        ("Stato", "iscritto", "disiscritto", "status"),
        ("Opt", "in", "out", "wanted"),
        ("Type", "subscribed", "unsubscribed", "status"),
        ("Prenumererar", "ja", "nej", "wanted"),
        ("Рассылка", "да", "нет", "wanted"),
        ("Állapot", "feliratkozva", "leiratkozva", "status"),
        ("メール", "はい", "いいえ", "wanted"),
        ("Q7", "✓", "✗", "wanted"),
        ("", "x", "", "wanted"),
        ("Letzter Kontakt", "", "12.03.2021", "left"),
    ],
)
def test_a_column_that_may_say_who_left_is_asked_about_by_what_is_in_it(
    column: str, wants: str, left: str, target: str
) -> None:
    file = f"email;{column}\nann@example.com;{wants}\nben@example.com;{left}\ncleo@example.com;{wants}\n"
    (question,) = ask(file)
    assert question.kind == QuestionKind.COLUMN
    assert {value.value: value.count for value in question.values} == {wants or "(empty)": 2, left or "(empty)": 1}
    if column == "Opt":
        assert states(file, mapping={"Opt": "status"}, statuses={"in": "active", "Opt:out": "unsubscribed"}) == {
            "ann": "active",
            "ben": "unsubscribed",
            "cleo": "active",
        }
        return
    found = states(file, mapping={question.column: target})
    assert found.pop("ben", "unsubscribed") == "unsubscribed"  # nobody is imported as wanting mail whom nothing says so
    assert found == {"ann": "active", "cleo": "active"}


@pytest.mark.parametrize(
    ("column", "yes", "no", "state"),
    [
        ("confirmed", "1", "0", "pending"),
        ("Email Verified", "true", "false", "pending"),
        ("activated", "2021-03-04 10:00:00", "", "pending"),
        ("DNC", "0", "1", "unsubscribed"),
        ("deactivated", "", "2021-03-04", "unsubscribed"),
        ("deactivated", "0000-00-00 00:00:00", "1614852000", "unsubscribed"),
        ("Unsubscribed", "no", "unsubscribed", "unsubscribed"),
        ("Subscribed", "subscribed", "bounced", "bounced"),
    ],
)
def test_a_column_of_a_known_name_says_it_by_yes_no_or_a_date(column: str, yes: str, no: str, state: str) -> None:
    assert states(f"email,{column}\nann@example.com,{yes}\nben@example.com,{no}\n") == {"ann": "active", "ben": state}


def test_words_of_no_language_we_know_are_asked_about_when_a_column_has_few_of_them() -> None:
    people = "".join(f"r{n}@example.com,{'zirq' if n % 3 else 'plomf'},Town {n}\n" for n in range(12))
    (question,) = ask(f"email,Vrob,Place\n{people}")
    assert (question.column, question.surely) == ("Vrob", False)
    assert [(value.value, value.count, value.line) for value in question.values] == [("zirq", 8, 3), ("plomf", 4, 2)]
    answered = {"Vrob:zirq": "active", "Vrob:plomf": "unsubscribed"}
    found = states(f"email,Vrob,Place\n{people}", mapping={"Vrob": "status"}, statuses=answered)
    assert [*found.values()].count("active") == 8
    everybody = rows(f"email,Vrob,Place\n{people}", other_columns="attribute")
    assert all(isinstance(each, Row) and each.status == "active" for each in everybody)


def test_everything_is_asked_at_once_with_counts_and_rows_and_the_answers_to_give() -> None:
    file = "email,status,Newsletter,Kunde\nann@example.com,hm,ja,ja\nben@example.com,soso,nein,ja\n"
    asked = ask(file)
    assert [(each.kind, each.column) for each in asked] == [
        ("words", "status"),
        ("column", "Newsletter"),
        ("column", "Kunde"),
    ]
    assert asked[1].examples == (("ann@example.com", "ja"), ("ben@example.com", "nein"))
    message = str(UnansweredError(asked))
    assert "--status-value 'status:hm=active'" in message
    assert "--map 'Newsletter=status'" in message
    assert "ja (1), nein (1)" in message
    answers: dict[str, Any] = {"mapping": {"Newsletter": "wanted", "Kunde": "attribute"}}
    (left,) = ask(file, **answers)
    assert left.kind == "words"
    answers["statuses"] = {"status:hm": "active", "soso": "active"}
    assert states(file, **answers) == {"ann": "active", "ben": "unsubscribed"}


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("email,Town", ["London", "Leeds", "Hull"]),
        ("email,Birthday", ["1980-01-02", "1981-02-03", "1982-03-04"]),
        ("email,Company", ["A Ltd", "B Ltd", ""]),
        ("email,created_at", ["2020-01-02", "", "2020-01-04"]),
    ],
)
def test_a_column_that_cannot_be_a_state_is_not_asked_about(header: str, cells: list[str]) -> None:
    people = "".join(f"r{n}@example.com,{cell}\n" for n, cell in enumerate(cells))
    assert {*states(f"{header}\n{people}").values()} == {"active"}


def test_dates_of_consent_that_only_some_have_are_asked_about() -> None:
    file = "email,Confirmed at\nann@example.com,2020-01-02\nben@example.com,\n"
    (question,) = ask(file)
    assert "empty in 1 rows" in question.reason
    assert states(file, mapping={"Confirmed at": "confirmed"}) == {"ann": "active", "ben": "pending"}
    assert states(file, mapping={"Confirmed at": "confirmed_at"}) == {"ann": "active", "ben": "active"}


def test_a_state_column_with_empty_cells_is_asked_what_these_mean() -> None:
    file = "email,status\nann@example.com,active\nben@example.com,\n"
    (question,) = ask(file)
    assert [(value.value, value.count) for value in question.values] == [("(empty)", 1)]
    assert states(file, statuses={"status:(empty)": "pending"}) == {"ann": "active", "ben": "pending"}


def test_a_tag_that_says_who_left_is_asked_about() -> None:
    file = 'email,tags\nann@example.com,vip\nben@example.com,"vip,unsubscribed"\n'
    assert [each.column for each in ask(file)] == ["tags"]
    assert {*states(file, mapping={"tags": "tags"}).values()} == {"active"}


def test_the_order_of_day_and_month_is_that_of_the_column_and_else_asked_once() -> None:
    def joined(*cells: str, **options: Any) -> list[str]:
        file = "email,joined\n" + "".join(f"r{n}@example.com,{cell}\n" for n, cell in enumerate(cells))
        return [
            f"{each.joined_at:%Y-%m-%d}" for each in rows(file, **options) if isinstance(each, Row) and each.joined_at
        ]

    assert joined("03-04-2022", "28-06-2022") == ["2022-04-03", "2022-06-28"]
    assert joined("03/04/22", "06/28/22") == ["2022-03-04", "2022-06-28"]
    with pytest.raises(UnansweredError) as refused:
        joined("03/04/2022", "05/06/2022")
    (question,) = refused.value.questions
    assert (question.kind, question.column) == ("dates", "joined")
    assert "--dates 'joined=day-first'" in str(refused.value)
    assert joined("03/04/2022", "05/06/2022", dates={"joined": "month-first"}) == ["2022-03-04", "2022-05-06"]
    with pytest.raises(BadInput, match="day-first or month-first"):
        joined("03/04/2022", dates={"joined": "backwards"})


def test_the_order_of_one_column_is_that_of_the_others_of_its_file() -> None:
    found = row("email,joined,unsubscribed_at\nann@example.com,28-06-2021,03-04-2022\n")
    assert found.left_at is not None
    assert (found.status, f"{found.left_at:%Y-%m-%d}") == ("unsubscribed", "2022-04-03")


def test_tiers_nobody_knows_are_asked_about_once() -> None:
    file = "email,tier\nann@example.com,Gold\nben@example.com,free\ncleo@example.com,Gold\n"
    (question,) = ask(file)
    assert (question.kind, [(value.value, value.count) for value in question.values]) == ("tiers", [("Gold", 2)])
    assert [each.tier for each in rows(file, tiers={"gold": "paid"}) if isinstance(each, Row)] == [
        "paid",
        "free",
        "paid",
    ]


def test_a_question_is_the_same_after_it_was_stored() -> None:
    (question,) = ask("email,Newsletter\nann@example.com,ja\nben@example.com,nein\n")
    assert from_json(json.loads(json.dumps(to_json(question)))) == question


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters='",;\t|\r\n\x00'), max_size=12), min_size=2, max_size=8
    )
)
def test_nobody_is_active_beside_a_word_of_leaving_without_an_answer(cells: list[str]) -> None:
    file = "email,Info\n" + "".join(f'r{n}@example.com,"{cell}"\n' for n, cell in enumerate([*cells, "unsubscribed"]))
    assert any(question.column == "Info" for question in ask(file))


def test_a_date_in_every_row_under_a_name_nobody_knows_may_be_that_of_leaving() -> None:
    file = "email;lahkus\nann@example.com;2024-01-02\nben@example.com;2024-02-03\n"
    (question,) = ask(file)
    assert (question.column, question.surely) == ("lahkus", True)
    assert states(file, mapping={"lahkus": "left"}) == {"ann": "unsubscribed", "ben": "unsubscribed"}
    assert row(file.partition("ben")[0], mapping={"lahkus": "joined_at"}).joined_at is not None


@pytest.mark.parametrize(
    ("name", "values"),
    [("Subscription IP", ("192.0.2.1", "2001:db8::1")), ("Confirmation page", ("https://example.com/a", "http://b"))],
)
def test_addresses_of_machines_and_pages_are_no_states_whatever_their_column_is_called(
    name: str, values: tuple[str, str]
) -> None:
    file = f"email,{name}\nann@example.com,{values[0]}\nben@example.com,{values[1]}\n"
    assert states(file) == {"ann": "active", "ben": "active"}


def test_two_words_for_those_who_want_mail_are_asked_about_for_one_may_mean_less() -> None:
    file = "email,Status\nann@example.com,Active\nben@example.com,Confirmed\ncleo@example.com,ACTIVE\n"
    (question,) = ask(file)
    assert [(each.value, each.meaning) for each in question.values] == [
        ("Active", "active"),
        ("Confirmed", "active"),
        ("ACTIVE", "active"),
    ]
    assert "one of them may mean less" in question.reason
    found = states(file, statuses={"Status:Confirmed": "pending"})
    assert found == {"ann": "active", "ben": "pending", "cleo": "active"}


def test_one_word_for_them_is_enough() -> None:
    file = "email,Status\nann@example.com,Active\nben@example.com,active\ncleo@example.com,unsubscribed\n"
    assert states(file) == {"ann": "active", "ben": "active", "cleo": "unsubscribed"}


@pytest.mark.parametrize(
    ("all_mail", "no_mail"), [("All email", "No email"), ("alles", "keine Post"), ("全部", "不接收")]
)
def test_a_wish_for_no_mail_is_asked_about_though_a_status_is_there(all_mail: str, no_mail: str) -> None:
    file = f"email,status,Wunsch\nann@example.com,active,{all_mail}\nben@example.com,active,{no_mail}\n"
    (question,) = ask(file)
    assert (question.column, question.surely) == ("Wunsch", True)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("tags", "news;abgemeldet"),
        ("source", "unsubscribe-form"),
        ("lang", "unsubscribed"),
        ("attributes", '{""plan"": 1, ""optout"": true}'),
        ("notiert", "2024-01-02"),
    ],
)
def test_a_word_of_leaving_is_found_in_columns_that_are_called_something_else(column: str, value: str) -> None:
    other = "unknown" if column == "notiert" else ""
    file = f'email,{column}\nann@example.com,\nben@example.com,"{value}"\ncleo@example.com,{other}\n'
    (question,) = ask(file)
    assert (question.column, question.surely) == (column, True)
