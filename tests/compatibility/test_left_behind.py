"""The newsroom that 0.1.0 left behind, read by the code of now: every row, and every page of the desk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.compatibility.conftest import House, listed

NO_ROWS = {f"curator_article_search{part}" for part in ("", "_config", "_data", "_docsize", "_idx")}
OUTBOX = "/outbox/94f43jatvtz5/"
LETTER = f"{OUTBOX}9scw7s3unanz.0-2hr4hzxp82cx.eml/"

# Pages of the desk, each with something stored that it shows; its labels may change.
PAGES = {
    "/": "Morning Briefing",
    "/editions/": "News of the 25 November",
    "/editions/4/": "News of the 25 November",
    "/editions/6/": "And two more",
    "/editions/7/": "Library",
    "/editions/8/": "Library",
    "/editions/9/": "A holiday",
    "/editions/10/": "Nobody approved it",
    "/editions/11/": "The machine was off",
    "/editions/12/": "Gute Nachrichten",
    "/editions/6/pool/": "Library reaches the castle",
    "/editions/1/review/": "The clerk is",
    "/editions/6/review/": "It comes back on Monday",
    "/editions/6/rendering/": "Choir",
    "/editions/6/letter.eml": "Subject:",
    "/calendar/?month=2026-11": "A holiday",
    "/newsletters/": "Good News",
    "/newsletters/morning/": "A warm cup",
    "/newsletters/good-news/": "Europe/Berlin",
    "/newsletters/morning/rules/": "horoscope",
    "/sources/": "It did not answer.",
    "/sources/feeds.opml": "https://paper.example.org/feed.xml",
    "/sources/clip/": "/sources/clip/?url=",
    "/readers/": "ada@example.com",
    "/readers/?q=otto": "<mark>otto</mark>.new@example.com",
    "/readers/1/": "ada@example.com",
    "/readers/8/": "too much",
    "/readers/9/": "ida@example.com",
    "/readers/10/": "jan@example.com",
    "/readers/15/": "otto@example.com",
    "/readers/17/": "pia@example.com",
    "/readers/import/": "people.csv",
    "/readers/import/1/": "people.csv",
    "/readers/import/2/": "asks.csv",
    "/readers/import/3/": "ready.csv",
    "/readers/import/1/refused.csv": "bad address",
    "/readers/lists/": "Good News",
    "/readers/lists/morning/": "Morning Briefing",
    "/readers/suppressions/": "spam.example.net",
    "/readers/suppressions.csv": "@spam.example.net",
    "/readers/segments/": "Members abroad",
    "/readers/segments/members-abroad/": "Mars/North",
    "/readers/export/morning.csv": "ada@example.com",
    "/readers/export/morning.jsonl": "ada@example.com",
    "/deliveries/": "News of the 23 November",
    "/deliveries/1/": "Or: trains at last",
    "/deliveries/2/": "The railway reaches the mill",
    "/deliveries/3/": "The provider refused our key.",
    "/deliveries/4/": "News of the 21 November",
    "/deliveries/5/": "News of the 25 November",
    "/deliveries/1/proof.csv": "ada@example.com",
    OUTBOX: "Or: trains at last",
    LETTER: "dora@example.com",
    f"{LETTER}html/": "<html",
    "/account/": "admin@example.com",
    "/people/": "author@example.com",
}


def test_every_page_of_the_desk_shows_what_is_stored(house: House) -> None:
    troubles = {}
    for path, words in PAGES.items():
        answer = house.get(path, user="admin@example.com")
        if answer["status"] != 200 or words not in answer["text"]:
            troubles[path] = answer["status"]
    assert troubles == {}


def test_the_schedule_shows_a_date_to_come_that_is_skipped(house: House) -> None:
    to_come = datetime.now(UTC) + timedelta(days=1)
    house.begin()
    try:
        house.do("write", sql=f"UPDATE scheduler_occurrence SET instant = '{to_come:%Y-%m-%d %H:%M:%S}' WHERE id = 8")
        answer = house.get("/schedule/", user="admin@example.com")
    finally:
        house.undo()
    assert answer["status"] == 200
    assert "A holiday" in answer["text"]


def test_every_row_is_read_by_a_model(house: House) -> None:
    read = house.do("everything")
    for table in listed("tables")[house.kind]:
        if table not in NO_ROWS:
            assert read.get(table), table
            assert read[table] == house.value(f"SELECT count(*) FROM {table}"), table


def test_articles_are_found_by_their_words(house: House) -> None:
    found: list[dict[str, Any]] = house.json("articles", "list", "--query", "orchard harb")
    assert [each["title"] for each in found] == ["Orchard reaches the harbour after 3 quiet years"]


def test_a_stored_approval_is_sent_as_it_was_frozen(house: House) -> None:
    """Edition 5 was approved and not sent."""
    frozen = house.do("rows", sql="SELECT sha256, subject FROM curator_snapshot WHERE edition_id = 5")
    sent = house.json("editions", "send", "5", "--other-day")
    of_it = f"JOIN delivery_mailing m ON m.snapshot_id = s.id WHERE m.id = {sent['id']}"
    assert house.do("rows", sql=f"SELECT s.sha256, s.subject FROM curator_snapshot s {of_it}") == frozen


def test_who_was_erased_is_not_taken_by_an_import(house: House, tmp_path: Any) -> None:
    """Their address is known by its hash alone, and by the pepper of this newsroom."""
    file = tmp_path / "zoe.csv"
    file.write_text("email\nzoe@example.com\nnew@example.com\n")
    report = house.json("subscribers", "import", str(file), "--list", "morning")
    assert report["new"] == 1
    assert house.values("SELECT address FROM subscribers_subscriber WHERE address LIKE 'zoe%'") == []


def test_an_import_of_0_1_0_can_be_taken_back(house: House) -> None:
    assert house.value("SELECT state FROM subscribers_import WHERE id = 1") == "done"
    house.json("subscribers", "imports", "undo", "1", "--yes")
    assert house.value("SELECT state FROM subscribers_import WHERE id = 1") == "undone"
    assert (
        house.values("SELECT state FROM subscribers_subscription WHERE subscriber_id = 20 AND state = 'active'") == []
    )
    assert "Example Ltd" in str(house.json("subscribers", "show", "ada@example.com"))


def test_passwords_tokens_and_roles_still_work(house: House) -> None:
    right = house.post("/login/", "email=editor%40example.com&password=a+long+enough+password")
    assert (right["status"], right["headers"].get("Location")) == (302, "/")
    viewer = house.get("/readers/", user="viewer@example.com")
    assert viewer["status"] == 403
    assert house.get("/readers/", user="audience@example.com")["status"] == 200
    assert house.get("/people/", user="editor@example.com")["status"] == 403
