"""The form that takes a file of subscribers."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any, BinaryIO, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile

from subscribers.values import List

LARGEST_UPLOAD = 64 * 2**20  # bytes
ACCEPTED = ".csv,.tsv,.txt,.zip,.xlsx,.xls,.ods,text/csv"


class ImportForm(forms.Form):
    """A file, or addresses pasted, and the list they are for: chosen by hand where there are several."""

    # Which lists there are, and whose, is checked by the service.
    list = forms.CharField(label="List", widget=forms.Select, error_messages={"required": "Choose the list."})
    file = forms.FileField(label="File", required=False, widget=forms.FileInput(attrs={"accept": ACCEPTED}))
    pasted = forms.CharField(
        label="Or paste addresses",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "Ann Lee <ann@example.com>, ben@example.com"}),
    )

    def __init__(self, *args: Any, lists: Iterable[List], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(each.slug, each.name) for each in lists]
        select = cast(forms.Select, self.fields["list"].widget)
        select.choices = choices if len(choices) == 1 else [("", "Choose a list"), *choices]
        for each in self.fields.values():
            each.widget.attrs["class"] = "input"
        self.fields["list"].widget.attrs["class"] = "input input--mid"

    def clean_file(self) -> UploadedFile[Any] | None:
        """The file, if it is not too large."""
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > LARGEST_UPLOAD:
            raise forms.ValidationError(
                f"The file is larger than {LARGEST_UPLOAD // 2**20} MB. Import it on the server: newsletter "
                f"subscribers import FILE --list {self.data.get('list') or 'LIST'}"
            )
        return file

    def clean(self) -> dict[str, Any]:
        """Either of them must be there."""
        if not self.errors.get("file") and not self.cleaned_data.get("file") and not self.cleaned_data.get("pasted"):
            self.add_error("file", "Choose a file, or paste addresses.")
        return self.cleaned_data

    def open(self) -> tuple[BinaryIO, str]:
        """What is to be imported, and a name for it."""
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file is None:
            return io.BytesIO(self.cleaned_data["pasted"].encode()), "pasted addresses"
        return cast(BinaryIO, file.file), file.name or ""
