"""Which worker runs."""

from __future__ import annotations

from typing import Any

from newsletter.cli.worker import _create_worker
from newsletter.jobs.worker_threads import Worker
from tests.cli.conftest import USAGE, Newsletter


def test_on_sqlite_a_worker_has_threads_of_its_own(db: None) -> None:
    assert isinstance(_create_worker(2), Worker)


def test_without_a_provider_it_does_not_start(newsletter: Newsletter, newsroom: Any, settings: Any) -> None:
    object.__setattr__(settings.CONFIG, "provider", "")
    status, out, err = newsletter("worker")
    assert (status, out) == (USAGE, "")
    assert "NEWSLETTER_PROVIDER" in err
