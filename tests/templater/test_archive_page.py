"""A frozen mail as a page of the archive."""

from __future__ import annotations

from dataclasses import replace

from newsletter.templater.archive_page import PageMetadata, build_archive_page

ABOUT = PageMetadata(
    canonical="https://n.example.com/archive/morning/2026-11-24/",
    title='The "railway" & the mill',
    description="Plus\ntwo more",
    publication="The Upland Echo",
    feed="https://n.example.com/archive/morning/feed.xml",
    picture="https://n.example.com/pictures/a.jpg",
    picture_alt="A train",
    published="2026-11-24T07:00:00+00:00",
)
MAIL = "<html><head><title>x</title></HEAD ><body>Hello</body></html>"


def test_the_metadata_stand_at_the_end_of_the_head_and_the_rest_is_as_it_was() -> None:
    page = build_archive_page(MAIL, ABOUT)
    before, after = MAIL.split("</HEAD >")
    assert page.startswith(before)
    assert page.endswith(f"</HEAD >{after}")
    assert f'<link rel="canonical" href="{ABOUT.canonical}">' in page
    assert '<meta property="og:image:alt" content="A train">' in page
    assert 'content="summary_large_image"' in page


def test_text_can_leave_no_attribute() -> None:
    page = build_archive_page(MAIL, ABOUT)
    assert 'content="The &quot;railway&quot; &amp; the mill"' in page
    assert 'content="Plus two more"' in page


def test_who_publishes_it_stands_below_in_the_language_of_the_mail() -> None:
    about = replace(
        ABOUT, home="https://paper.example.org", privacy="https://paper.example.org/p?a=1&b=2", language="de"
    )
    page = build_archive_page(MAIL, about)
    below = page.partition("Hello")[2].partition("</body>")[0]
    assert 'href="https://paper.example.org/p?a=1&amp;b=2"' in below
    assert ">Datenschutz</a>" in below
    assert ">The Upland Echo</a>" in below
    assert "Impressum" not in below
    assert "footer" not in build_archive_page(MAIL, replace(ABOUT, privacy="javascript:alert(1)"))
    assert "<p></body></p>" in build_archive_page(MAIL.replace("Hello", "<p></body></p>"), about), "the last one counts"


def test_without_a_picture_of_the_web_there_is_none() -> None:
    for picture in ("", "javascript:alert(1)"):
        page = build_archive_page(MAIL, replace(ABOUT, picture=picture))
        assert "og:image" not in page
        assert 'name="twitter:card" content="summary"' in page


def test_a_mail_without_a_head_stays_as_it_is() -> None:
    assert build_archive_page("<p>Hello</p>", ABOUT) == "<p>Hello</p>"
