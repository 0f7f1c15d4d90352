"""A form that was sent when the session had ended is carried along, and sent again by a press."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

from newsletter.curator.editions import edition_lookup
from newsletter.web.resending import CARRIED, UnsentForm, read_unsent, unpack
from tests.conftest import PASSWORD

TYPED = {"subject": "Typed when nobody was signed in", "seen_subject": ""}
WHO = {"email": "editor@example.com", "password": PASSWORD}


def send(values: dict[str, Any]) -> UnsentForm | None:
    return read_unsent(RequestFactory().post("/editions/1/words/?of=x", values))


def test_a_form_goes_along_without_the_token_of_the_session_that_ended() -> None:
    unsent = send({"subject": "Rain and wind", "seen_subject": "Rain", "csrfmiddlewaretoken": "t"})
    assert unsent is not None
    assert unsent.values == (("subject", "Rain and wind"), ("seen_subject", "Rain"))
    assert unsent.address == "/editions/1/words/?of=x"
    assert unsent.typed == ("Rain and wind",)
    assert unpack(unsent.pack()) == unsent


def test_what_is_secret_or_too_long_does_not_go_along() -> None:
    assert send({}) is None
    assert send({"new_password": "another long password", "name": "Ines"}) is None
    assert send({"code": "123456"}) is None
    assert send({"text": "x" * CARRIED}) is None
    assert send({"name": "A file", "file": SimpleUploadedFile("list.csv", b"a,b")}) is None


@pytest.mark.parametrize("text", ["", "7", "[]", "{", '["/a/", 7]', '["/a/", [["one"]]]', "null"])
def test_what_nobody_packed_is_nothing(text: str) -> None:
    assert unpack(text) is None


def read_field(page: str, name: str) -> str:
    import html

    (found,) = re.findall(rf'name="{name}"\s+value="([^"]*)"', page)
    return html.unescape(found)


def test_a_form_is_sent_again_once_somebody_has_signed_in(client: Client, people: Any, edition: Any) -> None:
    url = f"/editions/{edition.id}/words/"
    asked = client.post(url, TYPED | {"seen_subject": edition.subject})
    page = asked.content.decode()
    assert (asked.status_code, "Typed when nobody was signed in" in page) == (401, True)
    wrong = client.post("/login/", WHO | {"password": "wrong", "unsent": read_field(page, "unsent")})
    again = client.post("/login/", WHO | {"unsent": read_field(wrong.content.decode(), "unsent")})
    assert "This was not saved" in again.content.decode()
    assert edition_lookup.get_edition(edition.id).subject == edition.subject, "nothing is sent before somebody presses"
    assert f'action="{url}"' in again.content.decode()
    sent = {name: read_field(again.content.decode(), name) for name in ("subject", "seen_subject")}
    client.post(url, sent)
    assert edition_lookup.get_edition(edition.id).subject == TYPED["subject"]


def test_a_form_for_another_site_is_not_offered(client: Client, people: Any) -> None:
    elsewhere = UnsentForm("https://example.org/", (("a", "b c"),)).pack()
    answer = client.post("/login/", WHO | {"unsent": elsewhere})
    assert (answer.status_code, answer["Location"]) == (302, "/")
