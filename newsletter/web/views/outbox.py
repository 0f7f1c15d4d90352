"""The outbox browser: every message that was written instead of sent."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin

from newsletter.catalog import newsletters
from newsletter.curator.editions import edition_lookup
from newsletter.delivery.providers import outbox
from newsletter.delivery.reports import summary
from newsletter.kernel.actors import Verb
from newsletter.web.access import desk_view, get_actor
from newsletter.web.views.preview import SANDBOX_POLICY


@desk_view(Verb.SUBSCRIBERS, newsroom_wide=True)
def show_outbox(request: HttpRequest) -> HttpResponse:
    """The folders, one to a mailing."""
    folders = outbox.list_folders(settings.CONFIG.outbox_dir, by=get_actor(request))
    names = _name_folders(each.name for each in folders)
    return render(request, "pages/outbox.html", {"folders": [(each, names[each.name]) for each in folders]})


def _name_folders(folders: Iterable[str]) -> dict[str, str]:
    """What people call the folders: a mailing's is named by its opaque key."""
    names = {folder: folder.capitalize() for folder in folders}  # tests, notices
    for key, edition_id in summary.find_editions_by_key(names).items():
        edition = edition_lookup.get_edition(edition_id)
        newsletter = newsletters.get_newsletter(edition.newsletter_id)
        names[key] = f"{newsletter.name}, {edition.date:%a} {edition.date.day} {edition.date:%b %Y}"
    return names


@desk_view(Verb.SUBSCRIBERS, newsroom_wide=True)
def show_folder(request: HttpRequest, folder: str) -> HttpResponse:
    """The messages of a folder."""
    query = request.GET.get("q", "")[:100]
    letters = outbox.list_messages(settings.CONFIG.outbox_dir, folder, query=query, by=get_actor(request))
    context = {"folder": folder, "name": _name_folders([folder])[folder], "letters": letters, "q": query}
    return render(request, "pages/outbox_folder.html", context)


@desk_view(Verb.SUBSCRIBERS, newsroom_wide=True)
def show_message(request: HttpRequest, folder: str, name: str) -> HttpResponse:
    """One message: headers, HTML in a sandboxed frame, text."""
    message = outbox.get_message(settings.CONFIG.outbox_dir, folder, name, by=get_actor(request))
    text = message.get_body(("plain",))
    context = {
        "folder": folder,
        "folder_name": _name_folders([folder])[folder],
        "name": name,
        "headers": [(key, str(value)) for key, value in message.items()],
        "subject": str(message["Subject"]),
        "text": text.get_content() if text else "",
    }
    return render(request, "pages/outbox_letter.html", context)


@xframe_options_sameorigin
@desk_view(Verb.SUBSCRIBERS, newsroom_wide=True)
def show_html(request: HttpRequest, folder: str, name: str) -> HttpResponse:
    """The HTML part, as a mail program shows it."""
    message = outbox.get_message(settings.CONFIG.outbox_dir, folder, name, by=get_actor(request))
    part = message.get_body(("html",))
    response = HttpResponse(part.get_content() if part else "")
    response["Content-Security-Policy"] = SANDBOX_POLICY
    return response
