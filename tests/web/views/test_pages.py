"""The desk's pages: each works for the editor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.test import Client

from newsletter.accounts.models import AuditEntry
from newsletter.curator.articles import article_lookup
from newsletter.curator.editions import corrections, edition_lookup, editions
from newsletter.delivery.ledger.states import Outcome
from newsletter.delivery.models import Alarm, Batch
from newsletter.delivery.reports import summary
from newsletter.kernel import clock
from newsletter.scheduling import occurrences, schedules
from newsletter.web.views import schedule, today
from tests.conftest import PASSWORD


@pytest.fixture
def editor(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("editor")


@pytest.fixture
def admin(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("admin")


def test_signing_in_and_out(people: dict[str, Any]) -> None:
    client = Client()
    wrong = client.post("/login/", {"email": "editor@example.com", "password": "wrong"})
    assert wrong.status_code == 422
    assert b"The address or the password is wrong" in wrong.content
    assert client.post("/login/", {"email": "EDITOR@example.com", "password": PASSWORD}).status_code == 302
    assert client.get("/").status_code == 200
    client.post("/logout/")
    assert client.get("/").status_code == 302


def test_signing_in_leads_nowhere_else(people: dict[str, Any]) -> None:
    answer = Client().post(
        "/login/", {"email": "editor@example.com", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert answer.url == "/"


def test_guessing_passwords_is_stopped(people: dict[str, Any]) -> None:
    client = Client()
    for _ in range(5):
        client.post("/login/", {"email": "editor@example.com", "password": "wrong"})
    blocked = client.post("/login/", {"email": "editor@example.com", "password": PASSWORD})
    assert blocked.status_code == 429
    assert b"quarter of an hour" in blocked.content


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/editions/",
        "/schedule/",
        "/newsletters/",
        "/newsletters/morning/",
        "/sources/",
        "/readers/",
        "/readers/import/",
        "/deliveries/",
    ],
)
def test_every_page_of_the_desk_opens(editor: Client, sent: Any, path: str) -> None:
    answer = editor.get(path)
    assert answer.status_code == 200
    assert b"Nothing leaves this machine" in answer.content, "while the outbox is the provider"
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_empty_pages_say_what_to_do(signed_in: Callable[[str], Client]) -> None:
    admin = signed_in("admin")
    for path in ("/", "/editions/", "/deliveries/", "/sources/", "/outbox/"):
        answer = admin.get(path)
        assert answer.status_code == 200
        assert b'class="empty"' in answer.content


def test_the_board_picks_edits_moves_and_drops(
    editor: Client, edition: Any, articles: Callable[..., list[int]]
) -> None:
    base = f"/editions/{edition.id}"
    article = articles(4)[3]
    editor.post(f"{base}/picks/", {"article": article})
    story = edition_lookup.get_edition(edition.id).picks[-1]
    editor.post(
        f"{base}/picks/{story.key}/",
        {"version": edition_lookup.get_edition(edition.id).version, "headline": "A new headline", "size": "s"},
    )
    editor.post(f"{base}/picks/{story.key}/place/", {"position": 1})
    first = edition_lookup.get_edition(edition.id).picks[0]
    assert (first.key, first.headline) == (story.key, "A new headline")
    editor.post(f"{base}/picks/{story.key}/removal/")
    assert story.key not in {each.key for each in edition_lookup.get_edition(edition.id).picks}
    assert {"picked", "edited", "moved", "dropped"} <= set(AuditEntry.objects.values_list("verb", flat=True))


def test_htmx_gets_the_running_order_and_a_word_to_the_preview(editor: Client, edition: Any) -> None:
    story = edition.picks[0]
    answer = editor.post(
        f"/editions/{edition.id}/picks/{story.key}/place/", {"position": 2}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert answer.content.startswith(b'<div id="order" ')
    assert "preview" in answer.headers["HX-Trigger-After-Swap"]


def test_words_are_saved_and_a_lost_race_keeps_both_texts(editor: Client, edition: Any, now: datetime) -> None:
    url = f"/editions/{edition.id}/words/"
    editor.post(url, {"name": "subject", "was": edition.subject, "value": "A better subject"})
    assert edition_lookup.get_edition(edition.id).subject == "A better subject"
    editions.edit_edition(edition.id, now=now, subject="Their subject")
    late = editor.post(
        url, {"name": "subject", "was": "A better subject", "value": "My subject"}, headers={"HX-Request": "true"}
    )
    assert late.status_code == 409
    assert b"Their subject" in late.content
    assert b"My subject" in late.content
    assert edition_lookup.get_edition(edition.id).subject == "Their subject"


def test_an_outdated_form_gives_back_what_was_typed(editor: Client, edition: Any) -> None:
    story = edition.picks[0]
    answer = editor.post(f"/editions/{edition.id}/picks/{story.key}/", {"version": 1, "headline": "Typed for an hour"})
    assert answer.status_code == 409
    assert b"Typed for an hour" in answer.content


def test_approving_withdrawing_and_sending(editor: Client, edition: Any, readers: Callable[..., list[int]]) -> None:
    readers(2)
    base = f"/editions/{edition.id}"
    editor.post(f"{base}/approval/")
    assert edition_lookup.get_edition(edition.id).approved_by == "editor@example.com"
    editor.post(f"{base}/approval/", {"withdraw": "1"})
    assert edition_lookup.get_edition(edition.id).state == "open"
    editor.post(f"{base}/approval/")
    editor.post(f"{base}/mailing/", {"readers": "3"})
    assert summary.list_mailings() == (), "the number was wrong"
    answer = editor.post(f"{base}/mailing/", {"readers": "2"})
    assert answer.url.startswith("/deliveries/")


@pytest.mark.parametrize("view", ["wide", "phone", "dark", "text"])
def test_the_review_shows_the_mail_four_ways(editor: Client, edition: Any, view: str) -> None:
    assert editor.get(f"/editions/{edition.id}/review/?view={view}").status_code == 200
    rendering = editor.get(f"/editions/{edition.id}/rendering/?view={view}")
    assert rendering.headers["Content-Security-Policy"].startswith("sandbox;")
    assert b"-nl_" not in rendering.content


def test_a_sent_edition_shows_its_proof(editor: Client, sent: Any) -> None:
    text = editor.get(f"/deliveries/{sent.id}/").content.decode()
    assert "3 + 0 = 3" in text
    assert editor.get(f"/deliveries/{sent.id}/progress/").status_code == 286, "htmx stops asking"
    lines = editor.get(f"/deliveries/{sent.id}/proof.csv").content.decode().splitlines()
    assert len(lines) == 4
    assert lines[1].split(",")[1:3] == ["reader0@example.com", "accepted"]


def test_the_outbox_shows_every_message(admin: Client, sent: Any) -> None:
    folder = f"/outbox/{sent.key}/"
    assert b"reader2@example.com" in admin.get(folder).content
    name = next(line for line in admin.get(folder).content.decode().split('"') if line.endswith(".eml/"))
    assert b"List-Unsubscribe" in admin.get(name).content
    assert admin.get(f"{name}html/").headers["Content-Security-Policy"].startswith("sandbox;")


@pytest.mark.parametrize("name", ["../../secret.key", "..%2f..%2fsecret.key", "nothing.eml", "x"])
def test_the_outbox_reads_nothing_but_messages(admin: Client, sent: Any, name: str) -> None:
    assert admin.get(f"/outbox/{sent.key}/{name}/").status_code == 404


def test_readers_are_found_by_an_old_address(editor: Client, readers: Callable[..., list[int]], now: datetime) -> None:
    from subscribers import people

    (person,) = readers(1)
    people.change_address(person, "new@example.org", by="test", now=now)
    text = editor.get("/readers/?list=morning&q=reader0").content.decode()
    assert "new@example.org" in text
    assert "was reader0@example.com" in text


def test_an_import_is_tried_first(editor: Client, house: Any, now: datetime) -> None:
    from newsletter.jobs import worker_steps
    from subscribers import lists

    def upload(data: bytes) -> Any:
        file = SimpleUploadedFile("readers.csv", data, "text/csv")
        page = editor.post("/readers/import/", {"list": "morning", "file": file}).url
        assert b"being checked" in editor.get(page).content
        assert worker_steps.import_subscribers(now)
        return page

    page = upload(b"email,tags\nann@gmial.com,VIP\nnot an address,\n")
    text = editor.get(page).content.decode()
    assert "no e-mail address" in text
    assert "meant ann@gmail.com?" in text
    assert "Import file: 1 new" in text
    assert lists.count_subscribers_by_state(house.list.id) == {}
    editor.post(page, {"do": "import"})
    assert editor.get(page, headers={"HX-Request": "true"}).status_code == 200
    worker_steps.import_subscribers(now)
    assert editor.get(page, headers={"HX-Request": "true"}).status_code == 286
    assert lists.count_subscribers_by_state(house.list.id) == {"active": 1}
    assert b"not an address" in b"".join(editor.get(f"{page}refused.csv").streaming_content)  # type: ignore[attr-defined]
    editor.post(page, {"do": "undo"})
    worker_steps.import_subscribers(now)
    assert b"Undone" in editor.get(page).content
    assert lists.count_subscribers_by_state(house.list.id) == {}


def test_a_file_that_is_not_understood_is_explained_on_its_page(editor: Client, house: Any, now: datetime) -> None:
    from newsletter.jobs import worker_steps
    from subscribers import lists

    file = SimpleUploadedFile("readers.csv", b"email,permission,status\nann@example.com,full,VIP\n", "text/csv")
    page = editor.post("/readers/import/", {"list": "morning", "file": file}).url
    worker_steps.import_subscribers(now)
    assert b"permission" in editor.get(page).content
    said = {"do": "explain", "name-0": "permission", "col-0": "ignore", "word-0": "VIP", "means-0": "active"}
    editor.post(page, said)
    worker_steps.import_subscribers(now)
    editor.post(page, {"do": "import"})
    worker_steps.import_subscribers(now)
    assert lists.count_subscribers_by_state(house.list.id) == {"active": 1}
    assert editor.post("/readers/import/", {"list": "morning"}).status_code == 422


def test_a_wrong_setting_is_named_at_its_field(admin: Client, house: Any) -> None:
    answer = admin.post("/newsletters/morning/", {"zone": "Europe/Londn"})
    assert answer.status_code == 422
    assert "Did you mean Europe/London" in answer.content.decode()


def test_files_are_not_read_by_the_desk(editor: Client, house: Any) -> None:
    editor.post("/sources/", {"url": "file:///etc/passwd"})
    assert article_lookup.list_sources() == ()
    editor.post("/sources/articles/", {"url": "file:///etc/passwd"})
    assert article_lookup.list_articles() == ()


def test_the_archive_shows_sent_editions_and_nothing_of_any_reader(sent: Any, edition: Any) -> None:
    client = Client()
    assert b"The railway reaches the mill" in client.get("/archive/morning/").content
    page = client.get(f"/archive/morning/{edition.date}/")
    assert page.status_code == 200
    assert page.headers["Content-Security-Policy"].startswith("sandbox")
    assert b"reader0" not in page.content
    assert b"-nl_" not in page.content
    assert not page.cookies


def test_an_edition_not_yet_sent_is_not_in_the_archive(edition: Any) -> None:
    assert Client().get(f"/archive/morning/{edition.date}/").status_code == 404
    assert Client().get("/archive/morning/yesterday/").status_code == 422
    assert Client().get("/archive/nothing/").status_code == 404


def test_health_says_whether_anything_runs(db: None) -> None:
    answer = Client().get("/healthz").json()
    assert answer["database"] is True
    assert answer["heartbeat"] is False


def test_trouble_is_a_page_and_never_a_traceback(editor: Client, house: Any) -> None:
    answer = editor.get("/editions/999/")
    assert answer.status_code == 404
    assert b"No mail was sent or stopped by this" in answer.content
    fragment = editor.get("/editions/999/pool/", headers={"HX-Request": "true"})
    assert fragment.headers["HX-Retarget"] == "#trouble"


def test_a_rule_is_changed_by_ticking_days(admin: Client, house: Any, now: datetime) -> None:
    rule = schedules.create_schedule(house.briefing.id, weekdays="daily", time="07:00", zone="UTC", now=now)
    admin.post(f"/schedule/{rule.id}/", {"weekdays": ["1", "3", "5"], "time": "06:30", "do": "save"})
    changed = schedules.get_schedule(rule.id)
    assert (changed.weekdays, f"{changed.time:%H:%M}") == ("135", "06:30")


def test_a_rule_without_a_day_is_refused_and_stays(admin: Client, house: Any, now: datetime) -> None:
    rule = schedules.create_schedule(house.briefing.id, weekdays="daily", time="07:00", zone="UTC", now=now)
    answer = admin.post(f"/schedule/{rule.id}/", {"time": "06:30", "do": "save"}, follow=True)
    assert "names no weekdays" in answer.content.decode()
    assert schedules.get_schedule(rule.id).weekdays == "1234567"


def test_an_edition_sent_by_hand_is_not_shown_as_still_to_come(sent: Any, house: Any, now: datetime) -> None:
    schedules.create_schedule(house.briefing.id, weekdays="daily", time="23:59", zone="UTC", now=now)
    occurrences.materialise(now)
    occurrence = occurrences.list_occurrences(now, now + timedelta(days=1))[0]
    _, _, state, edition_id = schedule.describe_occurrence(occurrence, {house.briefing.id: house.briefing})
    assert (state, edition_id) == ("sent", sent.edition_id)
    (line,) = [each for each in today.list_due_items((house.briefing,), now) if each.edition]
    assert (line.state, line.when) == ("sent", now)


def test_the_outbox_calls_a_mailing_by_its_name(admin: Client, sent: Any) -> None:
    assert "Morning Briefing, Tue 24 Nov 2026" in admin.get("/outbox/").content.decode()
    assert "Morning Briefing, Tue 24 Nov 2026" in admin.get(f"/outbox/{sent.key}/").content.decode()


def test_the_list_with_the_most_readers_is_shown_first(
    admin: Client, readers: Callable[..., list[int]], house: Any
) -> None:
    readers(2)
    assert "Morning Briefing: <b>2</b> active" in admin.get("/readers/").content.decode()


def test_what_nobody_knows_is_settled_or_sent_once_more_from_the_page(admin: Client, sent: Any, now: datetime) -> None:
    Batch.objects.update(state="unknown", outcomes=bytes([Outcome.UNKNOWN, 0] * 3), version=F("version") + 1)
    page = admin.get(f"/deliveries/{sent.id}/").content.decode()
    assert "They were accepted" in page
    admin.post(f"/deliveries/{sent.id}/state/", {"do": "settle"})
    assert summary.get_mailing(sent.id).counts == {"accepted": 3}
    Batch.objects.update(state="refused", outcomes=bytes([Outcome.REFUSED, 0] * 3), version=F("version") + 1)
    assert "Send to those who did not get it" in admin.get(f"/deliveries/{sent.id}/").content.decode()
    answer = admin.post(f"/deliveries/{sent.id}/state/", {"do": "repair"}, follow=True)
    assert "3 readers are planned once more" in answer.content.decode()
    assert summary.get_mailing(sent.id).counts == {"planned": 3}


def test_an_alarm_stands_at_the_head_of_its_mailing(editor: Client, sent: Any, now: datetime) -> None:
    Alarm.objects.create(mailing_id=sent.id, message="Readers may have it twice.", count=2, first_at=now, last_at=now)
    Alarm.objects.create(message="The plan is used up.", count=1, first_at=clock.now(), last_at=clock.now())
    assert "Readers may have it twice." in editor.get(f"/deliveries/{sent.id}/").content.decode()
    page = editor.get("/").content.decode()
    assert "Readers may have it twice." in page
    assert "The plan is used up." in page


def test_what_is_known_of_a_reader_is_set_handed_out_and_erased(
    editor: Client, readers: Callable[..., list[int]], now: datetime
) -> None:
    from subscribers import subscriber_lookup
    from subscribers.attributes import create_attribute

    (person,) = readers(1)
    create_attribute("Town", now=now)
    page = f"/readers/{person}/"
    editor.post(page, {"do": "know", "tier": "paid", "tag": "VIP", "attribute": "town", "value": "Leeds"})
    found = subscriber_lookup.get_subscriber(person)
    assert (found.tier, found.tags, found.attributes) == ("paid", ("VIP",), {"town": "Leeds"})
    assert "Leeds" in editor.get(page).content.decode()
    assert b"reader0@example.com" in editor.post(page, {"do": "data"}).content
    editor.post(page, {"do": "erase"})
    assert subscriber_lookup.get_subscriber(person)
    editor.post(page, {"do": "erase", "sure": "1"})
    assert subscriber_lookup.find_subscriber_by_address("reader0@example.com") is None


def test_lists_of_feeds_go_in_and_out(editor: Client) -> None:
    opml = b'<opml version="2.0"><body><outline type="rss" text="The Echo" xmlUrl="https://echo.example.org/rss"/></body></opml>'
    answer = editor.post("/sources/feeds.opml", {"file": SimpleUploadedFile("feeds.opml", opml)}, follow=True)
    assert "Feeds added: 1." in answer.content.decode()
    assert "The Echo" in answer.content.decode()
    assert b'xmlUrl="https://echo.example.org/rss"' in editor.get("/sources/feeds.opml").content
    for wrong in (b"hello", b"<opml/>", b"x" * (5 * 2**20 + 1)):
        answer = editor.post("/sources/feeds.opml", {"file": SimpleUploadedFile("x.opml", wrong)}, follow=True)
        assert "file" in answer.content.decode()
    assert "Choose an OPML file" in editor.post("/sources/feeds.opml", follow=True).content.decode()
    assert len(article_lookup.list_sources()) == 1


def test_a_page_of_the_archive_says_what_it_is_to_those_who_share_it(sent: Any, edition: Any) -> None:
    page = Client().get(f"/archive/morning/{edition.date}/").content.decode()
    address = f"http://testserver/archive/morning/{edition.date}/"
    assert f'<link rel="canonical" href="{address}">' in page
    assert f'<meta property="og:url" content="{address}">' in page
    assert '<meta property="og:title" content="The railway reaches the mill">' in page
    assert page.index("og:title") < page.index("<body")
    assert page.count("</head>") == 1


def test_the_archive_is_a_feed_as_well(sent: Any, edition: Any) -> None:
    from newsletter.curator.articles import feeds

    corrections.add_correction(edition.id, "The boat is from 1961.", by="x", now=clock.now())
    answer = Client().get("/archive/morning/feed.xml")
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    (entry,) = feeds.parse(answer.content, "http://testserver/archive/morning/feed.xml").entries
    assert entry.title == "The railway reaches the mill"
    assert entry.url == f"http://testserver/archive/morning/{edition.date}/"
    assert edition.picks[1].headline in entry.content_html + entry.dek
    assert b"reader0@example.com" not in answer.content
    assert b"/archive/morning/feed.xml" in Client().get("/archive/morning/").content
    assert Client().get("/archive/nothing/feed.xml").status_code == 404
