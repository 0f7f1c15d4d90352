"""Merge fields: each reader gets their own words and nobody else's."""

from __future__ import annotations

import html
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.templater import render
from newsletter.templater.briefing import Briefing, MergeField, Problem, ProblemLevel, Publication
from newsletter.templater.merge_fields import (
    LONGEST_VALUE,
    Merger,
    MergeRecipient,
    build_merge_columns,
    build_substitutions,
    personalise,
    personalise_mail,
)
from newsletter.templater.untrusted_text import neutralise

PLAIN = Briefing(
    newsletter="Morning Briefing",
    publication=Publication(
        "The Upland Echo", "https://paper.example.org", "1 High Street, Upland", "desk@example.com"
    ),
    subject="The funicular returns",
    date_long="Tuesday 24 November 2026",
    base_url="https://news.example.com",
    web_url="https://news.example.com/archive/morning/2026-11-24/",
    signup_url="https://news.example.com/join/morning/",
)


@pytest.mark.parametrize(
    ("written", "name", "read"),
    [
        ("Hello {{ first_name }}!", "Tilda", "Hello Tilda!"),
        ("Hello {{ first_name }}!", "", "Hello reader!"),
        ("Hello {{first_name|friend}}!", "", "Hello friend!"),
        ("Hello {{ first_name | friend }}!", "  Tilda ", "Hello Tilda!"),
        ("Hello{{ first_name | }}!", "", "Hello!"),
    ],
)
def test_a_name_has_a_fallback(briefing: Briefing, written: str, name: str, read: str) -> None:
    mine = personalise_mail(
        render(replace(briefing, subject=written, intro=written)), MergeRecipient("a@example.com", name, "t")
    )
    assert mine.subject == read
    assert read in mine.text
    assert read in mine.html


def test_a_name_is_escaped_for_html_and_plain_in_text(briefing: Briefing) -> None:
    mine = personalise_mail(render(briefing), MergeRecipient("a@example.com", "<Tom & Jo>", "t"))
    assert "Good morning, &lt;Tom &amp; Jo&gt;." in mine.html
    assert "Good morning, <Tom & Jo>." in mine.text


def test_a_value_is_never_searched_for_further_tokens(briefing: Briefing) -> None:
    rendered = render(briefing)
    for field in rendered.merge:
        mine = personalise_mail(rendered, MergeRecipient("secret@example.com", field.token, "secret-token"))
        assert f"Good morning, {field.token}" not in mine.html
        assert "Good morning, secret" not in mine.html


def test_the_longest_address_there_can_be_is_said_whole(briefing: Briefing) -> None:
    address = f"{'a' * 64}@{'.'.join(['b' * 61] * 2)}.{'c' * 53}.example.com"
    assert len(address) == 254, "RFC 5321"
    mine = personalise_mail(render(briefing), MergeRecipient(address, "", "t"))
    assert address in mine.html
    assert address in mine.text


@pytest.mark.parametrize(("length", "shown"), [(253, 253), (254, 254), (255, 254)])
@pytest.mark.parametrize("field", ["first_name", "email"])
def test_a_value_is_cut_after_as_many_characters_as_an_address_may_have(field: str, length: int, shown: int) -> None:
    name = "".join(chr(ord("a") + n % 26) for n in range(length))
    token = f"-nl_{field}_1t-"
    reader = MergeRecipient(**{"email": "", field: name})
    values = build_substitutions((MergeField(token, field, "", False),), reader)  # type: ignore[arg-type]
    assert values == {token: name[:shown]}


def test_one_value_that_is_too_long_cuts_none_of_those_beside_it() -> None:
    values = ["a" * 300, "Zoë", "b" * 254]
    (column,) = build_merge_columns((MergeField("-nl_email_1t-", "email", "", False),), values, values, values, values)
    assert list(column) == ["a" * 254, "Zoë", "b" * 254]


def test_an_unknown_field_blocks_and_names_the_known_ones(briefing: Briefing) -> None:
    (problem,) = render(replace(briefing, subject="{{ surname }}")).problems
    assert (problem.level, problem.where) == ("block", "subject")
    assert "{{ first_name }}, {{ email }}, {{ list }} and {{ date }}" in problem.message


