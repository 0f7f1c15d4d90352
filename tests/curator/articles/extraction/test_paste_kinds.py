"""What a paste is: each kind loses what it puts around a story, and none of the story."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.articles.extraction import paste_kinds
from newsletter.curator.articles.extraction.pasted import clean

FIRST = "From the first of May two boats will cross the lake between the mill and the castle, the harbour office said."
SECOND = "The second boat was built in 1961 for another lake, and it spent ten years in a barn before somebody asked."
THIRD = "Both boats leave at the same time from opposite shores, so nobody waits longer than twenty minutes."
STORY = [FIRST, SECOND, THIRD]
DE_FIRST = (
    "Ab dem ersten Mai fahren zwei Boote über den See zwischen Mühle und Schloss, teilte das Hafenamt am Montag mit."
)
DE_SECOND = "Das zweite Boot wurde 1961 für einen anderen See gebaut und stand zehn Jahre in einer Scheune."
NOTE = "Have a look at this, but do not tell Bo! He is wrong about the boat, and it must not come out who told you."


def paragraphs(text: str) -> list[str]:
    return clean(text).text.split("\n\n")


@pytest.mark.parametrize(
    "header",
    [
        "---------- Forwarded message ---------\nFrom: Ann Example <ann@example.com>\n"
        "Date: Tue, Nov 24, 2026 at 7:00 AM\nSubject: Fwd: Ferry gets a second boat\n"
        "To: Desk <desk@example.com>, Bo <bo@example.com>\n",
        "From: Ann Example <ann@example.com>\nSent: Tuesday, November 24, 2026 7:00 AM\nTo: Desk\nCc: Bo Sample\n"
        "Subject: FW: Ferry gets a second boat\n",
        "Begin forwarded message:\n\nFrom: Ann Example <ann@example.com>\n\nSubject: Ferry gets a second boat\n\n"
        "Date: 24 November 2026\n\nTo: desk@example.com\n",
        "*Von:* Ann Example <ann@example.com>\n*Gesendet:* Dienstag, 24. November 2026\n*An:* desk@example.com\n"
        "*Betreff:* WG: Ferry gets a second boat\n",
        "De : Ann Example <ann@example.com>\nEnvoyé : mardi 24 novembre 2026\nÀ : desk@example.com\n"
        "Objet : TR: Ferry gets a second boat\n",
        "Od: Ann Example <ann@example.com>\nWysłano: wtorek, 24 listopada 2026\nDo: desk@example.com\n"
        "Temat: Ferry gets a second boat\n",
        "Från: Ann Example <ann@example.com>\nSkickat: den 24 november 2026\nTill: desk@example.com\n"
        "Ämne: SV: Ferry gets a second boat\n",
        "От: Ann Example <ann@example.com>\nОтправлено: 24 ноября 2026\nКому: desk@example.com\n"
        "Тема: Ferry gets a second boat\n",
    ],
    ids=["Gmail", "Outlook", "Apple", "German", "French", "Polish", "Swedish", "Russian"],
)
def test_a_forwarded_mail_is_its_story_without_note_header_warning_and_signature(header: str) -> None:
    warning = "CAUTION: This email originated from outside of the organisation. Do not click links."
    end = "Kind regards\nAnn Example\nPress office, Harbour of Upland\n+44 20 0000 0000\nThis message is confidential."
    found = clean("\n".join([NOTE, "", header, warning, "", FIRST, "", SECOND, "", THIRD, "", end]))
    assert found.title == "Ferry gets a second boat"
    assert found.text.split("\n\n") == STORY


@pytest.mark.parametrize("closing", ["Kind regards", "Z poważaniem", "Vänliga hälsningar", "С уважением", "よろしく"])
def test_a_signature_is_known_by_its_short_lines_whatever_the_language(closing: str) -> None:
    head = "From: ann@example.com\nTo: desk@example.com\nSubject: Ferry\n\n"
    timetable = ["The timetable:", "Mill, every day", "Castle, on Mondays", "Weir, in May", "Mill 7:00", "Castle 7:20"]
    end = f"{closing},\nAnn Example\nHarbour of Upland\nThis message is confidential."
    mail = "\n".join([head, FIRST, "", *timetable, "", SECOND, "", end])
    assert paragraphs(mail) == [FIRST, *timetable, SECOND]
    bare = ["Mill 7:00", "Castle 7:20", "Weir 7:40", "Lower mill 8:00"]
    kept = paragraphs("\n".join([head, FIRST, *bare, SECOND, THIRD, "", end]))
    assert kept[0] == FIRST
    assert kept[-2:] == [SECOND, THIRD]


def test_a_quoted_mail_is_read_without_its_marks() -> None:
    mail = f"From: ann@example.com\nTo: desk@example.com\nSubject: Ferry\n\n{FIRST}\n\n{SECOND}\n--\nAnn"
    quoted = "\n".join(f"> {line}" for line in mail.split("\n"))
    assert paragraphs(f"{NOTE}\n\n{quoted}") == [FIRST, SECOND]


def test_what_an_answer_quotes_is_the_story() -> None:
    quoted = "\n>\n".join(f"> {line}" for line in STORY)
    assert paragraphs(f"Am Di., 24. Nov. 2026 um 09:00 schrieb Ann Example <ann@example.com>:\n\n{quoted}") == STORY


def test_the_longest_of_several_forwarded_mails_is_the_story() -> None:
    outer = "From: Bo <bo@example.com>\nTo: Desk <desk@example.com>\nSubject: Fw: Ferry\n\nSee below, please.\n\n"
    inner = f"From: Ann <ann@example.com>\nTo: Bo <bo@example.com>\nSubject: Ferry gets a boat\n\n{FIRST}\n\n{SECOND}\n"
    found = clean(f"{NOTE}\n\n{outer}{inner}")
    assert (found.title, found.text.split("\n\n")) == ("Ferry gets a boat", [FIRST, SECOND])


def test_a_story_that_quotes_two_labels_is_no_mail() -> None:
    said = "From: the mill"
    assert FIRST in clean(f"Ferry gets a boat\n\n{FIRST}\n\n{said}\n\n{SECOND}\n\n{THIRD}").text


def test_the_lines_of_a_pdf_are_joined_and_parted_words_mended() -> None:
    text = """Ferry gets a second boat

