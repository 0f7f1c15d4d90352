"""One tick by hand, for cron."""

from __future__ import annotations

import json
from typing import Any

from tests.cli.conftest import USAGE, Newsletter


def test_one_tick_says_what_it_did(newsletter: Newsletter, newsroom: Any) -> None:
    status, out, _ = newsletter("scheduler", "--once")
    assert (status, out.split(",")[0]) == (0, "planned 0")
    assert json.loads(newsletter("scheduler", "--once", "--json")[1])["failed"] == {}


def test_without_a_provider_it_does_not_tick(newsletter: Newsletter, newsroom: Any, settings: Any) -> None:
    object.__setattr__(settings.CONFIG, "provider", "")
    status, out, err = newsletter("scheduler", "--once")
    assert (status, out) == (USAGE, "")
    assert "NEWSLETTER_PROVIDER" in err
