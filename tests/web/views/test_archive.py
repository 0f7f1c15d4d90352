"""The public archive."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from lxml import etree
from lxml import html as lxml_html

from newsletter.catalog import newsletter_settings
from newsletter.checks import preflight
from newsletter.curator.editions import boxes, corrections, editions, models, picks
from newsletter.delivery.sending import freeze
from newsletter.jobs import tasks, wiring
from newsletter.kernel import clock
from newsletter.web.forms.filters import PAGE
from tests.actors import SYSTEM
from tests.copies import copy_sent
from tests.delivery.conftest import hand_over_all


def test_the_archive_shows_sent_editions_and_nothing_of_any_subscriber(sent: Any, edition: Any) -> None:
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


def test_an_archive_page_has_previews_for_sharing(sent: Any, edition: Any) -> None:
    page = Client().get(f"/archive/morning/{edition.date}/").content.decode()
    address = f"http://testserver/archive/morning/{edition.date}/"
    assert f'<link rel="canonical" href="{address}">' in page
    assert f'<meta property="og:url" content="{address}">' in page
    assert '<meta property="og:title" content="The railway reaches the mill">' in page
    assert page.index("og:title") < page.index("<body")
    assert page.count("</head>") == 1


def test_the_archive_is_a_feed_as_well(sent: Any, edition: Any) -> None:
    from newsletter.curator.articles import feeds

    corrections.add_correction(edition.id, "The boat is from 1961.", by=SYSTEM, now=clock.now(), content_hash=None)
    answer = Client().get("/archive/morning/feed.xml")
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    (entry,) = feeds.parse(answer.content, "http://testserver/archive/morning/feed.xml").entries
    assert entry.title == "The railway reaches the mill"
    assert entry.url == f"http://testserver/archive/morning/{edition.date}/"
    assert edition.picks[1].headline in entry.content_html + entry.dek
    assert b"reader0@example.com" not in answer.content
    assert b"/archive/morning/feed.xml" in Client().get("/archive/morning/").content
    assert Client().get("/archive/nothing/feed.xml").status_code == 404


def test_the_feed_asks_no_more_often_for_more_editions(sent: Any, edition: Any) -> None:
    client, queries = Client(), []
    for copies in (1, 4):
        copy_sent(edition.id, copies)
        with CaptureQueriesContext(connection) as asked:
            page = client.get("/archive/morning/feed.xml").content
        queries.append((page.count(b"<entry>"), len(asked)))
    assert [entries for entries, _ in queries] == [2, 6]
    assert queries[0][1] == queries[1][1] <= 30


def test_what_only_some_may_see_is_not_in_the_archive(
    client: Client, edition: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    for number, shown_to in enumerate(("members", "mail")):
        key = edition.picks[number].key
        picks.edit_pick(
            edition.id,
            key,
            headline=f"Secret{number}",
            label=f"Secret{number}",
            visibility=shown_to,
            now=now,
            seen=None,
            by=SYSTEM,
        )
    boxes.set_box(edition.id, title="Secret2", text="Secret3", visibility="free", now=now, seen=None, by=SYSTEM)
    readers(1)
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now, content_hash=None)
    freeze.freeze_next(now)
    assert client.get(f"/archive/morning/{edition.date}/").status_code == 404, "nobody has it yet"
    hand_over_all(wiring.get_provider(), now)
    for path in ("/archive/", "/archive/morning/", f"/archive/morning/{edition.date}/", "/archive/morning/feed.xml"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Secret" not in answer.content.decode()
    assert edition.picks[2].headline.split()[0] in client.get("/archive/morning/feed.xml").content.decode()


def test_the_second_edition_of_a_day_has_an_address_of_its_own(sent: Any, edition: Any) -> None:
    models.Edition.objects.filter(id=edition.id).update(number=2)
    client = Client()
    assert client.get(f"/archive/morning/{edition.date}/").status_code == 404
    page = client.get(f"/archive/morning/{edition.date}-2/").content.decode()
    assert f'href="http://testserver/archive/morning/{edition.date}-2/"' in page
    assert f'href="/archive/morning/{edition.date}-2/"' in client.get("/archive/morning/").content.decode()
    assert client.get(f"/archive/morning/{edition.date}-x/").status_code == 404
    assert client.get(f"/archive/morning/{edition.date}-{'9' * 400}/").status_code == 404


def test_the_archive_shows_subjects_as_anybody_reads_them(
    client: Client, edition: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    subject = "Q&A for {{ first_name | friend }}: is 1 < 2? <b> {{ list }}"
    editions.edit_edition(edition.id, subject=subject, preheader="&amp; <i>", now=now, seen=None, by=SYSTEM)
    readers(1)
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now, content_hash=None)
    freeze.freeze_next(now)
    hand_over_all(wiring.get_provider(), now)
    listed = client.get("/archive/morning/").content.decode()
    assert "Q&amp;A for friend: is 1 &lt; 2? &lt;b&gt; Morning" in listed
    assert "{{" not in listed
    assert "-nl_" not in listed
    entry = etree.fromstring(client.get("/archive/morning/feed.xml").content).find("{*}entry")
    assert entry.findtext("{*}title").startswith("Q&A for friend: is 1 < 2? <b>")
    summary = entry.find("{*}summary")
    assert summary.get("type") == "html", "so it is markup"
    assert lxml_html.fromstring(f"<div>{summary.text}</div>").text_content().startswith("&amp; <i> · ")


def test_the_archive_is_compressed_and_need_not_be_sent_twice(sent: Any, edition: Any) -> None:
    client = Client()
    for path in ("/archive/", "/archive/morning/", f"/archive/morning/{edition.date}/", "/archive/morning/feed.xml"):
        whole = client.get(path)
        packed = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.content) == whole.content
        assert "Accept-Encoding" in packed.headers["Vary"]
        for tag in (whole.headers["ETag"], packed.headers["ETag"]):
            again = client.get(path, headers={"If-None-Match": tag})
            assert (again.status_code, again.content) == (304, b"")


def test_the_archive_says_who_publishes_it(sent: Any, edition: Any, newsroom: Any, now: datetime) -> None:
    newsletter_settings.change_newsletter(
        newsroom.briefing.id,
        privacy_url="https://paper.example.org/privacy",
        imprint_url="https://paper.example.org/imprint",
        by=SYSTEM,
        now=now,
        seen=None,
    )
    for path in ("/archive/", "/archive/morning/", f"/archive/morning/{edition.date}/"):
        page = Client().get(path).content.decode()
        assert newsroom.briefing.publication in page
        assert 'href="https://paper.example.org/privacy"' in page
        assert 'href="https://paper.example.org/imprint"' in page


def test_every_letter_is_reached_and_found_by_subject_and_month(client: Client, sent: Any, edition: Any) -> None:
    original, snapshot = models.Edition.objects.get(id=edition.id), models.Snapshot.objects.get(edition_id=edition.id)
    for n in range(1, PAGE + 3):
        original.pk, original.date, original.state = None, edition.date - timedelta(days=n), "sent"
        original.save(force_insert=True)
        snapshot.pk, snapshot.edition_id = None, original.id
        snapshot.save(force_insert=True)

    def list_letters(query: str) -> list[str]:
        page = lxml_html.fromstring(client.get(f"/archive/morning/{query}").content.decode())
        return [each.get("href") for each in page.cssselect(".list a")]

    page = lxml_html.fromstring(client.get("/archive/morning/").content.decode())
    (older,) = [each.get("href") for each in page.cssselect("a[rel=next]")]
    first, rest = list_letters(""), list_letters(older)
    assert (len(first), len(rest), len({*first, *rest})) == (PAGE, 3, PAGE + 3)
    assert list_letters("?month=2026-10") == [each for each in [*first, *rest] if "/2026-10-" in each]
    assert list_letters("?q=RAILWAY") == first
    assert list_letters("?q=nowhere") == []
    assert client.get("/archive/morning/?month=1999-01").status_code == 422