From the first of May two boats will cross the lake between
the mill and the castle, the harbour office said on Mon-
day. The second boat was built in 1961 for another lake,
and it spent ten years in a barn before somebody asked.

Both boats leave at the same time from opposite shores, so
nobody has to wait longer than twenty minutes, said the
clerk. The fare stays as it was in the last year."""
    found = clean(text)
    assert found.title == "Ferry gets a second boat"
    first, second = found.text.split("\n\n")
    assert "the harbour office said on Monday. The second boat" in first
    assert second.endswith("said the clerk. The fare stays as it was in the last year.")
    without_blanks = text.replace(" before somebody asked.\n\n", ".\n")
    assert len(clean(without_blanks).text.split("\n\n")) == 2


def test_blocks_of_an_editor_become_paragraphs_and_lists() -> None:
    text = (
        '<!-- wp:heading {"level":1} --><h1>Ferry gets a second boat</h1><!-- /wp:heading -->\n'
        f"<!-- wp:paragraph --><p>{FIRST}</p><!-- /wp:paragraph -->\n"
        "<!-- wp:list --><ul><li>Mill: 7:00</li><li>Castle: 7:20</li></ul><!-- /wp:list -->\n"
        f"<!-- wp:paragraph --><p>{SECOND} &amp; so on.</p><!-- /wp:paragraph -->"
    )
    found = clean(text)
    assert found.title == "Ferry gets a second boat"
    assert found.text.split("\n\n") == [FIRST, "• Mill: 7:00", "• Castle: 7:20", f"{SECOND} & so on."]


def test_the_source_of_a_page_is_read_as_a_page() -> None:
    body = "".join(f"<p>{line}</p>" for line in STORY)
    found = clean(
        f"<!DOCTYPE html><html><body><nav>Home</nav><article><h1>Ferry gets a boat</h1>{body}</article></body>"
    )
    assert (found.title, found.text.split("\n\n")) == ("Ferry gets a boat", STORY)


@pytest.mark.parametrize("mark", ["###", "-ends-", "- ENDS -", "-30-", "ENDE"])
def test_a_press_release_ends_at_its_mark_and_keeps_its_timetable(mark: str) -> None:
    head = "FOR IMMEDIATE RELEASE\n24 November 2026\n\nFerry gets a second boat\n\n"
    about = "About the harbour office\nThe harbour office looks after all the boats of the lake since 1901."
    found = clean(
        f"{head}{FIRST}\n\nThe timetable:\nMill 7:00\nCastle 7:20\n\n{SECOND}\n\n{mark}\n\n{about}\nContact: Ann"
    )
    assert found.title == "Ferry gets a second boat"
    assert found.published_at is not None
    assert found.text.split("\n\n") == [FIRST, "The timetable:", "Mill 7:00", "Castle 7:20", SECOND]


def test_a_thread_is_its_posts() -> None:
    account = "Ann Example\n@annexample\n"
    text = f"{account}1/ {FIRST}\n12\n3.4K\n{account}2/ {SECOND}\n{account}3/ {THIRD}\nShow this thread\n"
    assert paragraphs(text) == STORY


def test_wire_copy_loses_the_note_of_its_desk() -> None:
    text = f"UPLAND, Nov 24 - {FIRST}\n\n   {SECOND}\n\n   (Reporting by Ann Example; Editing by Bo Sample)\n"
    assert paragraphs(text) == [f"UPLAND, Nov 24 - {FIRST}", SECOND]


def test_a_document_keeps_its_headings_and_lists_and_names_its_author() -> None:
    text = (
        f"Ferry gets a second boat\nAnn Example\n{FIRST}\nThe boat\n{SECOND}\n• Mill: 7:00\n• Castle: 7:20\n{THIRD}\n"
    )
    found = clean(text)
    assert (found.title, found.authors) == ("Ferry gets a second boat", ("Ann Example",))
    assert found.text.split("\n\n") == [FIRST, "The boat", SECOND, "• Mill: 7:00", "• Castle: 7:20", THIRD]


@pytest.mark.parametrize(
    ("title", "story"),
    [
        ("Kommt die zweite Fähre?", [DE_FIRST, DE_SECOND]),
        (
            "Un second bateau pour le bac",
            [
                "À partir du premier mai, deux bateaux traverseront le lac entre le moulin et le château.",
                "« Personne n'attendra plus de vingt minutes », promet la capitainerie.",
            ],
        ),
        (
            "渡し船がもう一隻増える",
            [
                "湖の渡し船は五月一日から二隻になると、港湾事務所が月曜日に発表した。",
                "二隻は同時に両岸を出発するため、待ち時間は二十分以内になるという。",
            ],
        ),
        (
            "العبارة تحصل على قارب ثان",
            [
                "ابتداء من أول مايو سيعبر قاربان البحيرة بين الطاحونة والقلعة، حسبما أعلن مكتب الميناء يوم الاثنين.",
                "بني القارب الثاني عام 1961 لبحيرة أخرى وقضى عشر سنوات في حظيرة قبل أن يسأل أحد عنه.",
            ],
        ),
    ],
    ids=["German", "French", "Japanese", "Arabic"],
)
def test_every_language_keeps_headline_and_paragraphs(title: str, story: list[str]) -> None:
    found = clean("\n\n".join([title, *story]))
    assert (found.title, found.text.split("\n\n")) == (title, story)


def test_comments_teasers_and_months_do_not_win_over_a_short_story() -> None:
    comments = [
        "3 Comments",
        "Loud Person says:",
        "I have always said that one boat is quite enough for this lake, and nobody listened to me in the council.",
        "Another Person says:",
        "The second boat is a waste of money. We could have built a bridge for what they spent on that old thing.",
        "More from Upland",
        "The council votes on the bridge again, and nobody is sure how it will end this time, the mayor said.",
        *(f"{month} 2026" for month in ("January", "February", "March", "April", "May")),
        "Privacy policy",
    ]
    menu = ["Ferry gets a boat | The Echo", "Home", "News", "Sport", "Weather", "Ferry gets a boat", "By Ann Example"]
    found = clean("\n".join([*menu, FIRST, SECOND, *comments]))
    assert (found.title, found.authors, found.text.split("\n\n")) == (
        "Ferry gets a boat",
        ("Ann Example",),
        [FIRST, SECOND],
    )


@given(st.text(max_size=400))
def test_any_text_has_a_kind(text: str) -> None:
    assert all(paste_kinds.read_paste(text).lines)


def test_words_are_counted_in_every_script() -> None:
    assert [paste_kinds.count_words(line) for line in ("two boats", "渡し船がもう", "قارب ثان", "")] == [2, 3, 2, 0]


def count_steps(text: str) -> int:
    """The lines of our code that a paste takes to be read."""
    steps = 0

    def count(frame: Any, event: str, _: Any) -> Any:
        nonlocal steps
        if "extraction" not in frame.f_code.co_filename:
            return None
        steps += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        clean(text)
    finally:
        sys.settrace(before)
    return steps


@pytest.mark.parametrize(
    "unit",
    [
        "From the first of May two boats will cross the lake between\n",
        "Kind regards\n",
        "From: a@example.com\nTo: b@example.com\n",
        "1/ A post of a thread that goes on.\n",
        "A list:\nx\n",
        "<li>x<p>y",
        "3 comments\n",
        "By Ann Example\n",
    ],
)
def test_twice_the_paste_is_twice_the_work(unit: str) -> None:
    head = "Ferry gets a boat\n\n"
    assert count_steps(head + unit * 800) < 2.5 * count_steps(head + unit * 400)


def test_rows_of_a_table_stay_rows() -> None:
    table = "Day\tMill\tCastle\nMorning\t7:00\t7:20\nNoon\t12:00\t12:20"
    paste = f"Ferry gets a second boat\n\n{FIRST}\n\n{table}\n\n{SECOND}"
    assert "Day | Mill | Castle\n\nMorning | 7:00 | 7:20\n\nNoon | 12:00 | 12:20" in clean(paste).text


@pytest.mark.parametrize("head", ["{name}\n  {time} AM", "{name}  [{time} AM]", "{name} {time}"])
def test_a_chat_keeps_its_posts_alone(head: str) -> None:
    posts = [f"Boat number {number} crosses the lake every half hour, the office said." for number in (1, 2, 3)]
    heads = [
        head.format(name=name, time=f"7:0{at}") for at, name in enumerate(("Ann Example", "Bo Sample", "Cy Trial"))
    ]
    paste = "\n".join(f"{above}\n{post}\n:eyes:\n3" for above, post in zip(heads, posts, strict=True))
    assert clean(paste).text.split("\n\n") == posts


def test_a_timetable_is_no_chat() -> None:
    times = "\n".join(f"Mill {hour}:00" for hour in (7, 8, 9))
    assert "Mill 8:00" in clean(f"Ferry gets a second boat\n\n{FIRST} It goes:\n{times}\n{SECOND}").text
