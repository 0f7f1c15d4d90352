"""Asking whether our public address is answered and our key is taken; what is not known is no problem."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from newsletter.delivery import models, setup_problems
from newsletter.jobs import setup_probe
from tests.delivery.chaos import serving
from tests.fakes.sendgrid import KEY, SendGridServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    with serving(delay=0) as made:
        yield made


@pytest.fixture
def probe(settings: Any, server: SendGridServer, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Asks with a key; what is known of it then: None when nothing is."""
    monkeypatch.setattr(setup_probe, "PAUSE", 0.0)

    def ask(key: str = KEY, **differences: Any) -> str | None:
        given = {"provider": "sendgrid", "sendgrid_api_key": key, "base_url": "http://127.0.0.1:9"}
        settings.CONFIG = replace(settings.CONFIG, **{**given, "sendgrid_host": server.url, **differences})
        setup_probe.probe_setup(now)
        return models.SetupProbe.objects.filter(code="api-key").values_list("problem", flat=True).first()

    return ask


def test_a_key_that_may_send_is_in_order(probe: Any) -> None:
    assert probe() == ""
    assert not models.SetupProbe.objects.filter(code="base-url").exists(), "a loopback address is not asked"


def test_a_key_that_is_not_known_is_a_problem(probe: Any) -> None:
    assert probe("SG.revoked") == "SendGrid does not know the key. Set a valid SENDGRID_API_KEY."
    assert probe() == ""


def test_a_key_that_may_not_send_is_a_problem(probe: Any, server: SendGridServer) -> None:
    server.scopes = ["stats.read"]
    assert "may not send" in str(probe())


def test_a_provider_that_does_not_answer_says_nothing_of_the_key(probe: Any) -> None:
    assert probe(sendgrid_host="http://127.0.0.1:9") is None


def test_without_a_real_provider_nothing_is_asked(probe: Any, now: datetime) -> None:
    assert probe(provider="outbox") is None
    assert probe(provider="") is None


@pytest.mark.parametrize(("status", "problem"), [(200, ""), (502, "does not answer from here")])
def test_the_public_address_is_asked_twice_before_it_counts_as_unreachable(
    probe: Any, monkeypatch: pytest.MonkeyPatch, status: int, problem: str
) -> None:
    asked: list[str] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(502 if len(asked) == 1 else status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *about: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        threading.Thread(target=site.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setattr(setup_problems, "is_loopback", lambda host: False)
        probe(base_url=f"http://127.0.0.1:{site.server_address[1]}")
        site.shutdown()
    assert asked == ["/livez", "/livez"]
    said = models.SetupProbe.objects.get(code="base-url").problem
    assert problem in said
    assert bool(said) is bool(problem)
