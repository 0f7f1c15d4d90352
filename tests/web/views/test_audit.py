"""The audit log on the desk."""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from newsletter.kernel.actors import ActionRecord
from subscribers import people
from tests.actors import SYSTEM, act_as
from tests.web.seen import flatten

PAGE, FILE = "/audit/", "/audit/entries.csv"


def record(now: datetime, target: str, **fields: Any) -> None:
    SYSTEM.record(ActionRecord(**({"action": "edited", "target": target, "at": now} | fields)))


def read(client: Client, **asked: str) -> str:
    answer = client.get(PAGE, asked)
    assert answer.status_code == 200
    return flatten(answer.content.decode())


def list_targets(page: str) -> list[str]:
    return re.findall(r"thing \w+", "".join(re.findall(r"<summary>.*?</summary>", page)))


def test_an_entry_says_who_did_what_when_from_where_before_and_after(
    admin: Client, edition: Any, now: datetime
) -> None:
    by = act_as("editor@example.com", network="203.0.113.9")
    before, after = {"subject": "Rain"}, {"subject": "Snow", "content": "0-0"}
    target = f"edition {edition.id}"
    by.record(ActionRecord("edited", target, now, edition.newsletter_id, "x", before, after))
    page = read(admin, edition=str(edition.id), action="edited")
    assert "editor@example.com" in page
    assert "203.0.113.9" in page
    assert "<del>Rain</del><ins>Snow</ins>" in page.replace("> <", "><")
    assert f"Edition of {edition.date.isoformat()}" in page
    assert f'href="/editions/{edition.id}/"' in page
    assert f"{now:%H:%M:%S} GMT" in page


def test_entries_stand_under_their_days_the_newest_first(admin: Client, now: datetime) -> None:
    for days, name in ((2, "a"), (2, "b"), (1, "c")):
        record(now - timedelta(days=days), f"thing {name}")
    page = read(admin, action="edited")
    assert list_targets(page) == ["thing c", "thing b", "thing a"]
    assert page.count('<section class="sec">') == 2


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"user": "somebody else"}, []),
        ({"user": "TESTS"}, ["newest", "middle", "oldest"]),
        ({"action": "approved"}, ["middle"]),
        ({"newsletter": "morning"}, ["middle"]),
        ({"edition": "9999"}, []),
        ({"subscriber": "7"}, ["newest"]),
        ({"since": "{yesterday}"}, ["newest", "middle"]),
        ({"until": "{yesterday}"}, ["middle", "oldest"]),
        ({"since": "{yesterday}", "until": "{yesterday}", "action": "approved", "user": "tests"}, ["middle"]),
    ],
)
def test_entries_are_found_by_every_filter_and_exported_by_the_same(
    admin: Client, newsroom: Any, now: datetime, asked: dict[str, str], found: list[str]
) -> None:
    record(now - timedelta(days=2), "thing oldest")
    record(now - timedelta(days=1), "thing middle", action="approved", newsletter_id=newsroom.briefing.id)
    record(now, "thing newest", subscriber_id=7, personal_after={"name": "Ada"})
    yesterday = f"{now - timedelta(days=1):%Y-%m-%d}"
    sent = {name: value.replace("{yesterday}", yesterday) for name, value in asked.items()}
    assert list_targets(read(admin, **sent)) == [f"thing {name}" for name in found]
    text = b"".join(admin.get(FILE, sent)).decode()  # type: ignore[arg-type]
    rows = csv.DictReader(text.splitlines())
    exported = [row["target"] for row in rows if row["target"].startswith("thing")]
    assert exported == [f"thing {name}" for name in reversed(found)]


