from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import Client

from newsletter.kernel.log_lines import redact_links
from newsletter.urls import urlpatterns

TOKEN = "ZgEB-XyZ_abc123"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"Not Found: /u/{TOKEN}", "Not Found: /u/…"),
        (f"https://news.example.com/me/{TOKEN}?x=1 and /p/{TOKEN}.", "https://news.example.com/me/…?x=1 and /p/…"),
        (f"Not Found: /U/{TOKEN} and /u//{TOKEN}", "Not Found: /U/… and /u/…"),  # nothing is there, and it is alive
        ("/editions/12/u/ and /c/", "/editions/12/u/ and /c/"),
        ("/u/…", "/u/…"),
    ],
)
def test_a_line_has_no_token(said: str, kept: str) -> None:
    assert redact_links(said) == kept


def test_every_page_behind_a_token_is_known() -> None:
    paths = [
        str(each.pattern) for part in urlpatterns for each in part.url_patterns if "<str:token>" in str(each.pattern)
    ]
    assert len(paths) == 6
    assert all(redact_links(f"/{path.replace('<str:token>', TOKEN)}").endswith("/…") for path in paths)


@pytest.mark.django_db
def test_no_link_of_a_reader_reaches_the_log(client: Client, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    name = settings.LOGGING["formatters"]["plain"]["()"].rpartition(".")
    formatter = getattr(__import__(name[0], fromlist=[name[2]]), name[2])("%(message)s")
    with caplog.at_level(logging.DEBUG):
        assert client.get(f"/u/{TOKEN}").status_code == 404
        try:
            raise ValueError(f"/s/{TOKEN}")
        except ValueError:
            logging.getLogger("newsletter").exception("Sending failed")
    assert any(TOKEN in each.getMessage() for each in caplog.records)  # Django's own
    lines = [formatter.format(each) for each in caplog.records]
    assert len(lines) >= 2
    assert not any(TOKEN in line for line in lines)
