"""A right for one newsletter gives no power over the subscribers of another: the takeover, tried step by step.

Mallory may see and change the subscribers of the evening letter, and of nothing else. Ann subscribes to the morning
briefing. Whatever Mallory tries over HTTP, Ann stays as she is, and Mallory learns nothing of her.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from newsletter.accounts import users
from newsletter.accounts.models import User
from newsletter.catalog import newsletter_settings
from newsletter.kernel import clock
from newsletter.kernel.errors import NotAllowed
from subscribers import (
    attributes,
    lists,
    models,
    people,
    self_service,
    subscriber_lookup,
    suppressions,
    transactional,
)
from subscribers.imports import import_lookup, run
from subscribers.segments import service
from subscribers.tokens import ADDRESS, NEW_ADDRESS, Claims
from subscribers.values import Subscriber
from tests.actors import SYSTEM, act_as
from tests.conftest import PASSWORD

ANN = "ann@example.com"
SECRETS = ("Annabel", "Canary", "ann.before@example.org", "gold-member", "Secretville", "Morning Briefing", "Lisbon")


@pytest.fixture
def ann(newsroom: Any, now: datetime) -> int:
    """Somebody on the morning list, of whom much is known."""
    attributes.create_attribute("Town", by=SYSTEM, now=now)
    person = people.add_subscriber(
        "ann.before@example.org",
        newsroom.list.id,
        reason="at the fair",
        first_name="Annabel",
        last_name="Canary",
        zone="Europe/Lisbon",
        by=SYSTEM,
        now=now,
    ).id
    people.change_address(person, ANN, seen=None, by=SYSTEM, now=now)
    attributes.change_profile(
        person, tier="paid", add_tags=["gold-member"], attributes={"town": "Secretville"}, seen=None, by=SYSTEM, now=now
    )
    return person


@pytest.fixture(params=["readers", "admin"])
def mallory(request: pytest.FixtureRequest, newsroom: Any, now: datetime) -> Client:
    """Somebody with a role for the evening letter alone."""
    users.create_user(
        "mallory@example.com", PASSWORD, role=request.param, newsletter_id=newsroom.other.id, by=SYSTEM, now=now
    )
    client = Client()
    client.force_login(
        User.objects.get(email="mallory@example.com"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def look(person: int) -> Subscriber:
    return subscriber_lookup.get_subscriber(person)


def states(person: int) -> dict[str, str]:
    return {each.list_name: each.state for each in look(person).subscriptions}


def add(mallory: Client, address: str = ANN, **more: str) -> Any:
    return mallory.post("/readers/", {"list": "evening", "email": address, **more}, follow=True)


def without_ids(text: str, address: str) -> str:
    """A page without what differs from person to person and from request to request."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|csrfToken[^,]*|"X-CSRFToken": "[^"]*"', "", text)
    return re.sub(r"/readers/\d+/|subscriber=\d+|nonce=\S+|<time[^>]*>", "", text.replace(address, "ADDRESS"))


def test_adding_asks_to_confirm_at_most(mallory: Client, ann: int) -> None:
    add(mallory)
    assert states(ann) == {"Morning Briefing": "active", "Evening Letter": "pending"}


def test_adding_asks_to_confirm_also_where_a_list_asks_nobody(mallory: Client, ann: int, now: datetime) -> None:
    lists.change_list("evening", opt_in="single", seen=None, by=SYSTEM, now=now)
    add(mallory)
    assert states(ann)["Evening Letter"] == "pending"


@pytest.mark.parametrize("address", [ANN, "ann.before@example.org"])
def test_adding_does_not_tell_whether_the_address_was_known(mallory: Client, ann: int, address: str) -> None:
    known = add(mallory, address, first_name="Whoever")
    unknown = add(mallory, "nobody.knows@example.com", first_name="Whoever")
    assert known.redirect_chain
    shown = known.content.decode()
    assert without_ids(shown, address) == without_ids(unknown.content.decode(), "nobody.knows@example.com")
    assert not [secret for secret in SECRETS if secret in shown and secret != address]


@pytest.mark.parametrize("unsubscribed", [False, True])
def test_adding_takes_the_person_from_nobody(
    mallory: Client, ann: int, newsroom: Any, now: datetime, unsubscribed: bool
) -> None:
    users.create_user(
        "ed@example.com", PASSWORD, role="readers", newsletter_id=newsroom.briefing.id, by=SYSTEM, now=now
    )
    ed = act_as("ed@example.com")
    add(mallory)
    if unsubscribed:
        mallory.post(f"/readers/{ann}/", {"do": "leave", "list": newsroom.other_list.id, "sure": "1"})
        assert states(ann)["Evening Letter"] == "unsubscribed"
    people.change_address(ann, "ann.after@example.org", seen=ANN, by=ed, now=now)
    attributes.change_profile(ann, tier="comp", seen=None, by=ed, now=now)
    assert (look(ann).address, look(ann).tier) == ("ann.after@example.org", "comp")


def test_adding_somebody_whom_others_asked_takes_them_over_neither_way(
    mallory: Client, newsroom: Any, now: datetime
) -> None:
    asked = people.add_subscriber("bea@example.com", newsroom.list.id, first_name="Bea", by=SYSTEM, now=now).id
    add(mallory, "bea@example.com")
    assert states(asked) == {"Morning Briefing": "pending", "Evening Letter": "pending"}
    form = {"do": "move", "email": "mallory@example.org", "seen_address": "bea@example.com"}
    answer = mallory.post(f"/readers/{asked}/", form)
    assert answer.status_code == 403
    assert look(asked).address == "bea@example.com"
    users.create_user(
        "ed@example.com", PASSWORD, role="readers", newsletter_id=newsroom.briefing.id, by=SYSTEM, now=now
    )
    with pytest.raises(NotAllowed):
        people.change_address(asked, "ed@example.org", seen=None, by=act_as("ed@example.com"), now=now)


def test_opening_the_person_shows_nothing_but_the_own_list(mallory: Client, ann: int) -> None:
    assert mallory.get(f"/readers/{ann}/").status_code == 403
    add(mallory)
    page = mallory.get(f"/readers/{ann}/")
    assert page.status_code == 200
    shown = page.content.decode()
    assert ANN in shown
    assert not [secret for secret in SECRETS if secret in shown]


@pytest.mark.parametrize("query", ["Annabel", "Canary", "ann.before"])
def test_searching_finds_nobody_by_what_is_hidden(mallory: Client, ann: int, query: str) -> None:
    add(mallory)
    assert f"/readers/{ann}/" in mallory.get("/readers/", {"list": "evening", "q": "ann@"}).content.decode()
    assert f"/readers/{ann}/" not in mallory.get("/readers/", {"list": "evening", "q": query}).content.decode()
    assert mallory.get("/readers/", {"list": "morning", "q": query}).status_code == 403


def test_downloading_everything_is_refused(mallory: Client, ann: int) -> None:
    add(mallory)
    refused = mallory.post(f"/readers/{ann}/", {"do": "data"})
    assert refused.status_code == 403
    assert not [secret for secret in SECRETS if secret in refused.content.decode()]


@pytest.mark.parametrize(
    "form",
    [
        {"do": "move", "email": "mallory@example.org", "seen_address": ANN},
        {"do": "know", "tier": "comp", "seen_tier": "paid"},
        {"do": "know", "tier": "paid", "seen_tier": "paid", "tag": "mine"},
        {
            "do": "know",
            "tier": "paid",
            "seen_tier": "paid",
            "attribute": "town",
            "value": "Elsewhere",
            "seen_attribute_town": "Secretville",
        },
        {"do": "erase", "sure": "1"},
    ],
    ids=["address", "tier", "tag", "attribute", "erase"],
)
def test_changing_the_person_is_refused(mallory: Client, ann: int, form: dict[str, str]) -> None:
    add(mallory)
    before = look(ann)
    assert mallory.post(f"/readers/{ann}/", form).status_code == 403
    assert look(ann) == before


def test_unsubscribing_works_for_the_own_list_alone(mallory: Client, ann: int, newsroom: Any) -> None:
    add(mallory)
    refused = mallory.post(f"/readers/{ann}/", {"do": "leave", "list": str(newsroom.list.id), "sure": "1"})
    assert refused.status_code == 403
    mallory.post(f"/readers/{ann}/", {"do": "leave", "list": str(newsroom.other_list.id), "sure": "1"})
    assert states(ann) == {"Morning Briefing": "active", "Evening Letter": "unsubscribed"}


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_exporting_gives_away_nothing_of_the_person(mallory: Client, ann: int, form: str) -> None:
    add(mallory)
    text = b"".join(mallory.get(f"/readers/export/evening.{form}").streaming_content).decode()  # type: ignore[attr-defined]
    assert ANN in text
    assert not [secret for secret in SECRETS if secret in text]
    assert mallory.get(f"/readers/export/morning.{form}").status_code == 403


@pytest.fixture
def import_file(mallory: Client, now: datetime) -> Callable[[str], Any]:
    """Imports a file into the evening list, with everything in it replacing what is known."""

    def upload(text: str) -> Any:
        file = SimpleUploadedFile("mine.csv", text.encode(), "text/csv")
        page = mallory.post("/readers/import/", {"list": "evening", "file": file}, follow=True)
        url = page.redirect_chain[-1][0]
        run.process_next_import(now, owner="worker", clock=lambda: now)
        mallory.post(url, {"do": "explain", "overwrite": "1"})
        run.process_next_import(now, owner="worker", clock=lambda: now)
        found = re.search(r'name="seen" value="([^"]*)"', mallory.get(url).content.decode())
        mallory.post(url, {"do": "import", "seen": found[1] if found else ""})
        run.process_next_import(now, owner="worker", clock=lambda: now)
        return import_lookup.get_import(int(url.strip("/").rpartition("/")[2]))

    return upload


def test_importing_changes_only_the_own_subscription(
    mallory: Client, ann: int, import_file: Callable[[str], Any]
) -> None:
    before = look(ann)
    done = import_file(
        "email,first_name,last_name,tier,tags,town\n"
        f"{ANN},Mallory,Was here,comp,mine,Elsewhere\n"
        "new@example.com,New,Reader,paid,mine,Leeds\n"
    )
    assert (done.state, done.report.new) == ("done", 2)
    after = look(ann)
    assert (after.first_name, after.last_name, after.tier, after.tags, after.attributes) == (
        before.first_name,
        before.last_name,
        before.tier,
        before.tags,
        before.attributes,
    )
    new = subscriber_lookup.find_subscriber_by_address("new@example.com")
    assert new is not None
    assert (new.first_name, new.tier, new.tags, new.attributes) == ("New", "paid", ("mine",), {"town": "Leeds"})


@pytest.mark.parametrize("columns", ["email", "email,first_name,tier,tags,town", "email,status"])
def test_an_imports_report_does_not_tell_whether_the_address_was_known(
    mallory: Client, ann: int, import_file: Callable[[str], Any], columns: str
) -> None:
    values = {"email": "ADDRESS", "first_name": "Mallory", "tier": "comp", "tags": "mine", "town": "Leeds"}
    values["status"] = "complained"
    line = ",".join(values[name] for name in columns.split(","))
    shown = []
    for address in (ANN, "nobody.knows@example.com"):
        done = import_file(f"{columns}\n{line.replace('ADDRESS', address)}\n")
        page = mallory.get(f"/readers/import/{done.id}/").content.decode()
        assert not [secret for secret in SECRETS if secret in page]
        ids_and_times = rf"/import/{done.id}/|#{done.id}\b|Import {done.id}\b|\d\d:\d\d"
        shown.append(re.sub(ids_and_times, "", without_ids(page, address)))
        shown.append(str(replace(done.report, id=0)).replace(address, "ADDRESS"))
    assert shown[:2] == shown[2:]


def test_importing_a_complaint_does_not_suppress_the_person(ann: int, import_file: Callable[[str], Any]) -> None:
    import_file(f"email,status\n{ANN},complained\nnew@example.com,complained\n")
    assert states(ann) == {"Morning Briefing": "active", "Evening Letter": "complained"}
    assert [row.address for row in suppressions.list_suppressions()] == ["new@example.com"]


def test_importing_a_former_address_does_not_lead_to_the_present_one(
    ann: int, import_file: Callable[[str], Any]
) -> None:
    import_file("email\nann.before@example.org\n")
    assert states(ann) == {"Morning Briefing": "active"}


def test_an_import_of_another_newsletter_is_neither_shown_nor_undone(
    mallory: Client, newsroom: Any, now: datetime
) -> None:
    done = run.import_csv(
        io.BytesIO(b"email\nbea@example.com\n"), newsroom.list.id, dry_run=False, by=SYSTEM, now=now, name="theirs.csv"
    )
    assert mallory.get(f"/readers/import/{done.id}/").status_code == 403
    assert mallory.post(f"/readers/import/{done.id}/", {"do": "undo"}).status_code == 403
    assert import_lookup.get_import(done.id).state == "done"


def test_a_list_that_two_newsletters_share_is_changed_by_those_with_both(
    mallory: Client, newsroom: Any, now: datetime
) -> None:
    newsletter_settings.create_newsletter(
        slug="night",
        name="Night Letter",
        list_id=newsroom.other_list.id,
        from_email="news@example.com",
        postal_address="1 High Street, Upland",
        zone="Europe/London",
        now=now,
        by=SYSTEM,
    )
    page = mallory.get("/readers/lists/evening/").content.decode()
    seen = dict(re.findall(r'name="(seen_\w+)" value="([^"]*)"', page))
    form = {"do": "change", "name": "Mine", "language": "en", "opt_in": "single", "weekly_day": "monday"}
    assert mallory.post("/readers/lists/evening/", form | seen).status_code == 403
    found = lists.get_list_by_slug("evening")
    assert (found.name, found.double_opt_in) == ("Evening Letter", True)
    assert add(mallory, reason="at the fair").status_code == 403
    assert subscriber_lookup.find_subscriber_by_address(ANN) is None


def test_a_list_of_another_newsletter_is_neither_shown_nor_changed(mallory: Client, newsroom: Any) -> None:
    assert mallory.get("/readers/lists/morning/").status_code == 403
    assert mallory.post("/readers/lists/morning/", {"do": "change", "name": "Mine"}).status_code == 403
    assert lists.get_list_by_slug("morning").name == "Morning Briefing"


def test_segments_and_suppressions_are_the_newsrooms(mallory: Client, newsroom: Any, now: datetime) -> None:
    service.create_segment(
        "payers", "Payers", {"all": [{"about": "tier", "op": "is", "value": "paid"}]}, by=SYSTEM, now=now
    )
    suppressions.suppress("gone@example.com", reason="asked", by=SYSTEM, now=now)
    assert mallory.post("/readers/segments/", {"do": "drop", "slug": "payers"}).status_code == 403
    assert (
        mallory.post("/readers/suppressions/", {"do": "lift", "address": "gone@example.com", "sure": "1"}).status_code
        == 403
    )
    assert mallory.get("/readers/suppressions.csv").status_code == 403
    assert [each.slug for each in service.list_segments()] == ["payers"]
    assert [each.address for each in suppressions.list_suppressions()] == ["gone@example.com"]


def test_the_yes_of_somebody_whose_address_was_changed_meanwhile_sends_mail_to_nobody_else(
    mallory: Client, newsroom: Any
) -> None:
    now = clock.now()
    self_service.sign_up("zoe@example.com", [newsroom.list.id], origin="form", network="", now=now)
    (mail,) = transactional.claim_mails(now, limit=9, lease=timedelta(minutes=1))
    zoe = int(add(mallory, "zoe@example.com", reason="I say so").redirect_chain[-1][0].split("/")[2])
    mallory.post(f"/readers/{zoe}/", {"do": "move", "email": "mallory@example.net", "seen_address": "zoe@example.com"})
    assert look(zoe).address == "mallory@example.net", "who joined no other list may be changed"
    pressed = Client().post(mail.button_url.removeprefix("http://testserver"))
    assert pressed.status_code == 409
    assert "Sign up again" in pressed.content.decode()
    assert states(zoe)["Morning Briefing"] == "pending"


def test_a_yes_counts_for_an_address_that_the_person_changed(newsroom: Any) -> None:
    now = clock.now()
    self_service.sign_up("zoe@example.com", [newsroom.list.id], origin="form", network="", now=now)
    (mail,) = transactional.claim_mails(now, limit=9, lease=timedelta(minutes=1))
    zoe = models.Subscriber.objects.get()
    self_service.request_address_change(Claims(ADDRESS, 0, zoe.id), "zoe@example.org", now=now)
    wish = models.AddressChangeRequest.objects.get()
    self_service.confirm_address_change(Claims(NEW_ADDRESS, wish.id, zoe.id), now=now + timedelta(minutes=1))
    assert Client().post(mail.button_url.removeprefix("http://testserver")).status_code == 200
    assert states(zoe.id)["Morning Briefing"] == "active"


@pytest.mark.parametrize("way", ["file", "desk"])
def test_an_address_that_was_changed_for_one_list_before_another_knew_it_is_not_followed(
    way: str, mallory: Client, newsroom: Any, now: datetime
) -> None:
    planted = int(add(mallory, "zoe@example.com", reason="I say so").redirect_chain[-1][0].split("/")[2])
    mallory.post(
        f"/readers/{planted}/", {"do": "move", "email": "mallory@example.net", "seen_address": "zoe@example.com"}
    )
    if way == "file":
        file = io.BytesIO(b"email\nzoe@example.com\n")
        run.import_csv(file, newsroom.list.id, dry_run=False, by=SYSTEM, now=now)
    else:
        people.add_subscriber("zoe@example.com", newsroom.list.id, reason="at the fair", by=SYSTEM, now=now)
    assert states(planted) == {"Evening Letter": "active"}
    zoe = models.Subscriber.objects.get(address="zoe@example.com")
    assert states(zoe.id) == {"Morning Briefing": "active"}


@pytest.mark.parametrize("way", ["file", "desk"])
def test_an_address_that_the_person_gave_up_leads_to_the_one_they_have(way: str, newsroom: Any) -> None:
    now = clock.now()
    zoe = people.add_subscriber("zoe@example.com", newsroom.other_list.id, reason="x", by=SYSTEM, now=now).id
    self_service.request_address_change(Claims(ADDRESS, 0, zoe), "zoe@example.org", now=now)
    wish = models.AddressChangeRequest.objects.get()
    self_service.confirm_address_change(Claims(NEW_ADDRESS, wish.id, zoe), now=now)
    if way == "file":
        file = io.BytesIO(b"email\nzoe@example.com\n")
        run.import_csv(file, newsroom.list.id, dry_run=False, by=SYSTEM, now=now)
    else:
        people.add_subscriber("zoe@example.com", newsroom.list.id, reason="at the fair", by=SYSTEM, now=now)
    assert states(zoe) == {"Evening Letter": "active", "Morning Briefing": "active"}
