"""The forms that bring stories: a feed, a list of feeds, a page, pasted text, a page that somebody clips."""

from __future__ import annotations

from typing import Any, Literal

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from newsletter.web.forms.base import DeskForm, IdField, WebAddressField


class FeedForm(DeskForm):
    """The address of a feed."""

    url = WebAddressField(
        label=_("Address of the feed"),
        help_text=_("RSS, Atom or JSON Feed"),
        error_messages={"required": _("Give the address of the feed.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "feed-%s"} | kwargs)


class FetchForm(DeskForm):
    """Which feed is fetched now."""

    source = IdField(error_messages={"required": _("The page does not say which feed. Load it again.")})


class RemoveFeedForm(DeskForm):
    """Which feed is removed, and that it is meant."""

    source = IdField(error_messages={"required": _("The page does not say which feed. Load it again.")})
    sure = forms.BooleanField(
        label=_("Fetch it no more. Its articles stay."),
        error_messages={"required": _("Tick the box to confirm that the feed is to be removed.")},
    )


class OpmlForm(DeskForm):
    """A file with the addresses of feeds. How large it may be, and what it must hold, is checked by the service."""

    file = forms.FileField(
        label=_("OPML file"),
        help_text=_("Feed readers export their feeds as OPML"),
        widget=forms.FileInput(attrs={"accept": ".opml,.xml,text/xml,text/x-opml"}),
        error_messages={"required": _("Choose an OPML file."), "empty": _("This file is empty. Choose another.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "opml-%s"} | kwargs)

    def read_file(self, most: int) -> tuple[bytes, str]:
        """The content, at most so much of it, and the name."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        return file.read(most), str(file.name)


class ArticleForm(DeskForm):
    """An article, from the address of its page or from its text as it was copied."""

    url = WebAddressField(label=_("Address of the page"), required=False)
    text = forms.CharField(
        label=_("Or its text, as you copied it"),
        widget=forms.Textarea(attrs={"rows": 5, "data-copied": True}),
        required=False,
    )
    html = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        """Either of them must be there."""
        if not self.errors and not self.cleaned_data["url"] and not self.cleaned_data["text"]:
            self.add_error("url", _("Give the address of the page, or paste its text."))
        return self.cleaned_data


class ClipForm(DeskForm):
    """The page that somebody clips, and what they selected in it; the button says which of them is added."""

    PAGE: Literal["page"] = "page"
    TEXT: Literal["text"] = "text"

    do = forms.ChoiceField(widget=forms.HiddenInput, choices=[(PAGE, _("Add page")), (TEXT, _("Add selected text"))])
    title = forms.CharField(widget=forms.HiddenInput, required=False, max_length=300)
    url = WebAddressField(
        label=_("Address of the story"), error_messages={"required": _("Write an address that begins with https://.")}
    )
    text = forms.CharField(
        label=_("What you selected"), widget=forms.Textarea(attrs={"rows": 6, "class": "serif"}), required=False
    )
