"""Taking articles in by hand: a page, a file, a paste."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from newsletter.accounts import audit_log, users
from newsletter.accounts.audit_log import AuditFilter
from newsletter.catalog import pictures
from newsletter.curator.articles import article_lookup, intake, models, polling, sources
from newsletter.curator.articles.extraction.extracted_article import ExtractedArticle
from newsletter.curator.articles.values import AddedArticle, ArticleLabels
from newsletter.fetching import FetchError, fetch
from newsletter.kernel.errors import BadInput, NotAllowed, Refused, SurroundingsError
from tests.actors import SYSTEM, act_as
from tests.acts import World
from tests.acts.articles import ACTS
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
PAGE = "https://paper.example.org/2026/mast"
PICTURE = "https://pictures.example.org/funicular.png"
PARAGRAPHS = (
    "The wireless mast on Fell Top is to be taken down in spring, ninety years after it was put up, "
    "the owner said on Monday.",
    "Its aerials have been silent since the transmitter moved across the valley, and the painters who "
    "used to keep it red and white have long retired.",
    "Walkers who steer by it in fog have asked for a cairn in its place, which the parish council will "
    "talk about at its next meeting in December.",
)


def page(
    *, title: str = "Fell Top mast to come down", image: str = PICTURE, canonical: str = "", data: str = ""
) -> str:
    """A page of a newspaper as a browser gets it."""
    link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    return f"""<!doctype html><html lang="en"><head><title>{title}</title>{link}
      <meta property="og:site_name" content="The Fellside Paper"><meta property="og:image" content="{image}">
      <meta property="article:published_time" content="2026-11-23T17:30:00+00:00">{data}</head><body>
      <nav><a href="/">Home</a></nav><article><h1>{title}</h1>
      <figure><img src="{image}" alt="The mast"><figcaption>The mast on Monday (Photo: Una Crag)</figcaption></figure>
      {body}</article></body></html>"""


@pytest.fixture
def add(web: Any, now: datetime) -> Callable[..., AddedArticle]:
    """Adds the page at an address."""

    def add(url: str = PAGE, html: str | None = None, **headers: str) -> AddedArticle:
        web.serve(url, page() if html is None else html, **headers)
        return intake.add_article_from_page(url, now=now, fetch=web, by=SYSTEM)

    return add


def test_a_page_gives_an_article_with_all_that_it_declares(add: Callable[..., AddedArticle], now: datetime) -> None:
    added = add()
    article = added.article
    assert added.created
    assert (article.title, article.publisher, article.origin) == (
        "Fell Top mast to come down",
        "The Fellside Paper",
        "page",
    )
    assert article.text.split("\n\n")[-3:] == list(PARAGRAPHS)
    assert article.published_at == datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
    assert (article.image_caption, article.image_credit) == ("The mast on Monday", "Una Crag")
    assert (article.url, article.language, article.added_at) == (PAGE, "en", now)


def test_the_picture_of_a_page_comes_into_our_store(add: Callable[..., AddedArticle]) -> None:
    added = add()
    picture = pictures.find_picture(added.article.picture_id)
    assert added.warnings == ()
    assert picture is not None
    assert (picture.width, picture.height) == (60, 40)


def test_a_picture_that_does_not_come_is_a_warning_and_never_an_error(
    web: Any, add: Callable[..., AddedArticle]
) -> None:
    web.fail(PICTURE)
    added = add()
    assert added.created
    assert added.article.picture_id is None
    assert len(added.warnings) == 1
    assert PICTURE in added.warnings[0]


@pytest.mark.parametrize("body", [b"", b"<html>no picture</html>", b"GIF89a\x01"])
def test_a_picture_that_is_none_is_a_warning_too(web: Any, add: Callable[..., AddedArticle], body: bytes) -> None:
    web.serve(PICTURE, body, "image/png")
    added = add()
    assert (added.created, added.article.picture_id, len(added.warnings)) == (True, None, 1)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1/" + "x" * 70_000, "http://127.0.0.1/\x7f.png", "http://[::1/a.png"]
)
def test_a_picture_at_an_impossible_address_is_a_warning(now: datetime, address: str) -> None:
    article = intake.add_article_from_paste(PASTE, now=now, by=SYSTEM).article
    row = models.Article.objects.get(id=article.id)
    trouble = intake.copy_picture(row, address, now=now, fetch=partial(fetch, allow_private=True))
    assert "not a web address" in trouble
    assert row.picture_id is None


def test_the_same_page_is_one_article_however_its_address_is_decorated(add: Callable[..., AddedArticle]) -> None:
    first = add()
    again = add(f"{PAGE}/?utm_source=mail&fbclid=1#comments")
    assert (first.created, again.created, again.article.id) == (True, False, first.article.id)
    assert len(article_lookup.list_articles()) == 1


def test_a_page_read_again_brings_what_changed(add: Callable[..., AddedArticle]) -> None:
    first = add()
    again = add(html=page(title="Fell Top mast to stay up after all"))
    assert (again.article.id, again.article.title) == (first.article.id, "Fell Top mast to stay up after all")
    assert again.article.picture_id == first.article.picture_id


def test_a_page_fills_in_what_the_feed_did_not_say(
    web: Any, now: datetime, feed_of: Callable[..., str], entry: Callable[..., str], add: Callable[..., AddedArticle]
) -> None:
    feed = web.serve("https://paper.example.org/rss", feed_of(entry("Mast to go", link=PAGE, dek="In spring.")))
    sources.add_source(feed, now=now, by=SYSTEM)
    polling.fetch_sources(now=now, fetch=web)
    added = add()
    assert (added.created, added.article.origin, added.article.dek) == (False, "feed", "In spring.")
    assert PARAGRAPHS[0] in added.article.text


def test_a_canonical_address_in_the_page_counts(add: Callable[..., AddedArticle]) -> None:
    first = add()
    again = add("https://m.paper.example.org/amp/mast", page(canonical=PAGE))
    assert (again.created, again.article.id) == (False, first.article.id)


@pytest.mark.parametrize(
    ("host", "taken"), [("paper.example.org", True), ("m.paper.example.org", True), ("mallory.example", False)]
)
def test_only_a_page_of_the_same_site_speaks_for_a_known_article(
    host: str, taken: bool, add: Callable[..., AddedArticle], web: Any, newsroom: Any, now: datetime
) -> None:
    known = add().article
    users.create_user("eve@example.com", PASSWORD, newsletter_id=newsroom.other.id, by=SYSTEM, now=now)
    url = web.serve(f"https://{host}/story", page(title="Buy my masts", canonical=PAGE))
    again = intake.add_article_from_page(url, now=now, fetch=web, by=act_as("eve@example.com"))
    assert again.article.id == known.id
    assert (again.article.title, again.article.url) == (
        ("Buy my masts", url) if taken else ("Fell Top mast to come down", PAGE)
    )
    assert bool(again.warnings) is not taken


def test_pages_that_all_call_the_front_page_their_own_address_stay_apart(add: Callable[..., AddedArticle]) -> None:
    front = "https://paper.example.org/"
    first = add("https://paper.example.org/one", page(title="One story", canonical=front))
    second = add("https://paper.example.org/two", page(title="Another story", canonical=front))
    assert (first.article.title, second.article.title) == ("One story", "Another story")
    assert (second.created, len(article_lookup.list_articles())) == (True, 2)


def test_characters_that_no_database_takes_are_removed(add: Callable[..., AddedArticle]) -> None:
    headline = '{"@type": "NewsArticle", "headline": "Mast\\u0000 to\\ud83d fall", "author": "Una \\udc00Crag"}'
    html = page(data=f'<script type="application/ld+json">{headline}</script>')
    added = add(html=html.replace("<h1", "<h3").replace("</h1", "</h3"))
    assert added.article.title == "Mast to fall"
    assert article_lookup.get_article(added.article.id).byline == "Una Crag"


@pytest.mark.parametrize("body", ["", "   \n", "\ufeff "])
def test_an_empty_page_is_refused(add: Callable[..., AddedArticle], body: str) -> None:
    with pytest.raises(Refused, match=PAGE):
        add(html=body)
    assert article_lookup.list_articles() == ()


def test_a_page_without_a_story_is_refused_with_the_remedy(add: Callable[..., AddedArticle]) -> None:
    with pytest.raises(Refused, match="Paste its text instead"):
        add(html="<html><head><title>Log in</title></head><body><form></form></body></html>")
    assert article_lookup.list_articles() == ()


@pytest.mark.parametrize("kind", ["application/pdf", "image/jpeg", "application/json"])
def test_what_is_no_page_is_refused_by_its_kind(add: Callable[..., AddedArticle], kind: str) -> None:
    with pytest.raises(Refused, match=kind):
        add(content_type=kind)


def test_trouble_of_the_other_server_comes_through_in_its_own_words(web: Any, now: datetime) -> None:
    web.fail(PAGE)
    with pytest.raises(FetchError, match="503"):
        intake.add_article_from_page(PAGE, now=now, fetch=web, by=SYSTEM)


def test_a_file_brings_the_picture_beside_it(tmp_path: Path, web: Any, now: datetime, picture: bytes) -> None:
    (tmp_path / "mast.png").write_bytes(picture)
    file = tmp_path / "mast.html"
    added = intake.add_article_from_html(
        page(image="mast.png").encode(), url="", base_file=file, now=now, fetch=web, by=SYSTEM
    )
    assert (added.created, added.warnings, web.asked) == (True, (), [])
    assert added.article.picture_id is not None
    assert added.article.origin == "file"
    assert str(tmp_path) not in repr(added.article)  # where the file lay is nobody's business


@pytest.mark.parametrize("image", ["../secret.png", "/etc/hostname", "file:///etc/hostname", "x%00.png"])
def test_a_file_cannot_reach_beyond_its_folder(
    tmp_path: Path, web: Any, now: datetime, picture: bytes, image: str
) -> None:
    (tmp_path / "secret.png").write_bytes(picture)
    (tmp_path / "pages").mkdir()
    added = intake.add_article_from_html(
        page(image=image).encode(), url="", base_file=tmp_path / "pages" / "mast.html", now=now, fetch=web, by=SYSTEM
    )
    assert added.created
    assert added.article.picture_id is None
    assert len(added.warnings) == 1


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, web: Any, now: datetime, picture: bytes) -> None:
    (tmp_path / "secret.png").write_bytes(picture)
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "mast.png").symlink_to(tmp_path / "secret.png")
    added = intake.add_article_from_html(
        page(image="mast.png").encode(),
        url="",
        base_file=tmp_path / "pages" / "mast.html",
        now=now,
        fetch=web,
        by=SYSTEM,
    )
    assert (added.article.picture_id, len(added.warnings)) == (None, 1)


def test_a_page_from_the_web_cannot_name_our_files(
    tmp_path: Path, add: Callable[..., AddedArticle], picture: bytes
) -> None:
    (tmp_path / "secret.png").write_bytes(picture)
    assert add(html=page(image=(tmp_path / "secret.png").as_uri())).article.picture_id is None


def test_an_empty_file_is_refused_by_name(tmp_path: Path, web: Any, now: datetime) -> None:
    with pytest.raises(Refused, match=r"empty\.html"):
        intake.add_article_from_html(b" \n", url="", base_file=tmp_path / "empty.html", now=now, fetch=web, by=SYSTEM)


PASTE = "\n\n".join(("Fell Top mast to come down", "By Una Crag", *PARAGRAPHS))


def test_pasted_text_becomes_an_article(now: datetime) -> None:
    added = intake.add_article_from_paste(PASTE, now=now, by=SYSTEM)
    assert (added.created, added.article.origin, added.article.url) == (True, "pasted", "")
    assert (added.article.title, added.article.byline) == ("Fell Top mast to come down", "Una Crag")
    assert added.article.text.split("\n\n") == list(PARAGRAPHS)


def test_the_same_paste_is_one_article(now: datetime) -> None:
    first = intake.add_article_from_paste(PASTE, now=now, by=SYSTEM)
    again = intake.add_article_from_paste(PASTE + "\n", now=now, by=SYSTEM)
    assert (again.created, again.article.id) == (False, first.article.id)


def test_a_paste_meets_its_page_by_the_address(now: datetime, add: Callable[..., AddedArticle]) -> None:
    first = add()
    again = intake.add_article_from_paste(PASTE, url=PAGE, now=now, by=SYSTEM)
    assert (again.created, again.article.id) == (False, first.article.id)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "paper.example.org/mast", "file:///etc/passwd"])
def test_the_address_given_with_a_text_must_be_one_of_the_web(now: datetime, url: str) -> None:
    with pytest.raises(BadInput, match="https://") as refused:
        intake.add_article_from_paste(PASTE, url=url, now=now, by=SYSTEM)
    assert refused.value.field == "url"


@pytest.mark.parametrize(
    ("text", "message"), [("", "Nothing was pasted"), (" \n\t", "Nothing"), ("Only a headline", "text")]
)
def test_a_paste_without_a_story_is_refused(now: datetime, text: str, message: str) -> None:
    with pytest.raises(Refused, match=message):
        intake.add_article_from_paste(text, now=now, by=SYSTEM)
    assert article_lookup.list_articles() == ()


def test_a_file_that_cannot_be_read_is_trouble_of_the_surroundings(tmp_path: Path, web: Any, now: datetime) -> None:
    source = sources.add_source((tmp_path / "none.xml").as_uri(), now=now, by=SYSTEM)
    (report,) = polling.fetch_sources(now=now, fetch=web, ids=[source.id])
    assert report.state == "failed"
    assert "none.xml" in report.error
    assert issubclass(FetchError, SurroundingsError)


@pytest.mark.parametrize(
    "name", [name for name in ACTS if ".intake." in name or name.endswith(("add_note", "set_tags"))]
)
def test_articles_and_notes_come_from_those_who_edit_a_newsletter(name: str, newsroom: Any, now: datetime) -> None:
    users.create_user("viewer@example.com", PASSWORD, role="viewer", by=SYSTEM, now=now)
    users.create_user(
        "editor@example.com", PASSWORD, role="editor", newsletter_id=newsroom.other.id, by=SYSTEM, now=now
    )
    act = ACTS[name](World(newsroom.briefing, newsroom.other, now))
    known = len(article_lookup.list_articles())
    with pytest.raises(NotAllowed):
        act(act_as("viewer@example.com"))
    assert len(article_lookup.list_articles()) == known
    act(act_as("editor@example.com"))


def test_words_for_a_known_story_fill_gaps_alone_without_the_right_for_all_newsletters(
    newsroom: Any, now: datetime
) -> None:
    users.create_user(
        "editor@example.com", PASSWORD, role="editor", newsletter_id=newsroom.other.id, by=SYSTEM, now=now
    )
    given = {"url": PAGE, "fetch": fetch, "now": now}
    first = ExtractedArticle(title="Mast to come down", text="After ninety years, said the council.")
    intake.add_article_from_fields(first, by=SYSTEM, **given)
    theirs = ExtractedArticle(title="Mast sold", text="For scrap.", byline="Bo Sample")
    added = intake.add_article_from_fields(theirs, by=act_as("editor@example.com"), **given)
    assert (added.article.title, added.article.text) == (first.title, first.text)
    assert added.article.byline == "Bo Sample"
    assert "only gaps were filled" in added.warnings[0]
    assert intake.add_article_from_fields(theirs, by=SYSTEM, **given).article.title == "Mast sold"


def test_of_a_known_article_an_editor_adds_tags_and_notes_but_sets_no_days(newsroom: Any, now: datetime) -> None:
    users.create_user(
        "editor@example.com", PASSWORD, role="editor", newsletter_id=newsroom.other.id, by=SYSTEM, now=now
    )
    by = act_as("editor@example.com")
    story = ExtractedArticle(title="Mast to come down", text="After ninety years, said the council.")
    given = {"url": PAGE, "fetch": fetch, "now": now}
    made = intake.add_article_from_fields(story, labels=ArticleLabels(tags=("Masts",)), by=SYSTEM, **given).article
    row = models.Article.objects.get(id=made.id)
    with pytest.raises(NotAllowed):
        intake.add_article_from_fields(story, labels=ArticleLabels(eligible_from=now.date()), by=by, **given)
    intake.add_article_from_fields(story, labels=ArticleLabels(tags=("towers",)), by=by, **given)
    assert [tag.name for tag in row.tags.order_by("name")] == ["masts", "towers"], "those of others stay"
    entry = audit_log.list_entries(AuditFilter(), limit=1)[0]
    assert (entry.before, entry.after) == ({"tags": "masts"}, {"tags": "masts, towers"})
    intake.add_article_from_fields(story, labels=ArticleLabels(tags=("towers",)), by=SYSTEM, **given)
    assert [tag.name for tag in row.tags.all()] == ["towers"]
    noted = intake.add_article_from_fields(story, labels=ArticleLabels(note="Call first."), by=by, **given)
    assert [note.by for note in models.ArticleNote.objects.filter(article_id=noted.article.id)] == [by.name]
