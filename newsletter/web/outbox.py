"""The outbox browser: every message that was written instead of sent."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin

from newsletter.delivery.providers import outbox
from newsletter.web.access import desk
from newsletter.web.editions import SANDBOXED


@desk("readers", house=True)
def index(request: HttpRequest) -> HttpResponse:
    """The folders, one to a mailing."""
    return render(request, "pages/outbox.html", {"folders": outbox.folders(settings.CONFIG.outbox_dir)})


@desk("readers", house=True)
def folder(request: HttpRequest, folder: str) -> HttpResponse:
    """The messages of a folder."""
    query = request.GET.get("q", "")[:100]
    letters = outbox.letters(settings.CONFIG.outbox_dir, folder, query=query)
    return render(request, "pages/outbox_folder.html", {"folder": folder, "letters": letters, "q": query})


@desk("readers", house=True)
def letter(request: HttpRequest, folder: str, name: str) -> HttpResponse:
    """One message: headers, HTML in a sandboxed frame, text."""
    message = outbox.letter(settings.CONFIG.outbox_dir, folder, name)
    text = message.get_body(("plain",))
    context = {
        "folder": folder,
        "name": name,
        "headers": [(key, str(value)) for key, value in message.items()],
        "subject": str(message["Subject"]),
        "text": text.get_content() if text else "",
    }
    return render(request, "pages/outbox_letter.html", context)


@xframe_options_sameorigin
@desk("readers", house=True)
def html(request: HttpRequest, folder: str, name: str) -> HttpResponse:
    """The HTML part, as a mail program shows it."""
    part = outbox.letter(settings.CONFIG.outbox_dir, folder, name).get_body(("html",))
    response = HttpResponse(part.get_content() if part else "")
    response["Content-Security-Policy"] = SANDBOXED
    return response