def test_no_token_is_left_for_any_subscriber(briefing: Briefing) -> None:
    mine = personalise_mail(
        render(replace(briefing, subject="{{ email }}", preheader="{{ first_name }}")),
        MergeRecipient("a@example.com", "", ""),
    )
    assert "-nl_" not in mine.subject + mine.preheader + mine.html + mine.text


@given(st.text(), st.text(), st.text())
def test_values_stay_small_and_in_one_line(briefing_name: str, email: str, token: str) -> None:
    fields = (MergeField("-nl_first_name_1h-", "first_name", "reader", True), MergeField("-nl_email_2t-", "email"))
    for value in build_substitutions(fields, MergeRecipient(email, briefing_name, token)).values():
        assert len(value) <= 6 * LONGEST_VALUE, "each character may become &quot; or its like"
        assert "\n" not in value
        assert "-nl_" not in value


@given(
    st.dictionaries(st.from_regex(r"-nl_[a-z]{1,5}_\d[ht]-", fullmatch=True), st.text(), max_size=4),
    st.lists(st.text(max_size=8), max_size=5),
)
def test_one_pass_replaces_every_token_once(values: dict[str, str], between: list[str]) -> None:
    source = "".join(part + token for part, token in zip(between, values, strict=False))
    expected = "".join(part + values[token] for part, token in zip(between, values, strict=False))
    if not any(token in part for token in values for part in between):
        assert personalise(source, values) == expected


_ODD = st.text(alphabet=st.sampled_from(list(" ab|\t\n\u00a0\u2028-nl_\ue000&<\"'ü😀")), max_size=30) | st.text()


@given(st.lists(_ODD, min_size=1, max_size=5))
def test_values_looked_at_together_come_out_as_one_by_one(values: list[str]) -> None:
    field = MergeField("-nl_email_1h-", "email", "", True)
    ((column),) = build_merge_columns((field,), values, values, values, values)
    assert list(column) == [html.escape(" ".join(neutralise(value).split())[:LONGEST_VALUE]) for value in values]


@given(st.text(max_size=60))
def test_the_list_is_said_to_all_whatever_it_is_called(name: str) -> None:
    mail = render(replace(PLAIN, intro="You get {{ list }}.", list_name=name))
    assert not any(field.field == "list" for field in mail.merge)
    shown = " ".join(neutralise(name).split())[:LONGEST_VALUE] or PLAIN.newsletter
    if shown.isprintable():
        assert html.escape(shown) in mail.html.replace("\n", " ")
    assert "<script" not in mail.html


def test_the_date_is_the_edition_s_where_nothing_is_known_of_the_subscriber() -> None:
    mail = render(replace(PLAIN, subject="Of {{ date }}", intro="{{ date | today }}"))
    assert personalise_mail(mail, MergeRecipient("a@example.com")).subject == f"Of {PLAIN.date_long}"
    assert "today" in personalise_mail(mail, MergeRecipient("a@example.com")).text
    assert personalise_mail(mail, MergeRecipient("a@example.com", date="Monday")).subject == "Of Monday"


NAME = MergeField("-nl_first_name_1t-", "first_name")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Ada", "Ada"),
        ("Ada Lovelace", "Ada Lovelace"),
        ("Ada  Lovelace", "Ada Lovelace"),
        (" Ada", "Ada"),
        ("Ada ", "Ada"),
        ("Ada\nLovelace", "Ada Lovelace"),
        ("Ada\tLovelace", "Ada Lovelace"),
        ("A\x1fda", "Ada"),
        ("A\x7fda", "Ada"),
        ("Zoë\u00a0B", "Zoë B"),
        ("-nl_email_1h-", "-\u2060nl_email_1h-"),
        ("a" * 254, "a" * 254),
        ("a" * 255, "a" * 254),
        ("ä" * 255, "ä" * 254),
        ("|", "|"),
    ],
)
def test_one_odd_value_is_made_fit_among_values_that_are(value: str, shown: str) -> None:
    names = ["Bo", value, "Cy"]
    ((column),) = build_merge_columns((NAME,), [""] * 3, names, [""] * 3, [""] * 3)
    assert list(column) == ["Bo", shown, "Cy"]


