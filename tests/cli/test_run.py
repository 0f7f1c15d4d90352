"""Running everything: refused before anything is started."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import USAGE, Newsletter


@pytest.mark.parametrize(
    ("provider", "words", "message"),
    [("", (), "NEWSLETTER_PROVIDER"), ("sendgrid", (), "SENDGRID_API_KEY"), ("outbox", ("--listen", "x"), "“x”")],
)
def test_what_would_not_work_is_refused_before_anything_is_started(
    newsletter: Newsletter, newsroom: Any, settings: Any, provider: str, words: tuple[str, ...], message: str
) -> None:
    object.__setattr__(settings.CONFIG, "provider", provider)
    status, out, err = newsletter("run", *words)
    assert (status, out) == (USAGE, "")
    assert message in err
