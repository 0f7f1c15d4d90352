"""The demo: a sample briefing, composed and delivered. `make demo` runs it whole."""

from __future__ import annotations

import socket
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from newsletter.catalog import newsletters
from newsletter.cli import demo
from newsletter.kernel import clock
from newsletter.kernel.errors import SurroundingsError


def test_a_demo_keeps_its_port_so_that_links_of_its_mails_keep_working(tmp_path: Path) -> None:
    first = demo._choose_port(tmp_path, 0)
    assert demo._choose_port(tmp_path, 0) == first
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first))
        taken.listen()
        other = demo._choose_port(tmp_path, 0)
        with pytest.raises(SurroundingsError, match=f"Port {first} is taken"):
            demo._choose_port(tmp_path, first)
    assert other != first


def test_feeds_of_the_sample_are_dated_as_if_written_today(tmp_path: Path, now: datetime) -> None:
    material = demo._copy_material(tmp_path, now)
    feeds = [path.read_text() for path in material.glob("*.xml")]
    assert feeds
    assert not any("@@" in text for text in feeds)
    assert any(f"{now:%d %b %Y}" in text or f"{now:%Y-%m-%d}" in text for text in feeds)


def test_a_briefing_is_composed_and_delivered_once(db: None, settings: Any, tmp_path: Path) -> None:
    now = clock.now()
    settings.CONFIG.data_dir.mkdir()
    edition, mailing = demo.compose_demo(tmp_path, now)
    assert (edition.state, mailing.state) == ("sent", "finished")
    assert mailing.counts == {"accepted": mailing.planned}
    assert len(list(settings.CONFIG.outbox_dir.rglob("*.eml"))) == mailing.planned > 0
    count = len(newsletters.list_newsletters())
    assert demo.compose_demo(tmp_path, now)[1].id == mailing.id
    assert len(newsletters.list_newsletters()) == count