def test_values_that_are_fit_are_handed_on_as_they_are() -> None:
    names = ["Ada Lovelace", "Bo"]
    ((column),) = build_merge_columns((NAME,), ["", ""], names, ["", ""], ["", ""])
    assert column is names


@pytest.mark.parametrize(
    ("field", "names"),
    [
        (replace(NAME, fallback="reader"), ["Ada", "Bo"]),
        (NAME, ["Ada", ""]),
        (NAME, ["a" * 254, "Bo"]),
        (replace(NAME, html=True), ["Ada", "Bo"]),
    ],
)
def test_a_column_in_which_nothing_changes_is_not_made_again(field: MergeField, names: list[str]) -> None:
    ((column),) = build_merge_columns((field,), ["", ""], names, ["", ""], ["", ""])
    assert column is names


def test_no_subscribers_make_empty_columns() -> None:
    assert [list(column) for column in build_merge_columns((NAME,), [], [], [], [])] == [[]]


def test_each_field_is_filled_from_its_own_column() -> None:
    names = ("date", "token", "first_name", "email")
    fields = [MergeField(f"-nl_{name}_1t-", name) for name in names]  # type: ignore[arg-type]
    assert build_merge_columns(fields, ["e"], ["n"], ["t"], ["d"]) == [["d"], ["t"], ["n"], ["e"]]


def test_fields_that_come_to_the_same_share_one_column() -> None:
    fallback, marked_up = replace(NAME, fallback="reader"), replace(NAME, html=True)
    fields = (NAME, fallback, marked_up, replace(marked_up, token="-nl_first_name_2h-"))
    columns = build_merge_columns(fields, ["", ""], ["", "<Bo>"], ["", ""], ["", ""])
    assert [list(column) for column in columns[:3]] == [["", "<Bo>"], ["reader", "<Bo>"], ["", "&lt;Bo&gt;"]]
    assert columns[2] is columns[3]


