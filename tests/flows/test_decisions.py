"""Two people at the desk at once: a decision counts only for what whoever made it saw, and nobody overwrites unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import lxml.html
import pytest
from django.test import Client

from newsletter.accounts import users
from newsletter.curator.editions import correction_lookup, edition_lookup
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import freeze, hand_over, mailings
from newsletter.jobs import wiring
from newsletter.kernel import clock
from tests.actors import SYSTEM
from tests.conftest import PASSWORD

HTMX = {"HX-Request": "true"}


@dataclass
class Person:
    """Somebody at the desk: fills in the form that stands on a page as a browser does."""

    client: Client

    def open(self, page: str) -> Form:
        answer = self.client.get(page)
        assert answer.status_code == 200, answer.content
        return Form(self.client, answer.content.decode())


@dataclass
class Form:
    """A page that was opened, and may be outdated by the time its forms are sent."""

    client: Client
    html: str

    def send(self, action: str, *, index: int = 0, htmx: bool = False, **typed: str) -> Any:
        """Sends the form with this address (`index`: which of several) with what stands in it and what is typed."""
        forms = [form for form in lxml.html.fromstring(self.html).forms if (form.get("action") or "").endswith(action)]
        fields = {name: str(value) for name, value in forms[index].form_values()}
        address = forms[index].get("action")
        return self.client.post(address, fields | typed, headers=HTMX if htmx else None)


@pytest.fixture
def both(people: dict[str, Any], newsroom: Any, now: Any) -> tuple[Person, Person]:
    """Ada, who decides, and Ben, who edits meanwhile: both may do everything for the morning briefing."""
    found = []
    for name in ("ada", "ben"):
        user = users.create_user(
            f"{name}@example.com", PASSWORD, role="editor", newsletter_id=newsroom.briefing.id, by=SYSTEM, now=now
        )
        client = Client()
        client.force_login(
            type(people["editor"]).objects.get(id=user.id), backend="django.contrib.auth.backends.ModelBackend"
        )
        found.append(Person(client))
    return found[0], found[1]


def change_subject(person: Person, edition: Any, subject: str = "Ben's words") -> None:
    if edition_lookup.get_edition(edition.id).snapshot_id is not None:
        assert person.open(f"/editions/{edition.id}/").send("/editing/").status_code == 302
    answer = person.open(f"/editions/{edition.id}/").send("/words/", subject=subject)
    assert answer.status_code == 302
    assert edition_lookup.get_edition(edition.id).subject == subject


def shows_the_difference(answer: Any, *, before: str, after: str, by: str = "ben@example.com") -> None:
    assert answer.status_code == 409
    page = lxml.html.fromstring(answer.content.decode())
    (shown,) = page.xpath("//*[@class='differences']")
    words = shown.text_content()
    assert before in words
    assert after in words
    assert by in words


def test_an_approval_is_refused_for_words_nobody_saw(both: tuple[Person, Person], edition: Any) -> None:
    ada, ben = both
    review = ada.open(f"/editions/{edition.id}/review/")
    change_subject(ben, edition)
    answer = review.send("/approval/")
    shows_the_difference(answer, before=edition.subject, after="Ben's words")
    assert edition_lookup.get_edition(edition.id).state == "open"
    again = Form(ada.client, answer.content.decode())
    assert again.send("/approval/").status_code == 302
    assert edition_lookup.get_edition(edition.id).approved_by == "ada@example.com"


def test_an_approval_is_not_withdrawn_by_somebody_who_saw_other_words(
    both: tuple[Person, Person], edition: Any
) -> None:
    ada, ben = both
    ben.open(f"/editions/{edition.id}/review/").send("/approval/")
    review = ada.open(f"/editions/{edition.id}/review/")
    change_subject(ben, edition)
    ben.open(f"/editions/{edition.id}/review/").send("/approval/")
    answer = review.send("/approval/", withdraw="1")
    shows_the_difference(answer, before=edition.subject, after="Ben's words")
    assert edition_lookup.get_edition(edition.id).state == "approved"


def test_a_finding_is_not_overridden_by_somebody_who_saw_other_words(both: tuple[Person, Person], edition: Any) -> None:
    ada, ben = both
    ben.open(f"/editions/{edition.id}/").send("/words/", intro="TK writes this.")
    review = ada.open(f"/editions/{edition.id}/review/")
    ben.open(f"/editions/{edition.id}/").send("/words/", intro="TK, write this!")
    answer = review.send("/overrides/", reason="TK is a poet.")
    shows_the_difference(answer, before="TK writes this.", after="TK, write this!")
    assert "TK is a poet." in answer.content.decode(), "what was typed is kept"
    assert edition_lookup.list_overrides(edition.id) == {}


def test_an_edition_is_not_skipped_by_somebody_who_saw_another(both: tuple[Person, Person], edition: Any) -> None:
    ada, ben = both
    review = ada.open(f"/editions/{edition.id}/review/")
    change_subject(ben, edition)
    answer = review.send("/skip/", reason="Nothing happened")
    shows_the_difference(answer, before=edition.subject, after="Ben's words")
    assert "Nothing happened" in answer.content.decode(), "what was typed is kept"
    assert edition_lookup.get_edition(edition.id).state == "open"


def deliver(edition: Any, person: Person) -> None:
    review = person.open(f"/editions/{edition.id}/review/")
    assert review.send("/mailing/", readers="2", do="now", on_other_day="1").status_code == 302
    now = clock.now() + timedelta(minutes=1)
    freeze.freeze_next(now)
    while hand_over.hand_over_next(now, owner="test", provider=wiring.get_provider(), clock=lambda: now):
        pass
    mailings.finish_settled(now)


def test_an_edition_is_not_sent_by_somebody_who_saw_other_words(
    both: tuple[Person, Person], edition: Any, readers: Callable[..., list[int]]
) -> None:
    readers(2)
    ada, ben = both
    ben.open(f"/editions/{edition.id}/review/").send("/approval/")
    review = ada.open(f"/editions/{edition.id}/review/")
    change_subject(ben, edition)
    ben.open(f"/editions/{edition.id}/review/").send("/approval/")
    answer = review.send("/mailing/", readers="2", do="now", on_other_day="1")
    shows_the_difference(answer, before=edition.subject, after="Ben's words")
    assert summary.list_mailings() == ()


def test_a_sent_edition_is_not_corrected_by_somebody_who_missed_a_correction(
    both: tuple[Person, Person], edition: Any, readers: Callable[..., list[int]]
) -> None:
    readers(2)
    ada, ben = both
    ben.open(f"/editions/{edition.id}/review/").send("/approval/")
    deliver(edition, ben)
    review = ada.open(f"/editions/{edition.id}/review/")
    ben.open(f"/editions/{edition.id}/review/").send("/corrections/", text="The mill is in Upland.")
    answer = review.send("/corrections/", text="The mill lies in Upland.")
    shows_the_difference(answer, before="", after="The mill is in Upland.")
    assert "The mill lies in Upland." in answer.content.decode(), "what was typed is kept"
    assert [each.text for each in correction_lookup.list_corrections(edition.id)] == ["The mill is in Upland."]


def test_an_edition_is_not_reopened_by_somebody_who_saw_other_words(both: tuple[Person, Person], edition: Any) -> None:
    ada, ben = both
    ben.open(f"/editions/{edition.id}/review/").send("/skip/", reason="Nothing happened")
    review = ada.open(f"/editions/{edition.id}/review/")
    ben.open(f"/editions/{edition.id}/review/").send("/skip/", open="1")
    change_subject(ben, edition)
    ben.open(f"/editions/{edition.id}/review/").send("/skip/", reason="Nothing else happened")
    answer = review.send("/skip/", open="1")
    shows_the_difference(answer, before=edition.subject, after="Ben's words")
    assert edition_lookup.get_edition(edition.id).state == "skipped"
    assert Form(ada.client, answer.content.decode()).send("/skip/", open="1").status_code == 302
    assert edition_lookup.get_edition(edition.id).state == "open"


def test_corrections_are_not_mailed_by_somebody_who_missed_one(
    both: tuple[Person, Person], edition: Any, readers: Callable[..., list[int]]
) -> None:
    readers(2)
    ada, ben = both
    ben.open(f"/editions/{edition.id}/review/").send("/approval/")
    deliver(edition, ben)
    ben.open(f"/editions/{edition.id}/review/").send("/corrections/", text="The mill is in Upland.")
    review = ada.open(f"/editions/{edition.id}/review/")
    ben.open(f"/editions/{edition.id}/review/").send("/corrections/", text="It was on Tuesday.")
    answer = review.send("/corrections/", index=1, do="mail", sure="correct")
    shows_the_difference(answer, before="nothing", after="It was on Tuesday.")
    assert [each.kind for each in summary.list_mailings()] == ["edition"]
    again = Form(ada.client, answer.content.decode())
    assert again.send("/corrections/", index=1, do="mail", sure="correct").status_code == 302
    assert sorted(each.kind for each in summary.list_mailings()) == ["correction", "edition"]


def test_a_text_that_a_colleague_changed_is_not_overwritten(both: tuple[Person, Person], edition: Any) -> None:
    ada, ben = both
    board = ada.open(f"/editions/{edition.id}/")
    change_subject(ben, edition)
    answer = board.send("/words/", subject="Ada's words")
    assert answer.status_code == 409
    assert "Ben's words" in answer.content.decode().replace("&#x27;", "'")
    assert "Ada's words" in answer.content.decode().replace("&#x27;", "'")
    assert edition_lookup.get_edition(edition.id).subject == "Ben's words"


def test_a_story_that_a_colleague_changed_is_not_overwritten(both: tuple[Person, Person], edition: Any) -> None:
    address = f"/picks/{edition.picks[0].key}/"
    mine, theirs = (person.open(f"/editions/{edition.id}{address}") for person in both)
    theirs.send(address, headline="Ben's headline")
    answer = mine.send(address, headline="Ada's headline", label="Exclusive")
    page = answer.content.decode().replace("&#x27;", "'")
    assert answer.status_code == 409
    assert "Ben's headline" in page
    assert "Ada's headline" in page
    story = edition_lookup.get_edition(edition.id).picks[0]
    assert (story.headline, story.label) == ("Ben's headline", "")


def test_two_people_at_different_fields_and_stories_never_conflict(both: tuple[Person, Person], edition: Any) -> None:
    first, second = (f"/picks/{each.key}/" for each in edition.picks[:2])
    pages = [
        (person.open(f"/editions/{edition.id}/"), person.open(f"/editions/{edition.id}{first}")) for person in both
    ]
    other_story = both[1].open(f"/editions/{edition.id}{second}")
    assert pages[0][0].send("/words/", subject="Ada's subject").status_code == 302
    assert pages[1][0].send("/words/", preheader="Ben's preheader").status_code == 302
    assert pages[0][1].send(first, headline="Ada's headline").status_code == 302
    assert pages[1][1].send(first, label="Exclusive").status_code == 302
    assert other_story.send(second, headline="Ben's headline").status_code == 302
    present = edition_lookup.get_edition(edition.id)
    assert (present.subject, present.preheader) == ("Ada's subject", "Ben's preheader")
    assert [(each.headline, each.label) for each in present.picks[:2]] == [
        ("Ada's headline", "Exclusive"),
        ("Ben's headline", ""),
    ]


def test_a_story_that_a_colleague_changed_is_not_dropped_unseen(both: tuple[Person, Person], edition: Any) -> None:
    ada, ben = both
    key, headline = edition.picks[0].key, edition.picks[0].headline
    form = ada.open(f"/editions/{edition.id}/picks/{key}/")
    ben.open(f"/editions/{edition.id}/picks/{key}/").send(f"/picks/{key}/", headline="The story of the year")
    answer = form.send("/removal/")
    shows_the_difference(answer, before=headline, after="The story of the year")
    assert key in {each.key for each in edition_lookup.get_edition(edition.id).picks}


def test_a_story_is_moved_after_the_one_that_was_meant(both: tuple[Person, Person], edition: Any) -> None:
    ada, ben = both
    first, second, third = (each.key for each in edition.picks)
    board = ada.open(f"/editions/{edition.id}/")
    ben.open(f"/editions/{edition.id}/").send(f"/picks/{third}/place/", **up(ben, edition, third))  # 1 3 2
    assert [each.key for each in edition_lookup.get_edition(edition.id).picks] == [first, third, second]
    board.send(f"/picks/{first}/place/", **down(board, first))  # after the second, wherever that is now
    assert [each.key for each in edition_lookup.get_edition(edition.id).picks] == [third, second, first]


def test_a_story_is_not_moved_after_one_that_is_gone(both: tuple[Person, Person], edition: Any) -> None:
    ada, ben = both
    first, second, _ = (each.key for each in edition.picks)
    board = ada.open(f"/editions/{edition.id}/")
    ben.open(f"/editions/{edition.id}/picks/{second}/").send("/removal/")
    answer = board.send(f"/picks/{first}/place/", **down(board, first))
    shows_the_difference(answer, before=edition.picks[1].headline, after="")


def up(person: Person, edition: Any, key: str) -> dict[str, str]:
    return _pressed(person.open(f"/editions/{edition.id}/").html, key, "up")


def down(board: Form, key: str) -> dict[str, str]:
    return _pressed(board.html, key, "down")


def _pressed(html: str, key: str, direction: str) -> dict[str, str]:
    (button,) = lxml.html.fromstring(html).xpath(f"//*[@data-pick='{key}']//button[@data-{direction}]")
    return {button.get("name"): button.get("value")}
