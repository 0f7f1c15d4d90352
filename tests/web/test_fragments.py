"""A page that is open is never given another page: it gets the sentence to show, as a fragment or as JSON."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse, JsonResponse
from django.test import Client, RequestFactory

from newsletter.web.fragments import replace_error_page

PAGE = b"<!doctype html><h1>A page</h1>"


def ask(**headers: str) -> Any:
    return RequestFactory().get("/", headers=headers)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 429, 500, 503])
def test_a_page_of_an_error_becomes_a_sentence(db: None, status: int) -> None:
    fragment = replace_error_page(ask(hx_request="true"), HttpResponse(PAGE, status=status))
    assert (fragment.status_code, fragment["X-Refusal"]) == (status, "1")
    assert b"<h1>" not in fragment.content
    value = replace_error_page(ask(accept="application/json"), HttpResponse(PAGE, status=status))
    assert value.headers["Content-Type"] == "application/json"
    assert value.content.startswith(b'{"error": "')


def test_what_is_no_error_page_stays(db: None) -> None:
    whole, form = HttpResponse(PAGE, status=404), HttpResponse(b"<form>", status=422)
    assert replace_error_page(ask(), whole) is whole
    assert replace_error_page(ask(hx_request="true"), form) is form
    value = JsonResponse({"error": "No."}, status=409)
    assert replace_error_page(ask(accept="application/json"), value) is value


def test_a_forged_form_is_refused_with_a_sentence(people: dict[str, Any], edition: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["editor"], backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(f"/editions/{edition.id}/words/", {}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["X-Refusal"]) == (403, "1")


def test_signing_in_again_is_answered_with_the_next_step_of_the_dialog(people: dict[str, Any]) -> None:
    client, fragment = Client(), {"HX-Request": "true"}
    wrong = client.post("/login/", {"email": "editor@example.com", "password": "wrong"}, headers=fragment)
    assert (wrong.status_code, "HX-Trigger" in wrong.headers) == (422, False)
    assert b"The address or the password is wrong." in wrong.content
    right = {"email": "editor@example.com", "password": "a long enough password"}
    signed_in = client.post("/login/", right, headers=fragment)
    assert (signed_in.status_code, signed_in["HX-Trigger"]) == (200, "desk:signed-in")
    late = Client().post("/login/code/", {"code": "1"}, headers=fragment)
    assert (late.status_code, b"That took too long" in late.content) == (422, True)


@pytest.mark.parametrize("status", [409, 422])
def test_a_page_that_leaves_its_place_takes_the_form_that_was_refused(db: None, status: int) -> None:
    page = HttpResponse(PAGE, status=status)
    assert replace_error_page(ask(hx_request="true", hx_boosted="true"), page) is page
    refused = replace_error_page(ask(hx_request="true", hx_boosted="true"), HttpResponse(PAGE, status=403))
    assert refused["X-Refusal"] == "1"
