"""Pictures of mails, served for good."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import pytest
from django.test import Client
from PIL import Image

from newsletter.catalog import pictures


def test_a_picture_may_be_kept_for_good_and_shown_on_other_sites(db: None, now: datetime) -> None:
    out = BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, "PNG")
    stored = pictures.store_picture(out.getvalue(), source_url="", now=now)
    answer = Client().get(stored.url)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("image/")
    assert {"immutable", "public"} <= set(answer["Cache-Control"].replace(",", "").split())
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert Client().post(stored.url).status_code == 405
    answer.close()


@pytest.mark.parametrize("name", ["0123456789abcdef.jpg", "secret.key", "..%2fsecret.key"])
def test_a_picture_there_is_not_is_a_short_404(db: None, name: str) -> None:
    answer = Client().get(f"/pictures/{name}")
    assert answer.status_code == 404
