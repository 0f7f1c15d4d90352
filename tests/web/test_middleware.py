"""Errors are pages, and text from outside can be stored."""

from __future__ import annotations

import gzip
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from newsletter.web.middleware import PublicCaching, StorableText


def test_an_error_is_a_page_and_never_a_traceback(editor: Client, newsroom: Any) -> None:
    answer = editor.get("/editions/999/")
    assert answer.status_code == 404
    assert b"No mail was sent or stopped by this" in answer.content
    fragment = editor.get("/editions/999/pool/", headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment.headers["X-Refusal"]) == (404, "1")


@pytest.mark.parametrize("broken", ["\0", "\ud83d"])
def test_a_query_loses_what_no_database_takes(editor: Client, newsroom: Any, broken: str) -> None:
    query = f"mor{broken}ning".encode("utf-8", "surrogatepass")
    answer = editor.get(f"/readers/?q={quote_from_bytes(query)}")
    assert answer.status_code == 200
    assert answer.context["q"].replace("\ufffd", "") == "morning"


def test_a_form_loses_what_no_database_takes(newsroom: Any) -> None:
    seen: list[HttpRequest] = []
    request = RequestFactory().post("/", {"na\0me": ["A\0da", "B"], "plain": "x"})
    StorableText(lambda request: HttpResponse()).process_view(request, seen.append, (), {})
    assert request.POST.getlist("name") == ["Ada", "B"]
    assert request.POST["plain"] == "x"


def test_what_is_not_a_form_is_left_unread(newsroom: Any) -> None:
    request = RequestFactory().post("/", b'{"a": "\\u0000"}', content_type="application/json")
    StorableText(lambda request: HttpResponse()).process_view(request, None, (), {})
    assert request.read() == b'{"a": "\\u0000"}'


def test_files_of_a_form_stay(newsroom: Any) -> None:
    upload = SimpleUploadedFile("a.csv", b"email\0")
    request = RequestFactory().post("/", {"file": upload, "note": "a\0"})
    StorableText(lambda request: HttpResponse()).process_view(request, None, (), {})
    assert request.FILES["file"].read() == b"email\0"
    assert request.POST["note"] == "a"


def test_only_what_anybody_may_keep_is_compressed_or_tagged(editor: Client, newsroom: Any) -> None:
    """Compressed beside a secret, what a stranger can make us show would give the secret away."""
    packed = {"Accept-Encoding": "gzip"}
    sheet = editor.get("/static/app.css", headers=packed)
    assert sheet.headers["Content-Encoding"] == "gzip"
    assert b"--ink" in gzip.decompress(b"".join(sheet))  # type: ignore[call-overload]
    for path in ("/", "/newsletters/", "/join/", "/which/", "/login/", "/account/", "/nothing/"):
        answer = editor.get(path, headers=packed, follow=True)
        assert "Content-Encoding" not in answer.headers
        assert "ETag" not in answer.headers


@pytest.mark.parametrize("path", ["/archive/", "/archive/nowhere/", "/archive/nowhere/feed.xml", "/pictures/none.jpg"])
def test_only_what_is_the_same_for_everybody_is_kept_by_caches_on_the_way(
    client: Client, editor: Client, newsroom: Any, path: str
) -> None:
    answer = client.get(path)
    assert ("public" in answer["Cache-Control"]) == (answer.status_code == 200)
    signed_in = editor.get(path)
    assert "public" not in signed_in["Cache-Control"]
    assert "no-store" in signed_in["Cache-Control"] or signed_in.status_code == 200


@pytest.mark.parametrize("path", ["/editions/99999/", "/nowhere/", "/archive/nowhere/9999-99-99/"])
def test_no_error_is_kept_by_caches_on_the_way(client: Client, editor: Client, newsroom: Any, path: str) -> None:
    answer = editor.get(path)
    assert (answer.status_code >= 400, answer["Cache-Control"]) == (True, "private, no-store")


def test_what_sets_a_cookie_is_kept_by_nobody() -> None:
    def respond(request: HttpRequest) -> HttpResponse:
        response = HttpResponse(headers={"Cache-Control": "public, max-age=300"})
        response.set_cookie("a", "b")
        return response

    assert PublicCaching(respond)(RequestFactory().get("/"))["Cache-Control"] == "private, no-store"
