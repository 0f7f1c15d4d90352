"""The pictures in mails and on archive pages."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from newsletter.catalog import pictures
from newsletter.kernel.errors import NotFound


@require_safe
@cache_control(max_age=31_536_000, public=True, immutable=True)
def serve_picture(request: HttpRequest, name: str) -> FileResponse | HttpResponse:
    """A picture of our store; its name is the hash of its bytes, so it never changes."""
    try:
        file, content_type = pictures.get_picture_file(name)
    except NotFound:
        return HttpResponse("There is no such picture.", status=404, content_type="text/plain")
    response = FileResponse(file.open("rb"), content_type=content_type)
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
