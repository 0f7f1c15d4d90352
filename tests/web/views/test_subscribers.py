"""The desk's pages about subscribers: segments, lists, and who is never mailed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from newsletter.kernel import clock
from newsletter.web.views import imports, segments
from subscribers import lists, models, people, suppressions
from subscribers.attributes import add_tag, set_tier
from subscribers.consent import signup_attempts
from subscribers.imports import run
from subscribers.segments import grammar
from subscribers.segments.service import get_segment, list_segment_members, list_segments


@pytest.fixture
def admin(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("admin")


def test_a_segment_is_counted_while_it_is_written_and_kept(
    admin: Client, readers: Callable[..., list[int]], now: datetime
) -> None:
    ids = readers(3)
    set_tier(ids[0], "paid")
    rows = {
        "group": "all",
        "kind-0": "all",
        "asked-0-0": "tier is",
        "value-0-0": "paid",
        "asked-0-1": "tag has_not",
        "value-0-1": "VIP",
    }
    counted = admin.post("/readers/segments/", rows, headers={"HX-Request": "true"}).content.decode()
    assert "<b>1</b> subscribers: tier is paid" in counted
    wrong = admin.post("/readers/segments/", rows | {"value-0-0": "gold"}, headers={"HX-Request": "true"})
    assert "no tier" in wrong.content.decode()
    assert admin.post("/readers/segments/", rows | {"value-0-0": "gold", "name": "X"}).status_code == 422
    admin.post("/readers/segments/", rows | {"name": "Who pays!"})
    assert list(list_segment_members("who-pays", now=now)) == [ids[0]]
    assert "tier is paid" in admin.get("/readers/segments/").content.decode()
    admin.post("/readers/segments/", {"do": "drop", "slug": "who-pays"})
    assert list_segments() == ()


def test_a_segment_of_several_groups_is_written_shown_again_and_changed(
    admin: Client, readers: Callable[..., list[int]], now: datetime
) -> None:
    ids = readers(3)
    set_tier(ids[0], "paid")
    add_tag(ids[1], "VIP")
    first = {"group": "all", "kind-0": "all", "asked-0-0": "tracked is", "value-0-0": "yes"}
    longer = admin.post("/readers/segments/", first | {"do": "more"}).content.decode()
    assert 'name="asked-1-0"' in longer
    assert 'value="tracked is" selected' in longer
    assert 'name="asked-0-1"' in admin.post("/readers/segments/", first | {"do": "more-0"}).content.decode()
    second = {"kind-1": "any", "asked-1-0": "tier is", "value-1-0": "paid", "asked-1-1": "tag has", "value-1-1": "VIP"}
    admin.post("/readers/segments/", first | second | {"do": "keep", "name": "Friends"})
    assert list(list_segment_members("friends", now=now)) == ids[:2]
    page = admin.get("/readers/segments/friends/").content.decode()
    assert 'value="tag has" selected' in page
    assert 'value="VIP"' in page
    admin.post(
        "/readers/segments/", first | second | {"do": "keep", "slug": "friends", "name": "Others", "kind-1": "none"}
    )
    assert list(list_segment_members("friends", now=now)) == [ids[2]]
    assert get_segment("friends").name == "Others"


@given(st.data())
def test_the_form_of_a_segment_says_what_the_segment_says(data: st.DataObject) -> None:
    kinds = st.sampled_from(["all", "any", "none"])
    condition = st.sampled_from(
        [
            {"about": "tier", "op": "is", "value": "paid"},
            {"about": "tracked", "op": "is", "value": False},
            {"about": "opened", "op": "never", "list": "morning"},
        ]
    )
    block = st.builds(lambda kind, parts: {kind: parts}, kinds, st.lists(condition, min_size=1, max_size=3))
    definition = data.draw(st.builds(lambda k, p: {k: p}, kinds, st.lists(condition | block, min_size=1, max_size=4)))
    form = segments.to_form(definition)
    assert form is not None
    people = [
        {"tier": t, "tracked": k, "opened": o} for t in (True, False) for k in (True, False) for o in (True, False)
    ]

    def holds(part: dict[str, Any], person: dict[str, bool]) -> bool:
        if "about" in part:
            return person[part["about"]]
        ((kind, parts),) = part.items()
        found = [holds(each, person) for each in parts]
        return {"all": all(found), "any": any(found), "none": not any(found)}[kind]

    again = grammar.to_document(grammar.parse_definition(segments.to_definition(form, {}), {}))
    assert [holds(again, each) for each in people] == [holds(definition, each) for each in people]


def test_a_list_is_made_changed_and_shows_its_growth_and_its_form(
    admin: Client, readers: Callable[..., list[int]], house: Any, now: datetime
) -> None:
    assert admin.post("/readers/lists/", {"slug": "No Good", "name": "Weekly"}).status_code == 422
    admin.post("/readers/lists/", {"slug": "weekly", "name": "Weekly", "language": "de"})
    weekly = lists.get_list_by_slug("weekly")
    assert (weekly.language, weekly.double_opt_in) == ("de", True)
    page = "/readers/lists/weekly/"
    assert '/embed/weekly/" method="post"' in unescape(admin.get(page).content.decode())
    admin.post(page, {"do": "change", "name": "Good News", "opt_in": "single", "weekly_day": "monday"})
    changed = lists.get_list_by_slug("weekly")
    assert (changed.name, changed.double_opt_in, changed.weekly_day, changed.public) == ("Good News", False, 0, False)
    assert admin.post(page, {"do": "change", "name": "x" * 121}).status_code == 422
    ids = readers(3)
    people.unsubscribe(ids[0], house.list.id, how="page", by="reader", now=clock.now())
    shown = admin.get(f"/readers/lists/{house.list.slug}/").content.decode()
    assert "<b>1</b> went" in shown
    assert "nobody can be called silent" in shown


def test_the_silent_are_asked_when_their_number_is_typed(
    admin: Client, readers: Callable[..., list[int]], house: Any
) -> None:
    readers(3)
    now = clock.now()
    models.Subscription.objects.update(since=now - timedelta(days=400))
    models.List.objects.filter(id=house.list.id).update(engagement_as_of=now)
    page = f"/readers/lists/{house.list.slug}/"
    assert "<b>3</b> subscribers have neither opened nor clicked for 6 months" in admin.get(page).content.decode()
    wrong = admin.post(page, {"do": "ask", "months": "6", "number": "2"})
    assert wrong.status_code == 422
    assert "Type the number of subscribers who would be asked: 3." in wrong.content.decode()
    assert not models.TransactionalMail.objects.filter(kind="stay").exists()
    admin.post(page, {"do": "ask", "months": "6", "number": "3"})
    assert models.TransactionalMail.objects.filter(kind="stay").count() == 3


def test_who_is_never_mailed_is_seen_added_lifted_and_taken_from_a_file(admin: Client, now: datetime) -> None:
    page = "/readers/suppressions/"
    assert admin.post(page, {"do": "add", "address": "nobody@"}).status_code == 422
    assert admin.post(page, {"do": "add", "address": "a@example.com", "until": "2020-01-01"}).status_code == 422
    admin.post(page, {"do": "add", "address": "Ann@Example.com", "reason": "asked by phone"})
    admin.post(page, {"do": "add", "address": "@example.org", "until": "2099-01-01"})
    shown = admin.get(page).content.decode()
    assert "ann@example.com" in shown
    assert "asked by phone" in shown
    assert "@example.org" in admin.get(page, {"q": "example.org"}).content.decode()
    file = SimpleUploadedFile("gone.csv", b"address,reason\nben@example.com,left\nnobody@,left\n")
    answer = admin.post(page, {"do": "take", "file": file})
    assert "nobody@" in answer.content.decode()
    assert b"ben@example.com" in b"".join(admin.get("/readers/suppressions.csv"))  # type: ignore[arg-type]
    admin.post(page, {"do": "lift", "address": "ann@example.com"})
    suppressions.suppress("cut@example.com", reason="complained", source="test", now=now)
    assert admin.post(page, {"do": "lift", "address": "cut@example.com"}).status_code == 422
    assert [each.address for each in suppressions.list_suppressions()] == [
        "@example.org",
        "ben@example.com",
        "cut@example.com",
    ]


def test_rules_for_domains_are_set_and_dropped(admin: Client) -> None:
    page = "/readers/suppressions/"
    admin.post(page, {"do": "rule", "domain": "Spam.example", "verdict": "deny"})
    assert signup_attempts.list_domain_rules() == (("spam.example", "deny"),)
    assert "may not sign up" in admin.get(page).content.decode()
    assert admin.post(page, {"do": "rule", "domain": "nowhere", "verdict": "deny"}).status_code == 422
    assert admin.post(page, {"do": "rule", "domain": "other.example", "verdict": "drop"}).status_code == 422
    admin.post(page, {"do": "rule", "domain": "spam.example", "verdict": "drop"})
    assert signup_attempts.list_domain_rules() == ()


def test_an_upload_may_be_as_large_as_the_limit_and_no_larger(
    admin: Client, house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upload(data: bytes) -> Any:
        fields = {"list": house.list.slug, "file": SimpleUploadedFile("readers.csv", data)}
        return admin.post("/readers/import/", fields)

    data = b"email\nann@example.com\n"
    monkeypatch.setattr(imports, "LARGEST_UPLOAD", len(data))
    assert upload(data).status_code == 302
    answer = upload(data + b"\n")
    assert (answer.status_code, "The file is larger than" in answer.content.decode()) == (422, True)
    assert len(run.list_imports()) == 1
