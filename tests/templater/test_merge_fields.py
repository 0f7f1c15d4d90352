"""Merge fields: each reader gets their own words and nobody else's."""

from __future__ import annotations

import html
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.templater import render
from newsletter.templater.briefing import Briefing, MergeField, Publication
from newsletter.templater.merge_fields import (
    LONGEST_VALUE,
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


@pytest.mark.parametrize(("length", "said"), [(253, 253), (254, 254), (255, 254)])
@pytest.mark.parametrize("field", ["first_name", "email"])
def test_a_value_is_cut_after_as_many_characters_as_an_address_may_have(field: str, length: int, said: int) -> None:
    name = "".join(chr(ord("a") + n % 26) for n in range(length))
    token = f"-nl_{field}_1t-"
    values = build_substitutions((MergeField(token, field, "", False),), MergeRecipient(**{"email": "", field: name}))  # type: ignore[arg-type]
    assert values == {token: name[:said]}


def test_one_value_that_is_too_long_cuts_none_of_those_beside_it() -> None:
    values = ["a" * 300, "Zoë", "b" * 254]
    (column,) = build_merge_columns((MergeField("-nl_email_1t-", "email", "", False),), values, values, values, values)
    assert list(column) == ["a" * 254, "Zoë", "b" * 254]


def test_an_unknown_field_blocks_and_names_the_known_ones(briefing: Briefing) -> None:
    (problem,) = render(replace(briefing, subject="{{ surname }}")).problems
    assert (problem.level, problem.where) == ("block", "subject")
    assert "{{ first_name }}, {{ email }}, {{ list }} and {{ date }}" in problem.message


def test_no_token_is_left_for_any_reader(briefing: Briefing) -> None:
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
    said = " ".join(neutralise(name).split())[:LONGEST_VALUE] or PLAIN.newsletter
    if said.isprintable():
        assert html.escape(said) in mail.html.replace("\n", " ")
    assert "<script" not in mail.html


def test_the_date_is_the_edition_s_where_nothing_is_known_of_the_reader() -> None:
    mail = render(replace(PLAIN, subject="Of {{ date }}", intro="{{ date | today }}"))
    assert personalise_mail(mail, MergeRecipient("a@example.com")).subject == f"Of {PLAIN.date_long}"
    assert "today" in personalise_mail(mail, MergeRecipient("a@example.com")).text
    assert personalise_mail(mail, MergeRecipient("a@example.com", date="Monday")).subject == "Of Monday"