def test_a_subscriber_is_found_by_the_whole_address(admin: Client, readers: Any, now: datetime) -> None:
    (reader,) = readers(1)
    record(now, "thing mine", subscriber_id=reader, personal_after={"name": "Ada"})
    assert list_targets(read(admin, subscriber="Reader0@example.com")) == ["thing mine"]
    refused = admin.get(PAGE, {"subscriber": "nobody@example.com"})
    assert refused.status_code == 422
    assert "No subscriber whom you may see" in refused.content.decode()


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"since": "soon"}, "since"),
        ({"since": "2026-11-02", "until": "2026-11-01"}, "until"),
        ({"edition": "x"}, "edition"),
        ({"newsletter": "nowhere"}, "newsletter"),
        ({"action": "nothing"}, "action"),
        ({"user": "x" * 300}, "user"),
    ],
)
def test_a_filter_that_cannot_be_is_said_at_its_field(admin: Client, asked: dict[str, str], field: str) -> None:
    for address in (PAGE, FILE):
        refused = admin.get(address, asked)
        assert refused.status_code == 422
        assert re.search(rf'name="{field}"[^>]*aria-invalid', refused.content.decode())


def test_the_link_leads_on_with_the_same_filter(admin: Client, now: datetime) -> None:
    for number in range(52):
        record(now, f"thing {number}")
    record(now, "thing other", action="approved")
    first = read(admin, action="edited")
    (link,) = re.findall(r'href="(\?[^"]*before=\d+)"', first)
    second = flatten(admin.get(PAGE + link.replace("&amp;", "&")).content.decode())
    assert list_targets(first) + list_targets(second) == [f"thing {number}" for number in range(51, -1, -1)]
    assert "Show 50 more" not in second


def test_everybody_sees_what_is_about_what_they_manage(signed_in: Any, newsroom: Any, now: datetime) -> None:
    briefing = newsroom.briefing
    record(now, "thing ours", newsletter_id=briefing.id)
    values = {"list_ids": [briefing.list_id, newsroom.other.list_id], "personal_after": {"name": "Adalovelace"}}
    record(now, "thing both", newsletter_id=briefing.id, subscriber_id=7, **values)
    record(now, "thing house")
    assert list_targets(read(signed_in("admin"), action="edited")) == ["thing house", "thing both", "thing ours"]
    editor = read(signed_in("editor"), action="edited")
    assert list_targets(editor) == ["thing both", "thing ours"]
    assert "Adalovelace" not in editor
    assert "Personal values are not shown." in editor
    assert "Adalovelace" not in b"".join(signed_in("editor").get(FILE)).decode()
    assert "Adalovelace" in read(signed_in("admin"))
    assert "thing ours" not in read(signed_in("stranger"))
    viewer = signed_in("viewer")
    assert [viewer.get(address).status_code for address in (PAGE, FILE, f"{PAGE}?since=x")] == [403, 403, 403]


def test_pages_lead_to_the_entries_about_them(admin: Client, signed_in: Any, edition: Any, readers: Any) -> None:
    (reader,) = readers(1)
    for page, link in {
        f"/editions/{edition.id}/history/": f"/audit/?edition={edition.id}",
        f"/editions/{edition.id}/review/": f"/audit/?edition={edition.id}",
        f"/readers/{reader}/": f"/audit/?subscriber={reader}",
        "/newsletters/morning/": "/audit/?newsletter=morning",
        "/people/": "/audit/?user=editor%40example.com",
    }.items():
        assert f'href="{link}"' in admin.get(page).content.decode(), page
    assert "/audit/" not in signed_in("viewer").get("/newsletters/morning/").content.decode()


def test_what_was_done_to_its_mailings_stands_with_an_edition(admin: Client, sent: Any, now: datetime) -> None:
    record(now, f"mailing {sent.id}", action="asked to recall", newsletter_id=sent.newsletter_id)
    record(now, f"mailing {sent.id}0", action="resumed", newsletter_id=sent.newsletter_id)
    page = "".join(re.findall(r"<summary>.*?</summary>", read(admin, edition=str(sent.edition_id))))
    assert "Asked to recall" in page
    assert "Planned mailing" in page
    assert "Approved" in page
    assert "Resumed" not in page


def test_a_subscriber_is_found_by_a_former_address(admin: Client, readers: Any, now: datetime) -> None:
    (reader,) = readers(1)
    record(now, "thing mine", subscriber_id=reader, personal_after={"name": "Ada"})
    people.change_address(reader, "new@example.com", seen="reader0@example.com", by=SYSTEM, now=now)
    assert "thing mine" in list_targets(read(admin, subscriber="reader0@example.com"))
    assert "thing mine" in list_targets(read(admin, subscriber="new@example.com"))
