"""A file is streamed, and kept under its name."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.web.downloads import stream_file


def test_a_file_is_made_while_it_is_sent_and_kept_under_its_name() -> None:
    made: list[str] = []

    def make() -> Iterator[str]:
        for piece in ("id\n", "1\n"):
            made.append(piece)
            yield piece

    answer = stream_file(make(), "list.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="list.csv"'
    assert made == []
    assert b"".join(answer) == b"id\n1\n"
    assert (
        stream_file([], "list.jsonl", kind="application/jsonl").headers["Content-Type"].startswith("application/jsonl")
    )
