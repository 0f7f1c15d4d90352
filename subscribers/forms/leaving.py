"""The form with which a reader leaves, takes it back, or says why."""

from __future__ import annotations

from django import forms


class LeavingForm(forms.Form):
    """What a button of our page did. Any other form is the mail program's, and says nothing of this."""

    via = forms.CharField(required=False)
    do = forms.CharField(required=False)
    reason = forms.CharField(required=False, strip=False)
    text = forms.CharField(required=False, strip=False)

    @property
    def is_of_our_page(self) -> bool:
        """Whether our own page sent it; else it is the one click of a mail program (RFC 8058)."""
        return self.read("via") == "page"

    def read(self, name: str) -> str:
        """What a field holds. What cannot be read is nothing: it keeps nobody from leaving."""
        self.is_valid()
        text: str = self.cleaned_data.get(name, "")
        return text
