"""What every form of the desk does with what was sent, and with what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django import forms
from django.http import QueryDict
from django.template.loader import render_to_string

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, Conflict, Difference, NotAllowed, Refused
from newsletter.web.forms.base import (
    CountField,
    DayField,
    DecisionForm,
    IdField,
    ParsedField,
    WebAddressField,
    WholeNumberField,
    keep_sent,
)


class PlanForm(DecisionForm):
    """A form of the tests."""

    SERVICE_NAMES = {"date": "day"}

    title = forms.CharField(label="Title", help_text="As subscribers read it")
    day = DayField(label="Day", required=False)
    url = WebAddressField(label="Link", required=False)
    number = IdField(required=False)


def send(query: str) -> PlanForm:
    return PlanForm(QueryDict(query))


def test_what_was_sent_is_read_as_values() -> None:
    form = send("content_hash=abc&title=+Ferry+&day=2026-11-24&url=https://a.example/&number=7")
    assert form.is_valid()
    assert form.cleaned_data == {
        "content_hash": "abc",
        "title": "Ferry",
        "day": date(2026, 11, 24),
        "url": "https://a.example/",
        "number": 7,
    }
    assert form.status == 200


@pytest.mark.parametrize(
    ("sent", "field", "message"),
    [
        ("day=24.11.2026", "day", "is not a date"),
        ("day=0001-01-01", "day", "too far away"),
        ("url=file:///etc/passwd", "url", "begins with https://"),
        ("title=", "title", "required"),
    ],
)
def test_what_cannot_be_right_is_refused_at_its_field(sent: str, field: str, message: str) -> None:
    form = send(f"content_hash=abc&{sent}")
    assert not form.is_valid()
    assert message in form.errors[field][0]
    assert form.status == 422


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 19, "٣"])
def test_what_is_no_number_names_nothing(number: str) -> None:
    form = send(f"content_hash=abc&title=x&number={number}")
    assert form.is_valid()
    assert form.cleaned_data["number"] is None


def test_a_decision_names_what_was_seen() -> None:
    form = send("title=x")
    assert not form.is_valid()
    assert "does not say what you saw" in form.non_field_errors()[0]


def test_a_refusal_stands_at_its_field_with_what_was_typed() -> None:
    form = send("content_hash=abc&title=Ferry&day=2026-11-24")
    assert form.is_valid()
    with form.show_refusals():
        raise BadInput("That day is over.", "date")
    assert not form.is_valid()
    assert form.status == 422
    shown = render_to_string("partials/field.html", {"field": form["day"]})
    assert "That day is over." in shown
    assert 'aria-invalid="true"' in shown
    assert 'aria-describedby="day_error"' in shown
    assert 'value="2026-11-24"' in shown
    assert "autofocus" in shown


def test_a_field_is_read_out_in_the_order_label_hint_error_control() -> None:
    form = send("content_hash=abc")
    assert form.errors["title"]
    shown = render_to_string("partials/field.html", {"field": form["title"]})
    places = [shown.index(part) for part in ("<label", 'id="title_helptext"', 'id="title_error"', "<input")]
    assert places == sorted(places)
    assert 'aria-describedby="title_helptext title_error"' in shown


@pytest.mark.parametrize(
    ("problem", "status"),
    [(Refused("It is sent."), 422), (BadInput("No such thing.", "elsewhere"), 422), (Conflict("Changed."), 409)],
)
def test_what_has_no_field_stands_above_the_form(problem: Any, status: int) -> None:
    form = send("content_hash=abc&title=x")
    with form.show_refusals():
        raise problem
    assert form.non_field_errors() == [str(problem)]
    assert form.status == status
    assert str(problem) in render_to_string("partials/form_problem.html", {"form": form})


def test_what_a_colleague_changed_is_shown_beside_the_refusal() -> None:
    form = send("content_hash=abc&title=Mine")
    with form.show_refusals():
        raise Conflict("Ben changed it.", [Difference("title", "Old", "His", "Mine", "Title", "Ben")])
    shown = render_to_string("partials/form_problem.html", {"form": form})
    assert [each in shown for each in ("Old", "His", "Mine")] == [True] * 3


def test_what_somebody_may_not_do_is_no_problem_of_the_form() -> None:
    form = send("content_hash=abc&title=x")
    with pytest.raises(NotAllowed), form.show_refusals():
        raise NotAllowed("You may not.")
    assert form.is_valid()


def test_controls_have_the_style_of_the_desk() -> None:
    shown = str(PlanForm()["title"])
    assert 'class="input"' in shown
    assert "aria-invalid" not in shown


class CountForm(DecisionForm):
    """Another form of the tests."""

    days = WholeNumberField(required=False)
    people = CountField(required=False)
    zone = ParsedField(parse=lambda text: clock.get_zone(text) if text else None, required=False)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("days=30&people=1,234", {"days": 30, "people": 1234}),
        ("days=&people=1.234", {"days": None, "people": 1234}),
        ("people=+1%C2%A0234+", {"days": None, "people": 1234}),
    ],
)
def test_a_number_of_people_may_have_separators(sent: str, read: dict[str, int]) -> None:
    form = CountForm(QueryDict(f"content_hash=abc&{sent}"))
    assert form.is_valid()
    assert {name: form.cleaned_data[name] for name in read} == read


@pytest.mark.parametrize("sent", ["days=1.5", "days=many", "days=-1", "people=%D9%A3", f"people={'9' * 19}"])
def test_what_is_no_whole_number_is_refused_at_its_field(sent: str) -> None:
    form = CountForm(QueryDict(f"content_hash=abc&{sent}"))
    assert "Type a whole number" in form.errors[sent.partition("=")[0]][0]


def test_a_page_of_several_forms_keeps_the_one_that_was_sent() -> None:
    sent = send("title=Ferry")
    assert keep_sent(sent, PlanForm) is sent
    other = keep_sent(sent, CountForm, initial={"days": 3})
    assert (other.is_bound, other.initial) == (False, {"days": 3})


def test_a_text_is_read_by_the_function_that_reads_it_elsewhere() -> None:
    form = CountForm(QueryDict("content_hash=abc&zone=+Europe/London+"))
    assert form.is_valid()
    assert str(form.cleaned_data["zone"]) == "Europe/London"
    assert CountForm(QueryDict("content_hash=abc")).is_valid()
    refused = CountForm(QueryDict("content_hash=abc&zone=Europe/Nowhere"))
    assert "Europe/Nowhere" in refused.errors["zone"][0]


def test_a_page_shown_again_was_filled_as_before_until_a_conflict_shows_what_is_there() -> None:
    form = send("content_hash=abc&title=Mine&seen_title=Old")
    assert (form.keep_seen({"title": "New"}), send("title=x").keep_seen({"title": "New"})) == (
        {"title": "Old"},
        {"title": "New"},
    )
    form.show_problem(Conflict("Ben changed it."))
    assert form.keep_seen({"title": "New"}) == {"title": "New"}


@pytest.mark.parametrize(
    "widget",
    [forms.TextInput, forms.EmailInput, forms.PasswordInput, forms.NumberInput, forms.FileInput, forms.Textarea],
)
def test_every_kind_of_text_has_the_style_of_the_desk_and_a_box_to_tick_has_not(widget: type[forms.Widget]) -> None:
    class AnyKind(DecisionForm):
        text = forms.CharField(widget=widget)
        ticked = forms.BooleanField()

    form = AnyKind()
    assert 'class="input"' in str(form["text"])
    assert "class=" not in str(form["ticked"])
    assert "class=" not in str(form["content_hash"])


def test_a_page_that_stays_open_is_told_the_first_thing_that_is_wrong() -> None:
    assert send("content_hash=abc&title=x").require_valid()["title"] == "x"
    with pytest.raises(BadInput, match="is not a date") as caught:
        send("content_hash=abc&title=x&day=soon").require_valid()
    assert caught.value.field == "day"
