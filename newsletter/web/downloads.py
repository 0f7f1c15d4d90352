"""Files that a page gives, sent piece by piece as they are made: none is built in memory."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import StreamingHttpResponse


def stream_file(pieces: Iterable[str], name: str, *, kind: str = "text/csv") -> StreamingHttpResponse:
    """A text file to keep under a name of ours; `kind` is its media type."""
    response = StreamingHttpResponse(pieces, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
