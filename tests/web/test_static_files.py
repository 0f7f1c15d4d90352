"""Files of pages have names that change with their content, are compressed, and are kept for years."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import storages
from django.templatetags.static import static
from django.test import Client

from newsletter.kernel.errors import SurroundingsError
from newsletter.web.static_files import HashedStaticFiles, collect_static_files


def forget_storage() -> None:
    """The next name is asked of a storage that reads its list anew."""
    cast(Any, storages)._storages.clear()
    cast(Any, staticfiles_storage)._wrapped = HashedStaticFiles()


@pytest.fixture
def collected(tmp_path: Path, settings: Any) -> Iterator[Path]:
    settings.STATIC_ROOT = tmp_path / "static"
    settings.WHITENOISE_AUTOREFRESH = False
    collect_static_files()
    forget_storage()
    yield settings.STATIC_ROOT
    settings.STATIC_ROOT = tmp_path / "nothing"
    forget_storage()


@pytest.mark.parametrize("name", ["app.css", "board.js", "sprite.svg", "django_htmx/htmx-2.min.js"])
def test_a_file_is_served_by_its_content_compressed_and_kept(collected: Path, db: None, name: str) -> None:
    url = static(name)
    assert re.fullmatch(r"/static/(?:\w+/)?[\w.-]+\.[0-9a-f]{12}\.(?:css|js|svg)", url)
    answer = Client().get(url, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(b"".join(answer))
    kept = re.search(r"max-age=(\d+), public, immutable", answer.headers["Cache-Control"])
    assert kept is not None
    assert int(kept[1]) >= 365 * 24 * 3600


def test_modules_import_each_other_by_these_names(collected: Path) -> None:
    text = (collected / static("board.js").removeprefix("/static/")).read_text("utf-8")
    imported = re.findall(r'from\s*"([^"]*)"', text)
    assert len(imported) > 2
    assert all((collected / each).is_file() and re.search(r"\.[0-9a-f]{12}\.js$", each) for each in imported)


def test_a_page_asks_for_hashed_names_and_no_other(collected: Path, editor: Client, newsroom: Any) -> None:
    for path in ("/", "/join/"):
        asked = re.findall(r'"(/static/[^"#]*)', editor.get(path).content.decode())
        assert asked
        assert [each for each in asked if not re.search(r"\.[0-9a-f]{12}\.\w+$", each)] == []


def test_where_nothing_was_collected_plain_names_work(db: None) -> None:
    assert static("app.css") == "/static/app.css"
    answer = Client().get(static("app.css"))
    assert answer.status_code == 200
    assert b"--ink" in b"".join(answer)


def test_what_an_earlier_version_brought_stays(collected: Path) -> None:
    old = collected / "app.0123456789ab.css"
    old.write_text("a{}")
    collect_static_files()
    assert old.is_file()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "static").write_text("a file")
    settings.STATIC_ROOT = tmp_path / "static"
    with pytest.raises(SurroundingsError, match="Cannot write the files of pages to .*static.* writable"):
        collect_static_files()
