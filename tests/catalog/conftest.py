"""A newsletter made on demand, and pictures drawn on the spot."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from newsletter.catalog import newsletter_settings
from newsletter.catalog.values import Newsletter
from subscribers import lists
from tests.actors import SYSTEM

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


@pytest.fixture
def data_dir(settings: Any) -> Path:
    """Where pictures are kept in this test."""
    settings.CONFIG.data_dir.mkdir()
    return Path(settings.CONFIG.data_dir)


@pytest.fixture
def create(db: None) -> Callable[..., Newsletter]:
    """Makes a newsletter; keywords replace what it is made with."""
    list_id = lists.create_list("hill-readers", "Hill readers", by=SYSTEM, now=NOW).id

    def make(**fields: Any) -> Newsletter:
        given: dict[str, Any] = {
            "slug": "hill-post",
            "name": "The Hill Post",
            "from_email": "news@example.com",
            "postal_address": "4 Tarn Street, Upper Fellside",
            "list_id": list_id,
            "zone": "Europe/London",
        }
        return newsletter_settings.create_newsletter(**(given | fields), now=NOW, by=SYSTEM)

    return make


@pytest.fixture
def drawn() -> Callable[..., bytes]:
    """The bytes of a picture drawn here; keywords go to Pillow's save."""

    def draw(
        width: int = 40, height: int = 30, *, form: str = "PNG", mode: str = "RGB", colour: Any = "teal", **how: Any
    ) -> bytes:
        out = io.BytesIO()
        Image.new(mode, (width, height), colour).save(out, form, **how)
        return out.getvalue()

    return draw
