from __future__ import annotations

import multiprocessing
import os
import pickle
import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from newsletter import confinement
from newsletter.confinement import run_confined
from newsletter.curator.articles.extraction.extracted_article import ExtractedArticle
from newsletter.fetching import FetchError
from newsletter.kernel.errors import Refused

FOR_EVER = re.compile("(a+)+$").match
WHEN = datetime(2026, 11, 29, 7, tzinfo=UTC)


def find_article(title: str) -> ExtractedArticle:
    return ExtractedArticle(title=title, published_at=WHEN, authors=("Ann Example",))


def refuse() -> None:
    raise FetchError("The page is gone.", status=410)


def find_process() -> int:
    return os.getpid()


def test_work_is_done_in_a_process_of_its_own_and_its_answer_comes_back() -> None:
    first, second = (run_confined(find_process, what="It") for _ in range(2))
    assert len({first, second, os.getpid()}) == 3
    found = run_confined(find_article, "Bridge opens", what="It")
    assert found == ExtractedArticle(title="Bridge opens", published_at=WHEN, authors=("Ann Example",))


def test_our_own_errors_come_back_as_they_are() -> None:
    with pytest.raises(FetchError, match=r"^The page is gone\.$") as caught:
        run_confined(refuse, what="It")
    assert caught.value.status == 410


@pytest.mark.parametrize(
    ("work", "given"), [(FOR_EVER, "a" * 60 + "b"), (bytearray, 2**31), (time.sleep, 10**6), (os._exit, 0)]
)
def test_what_takes_too_much_is_stopped_and_refused(work: Any, given: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "LONGEST_WAIT", 40.0 if work is FOR_EVER else 2.0)
    with pytest.raises(Refused, match=r"^https://x\.example/ was not read: it takes more than 1 seconds or 1024 MB"):
        run_confined(work, given, what="https://x.example/", seconds=1)
    assert not multiprocessing.active_children()


def test_a_fault_nobody_foresaw_is_logged_and_refused_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Refused) as caught:
        run_confined(int, "no number", what="https://x.example/")
    assert str(caught.value) == (
        "https://x.example/ cannot be read: it is made in a way that our programs stumble over."
    )
    assert "ValueError" in caplog.text


class Evil:
    def __reduce__(self) -> Any:
        return os.system, ("true",)


@pytest.mark.parametrize("answer", [Evil(), os.system, re.compile("a")])
def test_an_answer_calls_nothing_here(answer: Any) -> None:
    with pytest.raises(pickle.UnpicklingError):
        confinement._Unpickler(__import__("io").BytesIO(pickle.dumps(answer))).load()


def test_what_would_be_imported_late_is_there_before_a_process_is_forked() -> None:
    assert run_confined(list_missing, what="It") == []


def list_missing() -> list[str]:
    import sys

    return [name for name in (*confinement.PRELOADED, "lxml.html") if name not in sys.modules]
