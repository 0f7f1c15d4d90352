"""The captcha of the sign-up forms, against a server that answers as its makers do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import Client

from newsletter.web import captcha
from subscribers import models


class _Maker(ThreadingHTTPServer):
    """Takes the answer “right” alone, once; `body` overrides what it says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, str]] = []
        self.body: bytes | None = None


class _Handler(BaseHTTPRequestHandler):
    server: _Maker

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        asked = {name: values[0] for name, values in form.items()}
        right = asked["response"] == "right" and all(each["response"] != "right" for each in self.server.asked)
        self.server.asked.append(asked)
        error = {} if right else {"error-codes": ["invalid-input-response"]}
        body = self.server.body if self.server.body is not None else json.dumps({"success": right, **error}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def maker(settings: Any) -> Iterator[_Maker]:
    server = _Maker()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings.CONFIG = replace(
        settings.CONFIG,
        captcha="turnstile:site-key",
        captcha_secret="the-secret",
        captcha_url=f"http://127.0.0.1:{server.server_address[1]}/siteverify",
        allow_private_fetch=True,
    )
    settings.SUBSCRIBERS_HOOKS = settings.SUBSCRIBERS_HOOKS | {
        "captcha": "newsletter.web.captcha.verify_answer",
        "captcha_widget": "newsletter.web.captcha.build_widget",
    }
    yield server
    server.shutdown()
    server.server_close()


def test_its_maker_is_asked_with_our_secret_and_where_the_answer_came_from(maker: _Maker) -> None:
    assert captcha.verify_answer("right", "192.0.2.1")
    assert maker.asked == [{"secret": "the-secret", "response": "right", "remoteip": "192.0.2.1"}]
    assert not captcha.verify_answer("right", "192.0.2.1"), "an answer counts once"
    assert not captcha.verify_answer("wrong", "192.0.2.1")
    assert not captcha.verify_answer("", "192.0.2.1")
    assert len(maker.asked) == 3, "no answer is no question"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"yes"'])
def test_a_maker_in_trouble_stops_nobody(maker: _Maker, body: bytes) -> None:
    maker.body = body
    assert captcha.verify_answer("right", "192.0.2.1")


def test_a_maker_that_is_gone_stops_nobody(maker: _Maker, caplog: pytest.LogCaptureFixture) -> None:
    maker.shutdown()
    maker.server_close()
    assert captcha.verify_answer("right", "192.0.2.1")
    assert "could not be reached" in caplog.text
    assert "the-secret" not in caplog.text


def test_who_signs_up_is_asked_for_it_and_refused_without(maker: _Maker, newsroom: Any) -> None:
    page = Client().get("/join/morning/")
    assert 'data-sitekey="site-key"' in page.content.decode()
    assert "https://challenges.cloudflare.com" in page.headers["Content-Security-Policy"]
    form = {"email": "ann@example.com", "look": "page"}
    without = Client().post("/embed/morning/", form)
    assert without.status_code == 422
    assert not models.Subscriber.objects.exists()
    assert Client().post("/embed/morning/", form | {"cf-turnstile-response": "right"}).status_code == 200
    assert models.Subscriber.objects.get().address == "ann@example.com"
