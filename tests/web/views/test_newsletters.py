"""Settings of a newsletter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import lxml.html
import pytest
from django.test import Client

from newsletter.accounts import audit_log
from newsletter.accounts.actors import SystemActor
from newsletter.accounts.audit_log import AuditFilter
from newsletter.accounts.models import Role
from newsletter.catalog.newsletter_settings import change_newsletter
from newsletter.catalog.newsletters import get_newsletter
from newsletter.kernel.errors import NotAllowed
from tests.actors import act_as


def test_a_wrong_setting_is_named_at_its_field(admin: Client, newsroom: Any) -> None:
    answer = admin.post("/newsletters/morning/", {"zone": "Europe/Londn", "seen_zone": "Europe/London"})
    assert answer.status_code == 422
    page = lxml.html.fromstring(answer.content.decode())
    (field,) = page.cssselect("input[name=zone]")
    assert (field.get("value"), field.get("aria-invalid")) == ("Europe/Londn", "true")
    error = page.get_element_by_id(field.get("aria-describedby").split()[-1])
    assert "Did you mean Europe/London" in error.text_content()
    assert "Did you mean Europe/London" in page.cssselect(".errors a[href='#s-zone']")[0].text_content()


SPONSOR = {"label": "Sponsored by Upland", "headline": "Boots", "url": "https://a.example/", "first": "2026-12-02"}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("label", "", "must say so"),
        ("first", "2.12.", "is not a date"),
        ("last", "2026-12-01", "would never show"),
        ("url", "ferry", "begins with https://"),
    ],
)
def test_what_is_wrong_with_a_sponsor_stands_at_its_field_and_nothing_typed_is_lost(
    admin: Client, newsroom: Any, field: str, value: str, message: str
) -> None:
    answer = admin.post("/newsletters/morning/sponsors/", SPONSOR | {"text": "For hills", field: value})
    assert answer.status_code == 422
    page = lxml.html.fromstring(answer.content.decode())
    assert message in page.get_element_by_id(f"sponsor-{field}_error").text_content()
    assert page.get_element_by_id("sponsor-text").get("value") == "For hills"
    assert page.get_element_by_id(f"sponsor-{field}").get("value", "") == value


def test_a_sponsor_whose_days_are_taken_is_refused_beside_the_form(admin: Client, newsroom: Any) -> None:
    page = "/newsletters/morning/sponsors/"
    assert admin.post(page, SPONSOR).status_code == 302
    answer = admin.post(page, SPONSOR | {"headline": "Boats"})
    assert answer.status_code == 422
    assert "the box is reserved for “Boots”" in answer.content.decode()
    assert 'value="Boats"' in answer.content.decode()
    assert "gone already" in admin.post(page, {"do": "remove", "sponsor_id": "99"}).content.decode()


def read_form(page: str) -> dict[str, str]:
    """The first form of a page as a browser sends it."""
    form = next(each for each in lxml.html.fromstring(page).forms if each.method == "POST" and "name" in each.fields)
    return {name: str(value) for name, value in form.form_values()}


def test_two_people_at_the_settings_overwrite_nothing_they_did_not_see(
    admin: Client, newsroom: Any, now: datetime
) -> None:
    form = read_form(admin.get("/newsletters/morning/").content.decode())
    change_newsletter(newsroom.briefing.id, strap="Ben's line", seen=None, by=SystemActor("Ben"), now=now)
    assert admin.post("/newsletters/morning/", form | {"signed": "Ada"}).status_code == 302
    present = get_newsletter(newsroom.briefing.id)
    assert (present.strap, present.signed) == ("Ben's line", "Ada")
    answer = admin.post("/newsletters/morning/", form | {"strap": "Ada's line"})
    page = answer.content.decode().replace("&#x27;", "'")
    assert answer.status_code == 409
    assert ('data-l="Now">Ben\'s line' in page, 'value="Ada\'s line"' in page) == (True, True)
    assert get_newsletter(newsroom.briefing.id).strap == "Ben's line"


def test_a_form_that_does_not_say_what_was_seen_saves_nothing(admin: Client, newsroom: Any) -> None:
    assert admin.post("/newsletters/morning/", {"strap": "New"}).status_code == 422
    assert get_newsletter(newsroom.briefing.id).strap == ""


def test_what_changed_stands_in_the_audit_log(admin: Client, newsroom: Any) -> None:
    form = read_form(admin.get("/newsletters/morning/").content.decode())
    admin.post("/newsletters/morning/", form | {"per_minute": "50"})
    (entry,) = audit_log.list_entries(AuditFilter(action="changed newsletter"))
    assert (entry.before, entry.after, entry.target) == ({"per_minute": "0"}, {"per_minute": "50"}, "morning")


def test_nobody_moves_a_newsletter_to_a_list_of_others(newsroom: Any, people: Any, now: datetime) -> None:
    Role.objects.filter(user=people["stranger"]).update(name="admin")
    with pytest.raises(NotAllowed):
        change_newsletter(
            newsroom.other.id, list_id=newsroom.list.id, seen=None, by=act_as("stranger@example.com"), now=now
        )
    assert get_newsletter(newsroom.other.id).list_id == newsroom.other_list.id


NEW = {"slug": "noon", "name": "Noon", "from_email": "noon@example.com", "postal_address": "1 Quay", "zone": "UTC"}


def test_a_newsletter_is_created_with_the_fields_that_none_can_be_without(admin: Client, newsroom: Any) -> None:
    answer = admin.post("/newsletters/", NEW | {"list": newsroom.list.slug})
    assert answer.headers["Location"] == "/newsletters/noon/"
    page = admin.get("/newsletters/").content.decode()
    assert "Noon" in page
    assert "Create newsletter" in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"zone": "Europe/Londn"}, "zone"),
        ({"slug": "NO WAY"}, "slug"),
        ({"from_email": "noon"}, "from_email"),
        ({"list": "nowhere"}, "list"),
        ({"postal_address": ""}, "postal_address"),
    ],
)
def test_what_is_wrong_with_a_new_newsletter_stands_at_its_field(
    admin: Client, newsroom: Any, wrong: dict[str, str], field: str
) -> None:
    answer = admin.post("/newsletters/", NEW | {"list": newsroom.list.slug} | wrong)
    assert answer.status_code == 422
    page = lxml.html.fromstring(answer.content.decode())
    assert page.cssselect(f"[name={field}]")[0].get("aria-invalid") == "true"
    assert page.cssselect("[name=name]")[0].get("value") == "Noon"


def test_newsletters_are_created_by_whoever_configures_all(editor: Client, newsroom: Any) -> None:
    assert editor.post("/newsletters/", NEW | {"list": newsroom.list.slug}).status_code == 403
    assert "Create newsletter" not in editor.get("/newsletters/").content.decode()
