"""The form of what a user is notified of."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from newsletter.jobs.notification_kinds import NotificationKind
from newsletter.jobs.notifications import choices
from newsletter.web.forms.notifications import AddWebhookForm, NamedWebhookForm, NotificationForm, NotificationTestForm


def build(email: str, newsroom: Any, data: str | None = None) -> NotificationForm:
    names = {newsroom.briefing.id: "Morning Briefing", newsroom.other.id: "Evening Letter"}
    return NotificationForm(choices.list_choices(email), names, None if data is None else QueryDict(data))


def test_newsletters_come_by_name_and_the_service_last(newsroom: Any, people: Any) -> None:
    form = build("admin@example.com", newsroom)
    assert [heading for heading, _ in form.sections] == ["Evening Letter", "Morning Briefing", "The service"]
    labels = [field.label for field in form.sections[0][1]]
    assert labels == ["Before it is sent", "When it is not sent", "After it is sent"]


def test_what_is_ticked_is_wanted_and_what_the_page_did_not_have_is_left_alone(newsroom: Any, people: Any) -> None:
    morning = newsroom.briefing.id
    name = f"after-{morning}"
    form = build("editor@example.com", newsroom, f"shown={name}&{name}=sent&before-{morning}=approved")
    assert form.is_valid()
    assert form.read_wanted() == {
        (morning, NotificationKind.SENT): True,
        (morning, NotificationKind.UNKNOWN_OUTCOMES): False,
        (morning, NotificationKind.BOUNCE_SPIKE): False,
    }


def test_what_cannot_be_chosen_is_no_choice(newsroom: Any, people: Any) -> None:
    name = f"after-{newsroom.briefing.id}"
    assert not build("editor@example.com", newsroom, f"shown={name}&{name}=disk").is_valid()


def test_a_webhook_says_what_is_missing_at_its_field() -> None:
    form = AddWebhookForm([("morning", "Morning Briefing")], QueryDict("form=slack&newsletter=evening&kind=nothing"))
    assert {*form.errors} == {"name", "url", "newsletter", "kind"}
    assert 'class="input input--mid"' in str(form["url"])


def test_buttons_say_which_webhook_and_a_test_to_oneself_says_nothing() -> None:
    assert "__all__" in NamedWebhookForm(QueryDict("")).errors
    assert NotificationTestForm(QueryDict("")).is_valid()