@pytest.mark.parametrize(
    ("sign", "escaped"), [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#x27;")]
)
def test_each_sign_that_html_knows_is_escaped(sign: str, escaped: str) -> None:
    values = build_substitutions(
        (replace(NAME, html=True), replace(NAME, token="text")), MergeRecipient("", f"a{sign}")
    )
    assert values == {NAME.token: f"a{escaped}", "text": f"a{sign}"}


def test_a_fallback_is_escaped_as_a_name_is() -> None:
    assert build_substitutions((replace(NAME, fallback="a & b", html=True),), MergeRecipient("")) == {
        NAME.token: "a &amp; b"
    }


def test_of_a_subscriber_only_the_address_must_be_known() -> None:
    fields = [MergeField(name, name) for name in ("first_name", "token", "date")]  # type: ignore[arg-type]
    assert build_substitutions(fields, MergeRecipient("a@example.com")) == {"first_name": "", "token": "", "date": ""}


def test_a_field_has_a_token_for_each_fallback_and_kind_and_no_more() -> None:
    merger = Merger({})
    assert merger.get_token("email", html=False) == "-nl_email_1t-"
    assert merger.get_token("email", html=True) == "-nl_email_2h-"
    assert merger.get_token("email", fallback="you", html=True) == "-nl_email_3h-"
    assert merger.get_token("email", html=True) == "-nl_email_2h-"
    assert merger.fields == (
        MergeField("-nl_email_1t-", "email", "", False),
        MergeField("-nl_email_2h-", "email", "", True),
        MergeField("-nl_email_3h-", "email", "you", True),
    )


def test_a_field_that_is_the_same_for_all_is_known_and_no_subscriber_s() -> None:
    merger = Merger({"first_name": "reader"}, {"list": "Ups & Downs"})
    assert merger.tokenise_plain("{{ first_name }}: {{ list | ours }}", "intro") == "-nl_first_name_1t-: -nl_list_2t-"
    merger.get_token("list", fallback="Ups & Downs", html=True)
    assert merger.constant_values() == {"-nl_list_2t-": "Ups & Downs", "-nl_list_3h-": "Ups &amp; Downs"}
    assert merger.recipient_fields == (MergeField("-nl_first_name_1t-", "first_name", "reader", False),)


def test_what_an_editor_writes_besides_fields_cannot_be_taken_for_a_token() -> None:
    merger = Merger({})
    assert merger.tokenise_plain("-nl_x {{ email }} -nl_y", "intro") == "-\u2060nl_x -nl_email_1t- -\u2060nl_y"
    assert merger.fields == (MergeField("-nl_email_1t-", "email", "", False),)


def test_only_the_first_bar_parts_a_field_from_its_fallback() -> None:
    merger = Merger({})
    merger.tokenise_plain("{{ first_name | you | me }}", "intro")
    assert merger.fields[0].fallback == "you | me"


def test_an_unknown_field_is_told_once_and_stays_as_it_is_written() -> None:
    merger = Merger({})
    for _ in range(2):
        assert (
            merger.tokenise_plain("Dear {{ surname }}, {{ email }}!", "intro") == "Dear {{ surname }}, -nl_email_1t-!"
        )
    message = (
        "There is no field {{ surname }}. The fields are {{ first_name }}, {{ email }}, {{ list }} and {{ date }}."
    )
    assert merger.problems == [Problem(ProblemLevel.BLOCK, "intro", message)]


def test_an_unknown_field_in_markup_is_told_with_its_place() -> None:
    merger = Merger({})
    assert merger.tokenise_markup("{{ surname }}", "outro", str.upper, html=True) == "{{ SURNAME }}"
    assert [problem.where for problem in merger.problems] == ["outro"]


def test_markup_sees_no_token_and_its_result_has_them() -> None:
    merger, seen = Merger({"first_name": "reader"}), []

    def markup(text: str) -> str:
        seen.append(text)
        return f"<p>{text}</p>-nl_"

    written = "{{ first_name }}\ue000 and {{ email }} and {{ first_name }}"
    out = merger.tokenise_markup(written, "intro", markup, html=True)
    assert seen == ["\ue000 and \ue001 and \ue002"]
    assert out == "<p>-nl_first_name_1h- and -nl_email_2h- and -nl_first_name_1h-</p>-\u2060nl_"
    assert [field.html for field in merger.fields] == [True, True]
    assert not merger.problems


def test_a_field_in_the_address_of_a_link_blocks() -> None:
    merger = Merger({})
    merger.tokenise_markup(
        "{{ email }}", "intro", lambda text: f'<a href="https://x.example/%EE%80%80">{text}</a>', html=True
    )
    message = "A field cannot stand in the address of a link. Take it out of the address."
    assert merger.problems == [Problem(ProblemLevel.BLOCK, "intro", message)]


def test_problems_of_different_places_and_weight_are_told_each() -> None:
    merger = Merger({})
    grave, slight = ProblemLevel.BLOCK, ProblemLevel.WARN
    for where, level in (("intro", grave), ("outro", grave), ("intro", slight), ("intro", grave)):
        merger.add_problem(where, "It is wrong.", level)
    found = [(problem.where, problem.level) for problem in merger.problems]
    assert found == [("intro", grave), ("outro", grave), ("intro", slight)]


def test_a_source_without_tokens_stays_as_it_is() -> None:
    assert personalise("as it is", {}) == "as it is"


def test_a_token_that_looks_like_a_pattern_is_none() -> None:
    assert personalise("a.c abc", {"a.c": "x"}) == "x abc"


def test_each_part_of_the_mail_is_personalised_and_its_problems_stay(briefing: Briefing) -> None:
    rendered = render(replace(briefing, subject="{{ surname }}"))
    parts = {part: f"{part} {NAME.token}" for part in ("subject", "preheader", "html", "text")}
    mine = personalise_mail(replace(rendered, merge=(NAME,), **parts), MergeRecipient("", "Ada"))
    assert [getattr(mine, part) for part in parts] == [f"{part} Ada" for part in parts]
    assert rendered.problems
    assert mine.problems == rendered.problems
